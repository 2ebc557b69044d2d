// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ICarbonCredit} from "../../interfaces/ICarbonCredit.sol";
import {IIssuance} from "../../interfaces/IIssuance.sol";
import {HostileAccount} from "../../mocks/HostileAccount.sol";
import {Log} from "../Vm.sol";
import {World} from "../World.sol";

contract ClaimsTest is World {
    bytes32 private constant SKIPPED = keccak256("ClaimSkipped(uint256,address,bytes32,bytes4)");

    function test_claim__by_a_stranger__mints_to_the_holder() external {
        IIssuance.Claim memory leaf = aClaim(ALICE, 10_000);
        bytes32 root = anchorOne(leaf, 10_300);
        VM.expectEmit(address(credit));
        emit ICarbonCredit.Issued(ALICE, classId, leaf.nullifier, 10_000, 300, leaf.statementDigest, root);
        VM.prank(STRANGER);
        issuance.claim(root, leaf, new bytes32[](0));

        checkEq(credit.balanceOf(ALICE, classId), 10_000, "holder");
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.NullifierUsed.selector, leaf.nullifier));
        issuance.claim(root, leaf, new bytes32[](0));
    }

    function test_claim__of_a_tree__each_leaf_by_its_proof() external {
        (bytes32 root, IIssuance.Claim[] memory leaves, bytes32[][] memory proofs) = _pair();
        issuance.claim(root, leaves[0], proofs[0]);
        VM.expectRevert(abi.encodeWithSelector(IIssuance.ProofInvalid.selector, root, leafHashOf(leaves[1])));
        issuance.claim(root, leaves[1], proofs[0]);
        issuance.claim(root, leaves[1], proofs[1]);

        checkEq(credit.balanceOf(ALICE, classId) + credit.balanceOf(BOB, classId), 3000, "both");
    }

    function testFuzz_inv_02__altered_claim__reverts(uint256 field, uint256 change) external {
        IIssuance.Claim memory leaf = aClaim(ALICE, 10_000);
        bytes32 root = anchorOne(leaf, 100_000);
        change = bound(change, 1, 1 << 100);
        field = field % 4;
        if (field == 0) leaf.account = address(uint160(leaf.account) ^ uint160(change));
        if (field == 1) leaf.amountGco2e += change;
        if (field == 2) leaf.statementDigest = bytes32(uint256(leaf.statementDigest) ^ change);
        if (field == 3) leaf.nullifier = bytes32(uint256(leaf.nullifier) ^ change);

        VM.expectPartialRevert(IIssuance.ProofInvalid.selector);
        issuance.claim(root, leaf, new bytes32[](0));
    }

    /// @dev An inner node hashed as a leaf would need a preimage: leaves are hashed twice.
    function test_inv_02__inner_node__is_no_leaf() external {
        (bytes32 root, IIssuance.Claim[] memory leaves,) = _pair();
        leaves[0].account = STRANGER;
        VM.expectPartialRevert(IIssuance.ProofInvalid.selector);
        issuance.claim(root, leaves[0], new bytes32[](0));
    }

    function test_claim__unanchored_root__reverts() external {
        IIssuance.Claim memory leaf = aClaim(ALICE, 1);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.RootUnknown.selector, leafHashOf(leaf)));
        issuance.claim(leafHashOf(leaf), leaf, new bytes32[](0));
    }

    function test_claim__other_class__reverts() external {
        IIssuance.Claim memory leaf = aClaim(ALICE, 10);
        leaf.classId = classId + 1;
        bytes32 root = anchorOne(leaf, 100);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.ClassMismatch.selector, classId + 1, classId));
        issuance.claim(root, leaf, new bytes32[](0));
    }

    function test_claim__suspended_root__waits() external {
        IIssuance.Claim memory leaf = aClaim(ALICE, 10);
        bytes32 root = anchorOne(leaf, 100);
        VM.expectEmit(address(credit));
        emit ICarbonCredit.RootSuspended(root, true);
        VM.prank(REGISTRAR);
        credit.suspendRoot(root, true);
        check(credit.isSuspended(root), "suspended");
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.RootIsSuspended.selector, root));
        issuance.claim(root, leaf, new bytes32[](0));
        VM.prank(REGISTRAR);
        credit.suspendRoot(root, false);
        issuance.claim(root, leaf, new bytes32[](0));
    }

    function test_suspend__unknown_root__reverts() external {
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.RootUnknown.selector, bytes32("none")));
        VM.prank(REGISTRAR);
        credit.suspendRoot("none", true);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.RootUnknown.selector, bytes32("none")));
        credit.expiresAt("none");
    }

    function test_claim__expires_after_two_years_half_open() external {
        IIssuance.Claim memory leaf = aClaim(ALICE, 10);
        bytes32 root = anchorOne(leaf, 100);
        VM.warp(START + 730 days);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.ClaimExpired.selector, root, START + 730 days));
        issuance.claim(root, leaf, new bytes32[](0));
        VM.warp(START + 730 days - 1);
        issuance.claim(root, leaf, new bytes32[](0));
    }

    /// @dev Time during which the class could not mint does not count.
    function test_claim__clock_stands_while_minting_is_stopped() external {
        giveCredits(BOB, 100_000);
        IIssuance.Claim memory leaf = aClaim(ALICE, 10);
        bytes32 root = anchorOne(leaf, 100);
        VM.prank(REGISTRAR);
        credit.recordReversal(classId, 5, "finding");
        VM.warp(START + 40 days);
        credit.cancelFromBuffer(classId, 5);
        checkEq(credit.expiresAt(root), START + 770 days, "later by the stop");
        VM.warp(START + 770 days - 1);

        issuance.claim(root, leaf, new bytes32[](0));

        IIssuance.Claim memory late = aClaim(ALICE, 10);
        bytes32 lateRoot = anchorOne(late, 100);
        checkEq(credit.expiresAt(lateRoot), START + 1500 days - 1, "an old stop counts for no new root");
    }

    function test_inv_07__claim_many__skips_what_cannot_mint_and_mints_the_rest() external {
        IIssuance.Claim[] memory leaves = new IIssuance.Claim[](4);
        bytes32[] memory roots = new bytes32[](4);
        for (uint256 i; i < 4; ++i) {
            leaves[i] = aClaim(ALICE, 100);
            roots[i] = anchorOne(leaves[i], 200);
        }
        issuance.claim(roots[1], leaves[1], new bytes32[](0));
        leaves[2].amountGco2e = 101;
        VM.recordLogs();

        issuance.claimMany(roots, leaves, new bytes32[][](4));

        Log[] memory logs = VM.getRecordedLogs();
        checkEq(countOf(logs, SKIPPED), 2, "two skipped");
        Log memory first = findLog(logs, SKIPPED, "skip");
        checkEq(uint256(first.topics[1]), 1, "index");
        checkEq(first.topics[3], roots[1], "root");
        checkEq(abi.decode(first.data, (bytes4)), ICarbonCredit.NullifierUsed.selector, "reason");
        checkEq(credit.balanceOf(ALICE, classId), 300, "the rest");
    }

    function test_inv_07__hostile_receivers__cost_themselves_alone() external {
        for (uint8 mode = 1; mode < 6; ++mode) {
            HostileAccount hostile = new HostileAccount(BOB);
            hostile.setReceiving(HostileAccount.Receiving(mode));
            (bytes32[] memory roots, IIssuance.Claim[] memory leaves) = _two(address(hostile));
            uint256 before = credit.balanceOf(ALICE, classId);
            VM.recordLogs();
            uint256 gasBefore = gasleft();

            issuance.claimMany(roots, leaves, new bytes32[][](2));

            checkAtMost(gasBefore - gasleft(), 1_000_000, "bounded gas");
            Log[] memory logs = VM.getRecordedLogs();
            uint256 refused = mode == uint8(HostileAccount.Receiving.ReturnBomb) ? 0 : 1;
            checkEq(countOf(logs, SKIPPED), refused, "skip");
            if (refused == 1) {
                bytes4 reason = abi.decode(findLog(logs, SKIPPED, "skip").data, (bytes4));
                checkEq(reason, _reasonOf(HostileAccount.Receiving(mode)), "reason");
            }
            checkEq(credit.balanceOf(ALICE, classId), before + 100, "the other is minted");
            check(credit.nullifierUsed(leaves[0].nullifier) == (refused == 0), "a skipped claim may come again");
        }
    }

    /// @dev What names no reason is told as exhausted gas; for a receiver that burns all it got the token answers.
    function _reasonOf(HostileAccount.Receiving mode) private pure returns (bytes4) {
        if (mode == HostileAccount.Receiving.Revert) return HostileAccount.Refused.selector;
        if (mode == HostileAccount.Receiving.RevertBomb) return IIssuance.GasExhausted.selector;
        return IERC1155Errors.ERC1155InvalidReceiver.selector;
    }

    /// @dev Every reason the credit has against a claim reaches the event of the skip.
    function test_inv_07__claim_many__tells_each_reason() external {
        bytes32[] memory roots = new bytes32[](6);
        IIssuance.Claim[] memory leaves = new IIssuance.Claim[](6);
        for (uint256 i; i < 6; ++i) {
            leaves[i] = aClaim(ALICE, i == 4 ? 0 : 100);
            if (i == 3) leaves[i].classId = classId + 1;
            roots[i] = i == 1 ? leafHashOf(leaves[i]) : anchorOne(leaves[i], i == 5 ? 102 : 500);
        }
        VM.prank(REGISTRAR);
        credit.suspendRoot(roots[2], true);
        leaves[0].amountGco2e = 101;
        bytes4[6] memory reasons = [
            IIssuance.ProofInvalid.selector,
            ICarbonCredit.RootUnknown.selector,
            ICarbonCredit.RootIsSuspended.selector,
            ICarbonCredit.ClassMismatch.selector,
            ICarbonCredit.AmountZero.selector,
            ICarbonCredit.SurplusExceeded.selector
        ];
        VM.recordLogs();

        issuance.claimMany(roots, leaves, new bytes32[][](6));

        Log[] memory logs = VM.getRecordedLogs();
        checkEq(logs.length, 6, "one skip each and nothing else");
        for (uint256 i; i < 6; ++i) {
            checkEq(abi.decode(logs[i].data, (bytes4)), reasons[i], "reason");
        }
        checkEq(credit.issuedOf(classId), 0, "nothing minted");
    }

    function test_inv_07__claim_many__of_a_stopped_or_expired_root__is_told() external {
        giveCredits(BOB, 1000);
        (bytes32[] memory roots, IIssuance.Claim[] memory leaves) = _two(BOB);
        VM.prank(REGISTRAR);
        credit.recordReversal(classId, 5, "finding");
        _allSkippedFor(roots, leaves, ICarbonCredit.MintingStopped.selector);
        credit.cancelFromBuffer(classId, 5);
        VM.warp(START + 730 days);
        _allSkippedFor(roots, leaves, ICarbonCredit.ClaimExpired.selector);
    }

    function _allSkippedFor(bytes32[] memory roots, IIssuance.Claim[] memory leaves, bytes4 reason) private {
        VM.recordLogs();
        issuance.claimMany(roots, leaves, new bytes32[][](roots.length));
        Log[] memory logs = VM.getRecordedLogs();
        checkEq(logs.length, roots.length, "all skipped");
        for (uint256 i; i < logs.length; ++i) {
            checkEq(abi.decode(logs[i].data, (bytes4)), reason, "reason");
        }
    }

    function test_inv_02__receiver_claims_again_from_inside__mints_once() external {
        HostileAccount hostile = new HostileAccount(BOB);
        IIssuance.Claim memory leaf = aClaim(address(hostile), 100);
        bytes32 root = anchorOne(leaf, 500);
        hostile.setCall(address(issuance), abi.encodeCall(IIssuance.claim, (root, leaf, new bytes32[](0))));

        issuance.claim(root, leaf, new bytes32[](0));

        checkEq(hostile.calls(), 1, "tried");
        check(!hostile.callSucceeded(), "refused");
        checkEq(credit.balanceOf(address(hostile), classId), 100, "once");
    }

    /// @dev With any gas: all that can mint mints, or nothing happens at all.
    function testFuzz_inv_07__starved_claims__revert_all_or_skip_none(uint256 given) external {
        given = bound(given, 60_000, 1_500_000);
        (bytes32[] memory roots, IIssuance.Claim[] memory leaves) = _two(BOB);
        bytes memory data = abi.encodeCall(IIssuance.claimMany, (roots, leaves, new bytes32[][](2)));

        (bool done,) = address(issuance).call{gas: given}(data);

        checkEq(credit.balanceOf(BOB, classId), done ? 100 : 0, "first");
        checkEq(credit.balanceOf(ALICE, classId), done ? 100 : 0, "second");
    }

    function test_inv_07__starved_claims__name_what_is_needed() external {
        (bytes32[] memory roots, IIssuance.Claim[] memory leaves) = _two(BOB);
        bytes memory data = abi.encodeCall(IIssuance.claimMany, (roots, leaves, new bytes32[][](2)));

        (bool done, bytes memory answer) = address(issuance).call{gas: 400_000}(data);

        check(!done, "reverts");
        checkEq(bytes4(answer), IIssuance.GasInsufficient.selector, "reason");
    }

    function test_claim_many__malformed__reverts() external {
        VM.expectRevert(abi.encodeWithSelector(IIssuance.BatchEmpty.selector));
        issuance.claimMany(new bytes32[](0), new IIssuance.Claim[](0), new bytes32[][](0));
        VM.expectRevert(abi.encodeWithSelector(IIssuance.LengthMismatch.selector, 2, 1));
        issuance.claimMany(new bytes32[](2), new IIssuance.Claim[](1), new bytes32[][](2));
        VM.expectRevert(abi.encodeWithSelector(IIssuance.LengthMismatch.selector, 2, 3));
        issuance.claimMany(new bytes32[](2), new IIssuance.Claim[](2), new bytes32[][](3));
    }

    /// @dev Two roots of one leaf each: the first for `first`, the second for Alice.
    function _two(address first) private returns (bytes32[] memory roots, IIssuance.Claim[] memory leaves) {
        leaves = new IIssuance.Claim[](2);
        roots = new bytes32[](2);
        (leaves[0], leaves[1]) = (aClaim(first, 100), aClaim(ALICE, 100));
        (roots[0], roots[1]) = (anchorOne(leaves[0], 500), anchorOne(leaves[1], 500));
    }

    /// @dev One root of two leaves, sorted as the tree format asks.
    function _pair() private returns (bytes32 root, IIssuance.Claim[] memory leaves, bytes32[][] memory proofs) {
        leaves = new IIssuance.Claim[](2);
        (leaves[0], leaves[1]) = (aClaim(ALICE, 1000), aClaim(BOB, 2000));
        bytes32 a = leafHashOf(leaves[0]);
        bytes32 b = leafHashOf(leaves[1]);
        root = a < b ? keccak256(abi.encode(a, b)) : keccak256(abi.encode(b, a));
        anchorRoot(root, 5000);
        proofs = new bytes32[][](2);
        (proofs[0], proofs[1]) = (new bytes32[](1), new bytes32[](1));
        (proofs[0][0], proofs[1][0]) = (b, a);
    }
}
