"""A region's vintage is told once, when it stands still; asked again, the same is told again.

Two reports of sets that differ by one person would tell that person's figures by subtraction, whatever each of them
leaves out: somebody who closed anew, was erased, or had a bill inspected between the two. So there is no second one.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from backend.kernel.clock import iso
from backend.kernel.digest import Json, canonical_json
from backend.kernel.errors import RuleViolated
from backend.ledger.city_told_tables import CityToldRow
from backend.ledger.deadline import due_of


class CityUnsettled(RuleViolated):
    """People may still hand in their year; a report of now would be the only one."""

    code = "city.unsettled"

    def __init__(self, region: str, vintage: int, due_at: datetime) -> None:
        due = iso(due_at)
        super().__init__(
            f"{vintage} in {region} is told once, when every year is handed in: from {due} on",
            region=region,
            vintage=vintage,
            due_at=due,
        )


def require_settled(region: str, vintage: int, at: datetime) -> None:
    """Raises CityUnsettled before everybody's time to hand in a vintage is over."""
    due_at = due_of(vintage, region)
    if at < due_at:
        raise CityUnsettled(region, vintage, due_at)


def told_of(session: Session, region: str, vintage: int) -> dict[str, Any] | None:
    """What was told of a region's vintage; None if nothing was."""
    row = session.get(CityToldRow, (region, vintage))
    return None if row is None else {**json.loads(row.report), "toldAt": iso(row.told_at)}


def tell(session: Session, region: str, vintage: int, report: Mapping[str, Json], at: datetime) -> dict[str, Any]:
    """Keeps a report as what is told of a region's vintage, and returns what is: an earlier one if there is one."""
    if session.get(CityToldRow, (region, vintage)) is None:
        text = canonical_json(report).decode()
        session.add(CityToldRow(region=region, vintage=vintage, report=text, told_at=at))
        session.flush()
    found = told_of(session, region, vintage)
    assert found is not None
    return found
