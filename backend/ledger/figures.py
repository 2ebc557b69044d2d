"""Statements' figures without their documents, read in a stream: what a batch of a million is made of."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select as columns
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from backend.ledger.state import State
from backend.ledger.tables import PersonRow, StatementRow

PAGE = 5_000


@dataclass(frozen=True, slots=True)
class Figures:
    """What of a statement is on a chain, or in its batch's totals. Amounts in grams of CO2e."""

    account: str
    """EIP-55 address that a claim mints to."""
    digest: bytes
    nullifier: bytes
    budget_gco2e: int
    footprint_gco2e: int
    credit_gco2e: int
    deficit_gco2e: int


@dataclass(frozen=True)
class Group:
    """Statements that can be in one batch: of one class, one revision of its policy, one factor set."""

    class_id: int
    policy_id: str
    policy_digest: bytes
    factors_digest: bytes


def largest_attested_group(session: Session, class_id: int, *, leaving_out: SelectOfScalar[bytes]) -> Group | None:
    """The group with most attested statements of a class; of equals the one whose first was closed earliest. Digests
    that `leaving_out` finds do not count. None if there is no attested statement.
    """
    kind = (col(StatementRow.policy_id), col(StatementRow.policy_digest), col(StatementRow.factors_digest))
    found = session.exec(
        select(*kind)
        .where(
            col(StatementRow.state) == str(State.ATTESTED),
            col(StatementRow.current),
            col(StatementRow.class_id) == class_id,
            col(StatementRow.digest).not_in(leaving_out),
        )
        .group_by(*kind)
        .order_by(func.count().desc(), func.min(col(StatementRow.id)))
        .limit(1)
    ).first()
    return None if found is None else Group(class_id, *found)


def attested_figures(session: Session, group: Group, *, leaving_out: SelectOfScalar[bytes]) -> Iterator[Figures]:
    """The figures of a group's attested statements, in order of closing; one page of them in memory at a time."""
    after = 0
    while True:
        page = session.execute(
            columns(
                col(StatementRow.id),
                func.coalesce(col(StatementRow.account), col(PersonRow.address)),
                col(StatementRow.digest),
                col(StatementRow.nullifier),
                col(StatementRow.budget_gco2e),
                col(StatementRow.footprint_gco2e),
                col(StatementRow.credit_gco2e),
                col(StatementRow.deficit_gco2e),
            )
            .join(PersonRow, col(PersonRow.id) == col(StatementRow.person_id))
            .where(
                col(StatementRow.id) > after,
                col(StatementRow.state) == str(State.ATTESTED),
                col(StatementRow.current),
                col(StatementRow.class_id) == group.class_id,
                col(StatementRow.policy_id) == group.policy_id,
                col(StatementRow.policy_digest) == group.policy_digest,
                col(StatementRow.factors_digest) == group.factors_digest,
                col(StatementRow.digest).not_in(leaving_out),
            )
            .order_by(col(StatementRow.id))
            .limit(PAGE)
        ).all()
        if not page:
            return
        for _, *figures in page:
            yield Figures(*figures)
        after = page[-1][0]
