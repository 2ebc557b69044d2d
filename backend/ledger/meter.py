"""Meters and usage points of a home: each counts a moment once, however it is binned, spelt or exported again.

When a meter is replaced, the old one ends and the new one begins at the same instant. Both together are one line of
readings, so that the old meter's silence uncovers nothing, and nobody can rid a home of a meter without another.
"""

from collections.abc import Sequence
from datetime import date, datetime, time

from sqlalchemy import ColumnElement
from sqlmodel import Session, and_, col, or_, select

from backend.footprint.activity import Activity
from backend.footprint.kind import METERED, Category, Grade
from backend.footprint.place import place_of
from backend.footprint.span import Span, local_date, union
from backend.kernel.clock import from_unix_s, unix_s
from backend.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleViolated
from backend.ledger.books import Books
from backend.ledger.freeze import require_unfrozen
from backend.ledger.home import HomeView, Stay, stays
from backend.ledger.personhood import meter_hash, point_hash
from backend.ledger.tables import ActivityRow, MeterRow, UsagePointRow


class MeterOverlap(Conflict):
    """That meter's reading for some of that time is already there, from whoever: nothing counts twice."""

    code = "meter.overlap"

    def __init__(self) -> None:
        super().__init__(
            "a reading of this meter for some of this time is already recorded; leave it out, or take that back first"
        )


class MeterElsewhere(Conflict):
    """That meter belongs to another home, or measures another category."""

    code = "meter.elsewhere"

    def __init__(self) -> None:
        super().__init__("this meter is registered in another home")


class PointElsewhere(Conflict):
    """The file is of a point of delivery that belongs to another home, whatever the meter's number is said to be."""

    code = "meter.point_elsewhere"

    def __init__(self) -> None:
        super().__init__("this file's usage point is registered in another home")


class MeterOutOfService(Conflict):
    """The reading is of a time before the meter came or after it was taken out."""

    code = "meter.out_of_service"

    def __init__(self) -> None:
        super().__init__("this meter was not in service for all of this time; another had its place")


class MeterUnknown(NotFound):
    """The home has no such meter in service."""

    code = "meter.unknown"

    def __init__(self) -> None:
        super().__init__("the home has no such meter in service; only a meter with readings can be replaced")


class NotThereThen(Forbidden):
    """The person lives or lived in the home, but not on the day that the meter was replaced."""

    code = "meter.not_there_then"

    def __init__(self, on: date) -> None:
        super().__init__(f"only who lived in the home on {on} says when its meter was replaced", on=on.isoformat())


class MeterNotNew(Conflict):
    """The meter said to be new is known already."""

    code = "meter.not_new"

    def __init__(self) -> None:
        super().__init__("this meter is known already; only a new one can take another's place")


class ReplacementUnknown(NotFound):
    """No meter of the home with that number took another's place."""

    code = "meter.replacement_unknown"

    def __init__(self) -> None:
        super().__init__("no meter of this home with that number took another's place")


class MeterRead(RuleViolated):
    """The new meter has readings, or evidence spoke of it, or another took its place: it is there and stays."""

    code = "meter.read"

    def __init__(self) -> None:
        super().__init__(
            "the new meter has readings or a successor; take those back first, and what was evidenced stays"
        )


class ReplacementInvalid(InvalidInput):
    """The old meter has readings after the day it was taken out, the day is not over, or there is nothing metered."""

    code = "meter.replacement_invalid"


def _line(session: Session, hashed: bytes) -> list[bytes]:
    """The meter and every meter before and after it in its place."""
    line = [hashed]
    before = session.get(MeterRow, hashed)
    while before is not None and before.replaces is not None:
        line.append(before.replaces)
        before = session.get(MeterRow, before.replaces)
    following = session.exec(select(MeterRow).where(col(MeterRow.replaces) == hashed)).one_or_none()
    while following is not None:
        line.append(following.meter_hash)
        query = select(MeterRow).where(col(MeterRow.replaces) == following.meter_hash)
        following = session.exec(query).one_or_none()
    return line


def _same(session: Session, hashed: bytes, point: bytes | None) -> ColumnElement[bool]:
    """Whether a row is of this meter's line or of this usage point, and was not taken back."""
    of_meter = col(ActivityRow.meter_hash).in_(_line(session, hashed))
    of_either = of_meter if point is None else or_(of_meter, col(ActivityRow.point_hash) == point)
    return and_(of_either, col(ActivityRow.withdrawn_at).is_(None))


