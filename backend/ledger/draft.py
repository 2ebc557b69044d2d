"""A person's vintage as it stands: everything known of it, put through the closing rules. Keeps nothing.

`as_of` asks what was known at an earlier time: what had been entered, inspected and taken back by then, and who was
known to live where. Factors and policies are the vintage's own, frozen before it opened.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import pairwise

from sqlmodel import Session, col, select

from backend.footprint.activity import LONGEST_S, Activity
from backend.footprint.kind import Category, Grade, kind_of
from backend.footprint.place import place_of
from backend.footprint.span import Span, days_span, subtract, union
from backend.kernel.clock import unix_s
from backend.ledger import document
from backend.ledger.accrual import Membership
from backend.ledger.books import Books
from backend.ledger.content import Memo
from backend.ledger.correction import memos_before
from backend.ledger.coverage import Home, Reading
from backend.ledger.deficit import open_deficits
from backend.ledger.ending import DEATH
from backend.ledger.guards import Guards
from backend.ledger.home import HomeView, homes_of
from backend.ledger.household import with_household_terms
from backend.ledger.meter import first_in_place
from backend.ledger.netting import Plan, plan_of
from backend.ledger.policy import Policy
from backend.ledger.residence import residences_of
from backend.ledger.seat import Run, seat_of
from backend.ledger.service import statement_of
from backend.ledger.shares import parts_in
from backend.ledger.split import Shared
from backend.ledger.statement import Year, year_of
from backend.ledger.tables import ActivityRow, MeterRow, PersonRow, StatementRow
from backend.ledger.vehicle import vehicles_of


@dataclass(frozen=True)
class Draft:
    """A vintage computed: its policy, the year by the rules, and what would become of the surplus."""

    person: PersonRow
    policy: Policy
    year: Year
    plan: Plan
    nullifier: bytes
    homes: tuple[Home, ...]
    """The homes that were asked for readings, for saying what is missing."""
    memos: tuple[Memo, ...]


def draft_of(session: Session, books: Books, person_id: int, vintage: int, *, as_of: datetime | None = None) -> Draft:
    """A person's vintage as known now, or at an earlier time. Raises PolicyUnknown, NotAMember, FactorUnknown,
    BasisMismatch.
    """
    person = session.get(PersonRow, person_id)
    assert person is not None
    policy, member, runs = seat_of(
        books.policies,
        residences_of(session, person_id),
        vintage=vintage,
        joined_on=person.joined_on,
        left_on=person.left_on,
        born_on=person.born_on,
    )
    member = replace(member, died=person.left_because == DEATH and member.last == person.left_on)
    zone = place_of(policy.region).zone
    time_span = days_span(member.first, member.last, zone)
    member = with_household_terms(session, person_id, member, policy, as_of=as_of)
    readings, homes = _inputs(
        session, person_id, runs, time_span, born_on=person.born_on, guards=policy.guards, as_of=as_of
    )
    driven, vehicles = _vehicles(session, person_id, member, policy.guards, as_of)
    year = year_of(
        policy=policy,
        member=member,
        zone=zone,
        factors=books.factors_for(vintage),
        readings=[*readings, *driven],
        homes=homes,
        vehicles=vehicles,
        moving=_moving(runs),
        is_held=_is_held(session, person, policy),
    )
    own = statement_of(session, person_id, vintage)
    plan = plan_of(
        year,
        carried_in_gco2e=_carried_in(session, person_id, policy),
        deficits=open_deficits(session, person_id, ignoring_statement=own.statement_id if own else None),
    )
    nullifier = books.personhood.nullifier(person.commitment, vintage)
    memos = tuple(Memo(one.vintage, one.amount_gco2e, one.reason) for one in memos_before(session, person_id, vintage))
    return Draft(person, policy, year, plan, nullifier, tuple(homes), memos)


def _moving(runs: tuple[Run, ...]) -> list[Span]:
    """Between the last local day in one region and the first in another: nobody is at home then."""
    found = []
    for (_, last, left), (first, _, entered) in pairwise(runs):
        away = days_span(last, last, place_of(left).zone).end_s, days_span(first, first, place_of(entered).zone).start_s
        found.append(Span(*away))
    return [span for span in found if span.seconds]


def _is_held(session: Session, person: PersonRow, policy: Policy) -> bool:
    """Whether a gap in an earlier year holds this vintage. The year of joining is let off: who joins on the next
    1 January instead has no such year.
    """
    assert person.id is not None
    earliest = max(policy.vintage - policy.guards.gap_holds_vintages, person.joined_on.year + 1)
    for vintage in range(earliest, policy.vintage):
        statement = statement_of(session, person.id, vintage)
        if statement is not None and document.verify(statement.document).values.get("gapSeconds"):
            return True
    return False


def _resident_spans(home: HomeView, stated: tuple[Span, ...], runs: tuple[Run, ...]) -> list[Span]:
    """The part of a person's time in a home in which it belonged to the home's region."""
    zone = place_of(home.region).zone
    there = [days_span(first, last, zone) for first, last, region in runs if region == home.region]
    return [span.meet(lived) for span in stated for lived in there]


def _meters(rows: Sequence[MeterRow]) -> dict[Category, frozenset[str]]:
    first = first_in_place(rows)
    names: dict[Category, set[str]] = {}
    for row in rows:
        names.setdefault(Category(row.category), set()).add(first[row.meter_hash])
    return {category: frozenset(meters) for category, meters in names.items()}


def _activity(row: ActivityRow, as_of: datetime | None) -> Activity:
    grade = Grade(row.grade)
    if as_of and row.inspected_at and row.inspected_at > as_of:
        grade = Grade.S
    return Activity(
        kind=kind_of(row.kind),
        quantity=Decimal(row.quantity),
        span=Span(unix_s(row.start_at), unix_s(row.end_at)),
        place=row.place,
        grade=grade,
        evidence="",
        given=row.given,
        meter=None,
    )


def _known(row: ActivityRow, as_of: datetime | None) -> bool:
    if as_of is None:
        return row.withdrawn_at is None
    return row.entered_at <= as_of and (row.withdrawn_at is None or row.withdrawn_at > as_of)


def _inputs(
    session: Session,
    person_id: int,
    runs: tuple[Run, ...],
    time_span: Span,
    *,
    born_on: date | None,
    guards: Guards,
    as_of: datetime | None,
) -> tuple[list[Reading], list[Home]]:
    readings: list[Reading] = []
    homes: list[Home] = []
    resident: list[Span] = []
    for home in homes_of(session, person_id):
        parts = parts_in(session, Shared.home(home), person_id, runs[0][0], runs[-1][1], guards=guards, as_of=as_of)
        if parts is None:
            continue
        meters = session.exec(select(MeterRow).where(col(MeterRow.premises_id) == home.premises_id)).all()
        homes.append(Home(parts.stated, _meters(meters)))
        resident += _resident_spans(home, parts.stated, runs)
        first = first_in_place(meters)
        rows = session.exec(select(ActivityRow).where(col(ActivityRow.premises_id) == home.premises_id)).all()
        readings += [
            Reading(
                _activity(row, as_of), first.get(row.meter_hash or b"", ""), parts.shares, parts.least, parts.shared
            )
            for row in rows
            if _known(row, as_of)
        ]
    away = subtract([time_span], union(resident))
    if homes and away:
        homes.append(
            Home(tuple(away), {})
        )  # a home in another region than the person's shows nothing of where it lives
    own = session.exec(
        select(ActivityRow).where(
            col(ActivityRow.person_id) == person_id,
            col(ActivityRow.premises_id).is_(None),
            col(ActivityRow.vehicle_id).is_(None),
        )
    ).all()
    alive = None if born_on is None or not guards.least_shares else _since(born_on, time_span)
    readings += [
        Reading(_activity(row, as_of), "", ((time_span, 1),), shared=alive) for row in own if _known(row, as_of)
    ]
    return readings, homes


def _since(born_on: date, time_span: Span) -> tuple[Span, ...]:
    """From a birth on: what a document says of the time before was used by nobody else."""
    born_s = unix_s(datetime.combine(born_on, time.min, UTC))
    return (Span(min(born_s, time_span.start_s), time_span.end_s + LONGEST_S),)


def _vehicles(
    session: Session, person_id: int, member: Membership, guards: Guards, as_of: datetime | None
) -> tuple[list[Reading], list[Home]]:
    """The kilometres of the vehicles a person uses, and the time in which each must be read."""
    readings: list[Reading] = []
    vehicles: list[Home] = []
    for vehicle in vehicles_of(session, person_id):
        shared = Shared.vehicle(vehicle)
        parts = parts_in(session, shared, person_id, member.first, member.last, guards=guards, as_of=as_of)
        if parts is None:
            continue
        name = f"vehicle {vehicle.vehicle_id}"
        category = kind_of(vehicle.kind).category
        vehicles.append(Home(parts.stated, {category: frozenset({name})}))
        rows = session.exec(select(ActivityRow).where(col(ActivityRow.vehicle_id) == vehicle.vehicle_id)).all()
        readings += [
            Reading(_activity(row, as_of), name, parts.shares, parts.least, parts.shared)
            for row in rows
            if _known(row, as_of)
        ]
    return readings, vehicles


def _carried_in(session: Session, person_id: int, policy: Policy) -> int:
    """Grams left over from the latest earlier vintage of the same region and methodology."""
    row = session.exec(
        select(StatementRow)
        .where(
            col(StatementRow.person_id) == person_id,
            col(StatementRow.vintage) < policy.vintage,
            col(StatementRow.current),
        )
        .order_by(col(StatementRow.vintage).desc())
        .limit(1)
    ).first()
    if row is None or (row.region, row.methodology) != (policy.region, policy.methodology):
        return 0
    return row.carried_out_gco2e
