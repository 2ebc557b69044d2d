"""Blocks as the node gives them, taken only if header, parent and logs are of one and the same chain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from backend.link.node import Header, Node, NodeUnavailable


@dataclass(frozen=True)
class FetchedBlock:
    """A block and the logs of our contracts in it, in order."""

    header: Header
    logs: tuple[Mapping[str, Any], ...] = ()


def fetch_recent(
    node: Node, addresses: Sequence[str], first: int, last: int, parent_hash: bytes | None
) -> list[FetchedBlock]:
    """Blocks first..last, each the child of the one before; fewer if the chain moves meanwhile.

    Logs are asked for by block hash, so a node that has another block at that height cannot answer for it.
    """
    found: list[FetchedBlock] = []
    for number in range(first, last + 1):
        header = node.header(number)
        if header is None or (parent_hash is not None and header.parent_hash != parent_hash):
            break
        found.append(FetchedBlock(header, tuple(node.logs_of(header.hash, addresses))))
        parent_hash = header.hash
    return found


def fetch_history(node: Node, addresses: Sequence[str], first: int, last: int) -> list[FetchedBlock]:
    """The blocks of first..last that hold logs of ours, and the block `last` itself.

    For history too deep to be reorganised away: one question for all logs, and headers only where there are some.
    """
    logs = node.logs_between(first, last, addresses)
    by_number = {number: tuple(some) for number, some in groupby(logs, key=lambda log: int(log["blockNumber"]))}
    found = []
    for number in sorted(by_number.keys() | {last}):
        header = node.header(number)
        if header is None or any(bytes(log["blockHash"]) != header.hash for log in by_number.get(number, ())):
            raise NodeUnavailable(f"block {number} and its logs are of different chains")
        found.append(FetchedBlock(header, by_number.get(number, ())))
    return found


def commit_groups(blocks: Sequence[FetchedBlock]) -> list[list[FetchedBlock]]:
    """Splits blocks into database transactions: one for each block with logs, with the empty ones before it."""
    groups: list[list[FetchedBlock]] = []
    open_group: list[FetchedBlock] = []
    for block in blocks:
        open_group.append(block)
        if block.logs:
            groups.append(open_group)
            open_group = []
    return [*groups, open_group] if open_group else groups
