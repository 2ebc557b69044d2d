"""Compares the projections with the chain's own state at the indexed block. Reads only; people judge what it finds.

This is INV-09 seen from our side: every balance, total and mark rebuilt from events alone must be what the contracts
answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

from requests.exceptions import RequestException
from sqlmodel import Session, select
from web3 import Web3
from web3.exceptions import Web3Exception

from backend.chain.contracts import Contracts
from backend.chain.deployment import Deployment
from backend.chain.events import ChainEvent, EventDecoder
from backend.kernel.errors import Unavailable
from backend.link.balances import (
    credit_approved,
    credit_balance,
    credit_classes,
    credit_retired,
    maker_epoch,
    number_used,
    payment_allowance,
    payment_balance,
)
from backend.link.funds import ZERO_ADDRESS
from backend.link.index import indexed, stored_events
from backend.link.node import Node, NodeUnavailable
from backend.link.tables import CreditBalance, CreditClassTotals, Cursor
from backend.storage.database import Database

Key = tuple[Any, ...]
Projected = Callable[..., int]
OnChain = Callable[..., Any]

CHECKS: dict[str, tuple[Projected, OnChain]] = {
    "credit.held": (credit_balance, lambda on, *key: on.credit.functions.balanceOf(*key)),
    "credit.retired": (credit_retired, lambda on, *key: on.credit.functions.retiredOf(*key)),
    "credit.approved": (credit_approved, lambda on, *key: on.credit.functions.isApprovedForAll(*key)),
    "payment.balance": (payment_balance, lambda on, *key: on.payment.functions.balanceOf(*key)),
    "payment.allowance": (payment_allowance, lambda on, *key: on.payment.functions.allowance(*key)),
    "exchange.epoch": (maker_epoch, lambda on, *key: on.exchange.functions.epochOf(*key)),
    "exchange.cancelled": (
        lambda session, *key: number_used(session, "Exchange", *key),
        lambda on, *key: on.exchange.functions.isCancelled(*key),
    ),
    "credit.number_used": (
        lambda session, *key: number_used(session, "CarbonCredit", *key),
        lambda on, *key: on.credit.functions.numberUsed(*key),
    ),
    "charity.number_used": (
        lambda session, *key: number_used(session, "Charity", *key),
        lambda on, *key: on.charity.functions.numberUsed(*key),
    ),
}
"""Check -> how the projection answers, and which view the contract answers with; both take the same key."""

NAMED_BY: dict[tuple[str, str], tuple[tuple[str, ...], ...]] = {
    ("CarbonCredit", "TransferSingle"): (("credit.held", "from", "id"), ("credit.held", "to", "id")),
    ("CarbonCredit", "TransferBatch"): (("credit.held", "from", "ids"), ("credit.held", "to", "ids")),
    ("CarbonCredit", "Retired"): (("credit.retired", "beneficiary", "classId"),),
    ("CarbonCredit", "ApprovalForAll"): (("credit.approved", "account", "operator"),),
    ("CarbonCredit", "NumberUsed"): (("credit.number_used", "account", "number"),),
    ("Charity", "NumberUsed"): (("charity.number_used", "account", "number"),),
    ("PaymentToken", "Transfer"): (("payment.balance", "from"), ("payment.balance", "to")),
    ("PaymentToken", "Approval"): (("payment.allowance", "owner", "spender"),),
    ("Exchange", "AllCancelled"): (("exchange.epoch", "maker"),),
    ("Exchange", "NumberCancelled"): (("exchange.cancelled", "maker", "number"),),
}
"""(contract, event) -> the checks it calls for, each with the arguments that make its key (a list makes several)."""

CLASS_FIELDS = {
    "cap": "cap_gco2e",
    "budgetsAnchored": "budgets_gco2e",
    "surplusAnchored": "surpluses_gco2e",
    "issued": "issued_gco2e",
    "retired": "retired_gco2e",
    "cancelled": "cancelled_gco2e",
    "expired": "expired_gco2e",
    "buffer": "buffer_gco2e",
    "reversed": "reversed_gco2e",
    "bufferRateBps": "buffer_rate_bps",
}
"""Field of the contract's class -> column of ours."""


