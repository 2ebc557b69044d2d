"""Synthetic acts for the books: events and calls without a chain, valid unless a test says otherwise."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from backend.audit.history import History
from backend.audit.questions import Answers
from backend.audit.replay import CHECKS, Book, books_of
from backend.audit.report import Verdicts
from backend.audit.timeline import Act, Call
from backend.chain.artifacts import CONTRACT_NAMES
from backend.chain.class_id import pack
from backend.chain.deployment import Deployment
from backend.chain.events import ChainEvent
from backend.chain.keys import Signer, dev_signer
from backend.chain.signature import checksum_address
from backend.kernel.clock import from_unix_s

CLASS_ID = pack("CN-SC", 2025, "SIM")
NOBODY = "0x" + "0" * 40
NOW_S = 1_800_000_000
ADDRESSES = {name: checksum_address(bytes([index + 1]) * 20) for index, name in enumerate(CONTRACT_NAMES)}
DEPLOYMENT = Deployment(31337, "0x" + "00" * 32, 1, ADDRESSES, {})

Told = tuple[str, str, dict[str, Any]]
"""Contract, event, arguments."""


def person(index: int) -> Signer:
    return dev_signer(300 + index)


@dataclass
class Stage:
    """Every book of an audit, and a clock of blocks; `tell` plays one transaction."""

    verdicts: Verdicts = field(default_factory=lambda: Verdicts(CHECKS))
    answers: Answers = field(default_factory=lambda: Answers({}))
    now_s: int = NOW_S
    books: list[Book] = field(init=False)
    _blocks: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        history = History(31337, DEPLOYMENT.genesis_hash, DEPLOYMENT, True, (), (), (), (), {})
        self.books = books_of(history, self.answers, self.verdicts)

    def act(self, told: Sequence[Told], calls: Sequence[Call] = ()) -> Act:
        block = next(self._blocks)
        transaction = block.to_bytes(32)
        events = tuple(
            ChainEvent(contract, name, args, block, block.to_bytes(32), from_unix_s(self.now_s), transaction, index)
            for index, (contract, name, args) in enumerate(told)
        )
        return Act(transaction, block, self.now_s, events, tuple(calls))

    def tell(self, *told: Told, calls: Sequence[Call] = ()) -> list[str]:
        """Plays a transaction; the names of the checks it broke, in order."""
        before = len(self.verdicts.findings)
        act = self.act(told, calls)
        for book in self.books:
            book.begin(act)
        for event in act.events:
            for book in self.books:
                book.apply(event, act)
        for book in self.books:
            book.end(act)
        return [finding.check for finding in self.verdicts.findings[before:]]

    def open_class(self, cap: int = 10**9, rate_bps: int = 500) -> None:
        assert self.tell(class_created(cap, rate_bps)) == []


def class_created(cap: int = 10**9, rate_bps: int = 500, **changed: Any) -> Told:
    fields = {"region": b"CN-SC\0", "vintage": 2025, "methodology": b"SIM".ljust(8, b"\0")}
    return (
        "CarbonCredit",
        "ClassCreated",
        {"classId": CLASS_ID, **fields, "cap": cap, "bufferRateBps": rate_bps, **changed},
    )


def moved(sender: str, receiver: str, grams: int, operator: str | None = None) -> Told:
    by = operator or (ADDRESSES["Issuance"] if sender == NOBODY else sender)
    amounts = {"id": CLASS_ID, "value": grams}
    return ("CarbonCredit", "TransferSingle", {"operator": by, "from": sender, "to": receiver, **amounts})


def paid(sender: str, receiver: str, amount: int) -> Told:
    return ("PaymentToken", "Transfer", {"from": sender, "to": receiver, "value": amount})


def approved(account: str, operator: str) -> Told:
    return ("CarbonCredit", "ApprovalForAll", {"account": account, "operator": operator, "approved": True})


def retired(account: str, grams: int, beneficiary: str | None = None, **changed: Any) -> Told:
    words = {"beneficiary": beneficiary or account, "purpose": "self", "ref": bytes(32)}
    fields = {"account": account, "classId": CLASS_ID, "amount": grams, **words, **changed}
    return ("CarbonCredit", "Retired", fields)
