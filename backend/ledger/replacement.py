"""A meter replaced: the old one ends and the new one begins at the same instant, and that can be said wrongly.

Both together are one line of readings, so that the old meter's silence uncovers nothing, and nobody can rid a home of a
meter without another.
"""

from datetime import date, datetime, time

from sqlmodel import Session, col, select

from backend.footprint.kind import METERED, Category
from backend.footprint.place import place_of
from backend.footprint.span import local_date
from backend.kernel.clock import from_unix_s, unix_s
from backend.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound, RuleViolated
from backend.ledger.books import Books
from backend.ledger.freeze import require_unfrozen
from backend.ledger.home import HomeView, Stay, stays
from backend.ledger.meter import forget_meter
from backend.ledger.personhood import meter_hash
from backend.ledger.tables import ActivityRow, MeterRow


class MeterUnknown(NotFound):
    """The home has no such meter in service."""

    code = "meter.unknown"

    def __init__(self) -> None:
        super().__init__("the home has no such meter in service; only a meter with readings can be replaced")


class MeterNotNew(Conflict):
    """The meter said to be new is known already."""

    code = "meter.not_new"

    def __init__(self) -> None:
        super().__init__("this meter is known already; only a new one can take another's place")


class MeterRead(RuleViolated):
    """The new meter has readings, or evidence spoke of it, or another took its place: it is there and stays."""

    code = "meter.read"

    def __init__(self) -> None:
        super().__init__(
            "the new meter has readings or a successor; take those back first, and what was evidenced stays"
        )


class NotThereThen(Forbidden):
    """The person lives or lived in the home, but not on the day that the meter was replaced."""

    code = "meter.not_there_then"

    def __init__(self, on: date) -> None:
        super().__init__(f"only who lived in the home on {on} says when its meter was replaced", on=on.isoformat())


class ReplacementUnknown(NotFound):
    """No meter of the home with that number took another's place."""

    code = "meter.replacement_unknown"

    def __init__(self) -> None:
        super().__init__("no meter of this home with that number took another's place")


class ReplacementInvalid(InvalidInput):
    """The old meter has readings after the day it was taken out, the day is not over, or there is nothing metered."""

    code = "meter.replacement_invalid"


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
    there on that day says so: a former tenant's word ends no meter of those who came after.

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
    if row is None or row.premises_id != home.premises_id or row.until_at is not None:
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
    if session.exec(unread).first() is not None or not forget_meter(session, hashed):
        raise MeterRead
