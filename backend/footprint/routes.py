"""The factor catalogue over HTTP: public, every number with its passport."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from backend.access.wire import HexBytes32, Wire
from backend.footprint.factor import Factor
from backend.footprint.factors import FactorSet, catalogue
from backend.footprint.kind import kind_of
from backend.footprint.place import place_of
from backend.kernel.digest import canonical_json

router = APIRouter(tags=["factors"])


class ProxyOut(Wire):
    """A nation and kind the factor may stand in for; it never earns there."""

    place: str
    kind: str


class FactorOut(Wire):
    """A factor's whole passport. `value` is a decimal string; the half-width (two-sided 95 %) in basis points of it."""

    id: str
    kind: str
    region: str
    year: int
    value: str
    unit: str
    via: str | None
    gas_basis: str
    gwp_set: str
    boundary: str
    boundary_note: str
    published_on: date
    published_note: str
    document: str
    table: str
    licence: str
    status: str
    derivation: str
    uncertainty_basis: str
    uncertainty_half_width_bps: int
    uncertainty_note: str
    review_by: date
    revision: int
    proxy_for: list[ProxyOut]


class FactorSetOut(Wire):
    """Factors in order of id, and the digest of the set they were taken from."""

    digest: HexBytes32
    factors: list[FactorOut]


def factor_out(factor: Factor) -> FactorOut:
    """A factor's passport as JSON."""
    return FactorOut.model_validate_json(canonical_json(factor.passport()))


def set_of(before: date | None) -> FactorSet:
    """Everything shipped, or what was published before a day."""
    return catalogue() if before is None else catalogue().frozen_before(before)


def find_factors(factors: FactorSet, kind: str | None, region: str | None) -> list[Factor]:
    """Factors of a kind and region, in order of id; raises KindUnknown, PlaceUnknown."""
    wanted_kind = kind_of(kind).name if kind is not None else None
    wanted_region = place_of(region).code if region is not None else None
    return [
        factor
        for _, factor in sorted(factors.by_id.items())
        if wanted_kind in {None, factor.kind} and wanted_region in {None, factor.region}
    ]


@router.get("/factors")
def list_factors(
    kind: str | None = None,
    region: str | None = None,
    before: Annotated[date | None, Query(description="Only factors published before this day.")] = None,
) -> FactorSetOut:
    """The catalogue, or the set frozen before a day: what a vintage opening on that day uses."""
    factors = set_of(before)
    return FactorSetOut(
        digest=factors.digest, factors=[factor_out(factor) for factor in find_factors(factors, kind, region)]
    )


@router.get("/factors/{factor_id}")
def show_factor(factor_id: str) -> FactorOut:
    """One factor with its passport."""
    return factor_out(catalogue().factor(factor_id))
