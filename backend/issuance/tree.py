"""Batches' Merkle trees as stored: runs of nodes, from which any one proof is read with a few rows.

Proofs of a million leaves would be 1.4 GB as text; their tree is 64 MB, and a proof of 20 nodes reads at most 11 parts
of 32 kB. Nothing is cached, so that every process answers alike.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlmodel import Session, col, delete, select

from backend.chain.merkle import NODE_BYTES, MerkleTree, sibling_indices
from backend.issuance.tables import TreeRow

PART_NODES = 1024
_PART_BYTES = PART_NODES * NODE_BYTES


def parts_of(tree: MerkleTree) -> Iterator[dict[str, Any]]:
    """A tree as rows of TreeRow, made one by one."""
    for part, start in enumerate(range(0, len(tree.nodes), _PART_BYTES)):
        yield {"root": tree.root, "part": part, "nodes": tree.nodes[start : start + _PART_BYTES]}


def drop_tree(session: Session, root: bytes) -> None:
    """Deletes a tree, if it is there."""
    session.exec(delete(TreeRow).where(col(TreeRow.root) == root))


def proofs_at(session: Session, root: bytes, size: int, positions: Sequence[int]) -> list[list[bytes]]:
    """The siblings of some leaves of a stored tree of `size` leaves, each from the leaf up, in the order asked for."""
    paths = [list(sibling_indices(size, position)) for position in positions]
    wanted = sorted({index // PART_NODES for path in paths for index in path})
    rows = session.exec(select(TreeRow).where(col(TreeRow.root) == root, col(TreeRow.part).in_(wanted))).all()
    parts = {row.part: row.nodes for row in rows}

    def node(index: int) -> bytes:
        part, place = divmod(index, PART_NODES)
        return parts[part][place * NODE_BYTES : (place + 1) * NODE_BYTES]

    return [[node(index) for index in path] for path in paths]
