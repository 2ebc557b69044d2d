"""The factor catalogue and footprints over HTTP: public, every number with its passport."""

import re
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from backend.access.state import clock_of
from backend.footprint.changes import changes_between
from backend.footprint.estimate import estimate, fuel_sides
from backend.footprint.factors import catalogue
from backend.footprint.finding import find_factors, set_of
from backend.footprint.freeze import factor_set, freezes, set_of_freeze
from backend.footprint.kind import KINDS, kind_of
from backend.footprint.kind_views import KindsOut, kinds_out
from backend.footprint.matrix import matrix
from backend.footprint.revision import head_revision, revisions
from backend.footprint.selection import choose_on
from backend.footprint.views import (
    ChangesOut,
    ChoiceOut,
    EstimateOut,
    FactorOut,
    FactorSetOut,
    FreezeOut,
    FuelsOut,
    MatrixOut,
    RevisionOut,
    RevisionsOut,
    cell_out,
    changes_out,
    choice_out,
    estimate_out,
    factor_out,
    fuels_out,
)
from backend.kernel.digest import canonical_json

router = APIRouter(tags=["factors"])
_DIGEST = re.compile(r"(0x)?[0-9a-f]{64}")

Before = Annotated[date | None, Query(description="Only factors published before this day.")]
Vintage = Annotated[int | None, Query(ge=2000, le=2999, description="The set that was frozen for this year.")]
Revision = Annotated[
    int | None, Query(ge=1, le=9999, description="A revision of the catalogue; the newest if left out.")
]
On = Annotated[date | None, Query(description="The day of the activity; today if left out.")]
Search = Annotated[str | None, Query(max_length=100, description="Words that id, place, document or notes hold.")]


def _today(request: Request) -> date:
    return clock_of(request).now().date()


@router.get("/factors")
def list_factors(
    request: Request,
    *,
    kind: str | None = None,
    region: str | None = None,
    before: Before = None,
    vintage: Vintage = None,
    revision: Revision = None,
    search: Search = None,
) -> FactorSetOut:
    """The catalogue, a vintage's frozen set, or what was published before a day."""
    factors, today = set_of(before, vintage, revision), _today(request)
    found = find_factors(factors, kind, region, search)
    return FactorSetOut(digest=factors.digest, factors=[factor_out(factor, today) for factor in found])


@router.get("/factors/kinds")
def list_kinds() -> KindsOut:
    """What can be counted, and the units it may be given in."""
    return kinds_out()


@router.get("/factors/revisions")
def list_revisions() -> RevisionsOut:
    """Revisions of the catalogue and the frozen set of each vintage, each by its digest."""
    return RevisionsOut(
        revisions=[
            RevisionOut(
                number=one.number,
                on=one.on,
                digest=one.digest,
                factors=len(catalogue(one.number).by_id),
                note=one.note,
            )
            for one in revisions()
        ],
        freezes=[
            FreezeOut(
                vintage=one.vintage,
                revision=one.revision,
                on=one.on,
                digest=one.digest,
                factors=len(set_of_freeze(one).by_id),
                note=one.note,
            )
            for one in freezes()
        ],
    )


@router.get("/factors/changes")
def list_changes(request: Request, older: Revision = None, newer: Revision = None) -> ChangesOut:
    """What changed between two revisions; between the newest and the one before if none is named."""
    after = catalogue(newer)
    before = catalogue(older if older is not None else max(1, (newer or head_revision()) - 1))
    return changes_out(before, after, changes_between(before, after), _today(request))


@router.get("/factors/matrix")
def show_matrix(request: Request, vintage: Vintage = None, on: On = None) -> MatrixOut:
    """What every kind gets in Sichuan, Hebei, California and Britain: a factor, a declared proxy, or why none."""
    today = _today(request)
    factors, year = set_of(vintage=vintage), (on or today).year if vintage is None else vintage
    return MatrixOut(
        digest=factors.digest,
        year=year,
        cells=[cell_out(cell, KINDS[cell.kind].instead, today) for cell in matrix(factors, year)],
    )


@router.get("/factors/choice")
def show_choice(request: Request, kind: str, place: str, on: On = None, vintage: Vintage = None) -> ChoiceOut:
    """Which factor an activity gets by kind, place and date: place before year, each step down flagged and wider."""
    today = _today(request)
    return choice_out(choose_on(set_of(vintage=vintage), kind_of(kind).name, place, on or today), today)


@router.get("/factors/{factor_id}", responses={200: {"content": {"application/json": {}}}}, response_model=FactorOut)
def show_factor(request: Request, factor_id: str) -> FactorOut | Response:
    """One factor with its passport; or, by the digest of a set, the whole set: the very bytes that have the digest."""
    if _DIGEST.fullmatch(factor_id):
        found = factor_set(bytes.fromhex(factor_id.removeprefix("0x")))
        return Response(canonical_json(found.content()), media_type="application/json")
    return factor_out(catalogue().factor(factor_id), _today(request))


@router.get("/footprint")
def show_footprint(
    request: Request, *, kind: str, quantity: str, unit: str, place: str, on: On = None, vintage: Vintage = None
) -> EstimateOut:
    """The footprint of one activity with its bound, its factors, and what else it puts into the air; nothing kept."""
    today = _today(request)
    found = estimate(set_of(vintage=vintage), kind=kind, quantity=quantity, unit=unit, place=place, day=on or today)
    return estimate_out(found, today)


@router.get("/footprint/fuels")
def show_fuels(request: Request, place: str, on: On = None, vintage: Vintage = None) -> FuelsOut:
    """Fuels burned at home per kWh, both sides: carbon and the air. Wood has less of the one and more of the other."""
    today = _today(request)
    return fuels_out(fuel_sides(set_of(vintage=vintage), place=place, day=on or today), today)
