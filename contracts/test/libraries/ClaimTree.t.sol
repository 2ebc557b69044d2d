// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IIssuance} from "../../interfaces/IIssuance.sol";
import {ClaimTree} from "../../libraries/ClaimTree.sol";
import {Assertions} from "../Assertions.sol";

/// @title The tree's arithmetic, against the library's.
contract ClaimTreeTest is Assertions {
    function leafHash(IIssuance.Claim calldata leaf) external pure returns (bytes32) {
        return ClaimTree.leafHash(leaf);
    }

    function isProven(bytes32[] calldata proof, bytes32 root, bytes32 leaf) external pure returns (bool) {
        return ClaimTree.isProven(proof, root, leaf);
    }

    function process(bytes32[] calldata proof, bytes32 leaf) external pure returns (bytes32) {
        return MerkleProof.processProofCalldata(proof, leaf);
    }

    function testFuzz_claim_tree__leaf__as_the_tree_format_says(IIssuance.Claim calldata leaf) external view {
        bytes memory words =
            abi.encode(leaf.account, leaf.classId, leaf.amountGco2e, leaf.statementDigest, leaf.nullifier);

        checkEq(this.leafHash(leaf), keccak256(bytes.concat(keccak256(words))), "leaf");
    }

    function testFuzz_claim_tree__proof__as_the_library_says(bytes32[] calldata proof, bytes32 leaf, bytes32 other)
        external
        view
    {
        bytes32 root = this.process(proof, leaf);

        check(this.isProven(proof, root, leaf), "its root");
        check(other == root || !this.isProven(proof, other, leaf), "another root");
        check(other == leaf || !this.isProven(proof, root, other), "another leaf");
    }

    function testFuzz_claim_tree__altered_proof__proves_nothing(
        bytes32[] calldata proof,
        bytes32 leaf,
        uint256 place,
        uint256 bit
    ) external view {
        VM.assume(proof.length != 0);
        bytes32 root = this.process(proof, leaf);
        bytes32[] memory altered = proof;
        altered[place % proof.length] ^= bytes32(1 << (bit % 256));

        check(!this.isProven(altered, root, leaf), "altered");
    }

    function test_claim_tree__no_siblings__the_leaf_is_the_root() external view {
        check(this.isProven(new bytes32[](0), "leaf", "leaf"), "itself");
        check(!this.isProven(new bytes32[](0), "root", "leaf"), "another");
    }
}
