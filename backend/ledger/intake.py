"""Files of activities: first told what would be recorded, then recorded if the person confirms exactly that.

The first call records everything inside a savepoint and undoes it, so it tells every refusal that recording would meet
and leaves nothing. Its answer carries a digest of what would be recorded; the second call gives it back as consent. If
anything is different by then, nothing is kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from backend.footprint.green_button import GreenButton, activities_of_point
from backend.footprint.kind import Grade
from backend.footprint.quantity import plain
from backend.footprint.span import Span
from backend.footprint.trip import Gpx, trips_of
from backend.kernel.digest import digest_of, to_hex
from backend.kernel.errors import Conflict, InvalidInput, TanyuError
from backend.ledger.books import Books
from backend.ledger.home import home_of
from backend.ledger.meter import recorded_spans
from backend.ledger.notices import Notice
from backend.ledger.person import Person
from backend.ledger.record import HomeMissing, Item, Source, csv_items, record_each
from backend.ledger.uncounted import file_notices
from backend.ledger.utility import Delivery, require_delivered
from backend.ledger.vehicle import is_driven


class ConfirmationWrong(Conflict):
    """What would be recorded now is not what was confirmed: another file, other choices, or something changed."""

    code = "intake.confirmation_wrong"

    def __init__(self, expected: bytes) -> None:
        super().__init__(
            "this is not what was confirmed, so nothing was kept; ask again without confirming and look at it",
            expected=to_hex(expected),
        )


class NothingNew(InvalidInput):
    """Every reading of the file touches what is recorded already."""

    code = "intake.nothing_new"

    def __init__(self) -> None:
        super().__init__("everything in this file is recorded already")


@dataclass(frozen=True)
class Intake:
    """What a file would record, and in words what of it is left out or can never be evidence."""

    source: Source
    items: tuple[Item, ...]
    left_out: tuple[Notice, ...] = ()

    def digest(self, person: Person) -> bytes:
        """What a person consents to: every activity with its place, home, meter and grade, for this person."""
        rows = [
            [
                str(item.activity.kind.name),
                plain(item.activity.quantity),
                str(item.activity.span.start_s),
                str(item.activity.span.end_s),
                item.activity.place,
                str(item.activity.grade),
                item.activity.evidence,
                item.activity.meter or "",
                item.home or "",
                item.point_key or "",
            ]
            for item in self.items
        ]
        return digest_of({"account": person.address, "source": str(self.source), "activities": rows})


@dataclass(frozen=True)
class Taken:
    """The outcome. `ids` are empty when nothing was confirmed and so nothing kept. `told` says in words what of the
    file is left out, can never be evidence, or counts for nothing of the person's.
    """

    intake: Intake
    digest: bytes
    ids: tuple[int, ...]
    told: tuple[Notice, ...]


def _told_of_driving(items: Sequence[Item]) -> tuple[Notice, ...]:
    """What kilometres of no registered vehicle are worth: said before they are recorded, not at the inspection."""
    driven = sum(is_driven(item.activity.kind) and item.activity.quantity > 0 for item in items)
    if not driven:
        return ()
    return (
        Notice(
            "driven",
            f"{driven} of {len(items)}: kilometres driven count, and never as evidence: a vehicle's odometer is read "
            "instead",
            f"{len(items)} 项中有 {driven} 项是行驶里程：计入排放，但不能作为凭据，凭据是车辆里程表的读数。",
        ),
    )


def csv_of(text: str, home: str | None) -> Intake:
    """A CSV's rows. Raises what `parse_activities` raises."""
    items = tuple(csv_items(text, home))
    return Intake(Source.CSV, items, _told_of_driving(items))


def gpx_of(file: Gpx, *, kind: str, place: str, instead: Span | None) -> Intake:
    """A track file's trips, self-declared. Raises what `trips_of` raises."""
    evidence = f"GPX sha256:{file.sha256.hex()}"
    trips = trips_of(file, kind=kind, place=place, evidence=evidence, instead=instead)
    told = [
        Notice(
            "track_gaps",
            f"trip {at}: {trip.gaps} gaps are counted as straight lines",
            f"第 {at} 次出行：轨迹中断 {trip.gaps} 处，按直线计算。",
        )
        for at, trip in enumerate(trips, 1)
        if trip.gaps
    ]
    items = tuple(Item(trip.activity, None) for trip in trips)
    return Intake(Source.GPX, items, (*told, *_told_of_driving(items)))


def green_button_of(
    session: Session,
    books: Books,
    file: GreenButton,
    *,
    person: Person,
    home: str | None,
    meters: Mapping[str, str],
    only_new: bool,
    delivery: Delivery | None,
    at: datetime,
    chain_id: int,
) -> Intake:
    """A feed's readings by meter and month. Grade M if the utility signed it for this person, else self-declared until
    a verifier inspects the file. `only_new` leaves out readings that touch what is recorded already.

    Raises HomeMissing, HomeUnknown, NothingNew, what `require_delivered` and `activities_of_point` raise.
    """
    if home is None:
        raise HomeMissing(file.points[0].unit.kind)
    place = home_of(session, person.person_id, home)
    grade, evidence = Grade.S, f"Green Button sha256:{file.sha256.hex()}"
    if delivery is not None:
        utility = require_delivered(
            books.utilities,
            delivery,
            account=person.address,
            file_sha256=file.sha256,
            meters=meters,
            categories=frozenset(point.category for point in file.points),
            region=place.region,
            on=at.date(),
            chain_id=chain_id,
        )
        grade, evidence = Grade.M, f"{evidence} signed by {utility.id}"
    items: list[Item] = []
    for point in file.points:
        number = meters[point.name]
        recorded = (
            recorded_spans(session, books, place, category=point.category, number=number, point_key=point.key)
            if only_new
            else []
        )
        made = activities_of_point(
            point, place=place.grid_area, meter=number, evidence=evidence, grade=grade, recorded=recorded
        )
        items += [Item(activity, home, point_key=point.key) for activity in made]
    if not items:
        raise NothingNew
    told = [Notice("series_left_out", f"{one.point}: {one.en}", f"{one.point}：{one.zh}。") for one in file.left_out]
    told += [
        Notice(
            "forecasts",
            f"{point.name}: {point.forecasts} forecast readings",
            f"{point.name}：{point.forecasts} 个读数是预测值。",
        )
        for point in file.points
        if point.forecasts
    ]
    return Intake(Source.GREEN_BUTTON, tuple(items), tuple(told))


def take_in(
    session: Session, books: Books, intake: Intake, *, person: Person, confirm: bytes | None, at: datetime
) -> Taken:
    """Records what an intake holds if `confirm` is its digest; without `confirm`, only tells what that would do.

    Raises ConfirmationWrong, CsvRefused naming every bad row, and for other files what `record` raises.
    """
    digest = intake.digest(person)
    told = (*intake.left_out, *file_notices([item.activity for item in intake.items], person.joined_on))
    if confirm is not None and confirm != digest:
        raise ConfirmationWrong(digest)
    attempt = session.begin_nested()
    try:
        ids = record_each(session, books, intake.items, person_id=person.person_id, at=at, source=intake.source)
    except TanyuError:
        attempt.rollback()
        raise
    if confirm is None:
        attempt.rollback()
        return Taken(intake, digest, (), told)
    attempt.commit()
    return Taken(intake, digest, tuple(ids), told)