def _own_meter(session: Session, hashed: bytes, home: HomeView, activity: Activity) -> None:
    meter = session.get(MeterRow, hashed)
    if meter is None:
        session.add(MeterRow(meter_hash=hashed, premises_id=home.premises_id, category=activity.kind.category))
        session.flush()
        return
    if meter.premises_id != home.premises_id:
        raise MeterElsewhere
    span = activity.span
    is_early = meter.since_at is not None and span.start_s < unix_s(meter.since_at)
    if is_early or (meter.until_at is not None and span.end_s > unix_s(meter.until_at)):
        raise MeterOutOfService


def _own_point(session: Session, point: bytes, home: HomeView, category: Category) -> None:
    row = session.get(UsagePointRow, point)
    if row is None:
        session.add(UsagePointRow(point_hash=point, premises_id=home.premises_id, category=category))
        session.flush()
    elif (row.premises_id, row.category) != (home.premises_id, category):
        raise PointElsewhere


def claim_meter(
    session: Session, books: Books, home: HomeView, activity: Activity, point_key: str | None
) -> tuple[bytes, bytes | None]:
    """The hashes of an energy activity's meter and usage point, which are this home's from now on.

    Raises MeterElsewhere, PointElsewhere, MeterOutOfService, MeterOverlap.
    """
    assert activity.meter is not None
    hashed = meter_hash(books.pepper, home.region, activity.kind.category, activity.meter)
    point = None if point_key is None else point_hash(books.pepper, point_key)
    _own_meter(session, hashed, home, activity)
    if point is not None:
        _own_point(session, point, home, activity.kind.category)
    overlap = session.exec(
        select(ActivityRow)
        .where(
            _same(session, hashed, point),
            col(ActivityRow.start_at) < from_unix_s(activity.span.end_s),
            col(ActivityRow.end_at) > from_unix_s(activity.span.start_s),
        )
        .limit(1)
    ).first()
    if overlap is not None:
        raise MeterOverlap
    return hashed, point


def recorded_spans(
    session: Session, books: Books, home: HomeView, *, category: Category, number: str, point_key: str
) -> list[Span]:
    """When a meter of a home, or its usage point, has readings already: disjoint, ascending."""
    hashed = meter_hash(books.pepper, home.region, category, number)
    rows = session.exec(
        select(ActivityRow).where(
            col(ActivityRow.premises_id) == home.premises_id,
            _same(session, hashed, point_hash(books.pepper, point_key)),
        )
    ).all()
    return union(Span(unix_s(row.start_at), unix_s(row.end_at)) for row in rows)


def replace_meter(
    session: Session,
    books: Books,
    home: HomeView,
    *,
    person_id: int,
    category: Category,
    old: str,
    new: str,
    on: date,
    at: datetime,
) -> None:
    """A new meter takes an old one's place at the midnight that `on` begins with, in the home's time. Only who lives
    there on that day says so: a former tenant's word ends no meter of those who came after. A number typed wrong is put
    right by saying it again, as long as nothing was read under it.

    Raises NotThereThen, MeterUnknown, MeterNotNew, ReplacementInvalid, MeterUnreadable, VintageFrozen.
    """
    lived = _living_there(session, home, person_id, on)
    if category not in METERED:
        raise ReplacementInvalid(f"{category} has no meters", category=category)
    instant = datetime.combine(on, time.min, place_of(home.region).zone)
    if instant > at:
        raise ReplacementInvalid("the day of the replacement is yet to come", on=on.isoformat())
    hashes = [meter_hash(books.pepper, home.region, category, number) for number in (old, new)]
    row = session.get(MeterRow, hashes[0])
    if row is None or row.premises_id != home.premises_id or not _is_in_service(session, row):
        raise MeterUnknown
    if session.get(MeterRow, hashes[1]) is not None:
        raise MeterNotNew
    require_unfrozen(session, {stay.person_id for stay in lived}, from_year=on.year)
    last = session.exec(
        select(ActivityRow).where(
            col(ActivityRow.meter_hash) == hashes[0],
            col(ActivityRow.withdrawn_at).is_(None),
            col(ActivityRow.end_at) > from_unix_s(unix_s(instant)),
        )
    ).first()
    if last is not None or (row.since_at is not None and unix_s(row.since_at) >= unix_s(instant)):
        raise ReplacementInvalid("the old meter has readings after that day began", on=on.isoformat())
    row.until_at = from_unix_s(unix_s(instant))
    session.add(row)
    session.add(
        MeterRow(
            meter_hash=hashes[1],
            premises_id=home.premises_id,
            category=category,
            replaces=hashes[0],
            since_at=row.until_at,
        )
    )
    session.flush()


