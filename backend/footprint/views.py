"""Factors, choices and footprints as JSON shows them, every number with its passport and every flag in words."""

from collections.abc import Sequence
from datetime import date

from backend.access.wire import Amount, HexBytes32, Wire
from backend.footprint.changes import Changes
from backend.footprint.estimate import Estimate, FuelSide
from backend.footprint.factor import Factor
from backend.footprint.factors import FactorSet
from backend.footprint.matrix import Cell
from backend.footprint.pollutant import PollutantAmount, pollutant_table
from backend.footprint.quantity import plain
from backend.footprint.rung import Rung
from backend.footprint.selection import Choice, Selection
from backend.kernel.digest import Json, canonical_json


class ProxyOut(Wire):
    """A nation and kind the factor may stand in for; it never earns there."""

    place: str
    kind: str


class IntervalOut(Wire):
    """The two-sided 95 % interval that the source prints, in the factor's unit; `of` one thing or a group's mean."""

    lower: str
    upper: str
    of: str


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
    reference: str | None = None
    """Set for a figure that is shown to compare and never chosen: why."""
    interval: IntervalOut | None = None
    judged_as: str | None
    """The row of the judgement table that the half-width comes from."""
    entered: int
    """The revision of the catalogue it came with."""
    past_review: bool
    """Whether it is past `reviewBy`: look whether a newer figure exists."""


class FactorSetOut(Wire):
    """Factors in order of id, and the digest of the set they are from: `/factors/{digest}` is the whole of it."""

    digest: HexBytes32
    factors: list[FactorOut]


class RevisionOut(Wire):
    """A revision of the catalogue."""

    number: int
    on: date
    digest: HexBytes32
    factors: int
    note: str


class FreezeOut(Wire):
    """What a vintage may use. A later record of the same vintage amends an earlier one."""

    vintage: int
    revision: int
    on: date
    digest: HexBytes32
    factors: int
    note: str


class RevisionsOut(Wire):
    """Revisions and frozen sets, in the order recorded."""

    revisions: list[RevisionOut]
    freezes: list[FreezeOut]


class ReplacedOut(Wire):
    """A figure for the same kind, place and year that now comes first."""

    kind: str
    region: str
    year: int
    before: str
    before_value: str
    after: str
    after_value: str


class ChangesOut(Wire):
    """What changed between two sets, in order of id."""

    older: HexBytes32
    newer: HexBytes32
    added: list[FactorOut]
    withdrawn: list[FactorOut]
    replaced: list[ReplacedOut]


class ChosenOut(Wire):
    """A factor as chosen for a place and date, with the half-width it has on its rung."""

    id: str
    value: str
    unit: str
    region: str
    year: int
    gas_basis: str
    boundary: str
    status: str
    rung: str
    half_width_bps: int


class ChoiceOut(Wire):
    """What an activity is multiplied with: one factor, or an energy use and the local factor of that energy."""

    factors: list[ChosenOut]
    rung: str
    earns: bool
    flags: list[str]


class CellOut(Wire):
    """One kind in one place: sourced, proxy, unverified, or refused with the reason."""

    kind: str
    place: str
    state: str
    choice: ChoiceOut | None
    instead: str | None
    """Set for a kind that is only shown to compare: the kind that counts."""
    reason: str


class MatrixOut(Wire):
    """The matrix, kind by kind."""

    digest: HexBytes32
    year: int
    cells: list[CellOut]


class PollutantOut(Wire):
    """Milligrams of one part, with the published 95 % interval; nulls and the reason where no figure is available."""

    pollutant: str
    part: str
    amount_mg: Amount | None
    lower_mg: Amount | None
    upper_mg: Amount | None
    source: str


class EstimateOut(Wire):
    """The footprint of one activity, and what else it puts into the air. Nothing is kept; pollutants are not traded."""

    kind: str
    quantity: str
    unit: str
    footprint_gco2e: Amount
    bound_gco2e: Amount
    instead: str | None
    choice: ChoiceOut
    pollutants: list[PollutantOut]
    pollutants_from: str


class FuelOut(Wire):
    """A fuel per kWh of net calorific value: carbon on one side, the air on the other."""

    kind: str
    footprint_gco2e: Amount | None
    choice: ChoiceOut | None
    reason: str
    pollutants: list[PollutantOut]


class FuelsOut(Wire):
    """Fuels burned at home, side by side."""

    pollutants_from: str
    fuels: list[FuelOut]


