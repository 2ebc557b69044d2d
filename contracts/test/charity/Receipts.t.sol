// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {ICharity} from "../../interfaces/ICharity.sol";
import {IGiftReceipt} from "../../interfaces/IGiftReceipt.sol";
import {ISoulbound} from "../../interfaces/ISoulbound.sol";
import {TypeHashes} from "../../libraries/TypeHashes.sol";
import {HostileAccount} from "../../mocks/HostileAccount.sol";
import {World} from "../World.sol";

/// @title Receipts are for who asks, say what was given, and stay.
contract ReceiptsTest is World {
    uint256 private _campaignId;
    uint256 private _first;

    function setUp() public override {
        super.setUp();
        giveCredits(ALICE, 50_000);
        VM.prank(ALICE);
        credit.setApprovalForAll(address(charity), true);
        _campaignId = openCampaign(POOL, ICharity.Kind.RetirePool, ICharity.Funding.AllOrNothing, 20_000);
        _first = _campaignId << 192 | classId << 64 | 1;
    }

    function test_receipt__only_if_asked_for() external {
        VM.prank(ALICE);
        charity.donate(_campaignId, classId, 100, false);

        checkEq(charity.balanceOf(ALICE), 0, "none");
        checkEq(charity.receiptsOf(_campaignId, classId), 0, "none issued");
        VM.expectRevert(abi.encodeWithSelector(ISoulbound.ReceiptUnknown.selector, _first));
        charity.ownerOf(_first);
    }

    function test_receipt__is_issued_told_and_says_what_was_given() external {
        VM.warp(START + 77);
        VM.startPrank(ALICE);
        charity.donate(_campaignId, classId, 100, false);
        VM.expectEmit(address(charity));
        emit ISoulbound.Transfer(address(0), ALICE, _first);
        VM.expectEmit(address(charity));
        emit ISoulbound.Locked(_first);
        charity.donate(_campaignId, classId, 250, true);
        VM.stopPrank();

        IGiftReceipt.Receipt memory receipt = charity.receiptOf(_first);
        checkEq(receipt.donor, ALICE, "donor");
        checkEq(receipt.campaignId, _campaignId, "campaign");
        checkEq(receipt.classId, classId, "class");
        checkEq(receipt.amount, 250, "this gift");
        checkEq(receipt.donatedNow, 350, "all gifts");
        checkEq(receipt.givenAt, START + 77, "time");
        checkEq(charity.ownerOf(_first), ALICE, "owner");
        checkEq(charity.balanceOf(ALICE), 1, "count");
        check(charity.locked(_first), "locked");
    }

    function test_receipt__by_signed_message__as_signed() external {
        bytes32 structHash = keccak256(abi.encode(TypeHashes.DONATE, ALICE, _campaignId, classId, 100, true, 5, FAR));
        bytes memory signature = signDigest(ALICE_KEY, digestOf(charity.domainSeparator(), structHash));
        VM.expectRevert();
        charity.donateBySig(ALICE, _campaignId, classId, 100, false, 5, FAR, signature);
        charity.donateBySig(ALICE, _campaignId, classId, 100, true, 5, FAR, signature);

        checkEq(charity.ownerOf(_first), ALICE, "owner");
    }

    function test_receipt__by_transfer__as_its_data_says() external {
        VM.startPrank(ALICE);
        credit.safeTransferFrom(ALICE, address(charity), classId, 10, abi.encode(_campaignId, ALICE, false));
        checkEq(charity.balanceOf(ALICE), 0, "no");
        credit.safeTransferFrom(ALICE, address(charity), classId, 10, abi.encode(_campaignId, ALICE, true));
        VM.stopPrank();

        checkEq(charity.balanceOf(ALICE), 1, "yes");
    }

    /// @dev Issuing asks the owner nothing, so a wallet that refuses cannot lose its gift to its receipt.
    function test_receipt__of_a_hostile_wallet__asks_it_nothing() external {
        HostileAccount wallet = new HostileAccount(BOB);
        giveCredits(address(wallet), 100);
        wallet.setReceiving(HostileAccount.Receiving.Revert);
        bytes memory data = abi.encode(_campaignId, wallet, true);
        wallet.execute(
            address(credit),
            abi.encodeCall(credit.safeTransferFrom, (address(wallet), address(charity), classId, 100, data))
        );

        checkEq(charity.ownerOf(_first), address(wallet), "owner");
    }

    function test_receipt__refunded__says_so() external {
        VM.prank(ALICE);
        charity.donate(_campaignId, classId, 100, true);
        VM.warp(START + 30 days);
        charity.finalise(_campaignId);
        address[] memory donors = new address[](1);
        donors[0] = ALICE;
        charity.refund(_campaignId, classId, donors);

        checkEq(charity.receiptOf(_first).amount, 100, "given");
        checkEq(charity.receiptOf(_first).donatedNow, 0, "and given back");
    }

    function test_receipt__moves_by_no_means() external {
        VM.startPrank(ALICE);
        charity.donate(_campaignId, classId, 100, true);
        bytes memory lockedReason = abi.encodeWithSelector(ISoulbound.ReceiptLocked.selector);
        VM.expectRevert(lockedReason);
        charity.transferFrom(ALICE, BOB, _first);
        VM.expectRevert(lockedReason);
        charity.safeTransferFrom(ALICE, BOB, _first);
        VM.expectRevert(lockedReason);
        charity.safeTransferFrom(ALICE, BOB, _first, "");
        VM.expectRevert(lockedReason);
        charity.approve(BOB, _first);
        VM.expectRevert(lockedReason);
        charity.setApprovalForAll(BOB, true);
        VM.stopPrank();

        checkEq(charity.getApproved(_first), address(0), "nobody may");
        check(!charity.isApprovedForAll(ALICE, BOB), "nobody may");
        checkEq(charity.ownerOf(_first), ALICE, "owner");
    }

    function test_unknown_receipt__every_question__reverts() external {
        bytes memory unknown = abi.encodeWithSelector(ISoulbound.ReceiptUnknown.selector, 5);
        VM.expectRevert(unknown);
        charity.receiptOf(5);
        VM.expectRevert(unknown);
        charity.locked(5);
        VM.expectRevert(unknown);
        charity.tokenURI(5);
        VM.expectRevert(unknown);
        charity.getApproved(5);
        VM.expectRevert(abi.encodeWithSelector(ISoulbound.ReceiptOwnerZero.selector));
        charity.balanceOf(address(0));
    }

    function test_token_uri__is_made_from_the_chain() external {
        VM.prank(ALICE);
        charity.donate(_campaignId, classId, 250, true);
        bytes memory json = abi.encodePacked(
            "{\"name\":\"Tanyu gift receipt\",\"description\":\"Surplus credits given to a campaign: not an offset,",
            " not proof of a reduction.\",\"campaign\":\"1\",\"class\":\"CN-SC/2025/SIM\",\"amountGco2e\":\"250\",",
            "\"donatedNowGco2e\":\"250\",\"givenAt\":\"1767225600\"}"
        );
        checkEq(
            keccak256(bytes(charity.tokenURI(_first))),
            keccak256(abi.encodePacked("data:application/json;base64,", Base64.encode(json))),
            "URI"
        );
        checkEq(keccak256(bytes(charity.name())), keccak256("Tanyu gift receipt"), "name");
        checkEq(keccak256(bytes(charity.symbol())), keccak256("TANYU-GIFT"), "symbol");
    }
}
