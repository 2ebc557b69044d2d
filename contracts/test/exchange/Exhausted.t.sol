// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Exchange} from "../../Exchange.sol";
import {IExchange} from "../../interfaces/IExchange.sol";
import {HungryToken} from "../../mocks/HungryToken.sol";
import {Log} from "../Vm.sol";
import {World} from "../World.sol";

/// @title INV-07: a match that burns its whole allowance says nothing of its own, so the Exchange says it.
contract ExhaustedTest is World {
    bytes32 private constant SKIPPED = keccak256("Skipped(uint256,bytes32,bytes32,bytes4)");

    /// @dev Both payments, to the seller and of the fee, eat what they are given: the match cannot even fail in words.
    function test_inv_07__match_burns_all_its_gas__is_skipped_as_exhausted() external {
        address hungry = address(new HungryToken());
        exchange = new Exchange(address(governance), address(credit), hungry, address(charity), OPERATOR, FEES);
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = IExchange.setFee.selector;
        VM.startPrank(GOVERNOR);
        governance.setTargetFunctionRole(address(exchange), selectors, 4);
        exchange.setFee(100);
        VM.stopPrank();
        giveCredits(ALICE, 1_000_000);
        VM.prank(ALICE);
        credit.setApprovalForAll(address(exchange), true);

        IExchange.Order memory buy = aBuy(BOB, 1, 1_000_000);
        IExchange.Order memory sell = aSell(ALICE, 1, 1_000_000);

        VM.recordLogs();
        settlePair(buy, signOrder(BOB_KEY, buy), sell, signOrder(ALICE_KEY, sell), 1, 1_000_000);
        Log memory skip = findLog(VM.getRecordedLogs(), SKIPPED, "skip");

        checkEq(abi.decode(skip.data, (bytes4)), IExchange.GasExhausted.selector, "reason");
        checkEq(credit.balanceOf(ALICE, classId), 1_000_000, "seller");
    }
}