class IndexMoved(Unavailable):
    """The indexed block is not, or no longer, on the node's chain: let the indexer catch up, then try again."""

    code = "link.index_moved"

    def __init__(self, number: int | None) -> None:
        super().__init__(f"the indexed block {number} is not on the node's chain", block_number=number)


@dataclass(frozen=True)
class Finding:
    """A difference. `subject`: whom it is about; the numbers are grams, base units, or 0 for no and 1 for yes."""

    check: str
    subject: str
    projected: int
    on_chain: int


@dataclass(frozen=True)
class _Snapshot:
    cursor: Cursor
    projected: dict[tuple[str, Key], int]
    classes: list[CreditClassTotals]
    findings: list[Finding]


def reconcile(database: Database, w3: Web3, deployment: Deployment) -> list[Finding]:
    """Every difference between the projections and the chain at the indexed block; empty if all agrees.

    Asks about everybody the events ever named. Raises IndexMoved, NodeUnavailable.
    """
    node, contracts = Node(w3), Contracts(w3, deployment)
    with database.read() as session:
        snapshot = _snapshot(session, deployment)
    findings = list(snapshot.findings)
    block = snapshot.cursor.number
    _require_there(node, snapshot.cursor)
    try:
        for (check, key), projected in snapshot.projected.items():
            on_chain = int(CHECKS[check][1](contracts, *key).call(block_identifier=block))
            if on_chain != projected:
                findings.append(Finding(check, _subject(key), projected, on_chain))
        for totals in snapshot.classes:
            findings += _class_findings(totals, contracts, block)
    except (RequestException, Web3Exception) as failure:
        raise NodeUnavailable(f"{type(failure).__name__}: {failure}"[:300]) from failure
    _require_there(node, snapshot.cursor)
    return findings


def _snapshot(session: Session, deployment: Deployment) -> _Snapshot:
    cursor = indexed(session)
    if cursor is None:
        raise IndexMoved(None)
    questions: dict[tuple[str, Key], None] = {}
    for event in stored_events(session, EventDecoder(deployment)):
        questions |= dict.fromkeys(_questions(event, deployment.address("Exchange")))
    projected = {(check, key): int(CHECKS[check][0](session, *key)) for check, key in questions}
    classes = credit_classes(session)
    return _Snapshot(cursor, projected, classes, [found for totals in classes for found in _identity(session, totals)])


def _questions(event: ChainEvent, exchange: str) -> list[tuple[str, Key]]:
    asked = []
    for check, *names in NAMED_BY.get((event.contract, event.name), ()):
        values = [event.args[name] for name in names]
        keys = product(*(value if isinstance(value, list) else [value] for value in values))
        asked += [(check, key) for key in keys if key[0] != ZERO_ADDRESS]
    return [(check, key) for check, key in asked if check != "payment.allowance" or key[1] == exchange]


def _identity(session: Session, totals: CreditClassTotals) -> list[Finding]:
    """INV-01: issued = held + buffer + retired + cancelled. Sums in Python: SQL cannot add 78 digits."""
    rows = session.exec(select(CreditBalance.held_gco2e).where(CreditBalance.class_id == totals.class_id))
    spoken_for = sum(rows) + totals.buffer_gco2e + totals.retired_gco2e + totals.cancelled_gco2e
    if spoken_for == totals.issued_gco2e:
        return []
    return [Finding("class.identity", str(totals.class_id), spoken_for, totals.issued_gco2e)]


def _class_findings(totals: CreditClassTotals, contracts: Contracts, block: int) -> list[Finding]:
    on_chain = contracts.credit.functions.classOf(totals.class_id).call(block_identifier=block)
    names = contracts.credit.get_function_by_name("classOf").abi["outputs"][0]["components"]
    values = dict(zip((item["name"] for item in names), on_chain, strict=True))
    return [
        Finding(f"class.{name}", str(totals.class_id), getattr(totals, column), values[name])
        for name, column in CLASS_FIELDS.items()
        if getattr(totals, column) != values[name]
    ]


def _require_there(node: Node, cursor: Cursor) -> None:
    header = node.header(cursor.number)
    if header is None or header.hash != cursor.hash:
        raise IndexMoved(cursor.number)


def _subject(key: Key) -> str:
    return " ".join(str(part) for part in key)
