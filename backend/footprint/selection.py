"""Which factor an activity gets: the ladder walked down from the activity's own place, at the activity's date."""

from dataclasses import dataclass
from datetime import date

from backend.footprint.factor import Factor
from backend.footprint.factors import FactorSet, catalogue
from backend.footprint.place import Place, place_of
from backend.footprint.refusal import refusal_of
from backend.footprint.rung import GRID_KIND, RUNGS, Rung, widening_bps
from backend.kernel.errors import InvalidInput


class FactorUnknown(InvalidInput):
    """Nothing on the ladder: no factor for this kind here, nor a declared proxy. Never a silent world average."""

    code = "footprint.factor_unknown"

    def __init__(self, kind: str, place: str, year: int, reason: str) -> None:
        super().__init__(
            f"no factor for {kind} in {place} in {year}: {reason}",
            kind=kind,
            place=place,
            year=year,
            reason=reason,
        )


@dataclass(frozen=True)
class Selection:
    """A factor, the rung it was found on, and the half-width it has there."""

    factor: Factor
    rung: Rung

    @property
    def half_width_bps(self) -> int:
        """The factor's half-width widened by its rung."""
        return self.factor.uncertainty.half_width_bps + widening_bps(self.rung, self.factor.kind)

    @property
    def earns(self) -> bool:
        """Whether the rung is near enough and the source known well enough to earn."""
        return self.rung.earns and self.factor.earns

    @property
    def group(self) -> str:
        """Lines of one group share one error: the same factor on the same rung."""
        return f"{self.factor.id}@{self.rung}"


@dataclass(frozen=True)
class Choice:
    """What an activity is multiplied with: one factor, or an energy use and the local factor of that energy."""

    own: Selection
    carrier: Selection | None

    @property
    def rung(self) -> Rung:
        """The farther of the two."""
        rungs = [self.own.rung] if self.carrier is None else [self.own.rung, self.carrier.rung]
        return max(rungs, key=RUNGS.index)

    @property
    def earns(self) -> bool:
        """Whether what is measured with it may earn: every part of it does."""
        return self.own.earns and (self.carrier is None or self.carrier.earns)


def _containing(factors: FactorSet, place: Place) -> tuple[str | None, str]:
    """The regional grid and the nation of a place, as the set has them."""
    if factors.grids is None:
        return place.grid, place.nation
    return factors.grids.get(place.code, (None, place.nation))


def _find(factors: FactorSet, kind: str, place: Place, year: int) -> Selection | None:
    grid, nation = _containing(factors, place)
    own = factors.latest(kind, place.code, year)
    if own is not None:
        return Selection(own, Rung.SAME_PLACE if own.year == year else Rung.EARLIER_YEAR)
    regional = factors.latest(kind, grid, year) if grid else None
    if regional is not None:
        return Selection(regional, Rung.REGIONAL_GRID)
    national = factors.latest(kind, nation, year)
    if national is not None:
        return Selection(national, Rung.NATIONAL)
    foreign = factors.latest_proxy(kind, nation, year)
    return Selection(foreign, Rung.FOREIGN_PROXY) if foreign is not None else None


def select_one(factors: FactorSet, kind: str, place_code: str, year: int) -> Selection:
    """The nearest factor of a kind; raises FactorUnknown, PlaceUnknown."""
    place = place_of(place_code)
    found = _find(factors, kind, place, year)
    if found is None:
        raise FactorUnknown(kind, place_code, year, _reason(factors, kind, place, year))
    return found


def _reason(factors: FactorSet, kind: str, place: Place, year: int) -> str:
    """Why there is none: a named refusal, or what exists that is too late."""
    named = refusal_of(kind, {place.code, place.grid or place.code, place.nation})
    if named is not None:
        return named
    later = _find(catalogue(), kind, place, year)
    if later is not None and later.factor.id not in factors.by_id:
        return f"the first, {later.factor.id}, was published on {later.factor.published_on}, too late for this set"
    newest = _find(catalogue(), kind, place, 9999)
    if newest is not None:
        found = (_find(catalogue(), kind, place, one) for one in range(year, newest.factor.year))
        earliest = next((one for one in found if one is not None), newest).factor
        return f"nothing collected reaches back to {year}; the earliest, {earliest.id}, is of {earliest.year}"
    return "nothing was collected for it, its grid or its nation, and no proxy is declared"


def choose(factors: FactorSet, kind: str, place_code: str, year: int) -> Choice:
    """The factor, or the pair of factors, for an activity; raises FactorUnknown, PlaceUnknown."""
    own = select_one(factors, kind, place_code, year)
    carrier = select_one(factors, own.factor.via, place_code, year) if own.factor.via else None
    return Choice(own, carrier)


def choose_on(factors: FactorSet, kind: str, place_code: str, day: date) -> Choice:
    """The same by the activity's date; raises FactorUnknown, PlaceUnknown."""
    return choose(factors, kind, place_code, day.year)


def grid_areas(region: str) -> list[str]:
    """Where a home of a region may draw from: the region if it has a grid factor of its own, else its grid as well, so
    that nobody picks a cleaner mean than the one published for the place. Raises PlaceUnknown.
    """
    place = place_of(region)
    has_own = catalogue().latest(GRID_KIND, region, 9999) is not None
    return [region] if has_own or place.grid is None else [region, place.grid]
