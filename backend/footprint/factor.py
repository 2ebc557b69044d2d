"""A factor with its passport: what the number is, where it was read, how sure anyone is, and when to look again."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from backend.kernel.digest import Json
from backend.kernel.errors import InvalidInput

GAS_BASES = ("co2", "co2e")
BOUNDARIES = (
    "generation", "combustion", "use_phase", "farm_to_retail", "energy", "life_cycle", "operation", "disposal",
)  # fmt: skip
"""`use_phase`: the fuel burned or the electricity generated for the trip, no manufacture, nothing upstream. `energy`:
no emission at all but energy used per unit, to be multiplied by the grid factor of the place. `life_cycle`: upstream
and construction too. `operation`: running the service (water works, a hotel). `disposal`: what happens to waste.
"""
UNCERTAINTY_BASES = ("published", "guideline", "judgement")
UNVERIFIED = "unverified"
STATUSES = ("verified", "seen", "seen-secondary", UNVERIFIED)
"""`seen`: read in the source. `seen-secondary`: read in somebody's copy of it. `unverified`: the source itself is not
known well enough; such a factor counts as emission, flagged, and never earns.
"""
INTERVALS = ("one", "group_mean")
"""What a published interval is of: one thing as a person uses it, or the mean of a group, which says nothing of one."""


class FactorMalformed(InvalidInput):
    """A row of the catalogue has no full passport."""

    code = "footprint.factor_malformed"

    def __init__(self, factor_id: str, why: str) -> None:
        super().__init__(f"factor {factor_id}: {why}", factor=factor_id, why=why)


@dataclass(frozen=True)
class Uncertainty:
    """Half-width of the two-sided 95 % interval in basis points of the value, and where that number comes from."""

    basis: str
    half_width_bps: int
    note: str


@dataclass(frozen=True)
class Interval:
    """The two-sided 95 % interval that the source prints, in the factor's unit, and what it is of."""

    lower: Decimal
    upper: Decimal
    of: str


@dataclass(frozen=True)
class ProxyFor:
    """A nation and kind that this factor may stand in for when nothing nearer exists. It never earns there."""

    place: str
    kind: str


@dataclass(frozen=True)
class Factor:
    """One number with its passport. `value` is kg per unit of the kind, or kWh per unit if `via` is set."""

    id: str
    kind: str
    region: str
    year: int
    """The year the source says it is for: data year, or the year of the set."""
    value: Decimal
    unit: str
    via: str | None
    """The kind whose local factor this energy is multiplied by (a BEV's electricity)."""
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
    uncertainty: Uncertainty
    review_by: date
    revision: int
    proxies: tuple[ProxyFor, ...]
    reference: str
    """Not empty: shown to compare and never chosen, and why."""
    interval: Interval | None
    judged_as: str
    """The row of the judgement table that its half-width comes from, if it names one."""
    entered: int
    """The revision of the catalogue it came with."""
    withdrawn: int | None
    """The revision that took it out again, found wrong."""

    @property
    def earns(self) -> bool:
        """Whether its source is known well enough to earn."""
        return self.status != UNVERIFIED

    def past_review(self, day: date) -> bool:
        """Whether somebody should look again if a newer figure exists."""
        return self.review_by < day

    def passport(self) -> dict[str, Json]:
        """The whole passport as JSON, numbers as decimal strings: what the catalogue's digest is made of.

        When it entered the catalogue is no part of it: that is told by the revisions.
        """
        passport: dict[str, Json] = {
            "id": self.id,
            "kind": self.kind,
            "region": self.region,
            "year": self.year,
            "value": f"{self.value:f}",
            "unit": self.unit,
            "via": self.via,
            "gasBasis": self.gas_basis,
            "gwpSet": self.gwp_set,
            "boundary": self.boundary,
            "boundaryNote": self.boundary_note,
            "publishedOn": self.published_on.isoformat(),
            "publishedNote": self.published_note,
            "document": self.document,
            "table": self.table,
            "licence": self.licence,
            "status": self.status,
            "derivation": self.derivation,
            "uncertaintyBasis": self.uncertainty.basis,
            "uncertaintyHalfWidthBps": self.uncertainty.half_width_bps,
            "uncertaintyNote": self.uncertainty.note,
            "reviewBy": self.review_by.isoformat(),
            "revision": self.revision,
            "proxyFor": [{"place": proxy.place, "kind": proxy.kind} for proxy in self.proxies],
        }
        if self.reference:
            passport["reference"] = self.reference
        if self.interval is not None:
            passport["interval"] = {
                "lower": f"{self.interval.lower:f}",
                "upper": f"{self.interval.upper:f}",
                "of": self.interval.of,
            }
        return passport
