"""One audit: a history's evidence, then its acts in order through every book, then the contracts' own word."""

from collections.abc import Iterator
from typing import Protocol

from backend.audit import (
    anchored,
    calls,
    claims,
    conservation,
    evidence,
    fairness,
    giving,
    holdings,
    issuance,
    journal,
    permissions,
    pledges,
    receipts,
    reconstruction,
    retirement_receipts,
    settlement,
    spending,
    supply,
    timeline,
)
from backend.audit.anchored import Anchored, asking, signed_by_key
from backend.audit.blocks import quantity
from backend.audit.history import History
from backend.audit.journal import Journal
from backend.audit.questions import Answers, Question
from backend.audit.report import Check, Report, Verdicts
from backend.audit.timeline import Act
from backend.chain.events import ChainEvent

_ROOMS = (
    *(evidence, timeline, supply, issuance, claims, conservation, settlement, giving, holdings),
    *(spending, pledges, receipts, retirement_receipts),
    *(calls, permissions, reconstruction),
)

CHECKS: tuple[Check, ...] = tuple(
    sorted((check for room in _ROOMS for check in room.CHECKS), key=lambda check: check.invariant)
)
"""Every check of a chain, by invariant."""

JOURNAL_CHECKS: tuple[Check, ...] = (*journal.CHECKS, *fairness.CHECKS, *anchored.CHECKS)
"""What is checked besides with a market's journal: alone, and against the chain."""


class Book(Protocol):
    """One part of the state: takes in a transaction's events in order and says what the contracts should answer."""

    def begin(self, act: Act, /) -> None:
        """A transaction starts."""

    def apply(self, event: ChainEvent, act: Act, /) -> None:
        """One of its events."""

    def end(self, act: Act, /) -> None:
        """Its events are all in."""

    def questions(self, head_s: int, /) -> Iterator[Question]:
        """What to compare at the head; `head_s` is its block's time."""


def books_of(history: History, answers: Answers, verdicts: Verdicts) -> list[Book]:
    """Every book, empty, in the order they take in an event: later ones read earlier ones."""
    deployment = history.deployment
    held = holdings.Holdings(verdicts, deployment.address("Issuance"), history.payment_ours)
    supplied = supply.Supply(history.chain_id, verdicts, held)
    issued = issuance.Issuance(deployment, verdicts, supplied)
    permitted = permissions.Permissions(deployment, verdicts)
    settled = settlement.Settlement(deployment, verdicts, answers)
    given = giving.Giving(deployment, verdicts, held, permitted)
    return [
        *(permitted, held, supplied, issued),
        claims.Claims(verdicts, issued, held),
        settled,
        conservation.Conservation(deployment, verdicts, answers, held, settled, supplied),
        given,
        spending.Spending(deployment, verdicts, answers, given),
        pledges.Pledges(deployment, verdicts, answers),
        receipts.Receipts(verdicts, given),
        retirement_receipts.RetirementReceipts(deployment, verdicts, answers),
        calls.Calls(deployment, verdicts, answers),
    ]


def rebuild(history: History, answers: Answers, verdicts: Verdicts, told: Journal | None = None) -> None:
    """Rebuilds the state from a history's events and checks the promises; takes the logs as they are written. With a
    journal, that the market kept to it. Raises JournalMalformed, JournalForeign.
    """
    events = timeline.decoded_events(history, verdicts)
    books = books_of(history, answers, verdicts)
    held = None
    if told is not None:
        told.require_of(history.deployment)
        held = Anchored(fairness.replayed(told, verdicts, asking(history, answers)), verdicts)
        books.append(held)
    for act in timeline.acts(history, events):
        for book in books:
            book.begin(act)
        for event in act.events:
            for book in books:
                book.apply(event, act)
        for book in books:
            book.end(act)
    head_s = quantity(history.headers[-1]["timestamp"])
    if held is not None:
        held.conclude(head_s)
    questions = (question for book in books for question in book.questions(head_s))
    reconstruction.check_views(history, questions, answers, verdicts)
    reconstruction.check_recorded(answers, verdicts)


def checks_with_journal() -> tuple[Check, ...]:
    """Every check, by invariant."""
    return tuple(sorted((*CHECKS, *JOURNAL_CHECKS), key=lambda check: check.invariant))


def audit(history: History, told: Journal | None = None) -> Report:
    """The report on a history, and on the journal that the market's operator tells. Raises as `rebuild` does."""
    checks = CHECKS if told is None else checks_with_journal()
    answers, verdicts = Answers(history.answers), Verdicts(checks)
    evidence.check_evidence(history, verdicts)
    rebuild(history, answers, verdicts, told)
    if told is None:
        verdicts.note("whether prices follow the market's journal was not checked: no --journal was given")
    covered: dict[str, int | str] = {
        "chainId": history.chain_id,
        "fromBlock": history.deployment.block_number,
        "headBlock": history.head_number,
        "headHash": history.head_hash,
        "transactions": len({log["transactionHash"] for log in history.logs}),
        "events": len(history.logs),
        "views": len(answers.asked),
    }
    if told is not None:
        covered |= told.header.covered
    return Report(checks, verdicts.counts, tuple(verdicts.findings), tuple(verdicts.notes), covered)


def audit_journal(told: Journal) -> Report:
    """The report on a journal alone; what only a chain can say is left out. Raises JournalMalformed."""
    checks = (*journal.CHECKS, *fairness.CHECKS)
    verdicts = Verdicts(checks)
    fairness.replayed(told, verdicts, signed_by_key)
    verdicts.note("anchored heads and fills were not looked at: no --rpc and --deployment, and no --from-file")
    return Report(checks, verdicts.counts, tuple(verdicts.findings), tuple(verdicts.notes), told.header.covered)
