// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import {RetirementReceipts} from "../../RetirementReceipts.sol";
import {ICarbonCredit} from "../../interfaces/ICarbonCredit.sol";
import {IGiftReceipt} from "../../interfaces/IGiftReceipt.sol";
import {IRetirementReceipts} from "../../interfaces/IRetirementReceipts.sol";
import {ISignedActs} from "../../interfaces/ISignedActs.sol";
import {ISoulbound} from "../../interfaces/ISoulbound.sol";
import {HostileAccount} from "../../mocks/HostileAccount.sol";
import {Retiring} from "./Retiring.sol";

/// @title Who retires may ask for a receipt; nobody is given one unasked, and none moves.
contract RetirementReceiptsTest is Retiring {
    uint256 private _first;

    function setUp() public override {
        super.setUp();
        giveCredits(ALICE, 50_000);
        _first = classId << 64 | 1;
    }

    function _retire(IRetirementReceipts.Retirement memory retirement) private returns (uint256) {
        bytes memory signature = signRetire(ALICE_KEY, retirement);
        bytes memory asked = signReceipt(ALICE_KEY, retirement);
        VM.prank(STRANGER);
        return retirementReceipts.retireBySig(retirement, signature, asked);
    }

    function test_receipt__by_signed_messages__retires_and_says_what() external {
        IRetirementReceipts.Retirement memory retirement = aRetirement(ALICE, 20_000);
        (retirement.beneficiary, retirement.purpose, retirement.ref) = (CAROL, "another", "ref");
        VM.warp(START + 77);
        VM.expectEmit(address(credit));
        emit ICarbonCredit.Retired(ALICE, CAROL, classId, 20_000, "another", "ref");
        VM.expectEmit(address(retirementReceipts));
        emit ISoulbound.Transfer(address(0), ALICE, _first);
        VM.expectEmit(address(retirementReceipts));
        emit ISoulbound.Locked(_first);
        VM.expectEmit(address(retirementReceipts));
        emit IRetirementReceipts.RetirementReceiptIssued(_first, ALICE, CAROL, classId, 20_000, "another", "ref");
        uint256 tokenId = _retire(retirement);

        checkEq(tokenId, _first, "id");
        checkEq(credit.balanceOf(ALICE, classId), 30_000, "left");
        checkEq(credit.retiredOf(CAROL, classId), 20_000, "for Carol");
        IRetirementReceipts.Receipt memory receipt = retirementReceipts.receiptOf(tokenId);
        checkEq(receipt.account, ALICE, "account");
        checkEq(receipt.beneficiary, CAROL, "beneficiary");
        checkEq(receipt.classId, classId, "class");
        checkEq(receipt.amount, 20_000, "amount");
        checkEq(receipt.purpose, "another", "purpose");
        checkEq(receipt.ref, "ref", "reference");
        checkEq(receipt.retiredAt, START + 77, "time");
        checkEq(retirementReceipts.ownerOf(tokenId), ALICE, "owner");
        checkEq(retirementReceipts.balanceOf(ALICE), 1, "count");
        checkEq(retirementReceipts.receiptsOf(classId), 1, "of the class");
        check(retirementReceipts.locked(tokenId), "locked");
    }

    function testFuzz_receipt__says_what_was_signed(uint256 amount, address beneficiary, bytes32 ref, uint8 size)
        external
    {
        VM.assume(beneficiary != address(0));
        IRetirementReceipts.Retirement memory retirement = aRetirement(ALICE, bound(amount, 1, 50_000));
        bytes memory word = new bytes(bound(size, 1, 32));
        for (uint256 i; i < word.length; ++i) {
            word[i] = bytes1(uint8(0x61 + uint256(keccak256(abi.encode(ref, i))) % 26));
        }
        (retirement.beneficiary, retirement.purpose, retirement.ref) = (beneficiary, string(word), ref);
        IRetirementReceipts.Receipt memory receipt = retirementReceipts.receiptOf(_retire(retirement));

        checkEq(receipt.account, ALICE, "account");
        checkEq(receipt.beneficiary, beneficiary, "beneficiary");
        checkEq(receipt.amount, retirement.amountGco2e, "amount");
        checkEq(receipt.purpose, bytes32(word), "purpose");
        checkEq(receipt.ref, ref, "reference");
        checkEq(credit.retiredOf(beneficiary, classId), receipt.amount, "retired");
    }

    function test_receipts__run_on_within_a_class() external {
        _retire(aRetirement(ALICE, 10));
        checkEq(_retire(aRetirement(ALICE, 20)), _first + 1, "the second");

        checkEq(retirementReceipts.balanceOf(ALICE), 2, "count");
        checkEq(retirementReceipts.receiptOf(_first).amount, 10, "the first stays what it was");
    }

    // --- Only who asks ---

    function test_receipt__not_asked_for__nobody_can_have_it_issued() external {
        IRetirementReceipts.Retirement memory retirement = aRetirement(ALICE, 100);
        bytes memory signature = signRetire(ALICE_KEY, retirement);
        bytes[3] memory asked = [bytes(""), signature, signReceipt(BOB_KEY, retirement)];
        for (uint256 i; i < 3; ++i) {
            VM.expectRevert(abi.encodeWithSelector(IRetirementReceipts.ReceiptNotSigned.selector, ALICE));
            retirementReceipts.retireBySig(retirement, signature, asked[i]);
        }

        checkEq(credit.balanceOf(ALICE, classId), 50_000, "nothing retired");
        checkEq(retirementReceipts.balanceOf(ALICE), 0, "nothing issued");
    }

    function test_receipt__asked_for_another_retirement__reverts() external {
        IRetirementReceipts.Retirement memory retirement = aRetirement(ALICE, 100);
        bytes memory signature = signRetire(ALICE_KEY, retirement);
        IRetirementReceipts.Retirement memory other = aRetirement(ALICE, 100);
        bytes memory asked = signReceipt(ALICE_KEY, other);
        VM.expectRevert(abi.encodeWithSelector(IRetirementReceipts.ReceiptNotSigned.selector, ALICE));
        retirementReceipts.retireBySig(retirement, signature, asked);
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.SignatureInvalid.selector, ALICE));
        retirementReceipts.retireBySig(other, signature, asked);
    }

    /// @dev Whoever is faster with the bare message takes the receipt from her and nothing else.
    function test_receipt__overtaken_by_the_bare_message__reverts_and_all_stays_retired() external {
        IRetirementReceipts.Retirement memory retirement = aRetirement(ALICE, 100);
        bytes memory signature = signRetire(ALICE_KEY, retirement);
        bytes memory asked = signReceipt(ALICE_KEY, retirement);
        credit.retireBySig(ALICE, ALICE, classId, 100, "self", 0, retirement.number, FAR, signature);
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.NumberAlreadyUsed.selector, ALICE, retirement.number));
        retirementReceipts.retireBySig(retirement, signature, asked);

        checkEq(credit.retiredOf(ALICE, classId), 100, "retired, once");
        checkEq(retirementReceipts.balanceOf(ALICE), 0, "no receipt");
    }

    function test_receipt__twice__reverts() external {
        IRetirementReceipts.Retirement memory retirement = aRetirement(ALICE, 100);
        _retire(retirement);
        bytes memory signature = signRetire(ALICE_KEY, retirement);
        bytes memory asked = signReceipt(ALICE_KEY, retirement);
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.NumberAlreadyUsed.selector, ALICE, retirement.number));
        retirementReceipts.retireBySig(retirement, signature, asked);
    }

    function test_receipt__voided_or_late__reverts() external {
        IRetirementReceipts.Retirement memory retirement = aRetirement(ALICE, 100);
        (bytes memory signature, bytes memory asked) =
            (signRetire(ALICE_KEY, retirement), signReceipt(ALICE_KEY, retirement));
        VM.prank(ALICE);
        credit.useNumber(retirement.number);
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.NumberAlreadyUsed.selector, ALICE, retirement.number));
        retirementReceipts.retireBySig(retirement, signature, asked);

        retirement = aRetirement(ALICE, 100);
        (signature, asked) = (signRetire(ALICE_KEY, retirement), signReceipt(ALICE_KEY, retirement));
        VM.warp(FAR);
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.SignatureExpired.selector, FAR));
        retirementReceipts.retireBySig(retirement, signature, asked);
    }

    function test_receipt__bad_terms__revert_as_the_token_says() external {
        IRetirementReceipts.Retirement memory retirement = aRetirement(ALICE, 0);
        (bytes memory signature, bytes memory asked) =
            (signRetire(ALICE_KEY, retirement), signReceipt(ALICE_KEY, retirement));
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.AmountZero.selector));
        retirementReceipts.retireBySig(retirement, signature, asked);
    }

    function test_receipt__of_a_wallet__by_its_word_and_asks_it_to_receive_nothing() external {
        HostileAccount wallet = new HostileAccount(BOB);
        giveCredits(address(wallet), 100);
        wallet.setReceiving(HostileAccount.Receiving.Revert);
        IRetirementReceipts.Retirement memory retirement = aRetirement(address(wallet), 100);
        bytes memory signature = signRetire(BOB_KEY, retirement);
        bytes memory asked = signReceipt(BOB_KEY, retirement);
        wallet.setAnswering(HostileAccount.Answering.No);
        VM.expectRevert(abi.encodeWithSelector(IRetirementReceipts.ReceiptNotSigned.selector, address(wallet)));
        retirementReceipts.retireBySig(retirement, signature, asked);
        wallet.setAnswering(HostileAccount.Answering.Honest);
        retirementReceipts.retireBySig(retirement, signature, asked);

        checkEq(retirementReceipts.ownerOf(_first), address(wallet), "owner");
    }

    // --- By transaction ---

    function test_receipt__by_the_holder_itself__needs_its_approval_and_takes_its_own() external {
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.NotApproved.selector, ALICE, address(retirementReceipts)));
        VM.prank(ALICE);
        retirementReceipts.retire(classId, 100, CAROL, "another", "ref");
        VM.startPrank(ALICE);
        credit.setApprovalForAll(address(retirementReceipts), true);
        retirementReceipts.retire(classId, 100, CAROL, "another", "ref");
        VM.stopPrank();

        checkEq(retirementReceipts.receiptOf(_first).account, ALICE, "account");
        checkEq(credit.retiredOf(CAROL, classId), 100, "retired");
        VM.expectRevert();
        VM.prank(BOB);
        retirementReceipts.retire(classId, 100, BOB, "self", 0);
        checkEq(credit.balanceOf(ALICE, classId), 49_900, "approval lets nobody else");
    }

    // --- It stays ---

    function test_receipt__moves_by_no_means() external {
        _retire(aRetirement(ALICE, 100));
        bytes memory lockedReason = abi.encodeWithSelector(ISoulbound.ReceiptLocked.selector);
        VM.startPrank(ALICE);
        VM.expectRevert(lockedReason);
        retirementReceipts.transferFrom(ALICE, BOB, _first);
        VM.expectRevert(lockedReason);
        retirementReceipts.safeTransferFrom(ALICE, BOB, _first);
        VM.expectRevert(lockedReason);
        retirementReceipts.safeTransferFrom(ALICE, BOB, _first, "");
        VM.expectRevert(lockedReason);
        retirementReceipts.approve(BOB, _first);
        VM.expectRevert(lockedReason);
        retirementReceipts.setApprovalForAll(BOB, true);
        VM.stopPrank();

        checkEq(retirementReceipts.getApproved(_first), address(0), "nobody may");
        check(!retirementReceipts.isApprovedForAll(ALICE, BOB), "nobody may");
        checkEq(retirementReceipts.ownerOf(_first), ALICE, "owner");
    }

    function test_unknown_receipt__every_question__reverts() external {
        bytes memory unknown = abi.encodeWithSelector(ISoulbound.ReceiptUnknown.selector, _first);
        VM.expectRevert(unknown);
        retirementReceipts.receiptOf(_first);
        VM.expectRevert(unknown);
        retirementReceipts.ownerOf(_first);
        VM.expectRevert(unknown);
        retirementReceipts.locked(_first);
        VM.expectRevert(unknown);
        retirementReceipts.tokenURI(_first);
        VM.expectRevert(unknown);
        retirementReceipts.getApproved(_first);
        VM.expectRevert(abi.encodeWithSelector(ISoulbound.ReceiptOwnerZero.selector));
        retirementReceipts.balanceOf(address(0));
    }

    // --- What it is ---

    function test_token_uri__is_made_from_the_chain_and_says_what_it_is_not() external {
        IRetirementReceipts.Retirement memory retirement = aRetirement(ALICE, 250);
        (retirement.beneficiary, retirement.ref) = (0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed, bytes32(uint256(0xab)));
        retirement.purpose = "another";
        _retire(retirement);
        bytes memory json = abi.encodePacked(
            "{\"name\":\"Tanyu retirement receipt\",\"description\":\"Allowance surplus retired; not an offset,",
            " not proof of a reduction.\",\"class\":\"CN-SC/2025/SIM\",\"amountGco2e\":\"250\",\"beneficiary\":\"",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\",\"purpose\":\"another\",\"ref\":\"",
            "0x00000000000000000000000000000000000000000000000000000000000000ab\",\"retiredAt\":\"1767225600\"}"
        );
        checkEq(
            keccak256(bytes(retirementReceipts.tokenURI(_first))),
            keccak256(abi.encodePacked("data:application/json;base64,", Base64.encode(json))),
            "URI"
        );
        checkEq(keccak256(bytes(retirementReceipts.name())), keccak256("Tanyu retirement receipt"), "name");
        checkEq(keccak256(bytes(retirementReceipts.symbol())), keccak256("TANYU-RETIRED"), "symbol");
    }

    function test_interfaces__as_promised() external view {
        bytes4[5] memory ours = [
            type(IERC165).interfaceId,
            type(IERC721).interfaceId,
            type(IERC721Metadata).interfaceId,
            bytes4(0xb45a3c0e),
            type(IRetirementReceipts).interfaceId
        ];
        for (uint256 i; i < ours.length; ++i) {
            check(retirementReceipts.supportsInterface(ours[i]), "supported");
        }
        check(!retirementReceipts.supportsInterface(type(IGiftReceipt).interfaceId), "no gifts");
        check(!retirementReceipts.supportsInterface(0xffffffff), "nothing");
        check(charity.supportsInterface(type(IGiftReceipt).interfaceId), "gifts");
    }

    function test_constructor__without_a_token__reverts() external {
        VM.expectRevert(abi.encodeWithSelector(IRetirementReceipts.CreditZero.selector));
        new RetirementReceipts(address(0));
    }
}
