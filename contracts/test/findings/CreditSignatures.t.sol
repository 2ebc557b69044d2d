// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICarbonCredit} from "../../interfaces/ICarbonCredit.sol";
import {IIssuance} from "../../interfaces/IIssuance.sol";
import {ISignedActs} from "../../interfaces/ISignedActs.sol";
import {TypeHashes} from "../../libraries/TypeHashes.sol";
import {HostileAccount} from "../../mocks/HostileAccount.sol";
import {World} from "../World.sol";

/// @title Findings about signatures in the exchanges we know (ChainSecurity 6.1, 6.2, 6.6, domain; Seaport's stale
/// validity), tried on the credit's signed acts and on the verifiers' batches.
contract CreditSignaturesTest is World {
    uint256 private constant ORDER_OF_CURVE = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    function setUp() public override {
        super.setUp();
        giveCredits(ALICE, 50_000);
    }

    /// @dev ChainSecurity 6.1: anybody could sign for another account.
    function test_chain_security_6_1__signed_by_another__reverts() external {
        bytes memory signature = signDigest(BOB_KEY, _transferDigest(ALICE, BOB, 5));
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.SignatureInvalid.selector, ALICE));
        credit.transferBySig(ALICE, BOB, classId, 5, 1, FAR, signature);
    }

    /// @dev ChainSecurity 6.6: a failed recovery answers zero, which must be nobody.
    function test_chain_security_6_6__zero_account__cannot_have_signed() external {
        bytes[3] memory broken = [bytes(""), new bytes(64), new bytes(65)];
        for (uint256 i; i < 3; ++i) {
            VM.expectRevert(abi.encodeWithSelector(ISignedActs.SignatureInvalid.selector, address(0)));
            credit.transferBySig(address(0), BOB, classId, 5, 1, FAR, broken[i]);
            VM.expectRevert(abi.encodeWithSelector(ISignedActs.SignatureInvalid.selector, address(0)));
            credit.approveBySig(address(0), address(exchange), true, 1, FAR, broken[i]);
            VM.expectRevert(abi.encodeWithSelector(ISignedActs.SignatureInvalid.selector, address(0)));
            credit.retireBySig(address(0), BOB, classId, 5, "gift", 0, 1, FAR, broken[i]);
        }
    }

    /// @dev ChainSecurity 6.6 on batches: zero can never be a verifier, and a broken signature is nobody's.
    function test_chain_security_6_6__zero_verifier__does_not_exist() external {
        VM.expectRevert(abi.encodeWithSelector(IIssuance.AddressZero.selector));
        VM.prank(GOVERNOR);
        issuance.addVerifier(address(0));

        IIssuance.Batch memory batch = aBatch("root", 500);
        bytes[] memory signatures = signBatch(batch, 2);
        signatures[0] = new bytes(65);
        VM.expectRevert(abi.encodeWithSelector(IIssuance.SignerNotVerifier.selector, address(0)));
        issuance.anchorBatch(batch, signatures);
    }

    /// @dev ChainSecurity 6.2: what is hashed is what is encoded, field by field, in the order of the type.
    function test_chain_security_6_2__two_fields_swapped__is_another_message() external {
        bytes32 swapped = keccak256(abi.encode(TypeHashes.TRANSFER, BOB, ALICE, classId, 5, 1, FAR));
        bytes memory signature = signDigest(ALICE_KEY, digestOf(credit.domainSeparator(), swapped));
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.SignatureInvalid.selector, ALICE));
        credit.transferBySig(ALICE, BOB, classId, 5, 1, FAR, signature);
    }

    /// @dev ChainSecurity, domain cached across a change of chain id: what was signed before a fork serves one side.
    function test_chain_security__after_a_fork__old_signatures_serve_one_chain() external {
        bytes memory signature = signDigest(ALICE_KEY, _transferDigest(ALICE, BOB, 5));
        IIssuance.Batch memory batch = aBatch("root", 500);
        bytes[] memory signatures = signBatch(batch, 2);
        VM.chainId(31_338);

        VM.expectRevert(abi.encodeWithSelector(ISignedActs.SignatureInvalid.selector, ALICE));
        credit.transferBySig(ALICE, BOB, classId, 5, 1, FAR, signature);
        VM.expectPartialRevert(IIssuance.SignerNotVerifier.selector);
        issuance.anchorBatch(batch, signatures);

        signature = signDigest(ALICE_KEY, _transferDigest(ALICE, BOB, 5));
        credit.transferBySig(ALICE, BOB, classId, 5, 1, FAR, signature);
        signatures = signBatch(batch, 2);
        issuance.anchorBatch(batch, signatures);
        checkEq(credit.balanceOf(BOB, classId), 5, "signed for this chain");
    }

    /// @dev A message for one contract is none for another of the same chain, name and version.
    function test_domain__another_contract__refuses_the_signature() external {
        bytes32 structHash = keccak256(abi.encode(TypeHashes.TRANSFER, ALICE, BOB, classId, 5, 1, FAR));
        bytes memory signature = signDigest(ALICE_KEY, digestOf(charity.domainSeparator(), structHash));
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.SignatureInvalid.selector, ALICE));
        credit.transferBySig(ALICE, BOB, classId, 5, 1, FAR, signature);
    }

    /// @dev A signature's malleable twin is no signature, so it is no second act either.
    function test_malleable__high_s_twin__reverts() external {
        bytes32 digest = _transferDigest(ALICE, BOB, 5);
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.SignatureInvalid.selector, ALICE));
        credit.transferBySig(ALICE, BOB, classId, 5, 1, FAR, _twin(ALICE_KEY, digest));
    }

    /// @dev One verifier, three ways of writing his signature: still one verifier.
    function test_malleable__one_verifier_in_many_forms__is_one() external {
        IIssuance.Batch memory batch = aBatch("root", 500);
        bytes32 digest = issuance.hashBatch(batch);
        address signer = VM.addr(verifierKeys[0]);
        bytes[] memory signatures = new bytes[](2);
        signatures[0] = signDigest(verifierKeys[0], digest);
        signatures[1] = signCompact(verifierKeys[0], digest);
        VM.expectRevert(abi.encodeWithSelector(IIssuance.SignersNotAscending.selector, signer, signer));
        issuance.anchorBatch(batch, signatures);
        signatures[1] = _twin(verifierKeys[0], digest);
        VM.expectRevert(abi.encodeWithSelector(IIssuance.SignerNotVerifier.selector, address(0)));
        issuance.anchorBatch(batch, signatures);
    }

    /// @dev Seaport's known limitation: validity remembered after the wallet took it back. Here it is asked each time.
    function test_seaport__a_wallet_that_changed_its_mind__is_asked_again() external {
        HostileAccount wallet = new HostileAccount(BOB);
        giveCredits(address(wallet), 100);
        bytes memory first = signDigest(BOB_KEY, _transferDigest(address(wallet), ALICE, 5));
        credit.transferBySig(address(wallet), ALICE, classId, 5, 1, FAR, first);
        wallet.setAnswering(HostileAccount.Answering.No);

        bytes32 structHash = keccak256(abi.encode(TypeHashes.TRANSFER, address(wallet), ALICE, classId, 5, 2, FAR));
        bytes memory second = signDigest(BOB_KEY, digestOf(credit.domainSeparator(), structHash));
        VM.expectRevert(abi.encodeWithSelector(ISignedActs.SignatureInvalid.selector, address(wallet)));
        credit.transferBySig(address(wallet), ALICE, classId, 5, 2, FAR, second);
    }

    /// @dev An approval taken back cannot be relayed again: its number is spent.
    function test_seaport__approval_taken_back__cannot_be_replayed() external {
        bytes32 structHash = keccak256(abi.encode(TypeHashes.APPROVE, ALICE, address(exchange), true, 1, FAR));
        bytes memory signature = signDigest(ALICE_KEY, digestOf(credit.domainSeparator(), structHash));
        credit.approveBySig(ALICE, address(exchange), true, 1, FAR, signature);
        VM.prank(ALICE);
        credit.setApprovalForAll(address(exchange), false);

        VM.expectRevert(abi.encodeWithSelector(ISignedActs.NumberAlreadyUsed.selector, ALICE, 1));
        credit.approveBySig(ALICE, address(exchange), true, 1, FAR, signature);
        check(!credit.isApprovedForAll(ALICE, address(exchange)), "stays withdrawn");
    }

    /// @dev A relayer cannot turn a wallet's yes into a no by giving it too little gas.
    function test_starved__a_wallets_signature__names_what_is_needed() external {
        HostileAccount wallet = new HostileAccount(BOB);
        giveCredits(address(wallet), 100);
        bytes memory signature = signDigest(BOB_KEY, _transferDigest(address(wallet), ALICE, 5));
        bytes memory data =
            abi.encodeCall(credit.transferBySig, (address(wallet), ALICE, classId, 5, 1, FAR, signature));
        (bool done, bytes memory answer) = address(credit).call{gas: 90_000}(data);

        check(!done, "reverts");
        checkEq(bytes4(answer), ICarbonCredit.GasInsufficient.selector, "reason");
        check(!credit.numberUsed(address(wallet), 1), "the number is not spent");
    }

    function _transferDigest(address from, address to, uint256 amount) private view returns (bytes32) {
        bytes32 structHash = keccak256(abi.encode(TypeHashes.TRANSFER, from, to, classId, amount, 1, FAR));
        return digestOf(credit.domainSeparator(), structHash);
    }

    function _twin(uint256 key, bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(key, digest);
        return abi.encodePacked(r, bytes32(ORDER_OF_CURVE - uint256(s)), v == 27 ? uint8(28) : uint8(27));
    }
}
