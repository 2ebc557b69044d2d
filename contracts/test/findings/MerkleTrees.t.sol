// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICarbonCredit} from "../../interfaces/ICarbonCredit.sol";
import {IIssuance} from "../../interfaces/IIssuance.sol";
import {World} from "../World.sol";

/// @title Known attacks on Merkle claims: second preimages, roots as leaves, proofs too short, too long or swapped,
/// leaves of one root or contract used at another.
contract MerkleTreesTest is World {
    bytes32 private _root;
    bytes32 private _inner;
    IIssuance.Claim[4] private _leaves;
    bytes32[4] private _hashes;

    function setUp() public override {
        super.setUp();
        for (uint256 i; i < 4; ++i) {
            _leaves[i] = aClaim(i % 2 == 0 ? ALICE : BOB, 1000 + i);
            _hashes[i] = leafHashOf(_leaves[i]);
        }
        _inner = _pair(_hashes[0], _hashes[1]);
        _root = _pair(_inner, _pair(_hashes[2], _hashes[3]));
        anchorRoot(_root, 50_000);
    }

    function test_merkle__each_leaf__claims_with_its_proof_alone() external {
        for (uint256 i; i < 4; ++i) {
            for (uint256 j; j < 4; ++j) {
                if (i != j) _refused(_leaves[i], _proofOf(j));
            }
            issuance.claim(_root, _leaves[i], _proofOf(i));
        }

        checkEq(credit.issuedOf(classId), 4006 + 30 + 3 * 31, "all four, once");
    }

    /// @dev A claim is five words and hashed twice; two children are two words and hashed once. The attacker may choose
    /// every word of a claim and still cannot make the bytes of an inner node.
    function test_merkle__second_preimage__inner_node_is_no_leaf() external {
        IIssuance.Claim memory forged = IIssuance.Claim({
            account: STRANGER,
            classId: classId,
            amountGco2e: uint256(_hashes[0]),
            statementDigest: _hashes[0],
            nullifier: _hashes[1]
        });
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = _pair(_hashes[2], _hashes[3]);

        _refused(forged, proof);
    }

    function test_merkle__root_of_many__is_no_leaf() external {
        _refused(_leaves[0], new bytes32[](0));
    }

    function test_merkle__proof_too_short_or_too_long__proves_nothing() external {
        bytes32[] memory whole = _proofOf(0);
        bytes32[] memory short = new bytes32[](1);
        short[0] = whole[0];
        _refused(_leaves[0], short);
        bytes32[] memory long = new bytes32[](3);
        (long[0], long[1], long[2]) = (whole[0], whole[1], _root);
        _refused(_leaves[0], long);
        (whole[0], whole[1]) = (whole[1], whole[0]);
        _refused(_leaves[0], whole);
    }

    /// @dev A root nobody signed is no root, however well its proofs fit.
    function test_merkle__inner_node_as_a_root__was_never_anchored() external {
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = _hashes[1];

        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.RootUnknown.selector, _inner));
        issuance.claim(_inner, _leaves[0], proof);
    }

    /// @dev The same person's year under a second root mints nothing more.
    function test_merkle__same_leaf_under_two_roots__mints_once() external {
        anchorRoot(_inner, 50_000);
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = _hashes[1];
        issuance.claim(_inner, _leaves[0], proof);

        VM.expectRevert(abi.encodeWithSelector(ICarbonCredit.NullifierUsed.selector, _leaves[0].nullifier));
        issuance.claim(_root, _leaves[0], _proofOf(0));
    }

    /// @dev An address word with anything above its 160 bits is refused or is another leaf; it never mints.
    function test_merkle__dirty_address__never_mints() external {
        bytes memory data = abi.encodeCall(IIssuance.claim, (_root, _leaves[0], _proofOf(0)));
        // After the selector and the root comes the account.
        data[4 + 32] = 0x01;
        (bool done,) = address(issuance).call(data);

        check(!done, "refused");
        checkEq(credit.issuedOf(classId), 0, "nothing minted");
    }

    function _refused(IIssuance.Claim memory leaf, bytes32[] memory proof) private {
        VM.expectRevert(abi.encodeWithSelector(IIssuance.ProofInvalid.selector, _root, leafHashOf(leaf)));
        issuance.claim(_root, leaf, proof);
    }

    function _proofOf(uint256 i) private view returns (bytes32[] memory proof) {
        proof = new bytes32[](2);
        proof[0] = _hashes[i ^ 1];
        proof[1] = i < 2 ? _pair(_hashes[2], _hashes[3]) : _inner;
    }

    function _pair(bytes32 a, bytes32 b) private pure returns (bytes32) {
        return a < b ? keccak256(abi.encode(a, b)) : keccak256(abi.encode(b, a));
    }
}
