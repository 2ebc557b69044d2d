// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IIssuance} from "../interfaces/IIssuance.sol";

/// @title Leaves and proofs of a batch's tree: OpenZeppelin's StandardMerkleTree, hashed in place.
/// @dev The library's own MerkleProof gives the same answers (a test compares them) for more gas; a claim is paid by
/// whoever relays it, and a proof is half of what it computes.
library ClaimTree {
    /// @notice Hashed twice, so that no inner node of the tree can pass for a leaf.
    function leafHash(IIssuance.Claim calldata leaf) internal pure returns (bytes32 hash) {
        // A claim is five words, laid out as abi.encode would. An address with dirty bits makes another leaf.
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let words := mload(0x40)
            calldatacopy(words, leaf, 0xa0)
            mstore(0, keccak256(words, 0xa0))
            hash := keccak256(0, 0x20)
        }
    }

    /// @notice Whether the siblings in `proof` lead from the leaf to the root. Each pair is hashed in ascending order.
    function isProven(bytes32[] calldata proof, bytes32 root, bytes32 leaf) internal pure returns (bool proven) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let node := leaf
            let end := add(proof.offset, shl(5, proof.length))
            for { let cursor := proof.offset } lt(cursor, end) { cursor := add(cursor, 0x20) } {
                let sibling := calldataload(cursor)
                // The smaller of the two goes first.
                let second := shl(5, lt(node, sibling))
                mstore(second, sibling)
                mstore(xor(second, 0x20), node)
                node := keccak256(0, 0x40)
            }
            proven := eq(node, root)
        }
    }
}
