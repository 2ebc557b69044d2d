"""What the operator watches: who sends and indexes, what waits to be sent, how far the index is, whether it agrees."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from fastapi import APIRouter
from sqlalchemy import func
from sqlmodel import col, select
from starlette.requests import Request

from backend.access.state import database_of
from backend.access.wire import Iso, Wire
from backend.link.loop import LoopStatus
from backend.link.outbox import UNFINISHED
from backend.link.reconcile import Finding
from backend.link.tables import Intent
from backend.link.worker import WorkerStatus
from backend.market.governing_routes import Operator
from backend.market.routes import market_of
from backend.storage.database import Database

router = APIRouter(tags=["service"])


@dataclass(frozen=True)
class Operations:
    """What composition knows and no room does. `findings` compares projections and chain: linear in everybody named."""

    status: Callable[[], WorkerStatus]
    findings: Callable[[], list[Finding]]


class LoopOut(Wire):
    """One loop. `problem`: code and sentence of its last failure; `standing_by`: another process does its steps."""

    alive: bool
    last_good_at: Iso | None
    failures: int
    problem: str | None
    standing_by: bool

    @classmethod
    def of(cls, status: LoopStatus) -> "LoopOut":
        """As told."""
        return cls(
            alive=status.alive,
            last_good_at=status.last_good_at,
            failures=status.failures,
            problem=status.problem,
            standing_by=status.standing_by,
        )


class WaitingOut(Wire):
    """Calls of one kind that the chain has not settled: how many in which state, since when the oldest."""

    kind: str
    state: str
    count: int
    oldest_at: Iso


class OperationsOut(Wire):
    """How link and market are doing in the process that answers. `lag_blocks`: unknown before the first look."""

    sender: LoopOut
    indexer: LoopOut
    indexed_block: int | None
    lag_blocks: int | None
    waiting: list[WaitingOut]
    owns_market: bool
    journal_lines: int


class MismatchOut(Wire):
    """A difference between our index and the chain, in grams or base units."""

    check: str
    subject: str
    projected: str
    on_chain: str


class ReconciliationOut(Wire):
    """Every difference; none if all agrees."""

    findings: list[MismatchOut]


def waiting(database: Database) -> list[tuple[str, str, int, datetime]]:
    """Kind, state, count and oldest of the calls that are not finished, by kind and state."""
    rows = (
        select(Intent.kind, Intent.state, func.count(), func.min(Intent.created_at))
        .where(col(Intent.state).in_(UNFINISHED))
        .group_by(col(Intent.kind), col(Intent.state))
        .order_by(col(Intent.kind), col(Intent.state))
    )
    with database.read() as session:
        return [(kind, state, count, oldest) for kind, state, count, oldest in session.exec(rows)]


def operations_of(request: Request) -> Operations:
    """What the operator watches (`state.operations`)."""
    return cast(Operations, request.app.state.operations)


@router.get("/operations")
def read_operations(request: Request, _operator: Operator) -> OperationsOut:
    """Who sends and indexes, what waits for the chain, how far the index is behind, who owns the market."""
    status, sequencer = operations_of(request).status(), market_of(request).sequencer
    return OperationsOut(
        sender=LoopOut.of(status.sender),
        indexer=LoopOut.of(status.indexer),
        indexed_block=status.indexed_block,
        lag_blocks=status.lag_blocks,
        waiting=[
            WaitingOut(kind=kind, state=state, count=count, oldest_at=oldest)
            for kind, state, count, oldest in waiting(database_of(request))
        ],
        owns_market=sequencer.owns,
        journal_lines=sequencer.ask(lambda _engine, sequence: sequence),
    )


@router.post("/operations/reconciliation")
def reconcile(request: Request, _operator: Operator) -> ReconciliationOut:
    """Compares every balance, number and class of our index with the contracts, at the indexed block."""
    found = [
        MismatchOut(check=one.check, subject=one.subject, projected=str(one.projected), on_chain=str(one.on_chain))
        for one in operations_of(request).findings()
    ]
    return ReconciliationOut(findings=found)
