// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CarbonCredit} from "../../CarbonCredit.sol";
import {RetirementReceipts} from "../../RetirementReceipts.sol";
import {Assertions} from "../Assertions.sol";
import {FuzzSelector} from "./Acts.sol";
import {ReceiptActs} from "./ReceiptActs.sol";

/// @title Receipts come to what was retired through their contract, and stay what and where they were.
contract ReceiptInvariants is Assertions {
    ReceiptActs private _acts;

    function setUp() external {
        _acts = new ReceiptActs();
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(_acts), _acts.acts());
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_acts);
    }

    function invariant_inv_06__receipts_are_of_what_was_retired() external view {
        (CarbonCredit credit,,, uint256 classId) = _acts.parts();
        RetirementReceipts receipts = _acts.receiptsContract();
        uint256 count = _acts.tokenCount();
        uint256 sum;
        for (uint256 i; i < count; ++i) {
            uint256 tokenId = _acts.tokenIds(i);
            checkEq(_acts.factsOf(tokenId), _acts.factsAtIssue(tokenId), "INV-06 a receipt stays what it was");
            checkEq(tokenId, classId << 64 | i + 1, "INV-09 running numbers");
            sum += receipts.receiptOf(tokenId).amount;
        }
        checkEq(sum, _acts.retiredThrough(classId), "INV-06 receipts are of what was retired");
        checkAtMost(sum, credit.retiredInAllOf(classId), "INV-06 never more than was retired");
        checkEq(receipts.receiptsOf(classId), count, "INV-09 receipts of the class");
        uint256 owned;
        for (uint256 i; i < 5; ++i) {
            owned += receipts.balanceOf(_acts.actors(i));
        }
        checkEq(owned, count, "INV-09 receipts by owner");
        checkEq(credit.balanceOf(address(receipts), classId), 0, "it holds nothing");
    }

    function invariant_inv_09__all_is_as_the_events_say() external view {
        _acts.compareWithEvents();
    }

    function test_receipt_acts__reach_issues_refusals_and_overtakings() external {
        bytes4[] memory acts = _acts.acts();
        for (uint256 i; i < 400; ++i) {
            uint256 seed = uint256(keccak256(abi.encode(i)));
            (bool done, bytes memory answer) =
                address(_acts).call(abi.encodeWithSelector(acts[seed % acts.length], seed));
            check(done, string(answer));
        }
        check(_acts.issued() > 30, "issues");
        check(_acts.refused() > 20, "refusals");
        check(_acts.overtaken() > 2, "overtakings");
    }
}
