// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICarbonCredit} from "../../interfaces/ICarbonCredit.sol";
import {IIssuance} from "../../interfaces/IIssuance.sol";
import {Issuance} from "../../Issuance.sol";
import {World} from "../World.sol";

contract BatchesTest is World {
    function test_anchor_batch__is_kept_and_told() external {
        IIssuance.Batch memory batch = aBatch("root", 500);
        bytes[] memory signatures = signBatch(batch, 2);
        address[] memory signers = new address[](2);
        (signers[0], signers[1]) = (VM.addr(verifierKeys[0]), VM.addr(verifierKeys[1]));

        VM.expectEmit(address(issuance));
        emit IIssuance.BatchAnchored("root", classId, 1, 500, 0, 500, 0, "policy", "factors", signers);
        VM.expectEmit(address(credit));
        emit ICarbonCredit.SurplusAnchored(classId, "root", 500, 500);
        VM.prank(STRANGER);
        issuance.anchorBatch(batch, signatures);

        checkEq(credit.anchoredAt("root"), START, "time");
        checkEq(credit.expiresAt("root"), START + 730 days, "expiry");
        checkEq(credit.rootOf("root").surplus, 500, "surplus");
    }

    function test_inv_02__fewer_than_k_verifiers__revert() external {
        IIssuance.Batch memory batch = aBatch("root", 500);
        bytes[] memory one = signBatch(batch, 1);
        VM.expectRevert(abi.encodeWithSelector(IIssuance.SignaturesInsufficient.selector, 1, 2));
        issuance.anchorBatch(batch, one);
    }

    function test_inv_02__the_same_verifier_twice__reverts() external {
        IIssuance.Batch memory batch = aBatch("root", 500);
        bytes[] memory twice = signBatch(batch, 2);
        twice[1] = signCompact(verifierKeys[0], issuance.hashBatch(batch));
        address signer = VM.addr(verifierKeys[0]);
        VM.expectRevert(abi.encodeWithSelector(IIssuance.SignersNotAscending.selector, signer, signer));
        issuance.anchorBatch(batch, twice);
    }

    function test_inv_02__descending_verifiers__revert() external {
        IIssuance.Batch memory batch = aBatch("root", 500);
        bytes[] memory signatures = signBatch(batch, 2);
        (signatures[0], signatures[1]) = (signatures[1], signatures[0]);
        VM.expectRevert(
            abi.encodeWithSelector(
                IIssuance.SignersNotAscending.selector, VM.addr(verifierKeys[1]), VM.addr(verifierKeys[0])
            )
        );
        issuance.anchorBatch(batch, signatures);
    }

    function test_inv_02__a_stranger_among_the_signers__reverts() external {
        IIssuance.Batch memory batch = aBatch("root", 500);
        bytes[] memory signatures = new bytes[](3);
        for (uint256 i; i < 2; ++i) {
            signatures[i] = signDigest(verifierKeys[i], issuance.hashBatch(batch));
        }
        signatures[2] = signDigest(ALICE_KEY, issuance.hashBatch(batch));
        VM.expectRevert(abi.encodeWithSelector(IIssuance.SignerNotVerifier.selector, ALICE));
        issuance.anchorBatch(batch, signatures);
    }

    function test_inv_02__a_malformed_signature__is_nobodys() external {
        IIssuance.Batch memory batch = aBatch("root", 500);
        bytes[] memory signatures = signBatch(batch, 2);
        signatures[0] = "junk";
        VM.expectRevert(abi.encodeWithSelector(IIssuance.SignerNotVerifier.selector, address(0)));
        issuance.anchorBatch(batch, signatures);
    }

    function test_inv_02__removed_verifier__signs_no_more() external {
        IIssuance.Batch memory batch = aBatch("root", 500);
        bytes[] memory signatures = signBatch(batch, 2);
        address removed = VM.addr(verifierKeys[1]);
        VM.prank(REGISTRAR);
        issuance.removeVerifier(removed);
        VM.expectRevert(abi.encodeWithSelector(IIssuance.SignerNotVerifier.selector, removed));
        issuance.anchorBatch(batch, signatures);
    }

    /// @dev Every field of a batch is signed.
    function testFuzz_inv_02__altered_batch__reverts(uint256 field, uint256 change) external {
        IIssuance.Batch memory batch = aBatch("root", 500);
        bytes[] memory signatures = signBatch(batch, 2);
        change = bound(change, 1, 1000);
        field = field % 9;
        if (field == 0) batch.classId ^= change;
        if (field == 1) batch.root = bytes32(uint256(batch.root) ^ change);
        if (field == 2) batch.people += change;
        if (field == 3) batch.budgetsGco2e += change;
        if (field == 4) batch.footprintsGco2e += change;
        if (field == 5) batch.surplusesGco2e -= bound(change, 1, 500);
        if (field == 6) batch.deficitsGco2e += change;
        if (field == 7) batch.policyDigest = bytes32(change);
        if (field == 8) batch.factorsDigest = bytes32(change);

        VM.expectPartialRevert(IIssuance.SignerNotVerifier.selector);
        issuance.anchorBatch(batch, signatures);
    }

    function test_anchor_batch__deadline_is_half_open() external {
        IIssuance.Batch memory batch = aBatch("root", 500);
        batch.deadline = START;
        bytes[] memory signatures = signBatch(batch, 2);
        VM.expectRevert(abi.encodeWithSelector(IIssuance.BatchExpired.selector, START));
        issuance.anchorBatch(batch, signatures);
    }

    function test_anchor_batch__nobody_or_no_root__reverts() external {
        IIssuance.Batch memory batch = aBatch("root", 500);
        batch.people = 0;
        bytes[] memory signatures = signBatch(batch, 2);
        VM.expectRevert(abi.encodeWithSelector(IIssuance.BatchEmpty.selector));
        issuance.anchorBatch(batch, signatures);
        batch = aBatch(0, 500);
        signatures = signBatch(batch, 2);
        VM.expectRevert(abi.encodeWithSelector(IIssuance.BatchEmpty.selector));
        issuance.anchorBatch(batch, signatures);
    }

    function test_anchor_batch__twice__reverts() external {
        anchorRoot("root", 500);
        IIssuance.Batch memory batch = aBatch("root", 500);
        bytes[] memory signatures = signBatch(batch, 2);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.RootExists.selector, bytes32("root")));
        issuance.anchorBatch(batch, signatures);
    }

    function test_anchor_batch__before_a_threshold_is_set__reverts() external {
        Issuance fresh = new Issuance(address(governance), address(credit));
        VM.expectRevert(abi.encodeWithSelector(IIssuance.ThresholdInvalid.selector, 0, 0));
        fresh.anchorBatch(aBatch("root", 500), new bytes[](0));
    }

    function test_pause__stops_batches_and_claims() external {
        IIssuance.Claim memory leaf = aClaim(ALICE, 10);
        bytes32 root = anchorOne(leaf, 100);
        IIssuance.Batch memory batch = aBatch("root", 500);
        bytes[] memory signatures = signBatch(batch, 2);
        VM.prank(PAUSER);
        issuance.pause();
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.MintingPaused.selector));
        issuance.anchorBatch(batch, signatures);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.MintingPaused.selector));
        issuance.claim(root, leaf, new bytes32[](0));
        (bytes32[] memory roots, IIssuance.Claim[] memory leaves) = (new bytes32[](1), new IIssuance.Claim[](1));
        (roots[0], leaves[0]) = (root, leaf);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.MintingPaused.selector));
        issuance.claimMany(roots, leaves, new bytes32[][](1));
        VM.expectEmit(address(credit));
        emit ICarbonCredit.MintingPausedSet(false);
        VM.expectEmit(address(issuance));
        emit IIssuance.Unpaused(PAUSER);
        VM.prank(PAUSER);
        issuance.unpause();
        check(!issuance.paused() && !credit.mintingPaused(), "runs again");
        issuance.claim(root, leaf, new bytes32[](0));

        checkEq(credit.balanceOf(ALICE, classId), 10, "after");
    }

    /// @dev INV-08: what a pause must never stop, tried while paused.
    function test_inv_08__paused__transfer_retire_approve_refill_and_cancel_go_on() external {
        giveCredits(ALICE, 10_000);
        VM.prank(PAUSER);
        VM.expectEmit(address(issuance));
        emit IIssuance.Paused(PAUSER);
        issuance.pause();
        check(issuance.paused(), "paused");
        VM.startPrank(ALICE);
        credit.safeTransferFrom(ALICE, BOB, classId, 1000, "");
        credit.retire(classId, 1000, ALICE, "own-deficit", 0);
        credit.setApprovalForAll(BOB, true);
        credit.setApprovalForAll(BOB, false);
        credit.useNumber(1);
        credit.refillBuffer(classId, 1000);
        VM.stopPrank();
        VM.startPrank(REGISTRAR);
        credit.recordReversal(classId, 10, "finding");
        issuance.removeVerifier(VM.addr(verifierKeys[0]));
        VM.stopPrank();
        credit.cancelFromBuffer(classId, 10);

        checkEq(credit.balanceOf(ALICE, classId), 7000, "Alice");
        checkEq(credit.retiredOf(ALICE, classId), 1000, "retired");
        checkEq(credit.cancelledOf(classId), 10, "cancelled");
    }

    function test_set_minting_paused__by_anyone_but_issuance__reverts() external {
        address[4] memory others = [GOVERNOR, PAUSER, REGISTRAR, STRANGER];
        for (uint256 i; i < 4; ++i) {
            VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.NotIssuance.selector, others[i]));
            VM.prank(others[i]);
            credit.setMintingPaused(true);
        }
    }

    function test_constructor__no_credit__reverts() external {
        VM.expectRevert(abi.encodeWithSelector(IIssuance.AddressZero.selector));
        new Issuance(address(governance), address(0));
    }

    function test_verifiers__added_and_removed() external {
        VM.startPrank(GOVERNOR);
        VM.expectEmit(address(issuance));
        emit IIssuance.VerifierSet(ALICE, true);
        issuance.addVerifier(ALICE);
        checkEq(issuance.verifierCount(), 4, "four");
        VM.expectRevert(abi.encodeWithSelector(IIssuance.VerifierUnchanged.selector, ALICE));
        issuance.addVerifier(ALICE);
        VM.expectRevert(abi.encodeWithSelector(IIssuance.AddressZero.selector));
        issuance.addVerifier(address(0));
        VM.stopPrank();
        VM.startPrank(REGISTRAR);
        issuance.removeVerifier(ALICE);
        VM.expectRevert(abi.encodeWithSelector(IIssuance.VerifierUnchanged.selector, ALICE));
        issuance.removeVerifier(ALICE);
        VM.stopPrank();

        checkEq(issuance.verifierCount(), 3, "three");
        check(!issuance.isVerifier(ALICE), "removed");
    }

    function test_threshold__from_one_to_all() external {
        VM.startPrank(GOVERNOR);
        VM.expectRevert(abi.encodeWithSelector(IIssuance.ThresholdInvalid.selector, 0, 3));
        issuance.setThreshold(0);
        VM.expectRevert(abi.encodeWithSelector(IIssuance.ThresholdInvalid.selector, 4, 3));
        issuance.setThreshold(4);
        issuance.setThreshold(3);
        VM.stopPrank();

        checkEq(issuance.threshold(), 3, "all");
    }
}
