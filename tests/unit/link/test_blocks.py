"""Only blocks and logs of one and the same chain are taken."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from backend.link.blocks import FetchedBlock, commit_groups, fetch_history, fetch_recent
from backend.link.node import Header, Node, NodeUnavailable


def hash_of(number: int, chain: str = "a") -> bytes:
    return chain.encode() * 24 + number.to_bytes(8)


def a_header(number: int, chain: str = "a", parent: str | None = None) -> Header:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Header(number, hash_of(number, chain), hash_of(number - 1, parent or chain), at, 0)


def a_log(number: int, chain: str = "a") -> dict[str, Any]:
    return {"blockNumber": number, "blockHash": hash_of(number, chain), "logIndex": 0}


class FakeNode:
    """Answers from two lists."""

    def __init__(self, headers: Sequence[Header], logs: Sequence[Mapping[str, Any]] = ()) -> None:
        self._headers = {header.number: header for header in headers}
        self._logs = logs

    def header(self, number: int) -> Header | None:
        return self._headers.get(number)

    def logs_of(self, block_hash: bytes, _addresses: Sequence[str]) -> list[Mapping[str, Any]]:
        return [log for log in self._logs if log["blockHash"] == block_hash]

    def logs_between(self, first: int, last: int, _addresses: Sequence[str]) -> list[Mapping[str, Any]]:
        return [log for log in self._logs if first <= log["blockNumber"] <= last]


def a_node(headers: Sequence[Header], logs: Sequence[Mapping[str, Any]] = ()) -> Node:
    return cast(Node, FakeNode(headers, logs))


def numbers(blocks: Sequence[FetchedBlock]) -> list[int]:
    return [block.header.number for block in blocks]


def test_fetch_recent__one_chain__gives_each_block_with_its_logs() -> None:
    node = a_node([a_header(number) for number in range(5, 9)], [a_log(6)])

    found = fetch_recent(node, [], 5, 8, hash_of(4))

    assert numbers(found) == [5, 6, 7, 8]
    assert [len(block.logs) for block in found] == [0, 1, 0, 0]


def test_fetch_recent__first_block_has_another_parent__gives_nothing() -> None:
    assert fetch_recent(a_node([a_header(5, "b")]), [], 5, 5, hash_of(4)) == []


def test_fetch_recent__chain_moves_in_between__stops_before_the_break() -> None:
    node = a_node([a_header(5), a_header(6), a_header(7, "b")])

    assert numbers(fetch_recent(node, [], 5, 7, hash_of(4))) == [5, 6]


def test_fetch_recent__node_is_behind_what_it_said__stops_at_its_end() -> None:
    assert numbers(fetch_recent(a_node([a_header(5)]), [], 5, 9, hash_of(4))) == [5]


def test_fetch_history__gives_blocks_with_logs_and_the_last() -> None:
    node = a_node([a_header(number) for number in range(1, 21)], [a_log(3), a_log(9)])

    found = fetch_history(node, [], 1, 20)

    assert numbers(found) == [3, 9, 20]
    assert [len(block.logs) for block in found] == [1, 1, 0]


@pytest.mark.parametrize("headers", [[a_header(9)], [a_header(3, "b"), a_header(9)], [a_header(3)]])
def test_fetch_history__logs_and_headers_of_different_chains__are_refused(headers: list[Header]) -> None:
    with pytest.raises(NodeUnavailable):
        fetch_history(a_node(headers, [a_log(3)]), [], 1, 9)


def test_commit_groups__a_block_with_logs__ends_a_transaction() -> None:
    blocks = [FetchedBlock(a_header(number), (a_log(number),) if number in {3, 4} else ()) for number in range(1, 7)]

    assert [numbers(group) for group in commit_groups(blocks)] == [[1, 2, 3], [4], [5, 6]]
    assert commit_groups([]) == []
