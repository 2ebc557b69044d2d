"""An index over the acts' chain, and all that it holds as text, to compare."""

from sqlmodel import SQLModel, select

from backend.link.balances import balance_projections
from backend.link.indexer import CHUNK, HISTORY_CHUNK, REORG_DEPTH_MAX, Indexer
from backend.link.tables import (
    CreditApproval,
    CreditBalance,
    CreditClassTotals,
    Cursor,
    IndexedBlock,
    IndexedEvent,
    MakerEpoch,
    PaymentAllowance,
    PaymentBalance,
    SpentNumber,
)
from backend.storage.database import Database
from tests.integration.link.acts import Acts

PROJECTED: tuple[type[SQLModel], ...] = (
    IndexedBlock,
    IndexedEvent,
    Cursor,
    CreditBalance,
    CreditClassTotals,
    CreditApproval,
    PaymentBalance,
    PaymentAllowance,
    MakerEpoch,
    SpentNumber,
)


def rows(database: Database) -> dict[str, list[str]]:
    """Every row of the index and of its projections, as text, by table."""
    with database.read() as session:
        return {
            str(table.__tablename__): sorted(
                repr(sorted(row.model_dump().items())) for row in session.exec(select(table))
            )
            for table in PROJECTED
        }


def an_indexer(
    database: Database,
    acts: Acts,
    *,
    confirmations: int = 1,
    chunk: int = CHUNK,
    history_chunk: int = HISTORY_CHUNK,
    reorg_depth_max: int = REORG_DEPTH_MAX,
) -> Indexer:
    return Indexer(
        database,
        acts.w3,
        acts.deployment,
        balance_projections(acts.deployment),
        confirmations=confirmations,
        chunk=chunk,
        history_chunk=history_chunk,
        reorg_depth_max=reorg_depth_max,
    )


def catch_up(indexer: Indexer) -> int | None:
    """Steps until nothing moves; the lowest block rewound from, if any."""
    rewound = []
    report = indexer.step()
    while report.moved:
        if report.rewound_from is not None:
            rewound.append(report.rewound_from)
        report = indexer.step()
    return min(rewound, default=None)
