// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Signatures} from "../../libraries/Signatures.sol";
import {HostileAccount} from "../../mocks/HostileAccount.sol";
import {World} from "../World.sol";

contract SignaturesTest is World {
    uint256 private constant ORDER_OF_CURVE = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    bytes32 private constant TOP_BIT = bytes32(uint256(1) << 255);
    bytes32 private constant DIGEST = keccak256("digest");

    HostileAccount private wallet;

    function setUp() public override {
        wallet = new HostileAccount(ALICE);
    }

    function isValid(address account, bytes32 digest, bytes calldata signature) external view returns (bool) {
        return Signatures.isValid(account, digest, signature);
    }

    function testFuzz_signatures__both_lengths__valid_for_the_signer_alone(uint256 key, bytes32 digest) external view {
        key = bound(key, 1, ORDER_OF_CURVE - 1);
        address signer = VM.addr(key);

        check(this.isValid(signer, digest, signDigest(key, digest)), "65 bytes");
        check(this.isValid(signer, digest, signCompact(key, digest)), "64 bytes");
        check(!this.isValid(CAROL, digest, signDigest(key, digest)) || signer == CAROL, "another account");
        check(!this.isValid(signer, keccak256(abi.encode(digest)), signDigest(key, digest)), "another digest");
    }

    function recover(bytes32 digest, bytes calldata signature) external view returns (address signer, bytes32 zero) {
        signer = Signatures.recover(digest, signature);
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            zero := mload(0x60)
        }
    }

    /// @dev Our own way of reading 64 bytes accepts what OpenZeppelin's does, and leaves memory as it was.
    function testFuzz_signatures__compact__as_openzeppelin_recovers(uint256 key, bytes32 digest, bytes32 r, bytes32 vs)
        external
        view
    {
        bytes memory signed = signCompact(bound(key, 1, ORDER_OF_CURVE - 1), digest);
        (bytes32 goodR, bytes32 goodVs) = abi.decode(signed, (bytes32, bytes32));
        bytes32 half = bytes32(ORDER_OF_CURVE / 2);
        bytes32[8] memory words =
            [vs, goodVs, half, bytes32(uint256(half) + 1), half | TOP_BIT, 0, bytes32(type(uint256).max), TOP_BIT];
        for (uint256 i; i < words.length; ++i) {
            for (uint256 j; j < 2; ++j) {
                bytes32 first = j == 0 ? r : goodR;
                (address expected,,) = ECDSA.tryRecover(digest, first, words[i]);
                (address signer, bytes32 zero) = this.recover(digest, abi.encodePacked(first, words[i]));
                check(signer == expected && zero == 0, "as the library");
            }
        }
    }

    /// @dev Too little gas for the precompile reverts; it never makes a good signature a bad one.
    function test_inv_07__signature_starved_of_gas__never_refused() external view {
        bytes memory signature = signCompact(ALICE_KEY, DIGEST);
        uint256 answers;
        for (uint256 given = 500; given < 12_000; given += 25) {
            try this.isValid{gas: given}(ALICE, DIGEST, signature) returns (bool valid) {
                check(valid, "starved");
                ++answers;
            } catch {}
        }
        check(answers != 0, "enough in the end");
    }

    function test_signatures__high_s__refused() external view {
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(ALICE_KEY, DIGEST);
        bytes memory twin = abi.encodePacked(r, bytes32(ORDER_OF_CURVE - uint256(s)), v == 27 ? uint8(28) : uint8(27));

        check(!this.isValid(ALICE, DIGEST, twin), "malleable twin");
    }

    function testFuzz_signatures__any_other_length__refused(bytes calldata signature) external view {
        VM.assume(signature.length != 65 && signature.length != 64);

        check(!this.isValid(ALICE, DIGEST, signature), "length");
    }

    function test_signatures__zero_account__never_valid() external view {
        check(!this.isValid(address(0), DIGEST, new bytes(65)), "zero bytes");
        check(!this.isValid(address(0), DIGEST, new bytes(64)), "zero compact bytes");
    }

    function test_signatures__wallet__its_key_signs() external view {
        check(this.isValid(address(wallet), DIGEST, signDigest(ALICE_KEY, DIGEST)), "owner");
        check(!this.isValid(address(wallet), DIGEST, signDigest(BOB_KEY, DIGEST)), "stranger");
    }

    function test_signatures__wallet__only_a_clean_word_is_yes() external {
        bytes memory signature = signDigest(BOB_KEY, DIGEST);
        wallet.setAnswering(HostileAccount.Answering.Yes);
        check(this.isValid(address(wallet), DIGEST, signature), "yes");
        wallet.setAnswering(HostileAccount.Answering.No);
        check(!this.isValid(address(wallet), DIGEST, signature), "no");
        wallet.setAnswering(HostileAccount.Answering.Revert);
        check(!this.isValid(address(wallet), DIGEST, signature), "revert");
        wallet.setAnswering(HostileAccount.Answering.Short);
        check(!this.isValid(address(wallet), DIGEST, signature), "four bytes");
        wallet.setAnswering(HostileAccount.Answering.DirtyYes);
        check(!this.isValid(address(wallet), DIGEST, signature), "dirty word");
    }

    /// @dev A bomb or a gas burner costs the fixed allowance, no more.
    function test_signatures__wallet_burns_gas__costs_a_bounded_amount() external {
        bytes memory signature = signDigest(BOB_KEY, DIGEST);
        HostileAccount.Answering[2] memory modes = [HostileAccount.Answering.BurnGas, HostileAccount.Answering.Bomb];
        for (uint256 i; i < modes.length; ++i) {
            wallet.setAnswering(modes[i]);
            uint256 before = gasleft();
            this.isValid(address(wallet), DIGEST, signature);
            checkAtMost(before - gasleft(), Signatures.WALLET_GAS + 30_000, "gas");
        }
    }

    /// @dev Whatever gas the caller brings: a yes, or a revert of everything; never a no.
    function testFuzz_signatures__starved_wallet__reverts_rather_than_says_no(uint256 given) external {
        given = bound(given, 30_000, 200_000);
        wallet.setAnswering(HostileAccount.Answering.Yes);
        bytes memory question = abi.encodeCall(this.isValid, (address(wallet), DIGEST, signDigest(BOB_KEY, DIGEST)));

        (bool done, bytes memory answer) = address(this).call{gas: given}(question);

        check(!done || abi.decode(answer, (bool)), "no without asking");
    }

    function test_signatures__starved_wallet__names_what_is_needed() external {
        wallet.setAnswering(HostileAccount.Answering.Yes);
        bytes memory question = abi.encodeCall(this.isValid, (address(wallet), DIGEST, signDigest(BOB_KEY, DIGEST)));

        (bool done, bytes memory answer) = address(this).call{gas: 90_000}(question);

        check(!done, "reverts");
        checkEq(bytes4(answer), Signatures.GasInsufficient.selector, "reason");
    }

    /// @dev An account with delegated code (EIP-7702) still signs with its key: the key is tried first.
    function test_signatures__code_at_a_key_address__key_signs() external {
        VM.etch(BOB, address(wallet).code);

        check(this.isValid(BOB, DIGEST, signDigest(BOB_KEY, DIGEST)), "key");
    }
}
