// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICarbonCredit} from "../../interfaces/ICarbonCredit.sol";
import {IIssuance} from "../../interfaces/IIssuance.sol";
import {World} from "../World.sol";

/// @title What was found in, or is missing from, the carbon tokens we know, tried on ours: Toucan, Nori, Regen, Klima.
contract CarbonTokensTest is World {
    /// @dev Toucan: the cap was cap - totalSupply, so retiring freed it. Ours counts what was anchored, for ever.
    function test_toucan__retired_and_cancelled_grams__free_no_cap() external {
        VM.prank(GOVERNOR);
        classId = credit.createClass("US-CA", 2025, "SIM", 2000, 0);
        giveCredits(ALICE, 1000);
        VM.prank(ALICE);
        credit.retire(classId, 600, ALICE, "own-deficit", 0);
        VM.prank(ALICE);
        credit.refillBuffer(classId, 400);
        VM.prank(REGISTRAR);
        credit.recordReversal(classId, 400, "finding");
        credit.cancelFromBuffer(classId, 400);

        IIssuance.Batch memory batch = aBatch("more", 1);
        bytes[] memory signatures = signBatch(batch, 2);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.CapExceeded.selector, classId, 1, 0));
        issuance.anchorBatch(batch, signatures);
        checkEq(credit.issuedOf(classId), 1000, "issued is never taken back");
    }

    /// @dev Toucan: a cap of 0 meant no limit. Ours is refused.
    function test_toucan__cap_zero__is_not_unlimited() external {
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.AmountZero.selector));
        VM.prank(GOVERNOR);
        credit.createClass("US-CA", 2025, "SIM", 0, 0);
    }

    /// @dev Toucan: a verifier could clear a used serial number. Nobody here can: no role has a function for it, and a
    /// new class, a new root and a new Issuance all meet the same mark.
    function test_toucan__a_used_origin__cannot_be_cleared() external {
        IIssuance.Claim memory leaf = giveCredits(ALICE, 1000);
        VM.startPrank(GOVERNOR);
        uint256 other = credit.createClass("US-CA", 2025, "SIM", 5000, 0);
        credit.setIssuance(STRANGER);
        VM.stopPrank();

        VM.startPrank(STRANGER);
        credit.anchor("fresh", other, 5000, 5000);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.NullifierUsed.selector, leaf.nullifier));
        credit.mint(BOB, other, 1, "fresh", leaf.nullifier, "statement");
        VM.stopPrank();
        check(credit.nullifierUsed(leaf.nullifier), "used for ever");
    }

    /// @dev Nori PVE-004: a field too wide spilled into its neighbour, so two sets of fields shared an id.
    function test_nori_pve_004__fields_too_wide__do_not_spill() external {
        bytes memory spill = abi.encodeWithSelector(
            ICarbonCredit.createClass.selector, bytes6("US-CA"), uint256(2026) + (1 << 16), bytes8("SIM"), 5000, 0
        );
        VM.startPrank(GOVERNOR);
        (bool done,) = address(credit).call(spill);
        check(!done, "vintage of 17 bits");
        spill = abi.encodeWithSelector(
            ICarbonCredit.createClass.selector, bytes32("US-CA-LONG"), uint256(2026), bytes8("SIM"), 5000, 0
        );
        (done,) = address(credit).call(spill);
        check(!done, "region of ten letters");
        spill = abi.encodeWithSelector(
            ICarbonCredit.createClass.selector, bytes6("US-CA"), uint256(2026), bytes32("METHODOLOGY"), 5000, 0
        );
        (done,) = address(credit).call(spill);
        check(!done, "methodology of eleven letters");
        uint256 id = credit.createClass("US-CA", 2026, "SIM", 5000, 0);
        VM.stopPrank();

        check(id != classId && credit.capOf(classId) == CAP, "the other class is as it was");
    }

    /// @dev Nori PVE-004, amounts: each count of a class lies beside another in one word, and stays in its own part up
    /// to the widest cap there can be.
    function test_nori_pve_004__counts_at_the_widest_cap__do_not_spill() external {
        uint64 most = type(uint64).max;
        VM.prank(GOVERNOR);
        classId = credit.createClass("US-CA", 2025, "SIM", most, 0);
        giveCredits(ALICE, most / 2);
        VM.startPrank(ALICE);
        credit.retire(classId, most / 4, BOB, "gift", 0);
        credit.refillBuffer(classId, most / 4);
        VM.stopPrank();
        VM.prank(REGISTRAR);
        credit.recordReversal(classId, most / 4, "finding");
        credit.cancelFromBuffer(classId, most / 4);

        ICarbonCredit.CreditClass memory class = credit.classOf(classId);
        checkEq(class.cap, most, "cap");
        checkEq(class.issued, most / 2, "issued");
        checkEq(class.retired, most / 4, "retired");
        checkEq(class.cancelled, most / 4, "cancelled");
        checkEq(class.buffer, 0, "buffer");
        checkEq(class.bufferRateBps, 0, "rate");
        check(class.exists && class.stoppedAt == 0, "open");
    }

    /// @dev Nori: a release burnt grams of holders. Ours takes from the buffer alone, whatever is owed.
    function test_nori__a_reversal__takes_nothing_from_holders() external {
        giveCredits(ALICE, 10_000);
        VM.prank(REGISTRAR);
        credit.recordReversal(classId, 5000, "finding");

        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.BufferInsufficient.selector, 301, 300));
        credit.cancelFromBuffer(classId, 301);
        credit.cancelFromBuffer(classId, 300);
        checkEq(credit.balanceOf(ALICE, classId), 10_000, "the holder's");
        VM.prank(ALICE);
        credit.retire(classId, 10_000, ALICE, "own-deficit", 0);
    }

    /// @dev Regen: batches are sealed. A root cannot be anchored again, with the same terms or larger ones.
    function test_regen__an_anchored_root__is_sealed() external {
        anchorRoot("root", 500);
        IIssuance.Batch memory batch = aBatch("root", 9000);
        bytes[] memory signatures = signBatch(batch, 3);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.RootExists.selector, bytes32("root")));
        issuance.anchorBatch(batch, signatures);

        checkEq(credit.rootOf("root").surplus, 500, "as it was");
    }

    /// @dev Regen: retiring and cancelling are different facts.
    function test_regen__retired_and_cancelled__are_counted_apart() external {
        giveCredits(ALICE, 10_000);
        VM.prank(ALICE);
        credit.retire(classId, 100, BOB, "gift", 0);
        checkEq(credit.retiredInAllOf(classId), 100, "retired");
        checkEq(credit.cancelledOf(classId), 0, "not cancelled");
        VM.prank(REGISTRAR);
        credit.recordReversal(classId, 7, "finding");
        credit.cancelFromBuffer(classId, 7);

        checkEq(credit.retiredInAllOf(classId), 100, "not retired");
        checkEq(credit.cancelledOf(classId), 7, "cancelled");
    }

    /// @dev Klima: a permission was looked up for an address the caller had named. Ours asks who calls.
    function test_klima__naming_an_approved_operator__gives_no_power() external {
        giveCredits(ALICE, 10_000);
        VM.prank(ALICE);
        credit.setApprovalForAll(address(exchange), true);

        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.NotApproved.selector, ALICE, STRANGER));
        VM.prank(STRANGER);
        credit.retireFrom(ALICE, classId, 1, address(exchange), "theft", 0);
    }

    /// @dev Klima, the same for what is registered: to be a registered operator is to be approvable, not approved.
    function test_klima__a_registered_operator__is_not_approved() external {
        giveCredits(ALICE, 10_000);

        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.NotApproved.selector, ALICE, address(exchange)));
        VM.prank(address(exchange));
        credit.retireFrom(ALICE, classId, 1, ALICE, "theft", 0);
    }
}
