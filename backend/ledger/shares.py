"""A person's part in a home or a vehicle over its days of a vintage, as the vintage's policy counts it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from sqlmodel import Session

from backend.footprint.place import place_of
from backend.footprint.span import Span, days_span, union
from backend.ledger.coverage import Share
from backend.ledger.guards import Guards
from backend.ledger.home import Stay, homes_of, shares_in, sharing, stays
from backend.ledger.least import Roofs, as_told, least_runs
from backend.ledger.of_age import drivers_from
from backend.ledger.split import Shared, splits_of

Shares: TypeAlias = tuple[tuple[Span, Share], ...]


@dataclass(frozen=True)
class Parts:
    """When the person shares it and among how many; what the bound takes at least; and when anybody shares it. The
    last two are None without the guard that asks for them. `stated` are the days that the person says: after a moving
    out that was told late its part goes on, but it shows nothing of where the person lives.
    """

    shares: Shares
    stated: tuple[Span, ...]
    least: Shares | None
    shared: tuple[Span, ...] | None


def parts_in(
    session: Session,
    shared: Shared,
    person_id: int,
    first: date,
    last: date,
    *,
    guards: Guards,
    as_of: datetime | None = None,
) -> Parts | None:
    """A person's part from a first to a last day; None if it has none. `as_of` asks what was known at a time."""
    known = shared.sharers(session, as_of=as_of)
    sharers = as_told(known, guards.told_within_days, bearing=person_id)
    runs = sharing(sharers, person_id, first, last, splits_of(session, shared, as_of=as_of))
    if not runs:
        return None
    shares = shares_in(shared.region, runs)
    said = sharing(as_told(known, guards.told_within_days), person_id, first, last)
    stated = tuple(span for span, _ in shares_in(shared.region, said))
    if not guards.least_shares:
        return Parts(shares, stated, None, None)
    people = {one.person_id for one in sharers}
    of_age = None if shared.word == "home" else drivers_from(session, shared.id)
    roofs = _roofs(session, people, guards, as_of)
    least = least_runs(runs, sharers, person_id, roofs, drivers_from=of_age)
    return Parts(shares, stated, shares_in(shared.region, least), _shared_time(shared.region, sharers, first, last))


def _roofs(session: Session, people: set[int], guards: Guards, as_of: datetime | None) -> Roofs:
    homes = {home.premises_id for person in people for home in homes_of(session, person)}
    return {home: as_told(stays(session, home, as_of=as_of), guards.told_within_days) for home in homes}


def _shared_time(region: str, sharers: Sequence[Stay], first: date, last: date) -> tuple[Span, ...]:
    """When anybody shares it, a year before and after the days asked for too: no reading is longer."""
    zone = place_of(region).zone
    earliest, latest = date(first.year - 1, 1, 1), date(last.year + 1, 12, 31)
    whole = [
        (max(one.since_on, earliest), min(one.until_on or latest, latest))
        for one in sharers
        if one.since_on <= latest and (one.until_on is None or one.until_on >= earliest)
    ]
    return tuple(union(days_span(since_on, until_on, zone) for since_on, until_on in whole))
