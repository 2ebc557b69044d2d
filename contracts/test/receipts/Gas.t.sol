// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IRetirementReceipts} from "../../interfaces/IRetirementReceipts.sol";
import {Retiring} from "./Retiring.sol";

/// @title What a retirement with a receipt costs who relays it: whole transactions with calldata.
/// @dev "repeat": the account retired with a receipt before, and its word of numbers is used.
contract ReceiptGasTest is Retiring {
    uint256 private constant FIRST = 210_000;
    uint256 private constant REPEAT = 140_000;

    event Measured(string what, uint256 gas);

    /// forge-config: default.isolate = true
    function test_gas__retire_with_a_receipt__stays_bounded() external {
        giveCredits(ALICE, 50_000);
        uint256 first = _retire();
        uint256 repeated = _retire();

        emit Measured("first", first);
        emit Measured("repeat", repeated);
        checkAtMost(first, FIRST, "first");
        checkAtMost(repeated, REPEAT, "repeat");
    }

    function _retire() private returns (uint256) {
        IRetirementReceipts.Retirement memory retirement = aRetirement(ALICE, 12_000);
        bytes memory signature = signRetire(ALICE_KEY, retirement);
        bytes memory asked = signReceipt(ALICE_KEY, retirement);
        VM.prank(STRANGER);
        retirementReceipts.retireBySig(retirement, signature, asked);
        return VM.lastCallGas().gasTotalUsed;
    }
}
