"""OpenZeppelin's StandardMerkleTree: leaves hashed twice, sorted; nodes hash their sorted children.

The nodes stand in one run of bytes, root first, children of node i at 2 i + 1 and 2 i + 2, the leaves last and in
falling order. A million claims are 64 MB so, and any part of the run can be kept and read by itself.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from backend.chain.keccak import keccak
from backend.kernel.errors import InvalidInput

NODE_BYTES = 32
_ADDRESS_PADDING = bytes(12)
_CLAIM_BYTES = 5 * 32


class MerkleTreeEmpty(InvalidInput):
    """A tree needs a leaf."""

    code = "merkle.empty"


class LeafUnknown(InvalidInput):
    """The leaf is not in the tree."""

    code = "merkle.leaf_unknown"


def claim_leaf(account: str, class_id: int, amount_gco2e: int, statement_digest: bytes, nullifier: bytes) -> bytes:
    """The leaf of one claim, as Issuance computes it: keccak(keccak(abi.encode(...))).

    Five static words need no encoder; one that allows for every type takes ten times as long as both hashes.
    """
    words = b"".join(
        (
            _ADDRESS_PADDING,
            bytes.fromhex(account[2:]),
            class_id.to_bytes(32),
            amount_gco2e.to_bytes(32),
            statement_digest,
            nullifier,
        )
    )
    assert len(words) == _CLAIM_BYTES, "an address of 20 bytes, a digest and a nullifier of 32"
    return keccak(keccak(words))


def _pair(left: bytes, right: bytes) -> bytes:
    return keccak(left + right if left < right else right + left)


def sibling_indices(size: int, position: int) -> Iterator[int]:
    """The nodes that prove a leaf of a tree of `size` leaves, from the leaf up; `position` counts in rising order."""
    index = 2 * size - 2 - position
    while index > 0:
        yield index + 1 if index % 2 else index - 1
        index = (index - 1) // 2


class MerkleTree:
    """A complete binary tree over leaf hashes; O(n log n) to build (the sort), O(log n) per proof."""

    def __init__(self, leaves: Iterable[bytes]) -> None:
        rising = sorted(leaves)
        if not rising:
            raise MerkleTreeEmpty("a Merkle tree needs at least one leaf")
        self.size = len(rising)
        nodes = iter(rising)
        for right, left in zip(nodes, nodes, strict=False):  # what is appended is walked too; the root has no partner
            rising.append(keccak(left + right if left < right else right + left))  # `_pair`, without a call a node
        rising.reverse()
        self.nodes = b"".join(rising)
        """Every node, root first."""

    @property
    def root(self) -> bytes:
        """32 bytes."""
        return self._node(0)

    def _node(self, index: int) -> bytes:
        return self.nodes[NODE_BYTES * index : NODE_BYTES * (index + 1)]

    def _leaf(self, position: int) -> bytes:
        return self._node(2 * self.size - 2 - position)

    def proof(self, leaf: bytes) -> list[bytes]:
        """Siblings from the leaf to the root; raises LeafUnknown."""
        position = bisect_left(range(self.size), leaf, key=self._leaf)
        if position == self.size or self._leaf(position) != leaf:
            raise LeafUnknown(f"leaf {leaf.hex()} is not in the tree", leaf=leaf.hex())
        return [self._node(index) for index in sibling_indices(self.size, position)]


def verify(root: bytes, leaf: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof leads from the leaf to the root."""
    node = leaf
    for sibling in proof:
        node = _pair(node, sibling)
    return node == root
