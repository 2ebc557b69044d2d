"""Which factor an activity gets: the ladder walked down from the activity's own place."""

from dataclasses import dataclass

from backend.footprint.factor import Factor
from backend.footprint.factors import FactorSet
from backend.footprint.place import place_of
from backend.footprint.rung import RUNGS, Rung, widening_bps
from backend.kernel.errors import InvalidInput


class FactorUnknown(InvalidInput):
    """Nothing on the ladder: no factor for this kind here, nor a declared proxy. Never a silent world average."""

    code = "footprint.factor_unknown"

    def __init__(self, kind: str, place: str, year: int) -> None:
        super().__init__(
            f"no factor for {kind} in {place} in {year}, nor for its grid or nation, nor a declared proxy",
            kind=kind,
            place=place,
            year=year,
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


def select_one(factors: FactorSet, kind: str, place_code: str, year: int) -> Selection:
    """The nearest factor of a kind; raises FactorUnknown, PlaceUnknown."""
    place = place_of(place_code)
    own = factors.latest(kind, place.code, year)
    if own is not None:
        return Selection(own, Rung.SAME_PLACE if own.year == year else Rung.EARLIER_YEAR)
    regional = factors.latest(kind, place.grid, year) if place.grid else None
    if regional is not None:
        return Selection(regional, Rung.REGIONAL_GRID)
    national = factors.latest(kind, place.nation, year)
    if national is not None:
        return Selection(national, Rung.NATIONAL)
    foreign = factors.latest_proxy(kind, place.nation, year)
    if foreign is not None:
        return Selection(foreign, Rung.FOREIGN_PROXY)
    raise FactorUnknown(kind, place_code, year)


def choose(factors: FactorSet, kind: str, place_code: str, year: int) -> Choice:
    """The factor, or the pair of factors, for an activity; raises FactorUnknown, PlaceUnknown."""
    own = select_one(factors, kind, place_code, year)
    carrier = select_one(factors, own.factor.via, place_code, year) if own.factor.via else None
    return Choice(own, carrier)
