"""Statements' figures without their documents, read in a stream: what a batch of a million is made of.

The footprint lies sealed with the document, so each is opened by its person's key, one after the other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from backend.ledger.key_names import know_person
from backend.ledger.standings import THEIR_STATES
from backend.ledger.state import State
from backend.ledger.tables import PersonRow, StatementRow, StatementStateRow

PAGE = 1_000


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


def _waiting(class_id: int, leaving_out: Sequence[SelectOfScalar[bytes]]) -> list[Any]:
    """What is asked of a statement and its person to be in a batch. Nobody can read those of erased persons."""
    return [
        col(StatementStateRow.state) == str(State.ATTESTED),
        col(StatementRow.current),
        col(StatementRow.class_id) == class_id,
        col(PersonRow.erased_at).is_(None),
        *(col(StatementRow.digest).not_in(query) for query in leaving_out),
    ]


def _within(group: Group, leaving_out: Sequence[SelectOfScalar[bytes]]) -> list[Any]:
    return [
        *_waiting(group.class_id, leaving_out),
        col(StatementRow.policy_id) == group.policy_id,
        col(StatementRow.policy_digest) == group.policy_digest,
        col(StatementRow.factors_digest) == group.factors_digest,
    ]


_THEIR_PERSONS = col(PersonRow.id) == col(StatementRow.person_id)


def largest_attested_group(
    session: Session, class_id: int, *, leaving_out: Sequence[SelectOfScalar[bytes]]
) -> Group | None:
    """The group with most attested statements of a class; of equals the one whose first was closed earliest. Digests
    that a query of `leaving_out` finds do not count, nor do erased persons. None if there is no attested statement.
    """
    kind = (col(StatementRow.policy_id), col(StatementRow.policy_digest), col(StatementRow.factors_digest))
    found = session.exec(
        select(*kind)
        .join(PersonRow, _THEIR_PERSONS)
        .join(StatementStateRow, THEIR_STATES)
        .where(*_waiting(class_id, leaving_out))
        .group_by(*kind)
        .order_by(func.count().desc(), func.min(col(StatementRow.id)))
        .limit(1)
    ).first()
    return None if found is None else Group(class_id, *found)


def attested_digests(group: Group, *, leaving_out: Sequence[SelectOfScalar[bytes]]) -> SelectOfScalar[bytes]:
    """The query for the digests of a group's attested statements, without what `leaving_out` finds."""
    return (
        select(StatementRow.digest)
        .join(PersonRow, _THEIR_PERSONS)
        .join(StatementStateRow, THEIR_STATES)
        .where(*_within(group, leaving_out))
    )


def attested_figures(
    session: Session, group: Group, *, leaving_out: Sequence[SelectOfScalar[bytes]]
) -> Iterator[Figures]:
    """The figures of a group's attested statements, in order of closing: one query, a page of it in memory at a time.

    Raises KeyMissing, KeysUnset, SealBroken.
    """
    query = (
        select(StatementRow, PersonRow.address, PersonRow.commitment)
        .join(PersonRow, _THEIR_PERSONS)
        .join(StatementStateRow, THEIR_STATES)
        .where(*_within(group, leaving_out))
        .order_by(col(StatementRow.id))
    )
    for row, address, commitment in session.exec(query, execution_options={"yield_per": PAGE}):
        know_person(session, row.person_id, commitment)
        yield _figures(row, address)


def _figures(row: StatementRow, address: str) -> Figures:
    return Figures(
        account=row.account or address,
        digest=row.digest,
        nullifier=row.nullifier,
        budget_gco2e=row.budget_gco2e,
        footprint_gco2e=row.footprint_gco2e,
        credit_gco2e=row.credit_gco2e,
        deficit_gco2e=row.deficit_gco2e,
    )
