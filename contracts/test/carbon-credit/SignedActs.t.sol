// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICarbonCredit} from "../../interfaces/ICarbonCredit.sol";
import {ISignedActs} from "../../interfaces/ISignedActs.sol";
import {TypeHashes} from "../../libraries/TypeHashes.sol";
import {HostileAccount} from "../../mocks/HostileAccount.sol";
import {World} from "../World.sol";

contract SignedActsTest is World {
    function setUp() public override {
        super.setUp();
        giveCredits(ALICE, 50_000);
    }

    function test_transfer_by_sig__moves_as_signed_and_once() external {
        bytes memory signature = _signTransfer(ALICE_KEY, ALICE, BOB, 7000, 42, FAR);
        VM.prank(STRANGER);
        credit.transferBySig(ALICE, BOB, classId, 7000, 42, FAR, signature);
        checkEq(credit.balanceOf(BOB, classId), 7000, "moved");

        VM.expectRevert(abi.encodeWithSelector(ISignedActs.NumberAlreadyUsed.selector, ALICE, 42));
        credit.transferBySig(ALICE, BOB, classId, 7000, 42, FAR, signature);
    }

    function test_transfer_by_sig__altered__reverts() external {
        bytes memory signature = _signTransfer(ALICE_KEY, ALICE, BOB, 7000, 42, FAR);
        bytes memory invalid = abi.encodeWithSelector(ISignedActs.SignatureInvalid.selector, ALICE);
        VM.expectRevert(invalid);
        credit.transferBySig(ALICE, CAROL, classId, 7000, 42, FAR, signature);
        VM.expectRevert(invalid);
        credit.transferBySig(ALICE, BOB, classId, 7001, 42, FAR, signature);
        VM.expectRevert(invalid);
        credit.transferBySig(ALICE, BOB, classId, 7000, 43, FAR, signature);
        VM.expectRevert(invalid);
        credit.transferBySig(ALICE, BOB, classId, 7000, 42, FAR - 1, signature);
        VM.expectRevert(invalid);
        credit.transferBySig(ALICE, BOB, classId + 1, 7000, 42, FAR, signature);
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.SignatureInvalid.selector, BOB));
        credit.transferBySig(BOB, BOB, classId, 7000, 42, FAR, signature);
    }

    function test_transfer_by_sig__deadline_is_half_open() external {
        bytes memory signature = _signTransfer(ALICE_KEY, ALICE, BOB, 1, 1, START + 10);
        VM.warp(START + 10);
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.SignatureExpired.selector, START + 10));
        credit.transferBySig(ALICE, BOB, classId, 1, 1, START + 10, signature);
        VM.warp(START + 9);
        credit.transferBySig(ALICE, BOB, classId, 1, 1, START + 10, signature);

        checkEq(credit.balanceOf(BOB, classId), 1, "moved at the last second");
    }

    function test_transfer_by_sig__nothing__reverts() external {
        bytes memory signature = _signTransfer(ALICE_KEY, ALICE, BOB, 0, 1, FAR);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.AmountZero.selector));
        credit.transferBySig(ALICE, BOB, classId, 0, 1, FAR, signature);
    }

    function test_numbers__in_any_order__block_no_other_act() external {
        uint256[4] memory numbers = [type(uint256).max, 0, 256, 255];
        for (uint256 i; i < numbers.length; ++i) {
            bytes memory signature = _signTransfer(ALICE_KEY, ALICE, BOB, 1, numbers[i], FAR);
            credit.transferBySig(ALICE, BOB, classId, 1, numbers[i], FAR, signature);
            check(credit.numberUsed(ALICE, numbers[i]), "used");
        }

        checkEq(credit.balanceOf(BOB, classId), 4, "all four");
        check(!credit.numberUsed(ALICE, 1) && !credit.numberUsed(BOB, 0), "no other");
    }

    function test_use_number__voids_a_signed_message() external {
        bytes memory signature = _signTransfer(ALICE_KEY, ALICE, BOB, 1, 9, FAR);
        VM.expectEmit(address(credit));
        emit ISignedActs.NumberUsed(ALICE, 9);
        VM.prank(ALICE);
        credit.useNumber(9);

        VM.expectRevert(abi.encodeWithSelector(ISignedActs.NumberAlreadyUsed.selector, ALICE, 9));
        credit.transferBySig(ALICE, BOB, classId, 1, 9, FAR, signature);
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.NumberAlreadyUsed.selector, ALICE, 9));
        VM.prank(ALICE);
        credit.useNumber(9);
    }

    function test_retire_by_sig__retires_as_signed() external {
        bytes memory signature = _signRetire(ALICE_KEY, "gift");
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.SignatureInvalid.selector, ALICE));
        credit.retireBySig(ALICE, CAROL, classId, 3000, "theft", "ref", 5, FAR, signature);
        credit.retireBySig(ALICE, CAROL, classId, 3000, "gift", "ref", 5, FAR, signature);

        checkEq(credit.retiredOf(CAROL, classId), 3000, "retired");
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.NumberAlreadyUsed.selector, ALICE, 5));
        credit.retireBySig(ALICE, CAROL, classId, 3000, "gift", "ref", 5, FAR, signature);
    }

    function test_approve_by_sig__registered_operators_alone() external {
        bytes memory signature = _signApprove(ALICE_KEY, STRANGER, true, 1);
        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.OperatorNotRegistered.selector, STRANGER));
        credit.approveBySig(ALICE, STRANGER, true, 1, FAR, signature);

        signature = _signApprove(ALICE_KEY, address(exchange), true, 1);
        credit.approveBySig(ALICE, address(exchange), true, 1, FAR, signature);
        check(credit.isApprovedForAll(ALICE, address(exchange)), "approved");
    }

    function test_approve_by_sig__withdrawal__from_any_operator() external {
        VM.prank(ALICE);
        credit.setApprovalForAll(STRANGER, true);
        VM.prank(GOVERNOR);
        credit.setRegisteredOperator(address(exchange), false);
        bytes memory signature = _signApprove(ALICE_KEY, STRANGER, false, 2);

        credit.approveBySig(ALICE, STRANGER, false, 2, FAR, signature);

        check(!credit.isApprovedForAll(ALICE, STRANGER), "withdrawn");
    }

    function test_signed_acts__of_a_wallet_contract() external {
        HostileAccount wallet = new HostileAccount(BOB);
        giveCredits(address(wallet), 10);
        bytes memory signature = _signTransfer(BOB_KEY, address(wallet), ALICE, 4, 1, FAR);

        credit.transferBySig(address(wallet), ALICE, classId, 4, 1, FAR, signature);

        checkEq(credit.balanceOf(address(wallet), classId), 6, "left");
    }

    function test_signed_acts__compact_signature() external {
        bytes32 structHash = keccak256(abi.encode(TypeHashes.TRANSFER, ALICE, BOB, classId, 5, 6, FAR));
        bytes memory signature = signCompact(ALICE_KEY, digestOf(credit.domainSeparator(), structHash));

        credit.transferBySig(ALICE, BOB, classId, 5, 6, FAR, signature);

        checkEq(credit.balanceOf(BOB, classId), 5, "moved");
    }

    function _signTransfer(uint256 key, address from, address to, uint256 amount, uint256 number, uint256 deadline)
        private
        view
        returns (bytes memory)
    {
        bytes32 structHash = keccak256(abi.encode(TypeHashes.TRANSFER, from, to, classId, amount, number, deadline));
        return signDigest(key, digestOf(credit.domainSeparator(), structHash));
    }

    function _signApprove(uint256 key, address operator, bool approved, uint256 number)
        private
        view
        returns (bytes memory)
    {
        bytes32 structHash = keccak256(abi.encode(TypeHashes.APPROVE, VM.addr(key), operator, approved, number, FAR));
        return signDigest(key, digestOf(credit.domainSeparator(), structHash));
    }

    function _signRetire(uint256 key, string memory purpose) private view returns (bytes memory) {
        bytes32 structHash = keccak256(
            abi.encode(
                TypeHashes.RETIRE, VM.addr(key), CAROL, classId, 3000, keccak256(bytes(purpose)), bytes32("ref"), 5, FAR
            )
        );
        return signDigest(key, digestOf(credit.domainSeparator(), structHash));
    }
}
