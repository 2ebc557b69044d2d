// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ICarbonCredit} from "../../interfaces/ICarbonCredit.sol";
import {IIssuance} from "../../interfaces/IIssuance.sol";
import {World} from "../World.sol";

/// @title Reversals, the buffer and the clocks.
contract BufferTest is World {
    uint256 private constant GIVEN = 100_000;
    uint256 private constant BUFFERED = 3000;

    function setUp() public override {
        super.setUp();
        giveCredits(ALICE, GIVEN);
    }

    function test_buffer__ceils_against_the_holder() external {
        giveCredits(BOB, 1);

        checkEq(credit.classOf(classId).buffer, BUFFERED + 1, "one gram for one gram");
    }

    function test_reversal__stops_minting_until_cancelled() external {
        IIssuance.Claim memory leaf = aClaim(BOB, 10);
        bytes32 root = anchorOne(leaf, 100);
        _reverse(500);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.MintingStopped.selector, classId, 500, 0));
        issuance.claim(root, leaf, new bytes32[](0));
        credit.cancelFromBuffer(classId, 499);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.MintingStopped.selector, classId, 500, 499));
        issuance.claim(root, leaf, new bytes32[](0));
        VM.prank(STRANGER);
        credit.cancelFromBuffer(classId, 1);
        issuance.claim(root, leaf, new bytes32[](0));

        checkEq(credit.balanceOf(BOB, classId), 10, "minted after");
        _checkIdentity();
    }

    function test_reversal__bad_terms__revert() external {
        VM.startPrank(REGISTRAR);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.AmountZero.selector));
        credit.recordReversal(classId, 0, "ref");
        VM.expectRevert(
            abi.encodeWithSelector(ICarbonCredit.ReversalExceedsIssued.selector, GIVEN + BUFFERED + 1, GIVEN + BUFFERED)
        );
        credit.recordReversal(classId, GIVEN + BUFFERED + 1, "ref");
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.ClassUnknown.selector, 7));
        credit.recordReversal(7, 1, "ref");
        VM.stopPrank();
    }

    function test_cancel__without_or_beyond_a_reversal__reverts() external {
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.CancellationExceedsReversal.selector, 1, 0));
        credit.cancelFromBuffer(classId, 1);
        _reverse(10);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.CancellationExceedsReversal.selector, 11, 10));
        credit.cancelFromBuffer(classId, 11);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.AmountZero.selector));
        credit.cancelFromBuffer(classId, 0);
    }

    function test_cancel__beyond_the_buffer__waits_for_a_refill() external {
        _reverse(BUFFERED + 100);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.BufferInsufficient.selector, BUFFERED + 100, BUFFERED));
        credit.cancelFromBuffer(classId, BUFFERED + 100);
        VM.expectEmit(address(credit));
        emit ICarbonCredit.BufferRefilled(ALICE, classId, 100);
        VM.prank(ALICE);
        credit.refillBuffer(classId, 100);
        credit.cancelFromBuffer(classId, BUFFERED + 100);

        checkEq(credit.classOf(classId).buffer, 0, "buffer");
        checkEq(credit.classOf(classId).cancelled, BUFFERED + 100, "cancelled");
        checkEq(credit.classOf(classId).stoppedAt, 0, "runs again");
        _checkIdentity();
    }

    function test_clock__counts_stopped_seconds() external {
        _reverse(10);
        VM.warp(START + 100);
        checkEq(credit.stoppedSecondsOf(classId), 100, "while stopped");
        _reverse(5);
        VM.warp(START + 150);
        credit.cancelFromBuffer(classId, 15);
        VM.warp(START + 1000);
        checkEq(credit.stoppedSecondsOf(classId), 150, "stands once resumed");
        _reverse(1);
        VM.warp(START + 1010);

        checkEq(credit.stoppedSecondsOf(classId), 160, "a second stop adds");
    }

    function test_expire_buffer__three_years_after_the_last_batch() external {
        VM.warp(START + 100 days);
        anchorOne(aClaim(BOB, 10), 20);
        VM.warp(START + 1195 days - 1);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.BufferNotExpired.selector, classId, START + 1195 days));
        credit.expireBuffer(classId);
        VM.warp(START + 1195 days);
        VM.expectEmit(address(credit));
        emit ICarbonCredit.BufferExpired(classId, BUFFERED);
        credit.expireBuffer(classId);

        checkEq(credit.classOf(classId).cancelled, BUFFERED, "cancelled");
        checkEq(credit.classOf(classId).expired, BUFFERED, "of it expired");
        _checkIdentity();
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.AmountZero.selector));
        credit.expireBuffer(classId);
    }

    /// @dev What merely expired answers no reversal.
    function test_expire_buffer__does_not_settle_reversals() external {
        VM.warp(START + 1095 days);
        credit.expireBuffer(classId);
        _reverse(10);

        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.BufferInsufficient.selector, 10, 0));
        credit.cancelFromBuffer(classId, 10);
        VM.prank(ALICE);
        credit.refillBuffer(classId, 10);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.CancellationExceedsReversal.selector, 11, 10));
        credit.cancelFromBuffer(classId, 11);
        credit.cancelFromBuffer(classId, 10);
        checkEq(credit.classOf(classId).stoppedAt, 0, "runs again");
        _checkIdentity();
    }

    function test_expire_buffer__while_stopped__waits_and_the_term_grows() external {
        VM.warp(START + 1000 days);
        _reverse(10);
        VM.warp(START + 1200 days);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.BufferNotExpired.selector, classId, START + 1095 days));
        credit.expireBuffer(classId);
        credit.cancelFromBuffer(classId, 10);

        checkEq(credit.classOf(classId).bufferExpiresAt, START + 1295 days, "later by the stop");
    }

    function test_cancel_or_expire__unknown_class__reverts() external {
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.ClassUnknown.selector, 7));
        credit.cancelFromBuffer(7, 1);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.ClassUnknown.selector, 7));
        credit.expireBuffer(7);
    }

    /// @dev A second reversal while stopped keeps the first one's time.
    function test_reversal__while_stopped__keeps_the_first_time() external {
        _reverse(10);
        VM.warp(START + 50);
        _reverse(10);

        checkEq(credit.classOf(classId).stoppedAt, START, "since the first");
        checkEq(credit.classOf(classId).reversed, 20, "both");
    }

    /// @dev Budgets and roots may be anchored while minting is stopped; the sunset counts from the last of them.
    function test_anchor__while_stopped__moves_the_sunset() external {
        _reverse(10);
        VM.warp(START + 100 days);
        anchorOne(aClaim(BOB, 10), 20);
        VM.warp(START + 150 days);
        credit.cancelFromBuffer(classId, 10);

        // 100 days of the stop were before the batch: they are added all the same, in the buffer's favour.
        checkEq(credit.classOf(classId).bufferExpiresAt, START + (100 + 1095 + 150) * 1 days, "sunset");
    }

    function test_refill__more_than_held__reverts() external {
        VM.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InsufficientBalance.selector, BOB, 0, 1, classId));
        VM.prank(BOB);
        credit.refillBuffer(classId, 1);
    }

    function test_refill__nothing_or_unknown__reverts() external {
        VM.startPrank(ALICE);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.AmountZero.selector));
        credit.refillBuffer(classId, 0);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.ClassUnknown.selector, 7));
        credit.refillBuffer(7, 1);
        VM.stopPrank();
    }

    function _reverse(uint256 amount) private {
        VM.prank(REGISTRAR);
        credit.recordReversal(classId, amount, "finding");
    }

    function _checkIdentity() private view {
        ICarbonCredit.CreditClass memory class = credit.classOf(classId);
        uint256 held = credit.balanceOf(ALICE, classId) + credit.balanceOf(BOB, classId);
        checkEq(held + class.buffer + class.retired + class.cancelled, class.issued, "INV-01");
    }
}
