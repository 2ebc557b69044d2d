"""OpenZeppelin's StandardMerkleTree: leaves hashed twice, sorted; nodes hash their sorted children."""

from collections.abc import Sequence

from eth_abi.abi import encode

from backend.chain.keccak import keccak
from backend.kernel.errors import InvalidInput

_CLAIM_TYPES = ("address", "uint256", "uint256", "bytes32", "bytes32")


class MerkleTreeEmpty(InvalidInput):
    """A tree needs a leaf."""

    code = "merkle.empty"


class LeafUnknown(InvalidInput):
    """The leaf is not in the tree."""

    code = "merkle.leaf_unknown"


def claim_leaf(account: str, class_id: int, amount_gco2e: int, statement_digest: bytes, nullifier: bytes) -> bytes:
    """The leaf of one claim, as Issuance computes it: keccak(keccak(abi.encode(...)))."""
    return keccak(keccak(encode(_CLAIM_TYPES, (account, class_id, amount_gco2e, statement_digest, nullifier))))


def _pair(left: bytes, right: bytes) -> bytes:
    return keccak(left + right if left < right else right + left)


class MerkleTree:
    """A complete binary tree over distinct leaf hashes; O(n log n) to build (the sort), O(log n) per proof."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        if not leaves:
            raise MerkleTreeEmpty("a Merkle tree needs at least one leaf")
        ordered = sorted(leaves)
        size = len(ordered)
        self._nodes = [b""] * (size - 1) + ordered[::-1]
        for index in range(size - 2, -1, -1):
            self._nodes[index] = _pair(self._nodes[2 * index + 1], self._nodes[2 * index + 2])
        self._place = {node: index for index, node in enumerate(self._nodes) if index >= size - 1}

    @property
    def root(self) -> bytes:
        """32 bytes."""
        return self._nodes[0]

    def proof(self, leaf: bytes) -> list[bytes]:
        """Siblings from the leaf to the root; raises LeafUnknown."""
        if leaf not in self._place:
            raise LeafUnknown(f"leaf {leaf.hex()} is not in the tree", leaf=leaf.hex())
        index, siblings = self._place[leaf], []
        while index > 0:
            siblings.append(self._nodes[index + 1 if index % 2 else index - 1])
            index = (index - 1) // 2
        return siblings


def verify(root: bytes, leaf: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof leads from the leaf to the root."""
    node = leaf
    for sibling in proof:
        node = _pair(node, sibling)
    return node == root
