// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {ICharity} from "../../interfaces/ICharity.sol";
import {ISignedActs} from "../../interfaces/ISignedActs.sol";
import {IIssuance} from "../../interfaces/IIssuance.sol";
import {TypeHashes} from "../../libraries/TypeHashes.sol";
import {World} from "../World.sol";

contract GiftsTest is World {
    uint256 private _campaignId;

    function setUp() public override {
        super.setUp();
        giveCredits(ALICE, 50_000);
        giveCredits(BOB, 50_000);
        VM.prank(ALICE);
        credit.setApprovalForAll(address(charity), true);
        _campaignId = openCampaign(POOL, ICharity.Kind.RetirePool, ICharity.Funding.AllOrNothing, 20_000);
    }

    function test_donate__is_booked_and_told() external {
        VM.expectEmit(address(charity));
        emit ICharity.Donated(_campaignId, ALICE, classId, 4000);
        VM.prank(ALICE);
        charity.donate(_campaignId, classId, 4000, false);

        checkEq(charity.donatedOf(_campaignId, ALICE, classId), 4000, "donor");
        checkEq(charity.heldOf(_campaignId, classId), 4000, "held");
        checkEq(charity.campaignOf(_campaignId).donated, 4000, "campaign");
        checkEq(credit.balanceOf(address(charity), classId), 4000, "balance");
    }

    function test_donate__without_approval__reverts() external {
        VM.expectRevert();
        VM.prank(BOB);
        charity.donate(_campaignId, classId, 1, false);
    }

    function test_donate_by_sig__as_signed_and_once() external {
        bytes memory signature = _sign(ALICE_KEY, ALICE, 4000, 3);
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.SignatureInvalid.selector, ALICE));
        charity.donateBySig(ALICE, _campaignId, classId, 5000, false, 3, FAR, signature);
        VM.prank(STRANGER);
        charity.donateBySig(ALICE, _campaignId, classId, 4000, false, 3, FAR, signature);

        checkEq(charity.donatedOf(_campaignId, ALICE, classId), 4000, "donor");
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.NumberAlreadyUsed.selector, ALICE, 3));
        charity.donateBySig(ALICE, _campaignId, classId, 4000, false, 3, FAR, signature);
    }

    function test_donate_by_sig__for_another_domain__reverts() external {
        bytes32 structHash = keccak256(abi.encode(TypeHashes.DONATE, ALICE, _campaignId, classId, 4000, false, 3, FAR));
        bytes memory signature = signDigest(ALICE_KEY, digestOf(credit.domainSeparator(), structHash));
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.SignatureInvalid.selector, ALICE));
        charity.donateBySig(ALICE, _campaignId, classId, 4000, false, 3, FAR, signature);
    }

    function test_transfer__with_the_senders_own_name__is_a_gift() external {
        VM.prank(BOB);
        credit.safeTransferFrom(BOB, address(charity), classId, 10, abi.encode(_campaignId, BOB));

        checkEq(charity.donatedOf(_campaignId, BOB, classId), 10, "donor");
    }

    function test_transfer__in_anothers_name__only_from_a_registered_operator() external {
        VM.expectRevert(abi.encodeWithSelector(ICharity.GiftDataInvalid.selector));
        VM.prank(BOB);
        credit.safeTransferFrom(BOB, address(charity), classId, 10, abi.encode(_campaignId, ALICE));
        VM.prank(BOB);
        credit.setApprovalForAll(STRANGER, true);
        VM.expectRevert(abi.encodeWithSelector(ICharity.GiftDataInvalid.selector));
        VM.prank(STRANGER);
        credit.safeTransferFrom(BOB, address(charity), classId, 10, abi.encode(_campaignId, STRANGER));
        VM.prank(GOVERNOR);
        credit.setRegisteredOperator(STRANGER, true);
        VM.prank(STRANGER);
        credit.safeTransferFrom(BOB, address(charity), classId, 10, abi.encode(_campaignId, CAROL));

        checkEq(charity.donatedOf(_campaignId, CAROL, classId), 10, "believed");
    }

    function test_transfer__bad_data__bounces() external {
        _bounces(abi.encodeWithSelector(ICharity.GiftDataInvalid.selector), 10, "");
        _bounces(abi.encodeWithSelector(ICharity.GiftDataInvalid.selector), 10, abi.encode(_campaignId));
        _bounces(abi.encodeWithSelector(ICharity.GiftDataInvalid.selector), 10, abi.encode(_campaignId, address(0)));
        _bounces(abi.encodeWithSelector(ICharity.GiftDataInvalid.selector), 10, abi.encode(_campaignId, charity));
        _bounces(abi.encodeWithSelector(ICharity.GiftDataInvalid.selector), 10, abi.encode(_campaignId, BOB, true, 1));
        _bounces(abi.encodeWithSelector(ICharity.CampaignUnknown.selector, 99), 10, abi.encode(99, BOB));
        _bounces(abi.encodeWithSelector(ICharity.AmountZero.selector), 0, abi.encode(_campaignId, BOB));
    }

    function test_batch_transfer__is_refused() external {
        uint256[] memory ids = new uint256[](1);
        uint256[] memory amounts = new uint256[](1);
        (ids[0], amounts[0]) = (classId, 10);
        VM.expectRevert(abi.encodeWithSelector(ICharity.BatchNotAccepted.selector));
        VM.prank(BOB);
        credit.safeBatchTransferFrom(BOB, address(charity), ids, amounts, abi.encode(_campaignId, BOB));
    }

    function test_claim_to_the_charity__bounces() external {
        IIssuance.Claim memory leaf = aClaim(address(charity), 10);
        bytes32 root = anchorOne(leaf, 100);
        VM.expectRevert(abi.encodeWithSelector(ICharity.GiftDataInvalid.selector));
        issuance.claim(root, leaf, new bytes32[](0));
    }

    function test_another_token__is_refused() external {
        VM.expectRevert(abi.encodeWithSelector(ICharity.TokenNotAccepted.selector, STRANGER));
        VM.prank(STRANGER);
        charity.onERC1155Received(ALICE, ALICE, classId, 10, abi.encode(_campaignId, ALICE));
    }

    function test_window__is_half_open() external {
        Opening memory opening = anOpening(POOL, ICharity.Kind.Aid, ICharity.Funding.AllOrNothing, 1);
        (opening.opens, opening.closes) = (uint64(START + 10), uint64(START + 20));
        uint256 campaignId = openCampaign(opening);
        bytes memory notOpen = abi.encodeWithSelector(ICharity.CampaignNotOpen.selector, campaignId);
        VM.startPrank(ALICE);
        VM.warp(START + 9);
        VM.expectRevert(notOpen);
        charity.donate(campaignId, classId, 1, false);
        VM.warp(START + 10);
        charity.donate(campaignId, classId, 1, false);
        VM.warp(START + 19);
        charity.donate(campaignId, classId, 1, false);
        VM.warp(START + 20);
        VM.expectRevert(notOpen);
        charity.donate(campaignId, classId, 1, false);
        VM.stopPrank();
        charity.finalise(campaignId);
        VM.warp(START + 15);
        VM.expectRevert(notOpen);
        VM.prank(ALICE);
        charity.donate(campaignId, classId, 1, false);
    }

    /// @dev The book of a class remembers the window; whatever ends gifts makes it look again.
    function test_delisted_charity__takes_gifts_again_once_relisted() external {
        VM.prank(ALICE);
        charity.donate(_campaignId, classId, 1, false);
        VM.startPrank(REGISTRAR);
        charity.delistCharity(AID);
        charity.delistCharity(POOL);
        VM.stopPrank();
        VM.expectRevert(abi.encodeWithSelector(ICharity.CharityNotListed.selector, POOL));
        VM.prank(ALICE);
        charity.donate(_campaignId, classId, 1, false);
        VM.prank(REGISTRAR);
        charity.listCharity(POOL, SECOND);
        VM.prank(ALICE);
        charity.donate(_campaignId, classId, 1, false);

        checkEq(charity.heldOf(_campaignId, classId), 2, "held");
    }

    function test_gift__beyond_a_uint64__reverts() external {
        uint256 tooMuch = uint256(type(uint64).max) + 1;
        VM.startPrank(address(credit));
        VM.expectRevert(abi.encodeWithSelector(ICharity.AmountTooLarge.selector, tooMuch));
        charity.onERC1155Received(ALICE, ALICE, classId, tooMuch, abi.encode(_campaignId, ALICE));
        charity.onERC1155Received(ALICE, ALICE, classId, 1, abi.encode(_campaignId, ALICE));
        VM.expectRevert(abi.encodeWithSelector(ICharity.AmountTooLarge.selector, type(uint64).max));
        charity.onERC1155Received(ALICE, ALICE, classId, type(uint64).max, abi.encode(_campaignId, ALICE));
        VM.stopPrank();
    }

    function test_gifts__of_several_classes__add_up() external {
        VM.prank(GOVERNOR);
        uint256 other = credit.createClass("US-CA", 2025, "SIM", CAP, 0);
        (classId, other) = (other, classId);
        giveCredits(ALICE, 500);
        VM.startPrank(ALICE);
        charity.donate(_campaignId, other, 100, false);
        charity.donate(_campaignId, classId, 200, false);
        charity.donate(_campaignId, classId, 50, false);
        VM.stopPrank();

        uint256[] memory classes = charity.classesOf(_campaignId);
        checkEq(classes.length, 2, "classes");
        checkEq(classes[0], other, "first");
        checkEq(classes[1], classId, "second");
        checkEq(charity.campaignOf(_campaignId).donated, 350, "sum");
        checkEq(charity.pocketOf(_campaignId, classId).donated, 250, "pocket");
    }

    function test_use_number_by_sig__voids_what_was_signed__without_gas() external {
        bytes memory gift = _sign(ALICE_KEY, ALICE, 4000, 3);
        bytes32 structHash = keccak256(abi.encode(TypeHashes.USE_NUMBER, ALICE, 3, FAR));
        bytes memory word = signDigest(ALICE_KEY, digestOf(charity.domainSeparator(), structHash));
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.SignatureInvalid.selector, BOB));
        charity.useNumberBySig(BOB, 3, FAR, word);
        VM.expectEmit(address(charity));
        emit ISignedActs.NumberUsed(ALICE, 3);
        VM.prank(STRANGER);
        charity.useNumberBySig(ALICE, 3, FAR, word);

        check(charity.numberUsed(ALICE, 3), "used");
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.NumberAlreadyUsed.selector, ALICE, 3));
        charity.donateBySig(ALICE, _campaignId, classId, 4000, false, 3, FAR, gift);
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.NumberAlreadyUsed.selector, ALICE, 3));
        charity.useNumberBySig(ALICE, 3, FAR, word);
        VM.warp(FAR);
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.SignatureExpired.selector, FAR));
        charity.useNumberBySig(ALICE, 3, FAR, word);
    }

    function test_delisted_charity__takes_no_new_gifts() external {
        VM.prank(REGISTRAR);
        charity.delistCharity(POOL);
        VM.expectRevert(abi.encodeWithSelector(ICharity.CharityNotListed.selector, POOL));
        VM.prank(ALICE);
        charity.donate(_campaignId, classId, 1, false);
    }

    function test_paused__takes_no_gifts() external {
        VM.prank(PAUSER);
        charity.pause();
        VM.expectRevert(abi.encodeWithSelector(Pausable.EnforcedPause.selector));
        VM.prank(ALICE);
        charity.donate(_campaignId, classId, 1, false);
        VM.prank(PAUSER);
        charity.unpause();
        VM.prank(ALICE);
        charity.donate(_campaignId, classId, 1, false);
    }

    function test_supports_interface() external view {
        check(charity.supportsInterface(type(IERC1155Receiver).interfaceId), "receiver");
        check(charity.supportsInterface(type(IERC165).interfaceId), "ERC-165");
        check(charity.supportsInterface(0xb45a3c0e), "ERC-5192");
        check(charity.supportsInterface(0x80ac58cd), "ERC-721");
        check(charity.supportsInterface(0x5b5e139f), "ERC-721 metadata");
        check(!charity.supportsInterface(0xffffffff), "nothing else");
    }

    function _bounces(bytes memory reason, uint256 amount, bytes memory data) private {
        VM.expectRevert(reason);
        VM.prank(BOB);
        credit.safeTransferFrom(BOB, address(charity), classId, amount, data);
    }

    function _sign(uint256 key, address donor, uint256 amount, uint256 number) private view returns (bytes memory) {
        bytes32 structHash =
            keccak256(abi.encode(TypeHashes.DONATE, donor, _campaignId, classId, amount, false, number, FAR));
        return signDigest(key, digestOf(charity.domainSeparator(), structHash));
    }
}
