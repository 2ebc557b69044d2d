"""A node that says something else about its blocks: each kind of lie is found where it was told."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from backend.audit.blocks import RpcObject, quantity
from backend.audit.evidence import check_evidence
from backend.audit.history import History
from backend.audit.replay import CHECKS, audit
from backend.audit.report import Verdicts

Lie = Callable[[History], History]


def _header(place: int, **changed: Any) -> Lie:
    def lie(history: History) -> History:
        headers = list(history.headers)
        headers[place] = {**headers[place], **changed}
        return replace(history, headers=tuple(headers))

    return lie


def _body(change: Callable[[tuple[RpcObject, ...], tuple[RpcObject, ...]], tuple[Any, Any]]) -> Lie:
    def lie(history: History) -> History:
        bodies = list(history.bodies)
        middle = len(bodies) // 2
        transactions, receipts = change(bodies[middle].transactions, bodies[middle].receipts)
        bodies[middle] = replace(bodies[middle], transactions=tuple(transactions), receipts=tuple(receipts))
        return replace(history, bodies=tuple(bodies))

    return lie


def _without_header(history: History) -> History:
    return replace(history, headers=(*history.headers[:20], *history.headers[21:]))


def _without_first_headers(history: History) -> History:
    return replace(history, headers=history.headers[5:], bodies=history.bodies[5:])


def _without_body(history: History) -> History:
    gone = history.bodies[-1].number
    logs = tuple(log for log in history.logs if quantity(log["blockNumber"]) != gone)
    return replace(history, bodies=history.bodies[:-1], logs=logs)


def _first(item: tuple[RpcObject, ...], **changed: Any) -> list[RpcObject]:
    return [{**item[0], **changed}, *item[1:]]


LIES: list[tuple[str, Lie, set[str]]] = [
    ("another parent", _header(30, parentHash="0x" + "11" * 32), {"evidence.header_hash", "evidence.parent_hash"}),
    ("another hash", _header(30, hash="0x" + "11" * 32), {"evidence.header_hash", "evidence.parent_hash"}),
    ("an earlier time", _header(30, timestamp="0x1"), {"evidence.header_hash", "evidence.parent_hash"}),
    ("another state root", _header(-1, stateRoot="0x" + "11" * 32), {"evidence.header_hash"}),
    ("a header left out", _without_header, {"evidence.parent_hash"}),
    ("the first headers left out", _without_first_headers, {"evidence.parent_hash"}),
    ("a block's receipts left out", _without_body, {"evidence.bloom"}),
    (
        "other calldata",
        _body(lambda txs, receipts: (_first(txs, input="0x1234"), receipts)),
        {"evidence.transactions_root"},
    ),
    (
        "another sender",
        _body(lambda txs, receipts: (_first(txs, **{"from": "0x" + "11" * 20}), receipts)),
        {"evidence.transactions_root"},
    ),
    (
        "a failed transaction",
        _body(lambda txs, receipts: (txs, _first(receipts, status="0x0"))),
        {"evidence.receipts_root"},
    ),
    ("no receipts", _body(lambda txs, _: (txs, ())), {"evidence.receipts_root", "evidence.logs_complete"}),
    (
        "a transaction of no known type",
        _body(lambda txs, receipts: (_first(txs, type="0x7f"), receipts)),
        {"evidence.transactions_root"},
    ),
]


@pytest.mark.parametrize(("lie", "found_by"), [lie[1:] for lie in LIES], ids=[lie[0] for lie in LIES])
def test_lie__about_a_block__is_found_by_its_check(history: History, lie: Lie, found_by: set[str]) -> None:
    verdicts = Verdicts(CHECKS)
    check_evidence(lie(history), verdicts)
    assert {finding.check for finding in verdicts.findings} >= found_by


def test_answer__of_a_contract_changed_or_missing__breaks_inv_09(history: History) -> None:
    key = next(key for key in reversed(list(history.answers)) if key.startswith(f"{history.head_number}:"))
    changed = audit(replace(history, answers={**history.answers, key: "0x" + "11" * 32}))
    missing = audit(replace(history, answers={k: v for k, v in history.answers.items() if k != key}))
    assert [finding.invariant for finding in changed.findings] == ["INV-09"]
    assert [(finding.invariant, finding.found) for finding in missing.findings] == [("INV-09", "never asked")]


def test_answer__that_no_event_calls_for__breaks_inv_09(history: History) -> None:
    report = audit(replace(history, answers={**history.answers, f"{history.head_number}:0x11:0x22": "0x"}))
    assert [finding.check for finding in report.findings] == ["reconstruction.recorded"]
