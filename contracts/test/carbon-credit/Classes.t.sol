// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IERC1155MetadataURI} from "@openzeppelin/contracts/token/ERC1155/extensions/IERC1155MetadataURI.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {CarbonCredit} from "../../CarbonCredit.sol";
import {ICarbonCredit} from "../../interfaces/ICarbonCredit.sol";
import {IIssuance} from "../../interfaces/IIssuance.sol";
import {ISignedActs} from "../../interfaces/ISignedActs.sol";
import {Log} from "../Vm.sol";
import {World} from "../World.sol";

/// @title Classes, caps and minting: CarbonCredit's own checks, called as Issuance calls them.
contract ClassesTest is World {
    function test_create_class__is_kept_and_told() external {
        VM.expectEmit(address(credit));
        emit ICarbonCredit.ClassCreated(
            0x55532d434100 << 80 | uint256(2026) << 64 | 0x53494d0000000000, "US-CA", 2026, "SIM", 5000, 250
        );
        VM.prank(GOVERNOR);
        uint256 id = credit.createClass("US-CA", 2026, "SIM", 5000, 250);

        checkEq(credit.classOf(id).cap, 5000, "cap");
        checkEq(credit.classOf(id).bufferRateBps, 250, "rate");
        check(credit.classOf(id).exists, "exists");
        (bytes6 region, uint16 vintage, bytes8 methodology) = credit.decode(id);
        checkEq(region, "US-CA", "region");
        checkEq(vintage, 2026, "vintage");
        checkEq(methodology, "SIM", "methodology");
    }

    function test_create_class__bad_terms__revert() external {
        VM.startPrank(GOVERNOR);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.ClassExists.selector, classId));
        credit.createClass("CN-SC", 2025, "SIM", 1, 0);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.AmountZero.selector));
        credit.createClass("US-CA", 2025, "SIM", 0, 0);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.BufferRateTooHigh.selector, 5001, 5000));
        credit.createClass("US-CA", 2025, "SIM", 1, 5001);
        uint128 tooMuch = uint128(type(uint64).max) + 1;
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.CapTooHigh.selector, tooMuch, type(uint64).max));
        credit.createClass("US-CA", 2025, "SIM", tooMuch, 0);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.ClassFieldInvalid.selector, bytes32("us-ca")));
        credit.createClass("us-ca", 2025, "SIM", 1, 0);
        VM.chainId(1);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.SimulatedClassRefused.selector, 1));
        credit.createClass("US-CA", 2025, "SIM", 1, 0);
        VM.stopPrank();
    }

    function test_anchor_and_mint__by_anyone_but_issuance__revert() external {
        VM.startPrank(GOVERNOR);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.NotIssuance.selector, GOVERNOR));
        credit.anchor("root", classId, 1, 1);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.NotIssuance.selector, GOVERNOR));
        credit.mint(GOVERNOR, classId, 1, "root", "nullifier", "statement");
        VM.stopPrank();
    }

    function test_inv_01__budgets_above_the_cap__revert() external {
        VM.startPrank(address(issuance));
        credit.anchor("first", classId, CAP - 10, 5);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.CapExceeded.selector, classId, 11, 10));
        credit.anchor("second", classId, 11, 5);
        credit.anchor("second", classId, 10, 10);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.CapExceeded.selector, classId, 1, 0));
        credit.anchor("third", classId, 1, 1);
        VM.stopPrank();

        checkEq(credit.classOf(classId).budgetsAnchored, CAP, "budgets");
        checkEq(credit.classOf(classId).surplusAnchored, 15, "surplus");
    }

    /// @dev Whatever leaves the market, the cap stays used.
    function test_inv_01__retiring_and_cancelling__free_no_cap() external {
        IIssuance.Claim memory leaf = aClaim(ALICE, 10_000);
        bytes32 root = leafHashOf(leaf);
        IIssuance.Batch memory batch = aBatch(root, 20_000);
        batch.budgetsGco2e = CAP;
        issuance.anchorBatch(batch, signBatch(batch, 2));
        issuance.claim(root, leaf, new bytes32[](0));
        VM.prank(ALICE);
        credit.retire(classId, 10_000, ALICE, "own-deficit", 0);

        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.CapExceeded.selector, classId, 1, 0));
        VM.prank(address(issuance));
        credit.anchor("more", classId, 1, 1);
    }

    function test_anchor__bad_terms__revert() external {
        VM.startPrank(address(issuance));
        credit.anchor("root", classId, 10, 10);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.RootExists.selector, bytes32("root")));
        credit.anchor("root", classId, 10, 10);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.SurplusAboveBudgets.selector, 11, 10));
        credit.anchor("other", classId, 10, 11);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.ClassUnknown.selector, 7));
        credit.anchor("other", 7, 10, 10);
        VM.stopPrank();
    }

    function testFuzz_inv_02__mint__holder_and_buffer_within_the_surplus(uint256 amount, uint256 surplus) external {
        surplus = bound(surplus, 1, CAP);
        amount = bound(amount, 1, type(uint256).max);
        uint256 buffer = amount <= surplus ? (amount * BUFFER_BPS + 9999) / 10_000 : 0;
        VM.startPrank(address(issuance));
        credit.anchor("root", classId, surplus, surplus);

        if (amount > surplus || amount + buffer > surplus) {
            uint256 asked = amount > surplus ? amount : amount + buffer;
            VM.expectRevert(
                abi.encodeWithSelector(ICarbonCredit.SurplusExceeded.selector, bytes32("root"), asked, surplus)
            );
            credit.mint(ALICE, classId, amount, "root", "nullifier", "statement");
        } else {
            credit.mint(ALICE, classId, amount, "root", "nullifier", "statement");
            checkEq(credit.balanceOf(ALICE, classId), amount, "holder");
            checkEq(credit.classOf(classId).buffer, buffer, "buffer");
            checkEq(credit.classOf(classId).issued, amount + buffer, "issued");
            checkEq(credit.rootOf("root").minted, amount + buffer, "minted");
        }
        VM.stopPrank();
    }

    /// @dev One gram short for the buffer's share: 1000 grams ask for 1030.
    function test_inv_02__surplus_for_the_holder_but_not_the_buffer__reverts() external {
        VM.startPrank(address(issuance));
        credit.anchor("short", classId, 1029, 1029);
        credit.anchor("exact", classId, 1030, 1030);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.SurplusExceeded.selector, bytes32("short"), 1030, 1029));
        credit.mint(ALICE, classId, 1000, "short", "nullifier", "statement");
        credit.mint(ALICE, classId, 1000, "exact", "nullifier", "statement");
        VM.stopPrank();

        checkEq(credit.rootOf("exact").minted, 1030, "to the last gram");
    }

    function test_inv_02__a_nullifier_mints_once__whatever_the_root() external {
        VM.startPrank(address(issuance));
        credit.anchor("first", classId, 1000, 1000);
        credit.anchor("second", classId, 1000, 1000);
        credit.mint(ALICE, classId, 10, "first", "person and year", "statement");
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.NullifierUsed.selector, bytes32("person and year")));
        credit.mint(BOB, classId, 10, "second", "person and year", "another statement");
        VM.stopPrank();

        check(credit.nullifierUsed("person and year"), "used");
    }

    /// @dev Roots, nullifiers and caps stay where they are when Issuance is replaced.
    function test_inv_02__a_new_issuance__resets_nothing() external {
        VM.prank(address(issuance));
        credit.anchor("root", classId, 100, 100);
        VM.prank(address(issuance));
        credit.mint(ALICE, classId, 50, "root", "nullifier", "statement");
        VM.prank(GOVERNOR);
        credit.setIssuance(STRANGER);

        VM.startPrank(STRANGER);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.NullifierUsed.selector, bytes32("nullifier")));
        credit.mint(ALICE, classId, 10, "root", "nullifier", "statement");
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.RootExists.selector, bytes32("root")));
        credit.anchor("root", classId, 100, 100);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.SurplusExceeded.selector, bytes32("root"), 49, 48));
        credit.mint(ALICE, classId, 49, "root", "another", "statement");
        VM.stopPrank();

        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.NotIssuance.selector, address(issuance)));
        VM.prank(address(issuance));
        credit.mint(ALICE, classId, 1, "root", "a third", "statement");
    }

    function test_mint__unknown_root_or_nothing__reverts() external {
        VM.startPrank(address(issuance));
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.RootUnknown.selector, bytes32("none")));
        credit.mint(ALICE, classId, 1, "none", "nullifier", "statement");
        credit.anchor("root", classId, 100, 100);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.AmountZero.selector));
        credit.mint(ALICE, classId, 0, "root", "nullifier", "statement");
        VM.stopPrank();
    }

    function test_mint__class_of_another_root__reverts() external {
        VM.prank(GOVERNOR);
        uint256 other = credit.createClass("US-CA", 2025, "SIM", 1000, 0);
        VM.startPrank(address(issuance));
        credit.anchor("root", classId, 100, 100);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.ClassMismatch.selector, other, classId));
        credit.mint(ALICE, other, 1, "root", "nullifier", "statement");
        VM.stopPrank();
    }

    function test_mint__to_nobody__reverts_and_uses_nothing_up() external {
        VM.startPrank(address(issuance));
        credit.anchor("root", classId, 100, 100);
        VM.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidReceiver.selector, address(0)));
        credit.mint(address(0), classId, 1, "root", "nullifier", "statement");
        VM.stopPrank();

        check(!credit.nullifierUsed("nullifier"), "not used");
    }

    function test_views__of_a_class__are_its_totals() external {
        giveCredits(ALICE, 10_000);
        VM.prank(ALICE);
        credit.retire(classId, 4000, BOB, "gift", 0);
        VM.prank(REGISTRAR);
        credit.recordReversal(classId, 100, "finding");
        credit.cancelFromBuffer(classId, 100);

        checkEq(credit.capOf(classId), CAP, "cap");
        checkEq(credit.issuedOf(classId), 10_300, "issued");
        checkEq(credit.retiredInAllOf(classId), 4000, "retired");
        checkEq(credit.cancelledOf(classId), 100, "cancelled");
        uint256 unknown = classId + 1;
        uint256 sum = credit.capOf(unknown) + credit.issuedOf(unknown) + credit.retiredInAllOf(unknown);
        checkEq(sum + credit.cancelledOf(unknown), 0, "unknown");
    }

    function test_root__never_anchored__has_no_time_and_no_expiry() external {
        checkEq(credit.anchoredAt("none"), 0, "time");
        check(!credit.isSuspended("none"), "suspended");
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.RootUnknown.selector, bytes32("none")));
        credit.expiresAt("none");
    }

    /// @dev ERC-165: what we are, and what we do not claim to be (draft ERC-8393 mints and encodes ids otherwise).
    function test_supports_interface__what_it_implements_alone() external view {
        check(credit.supportsInterface(type(IERC165).interfaceId), "ERC-165");
        check(credit.supportsInterface(type(IERC1155).interfaceId), "ERC-1155");
        check(credit.supportsInterface(type(IERC1155MetadataURI).interfaceId), "metadata");
        check(credit.supportsInterface(type(ICarbonCredit).interfaceId), "credit");
        check(credit.supportsInterface(type(ISignedActs).interfaceId), "signed acts");
        check(!credit.supportsInterface(0xffffffff), "nothing");
        check(!credit.supportsInterface(type(IERC1155Receiver).interfaceId), "no receiver");
    }

    function test_uri__is_one_template_for_all_classes() external {
        VM.recordLogs();
        CarbonCredit fresh = new CarbonCredit(address(governance), "https://example.org/{id}.json");

        Log memory told = findLog(VM.getRecordedLogs(), ICarbonCredit.UriSet.selector, "told");
        checkEq(keccak256(told.data), keccak256(abi.encode("https://example.org/{id}.json")), "told");
        checkEq(keccak256(bytes(fresh.uri(classId))), keccak256("https://example.org/{id}.json"), "uri");
    }

    function test_decode__malformed_id__reverts() external {
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.ClassFieldInvalid.selector, bytes32(type(uint256).max)));
        credit.decode(type(uint256).max);
    }
}