def _is_in_service(session: Session, meter: MeterRow) -> bool:
    """Whether no other took its place; one that nothing was ever read under is forgotten."""
    following = session.exec(select(MeterRow).where(col(MeterRow.replaces) == meter.meter_hash)).one_or_none()
    if following is None:
        return meter.until_at is None
    is_replaced = session.exec(select(MeterRow).where(col(MeterRow.replaces) == following.meter_hash)).first()
    read = session.exec(select(ActivityRow).where(col(ActivityRow.meter_hash) == following.meter_hash)).first()
    if is_replaced is not None or read is not None:
        return False
    session.delete(following)
    meter.until_at = None
    session.add(meter)
    session.flush()
    return True


def forget_meter(session: Session, hashed: bytes) -> None:
    """Forgets a meter that nothing evidenced speaks of any more, so that a mistyped number does not stay open for ever.
    If it had taken another's place, that one has it again. A meter whose own place was taken stays: it is of the line.
    """
    meter = session.get(MeterRow, hashed)
    is_replaced = session.exec(select(MeterRow).where(col(MeterRow.replaces) == hashed)).one_or_none() is not None
    if meter is None or is_replaced or not _is_unevidenced(session, col(ActivityRow.meter_hash) == hashed):
        return
    before = None if meter.replaces is None else session.get(MeterRow, meter.replaces)
    if before is not None:
        before.until_at = None
        session.add(before)
    session.delete(meter)
    session.flush()


def forget_point(session: Session, point: bytes) -> None:
    """Forgets a usage point that nothing evidenced speaks of any more: another home may be the right one."""
    row = session.get(UsagePointRow, point)
    if row is not None and _is_unevidenced(session, col(ActivityRow.point_hash) == point):
        session.delete(row)
        session.flush()


def _living_there(session: Session, home: HomeView, person_id: int, on: date) -> list[Stay]:
    lived = stays(session, home.premises_id)
    if not any(
        stay.person_id == person_id and stay.since_on <= on and (stay.until_on is None or stay.until_on >= on)
        for stay in lived
    ):
        raise NotThereThen(on)
    return lived


def undo_replacement(
    session: Session, books: Books, home: HomeView, *, person_id: int, category: Category, new: str
) -> None:
    """Takes a replacement back that nothing was read under, such as one with a mistyped number: the old meter has its
    place again, as if nothing had been said. Whoever may say it may take it back.

    Raises ReplacementUnknown, NotThereThen, MeterRead, MeterUnreadable, VintageFrozen.
    """
    hashed = meter_hash(books.pepper, home.region, category, new)
    row = session.get(MeterRow, hashed)
    if row is None or row.premises_id != home.premises_id or row.replaces is None or row.since_at is None:
        raise ReplacementUnknown
    on = local_date(unix_s(row.since_at), place_of(home.region).zone)
    lived = _living_there(session, home, person_id, on)
    require_unfrozen(session, {stay.person_id for stay in lived}, from_year=on.year)
    unread = select(ActivityRow).where(col(ActivityRow.meter_hash) == hashed, col(ActivityRow.withdrawn_at).is_(None))
    if session.exec(unread).first() is not None:
        raise MeterRead
    forget_meter(session, hashed)
    if session.get(MeterRow, hashed) is not None:
        raise MeterRead


def _is_unevidenced(session: Session, of_it: ColumnElement[bool]) -> bool:
    """Whether every row was taken back and none was ever more than self-declared."""
    rows = session.exec(select(ActivityRow).where(of_it)).all()
    return all(row.withdrawn_at is not None and row.grade == Grade.S for row in rows)


def first_in_place(meters: Sequence[MeterRow]) -> dict[bytes, str]:
    """Each of a home's meters -> the name of the first in its place: what coverage knows a line of readings by."""
    before = {row.meter_hash: row.replaces for row in meters}

    def first(hashed: bytes) -> bytes:
        while before.get(hashed) is not None:
            hashed = before[hashed] or hashed
        return hashed

    return {hashed: first(hashed).hex() for hashed in before}
