"""Another split than equal shares: signed by all who share a home or a vehicle, for the future only.

It holds while exactly those people share it, and ends when somebody comes or goes. A guardian signs for its ward, and
may not give it more than an equal share: who signs for both would gain.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from backend.access.signed_text import require_signed
from backend.footprint.place import place_of
from backend.kernel.errors import Conflict, InvalidInput, NotFound, RuleViolated
from backend.kernel.mass import BPS
from backend.ledger.home import HomeView, Split, Stay, stays
from backend.ledger.person import person_at
from backend.ledger.tables import PersonRow, SplitPartRow, SplitRow
from backend.ledger.vehicle import Vehicle, users


class PartsInvalid(InvalidInput):
    """The parts are not of exactly those who share it, each more than nothing, and the whole together."""

    code = "split.parts_invalid"


class SplitInPast(InvalidInput):
    """A split begins tomorrow at the earliest."""

    code = "split.in_past"

    def __init__(self, since_on: date, earliest: date) -> None:
        super().__init__(
            f"a split begins on {earliest} at the earliest, not on {since_on}: what is past stays as it was shared",
            since_on=since_on.isoformat(),
            earliest=earliest.isoformat(),
        )


class WardOverloaded(RuleViolated):
    """A ward would bear more than an equal share."""

    code = "split.ward_overloaded"

    def __init__(self, ward: str, most_bps: int) -> None:
        super().__init__(f"{ward} is a minor and bears at most {most_bps} bps here", ward=ward, most_bps=most_bps)


class SplitUnknown(NotFound):
    """No such proposal there."""

    code = "split.unknown"

    def __init__(self, split_id: int) -> None:
        super().__init__(f"no split {split_id} is proposed there", split=split_id)


class SplitAgreed(Conflict):
    """Everybody signed already."""

    code = "split.agreed"

    def __init__(self, split_id: int) -> None:
        super().__init__(f"split {split_id} is signed by all; propose another to change it", split=split_id)


@dataclass(frozen=True)
class Shared:
    """What is shared: a home or a vehicle."""

    word: str
    id: int
    code: str
    region: str

    @classmethod
    def home(cls, home: HomeView) -> "Shared":
        """A home."""
        return cls("home", home.premises_id, home.code, home.region)

    @classmethod
    def vehicle(cls, vehicle: Vehicle) -> "Shared":
        """A vehicle."""
        return cls("vehicle", vehicle.vehicle_id, vehicle.code, vehicle.place)

    def sharers(self, session: Session, *, as_of: datetime | None = None) -> list[Stay]:
        """Who shares it and when; or who was known to at a time."""
        return (stays if self.word == "home" else users)(session, self.id, as_of=as_of)


@dataclass(frozen=True)
class SplitView:
    """A split as those who share see it."""

    split_id: int
    since_on: date
    agreed_at: datetime | None
    parts_bps: Mapping[str, int]
    """By present address."""
    signed: tuple[str, ...]
    text: str
    """What each signs, as a personal message (EIP-191)."""


def _rows(session: Session, shared: Shared) -> list[SplitRow]:
    own = col(SplitRow.premises_id) if shared.word == "home" else col(SplitRow.vehicle_id)
    return list(session.exec(select(SplitRow).where(own == shared.id).order_by(col(SplitRow.id))).all())


def _parts(session: Session, split_id: int) -> list[tuple[SplitPartRow, PersonRow]]:
    rows = session.exec(
        select(SplitPartRow).where(col(SplitPartRow.split_id) == split_id).order_by(col(SplitPartRow.person_id))
    ).all()
    return [(row, session.get_one(PersonRow, row.person_id)) for row in rows]


def splits_of(session: Session, shared: Shared, *, as_of: datetime | None = None) -> list[Split]:
    """The splits everybody signed, now or by a time."""
    return [
        Split(row.since_on, {part.person_id: part.part_bps for part, _ in _parts(session, row.id or 0)})
        for row in _rows(session, shared)
        if row.agreed_at is not None and (as_of is None or row.agreed_at <= as_of)
    ]


def split_views(session: Session, shared: Shared) -> list[SplitView]:
    """Every split proposed, the first first."""
    return [_view(session, shared, row) for row in _rows(session, shared)]


def _view(session: Session, shared: Shared, row: SplitRow) -> SplitView:
    assert row.id is not None
    parts = _parts(session, row.id)
    parts_bps = {person.address: part.part_bps for part, person in parts}
    return SplitView(
        split_id=row.id,
        since_on=row.since_on,
        agreed_at=row.agreed_at,
        parts_bps=parts_bps,
        signed=tuple(person.address for part, person in parts if part.signed_at is not None),
        text=split_text(shared, row.id, row.since_on, parts_bps),
    )


def split_text(shared: Shared, split_id: int, since_on: date, parts_bps: Mapping[str, int]) -> str:
    """What everybody signs."""
    lines = [f"{address}: {bps // 100}.{bps % 100:02d} %" for address, bps in sorted(parts_bps.items())]
    return "\n".join(
        [
            f"Tanyu: we share {shared.word} {shared.code} like this, not before {since_on}:",
            "",
            *lines,
            "",
            f"Proposal: {split_id}",
            "",
            "It holds while exactly these people share it, and ends when somebody comes or goes.",
        ]
    )


def propose_split(
    session: Session, shared: Shared, *, parts_bps: Mapping[str, int], since_on: date, at: datetime
) -> SplitView:
    """Proposes parts in basis points by address, from tomorrow at the earliest. Nothing changes until all signed.

    Raises SplitInPast, AccountUnknown, PartsInvalid, WardOverloaded.
    """
    earliest = at.astimezone(place_of(shared.region).zone).date() + timedelta(days=1)
    if since_on < earliest:
        raise SplitInPast(since_on, earliest)
    people = {address: person_at(session, address) for address in parts_bps}
    there = {
        one.person_id
        for one in shared.sharers(session)
        if one.since_on <= since_on and (one.until_on is None or one.until_on >= since_on)
    }
    if {person.person_id for person in people.values()} != there:
        raise PartsInvalid(f"a split names exactly the {len(there)} who share it on {since_on}", sharers=len(there))
    if sum(parts_bps.values()) != BPS or min(parts_bps.values()) < 1:
        raise PartsInvalid(f"the parts are each 1 at least and {BPS} together", expected=BPS)
    for address, person in people.items():
        if person.guardian is not None and parts_bps[address] * len(there) > BPS:
            raise WardOverloaded(address, BPS // len(there))
    row = SplitRow(since_on=since_on, proposed_at=at)
    if shared.word == "home":
        row.premises_id = shared.id
    else:
        row.vehicle_id = shared.id
    session.add(row)
    session.flush()
    assert row.id is not None
    for address, person in people.items():
        session.add(SplitPartRow(split_id=row.id, person_id=person.person_id, part_bps=parts_bps[address]))
    session.flush()
    return _view(session, shared, row)


def sign_split(session: Session, shared: Shared, split_id: int, *, signature: bytes, at: datetime) -> SplitView:
    """Counts a signature of the proposal's text, for the signer and for the wards it is the guardian of. With the last
    one the split holds, from tomorrow at the earliest.

    Raises SplitUnknown, SplitAgreed, SignedTextSignerWrong, SignatureMalformed.
    """
    row = session.get(SplitRow, split_id)
    if row is None or split_id not in {one.id for one in _rows(session, shared)}:
        raise SplitUnknown(split_id)
    if row.agreed_at is not None:
        raise SplitAgreed(split_id)
    parts = _parts(session, split_id)
    signs = {one for _, person in parts for one in (person.address, person.guardian) if one is not None}
    signer = require_signed(_view(session, shared, row).text, signature, *signs)
    for part, person in parts:
        if signer in {person.address, person.guardian}:
            part.signature, part.signed_at = signature, at
            session.add(part)
    if all(part.signed_at is not None for part, _ in parts):
        tomorrow = at.astimezone(place_of(shared.region).zone).date() + timedelta(days=1)
        row.agreed_at, row.since_on = at, max(row.since_on, tomorrow)
        session.add(row)
    session.flush()
    return _view(session, shared, row)
