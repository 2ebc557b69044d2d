// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICarbonCredit} from "../../interfaces/ICarbonCredit.sol";
import {IIssuance} from "../../interfaces/IIssuance.sol";
import {Issuance} from "../../Issuance.sol";
import {HostileAccount} from "../../mocks/HostileAccount.sol";
import {Log} from "../Vm.sol";
import {World} from "../World.sol";

/// @title Findings about batches, limits and windows in the exchanges and funds we know (Cantina 3.1.2 and 3.1.4,
/// Quantstamp POL-EX-1 and POL-EX-5, Allo M-7 and M-12), tried on anchoring and minting.
contract MintingTest is World {
    /// @dev POL-EX-5: an unchecked product overflowed. The amount is bounded before it is multiplied by the rate.
    function test_pol_ex_5__amount_that_would_overflow__reverts() external {
        VM.startPrank(address(issuance));
        credit.anchor("root", classId, 1000, 1000);
        uint256 wraps = type(uint256).max / BUFFER_BPS + 1;
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.SurplusExceeded.selector, bytes32("root"), wraps, 1000));
        credit.mint(ALICE, classId, wraps, "root", "nullifier", "statement");
        VM.stopPrank();
    }

    /// @dev POL-EX-1: two sides booked from two inputs. What a root minted is what holder and buffer got, to the gram.
    function test_pol_ex_1__minted_of_a_root__is_what_was_handed_out() external {
        IIssuance.Claim memory leaf = giveCredits(ALICE, 12_345);
        uint256 handedOut = credit.balanceOf(ALICE, classId) + credit.classOf(classId).buffer;

        checkEq(credit.rootOf(leafHashOf(leaf)).minted, handedOut, "minted of the root");
        checkEq(credit.issuedOf(classId), handedOut, "issued");
    }

    /// @dev Cantina 3.1.2, 3.1.4: nothing at all counted as something. Zero grams, people, claims are refused.
    function test_cantina_3_1_2__nothing__is_refused_everywhere() external {
        VM.expectRevert(abi.encodeWithSelector(IIssuance.BatchEmpty.selector));
        issuance.claimMany(new bytes32[](0), new IIssuance.Claim[](0), new bytes32[][](0));
        IIssuance.Claim memory leaf = aClaim(ALICE, 0);
        bytes32 root = anchorOne(leaf, 100);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.AmountZero.selector));
        issuance.claim(root, leaf, new bytes32[](0));
        check(!credit.nullifierUsed(leaf.nullifier), "a claim of nothing uses nothing up");
    }

    /// @dev Cantina 3.1.4: a limit of zero meant none. No surplus mints nothing; no threshold anchors nothing.
    function test_cantina_3_1_4__a_limit_of_zero__is_zero() external {
        IIssuance.Claim memory leaf = aClaim(ALICE, 1);
        bytes32 root = anchorOne(leaf, 0);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.SurplusExceeded.selector, root, 1, 0));
        issuance.claim(root, leaf, new bytes32[](0));

        Issuance fresh = new Issuance(address(governance), address(credit));
        VM.expectRevert(abi.encodeWithSelector(IIssuance.ThresholdInvalid.selector, 0, 0));
        fresh.anchorBatch(aBatch("root", 500), new bytes[](0));
    }

    /// @dev Allo M-7: one second belonged to two windows. At the second of expiry a claim has expired, and only then.
    function test_allo_m_7__the_second_of_expiry__belongs_to_one_side() external {
        IIssuance.Claim memory leaf = aClaim(ALICE, 10);
        bytes32 root = anchorOne(leaf, 100);
        uint256 expiry = credit.expiresAt(root);
        VM.warp(expiry);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.ClaimExpired.selector, root, expiry));
        issuance.claim(root, leaf, new bytes32[](0));
        VM.warp(expiry - 1);
        issuance.claim(root, leaf, new bytes32[](0));
    }

    /// @dev The stop clock is asked only when the plain term is over: then it is, to the second.
    function test_allo_m_7__expiry_after_a_stop__to_the_second() external {
        giveCredits(BOB, 1000);
        IIssuance.Claim memory leaf = aClaim(ALICE, 10);
        bytes32 root = anchorOne(leaf, 100);
        VM.prank(REGISTRAR);
        credit.recordReversal(classId, 5, "finding");
        VM.warp(START + 7);
        credit.cancelFromBuffer(classId, 5);
        VM.warp(START + 730 days + 7);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.ClaimExpired.selector, root, START + 730 days + 7));
        issuance.claim(root, leaf, new bytes32[](0));
        VM.warp(START + 730 days + 6);
        issuance.claim(root, leaf, new bytes32[](0));

        checkEq(credit.balanceOf(ALICE, classId), 10, "in the last second");
    }

    /// @dev Allo M-12: a second decision overwrote the first. Suspending and resuming changes no term of the root.
    function test_allo_m_12__suspended_and_resumed__a_root_is_as_it_was() external {
        IIssuance.Claim memory leaf = aClaim(ALICE, 10);
        bytes32 root = anchorOne(leaf, 100);
        bytes32 before = keccak256(abi.encode(credit.rootOf(root), credit.anchoredAt(root), credit.expiresAt(root)));
        VM.warp(START + 1 days);
        VM.startPrank(REGISTRAR);
        credit.suspendRoot(root, true);
        credit.suspendRoot(root, true);
        credit.suspendRoot(root, false);
        VM.stopPrank();

        checkEq(
            keccak256(abi.encode(credit.rootOf(root), credit.anchoredAt(root), credit.expiresAt(root))), before, "root"
        );
    }

    /// @dev A new Issuance finds suspension, expiry and pause as they were, and honours the old leaves.
    function test_a_new_issuance__honours_old_leaves_and_old_limits() external {
        IIssuance.Claim memory leaf = aClaim(ALICE, 10);
        IIssuance.Claim memory suspended = aClaim(BOB, 10);
        bytes32 root = anchorOne(leaf, 100);
        bytes32 other = anchorOne(suspended, 100);
        VM.prank(REGISTRAR);
        credit.suspendRoot(other, true);
        VM.prank(PAUSER);
        issuance.pause();
        Issuance next = new Issuance(address(governance), address(credit));
        VM.prank(GOVERNOR);
        credit.setIssuance(address(next));

        check(next.paused(), "paused as it was");
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.MintingPaused.selector));
        next.claim(root, leaf, new bytes32[](0));
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.NotIssuance.selector, address(issuance)));
        VM.prank(PAUSER);
        issuance.unpause();
        // Unassigned functions are the admin's.
        VM.prank(GOVERNOR);
        next.unpause();
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.RootIsSuspended.selector, other));
        next.claim(other, suspended, new bytes32[](0));
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.NotIssuance.selector, address(issuance)));
        issuance.claim(root, leaf, new bytes32[](0));
        next.claim(root, leaf, new bytes32[](0));
        checkEq(credit.balanceOf(ALICE, classId), 10, "claimed through the new one");
    }

    /// @dev Zero in place of a nullifier's root means unused: under a root of zero one nullifier would mint for ever. An
    /// Issuance that heeds nothing anchors none.
    function test_inv_02__a_root_of_zero__is_refused_whoever_anchors() external {
        VM.startPrank(address(issuance));
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.RootZero.selector));
        credit.anchor(0, classId, 1000, 1000);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.RootUnknown.selector, bytes32(0)));
        credit.mint(ALICE, classId, 100, 0, "nullifier", "statement");
        VM.stopPrank();
    }

    /// @dev A receiver that claims another's leaf from inside is no thief: the leaf's holder gets it, once.
    function test_receiver_claims_anothers_leaf_from_inside__the_holder_gets_it_once() external {
        HostileAccount hostile = new HostileAccount(BOB);
        (bytes32[] memory roots, IIssuance.Claim[] memory leaves) = (new bytes32[](2), new IIssuance.Claim[](2));
        (leaves[0], leaves[1]) = (aClaim(address(hostile), 100), aClaim(ALICE, 200));
        (roots[0], roots[1]) = (anchorOne(leaves[0], 500), anchorOne(leaves[1], 500));
        hostile.setCall(address(issuance), abi.encodeCall(IIssuance.claim, (roots[1], leaves[1], new bytes32[](0))));
        VM.recordLogs();

        issuance.claimMany(roots, leaves, new bytes32[][](2));

        check(hostile.callSucceeded(), "claimed from inside");
        Log memory skip = findLog(VM.getRecordedLogs(), IIssuance.ClaimSkipped.selector, "skip");
        checkEq(abi.decode(skip.data, (bytes4)), ICarbonCredit.NullifierUsed.selector, "the second time");
        checkEq(credit.balanceOf(ALICE, classId), 200, "once");
        checkEq(credit.balanceOf(address(hostile), classId), 100, "its own");
    }
}