def factor_out(factor: Factor, today: date) -> FactorOut:
    """A factor's passport as JSON, flagged by the day it is shown on."""
    more: dict[str, Json] = {
        "judgedAs": factor.judged_as or None,
        "entered": factor.entered,
        "pastReview": factor.past_review(today),
    }
    return FactorOut.model_validate_json(canonical_json(factor.passport() | more))


def _chosen(one: Selection) -> ChosenOut:
    factor = one.factor
    return ChosenOut(
        id=factor.id,
        value=f"{factor.value:f}",
        unit=factor.unit,
        region=factor.region,
        year=factor.year,
        gas_basis=factor.gas_basis,
        boundary=factor.boundary,
        status=factor.status,
        rung=str(one.rung),
        half_width_bps=one.half_width_bps,
    )


_RUNG_WORDS = {
    Rung.EARLIER_YEAR: "of an earlier year",
    Rung.REGIONAL_GRID: "the regional grid's, not the place's own",
    Rung.NATIONAL: "the nation's, not the place's own",
    Rung.FOREIGN_PROXY: "another country's, as a proxy: counts as emission and never earns",
}


def _flags(one: Selection, today: date) -> list[str]:
    factor = one.factor
    flags = [f"{factor.id} is {_RUNG_WORDS[one.rung]}"] if one.rung in _RUNG_WORDS else []
    if not factor.earns:
        flags.append(f"{factor.id} is {factor.status}: counts as emission and never earns")
    if factor.gas_basis == "co2":
        flags.append(f"{factor.id} is CO2 only, without methane and nitrous oxide")
    if factor.past_review(today):
        flags.append(f"{factor.id} is past its review date {factor.review_by}")
    return flags


def choice_out(choice: Choice, today: date) -> ChoiceOut:
    """A choice with its flags in words."""
    chosen = [choice.own] + ([choice.carrier] if choice.carrier else [])
    return ChoiceOut(
        factors=[_chosen(one) for one in chosen],
        rung=str(choice.rung),
        earns=choice.earns,
        flags=[flag for one in chosen for flag in _flags(one, today)],
    )


def cell_out(cell: Cell, instead: str | None, today: date) -> CellOut:
    """A cell of the matrix."""
    choice = choice_out(cell.choice, today) if cell.choice else None
    return CellOut(
        kind=cell.kind, place=cell.place, state=str(cell.state), choice=choice, instead=instead, reason=cell.reason
    )


def changes_out(older: FactorSet, newer: FactorSet, changes: Changes, today: date) -> ChangesOut:
    """What changed between two sets."""
    return ChangesOut(
        older=older.digest,
        newer=newer.digest,
        added=[factor_out(one, today) for one in changes.added],
        withdrawn=[factor_out(one, today) for one in changes.withdrawn],
        replaced=[
            ReplacedOut(
                kind=one.after.kind,
                region=one.after.region,
                year=one.after.year,
                before=one.before.id,
                before_value=f"{one.before.value:f}",
                after=one.after.id,
                after_value=f"{one.after.value:f}",
            )
            for one in changes.replaced
        ],
    )


def pollutants_out(amounts: Sequence[PollutantAmount]) -> list[PollutantOut]:
    """Amounts by pollutant and part."""
    return [
        PollutantOut(
            pollutant=one.pollutant,
            part=one.part,
            amount_mg=one.amount_mg,
            lower_mg=one.lower_mg,
            upper_mg=one.upper_mg,
            source=one.source,
        )
        for one in amounts
    ]


def pollutants_from() -> str:
    """The document of the pollutants, its region and licence in one line."""
    table = pollutant_table()
    return f"{table.document}; defaults for {table.region}, not this place's own; {table.licence}"


def estimate_out(found: Estimate, today: date) -> EstimateOut:
    """The footprint of one activity."""
    return EstimateOut(
        kind=found.kind.name,
        quantity=plain(found.quantity),
        unit=found.kind.unit,
        footprint_gco2e=found.footprint_gco2e,
        bound_gco2e=found.bound_gco2e,
        instead=found.kind.instead,
        choice=choice_out(found.choice, today),
        pollutants=pollutants_out(found.pollutants),
        pollutants_from=pollutants_from(),
    )


def fuels_out(sides: Sequence[FuelSide], today: date) -> FuelsOut:
    """Fuels side by side."""
    return FuelsOut(
        pollutants_from=pollutants_from(),
        fuels=[
            FuelOut(
                kind=one.kind.name,
                footprint_gco2e=one.footprint_gco2e,
                choice=choice_out(one.choice, today) if one.choice else None,
                reason=one.reason,
                pollutants=pollutants_out(one.pollutants),
            )
            for one in sides
        ],
    )
