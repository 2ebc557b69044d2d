"""A factor with its passport: what the number is, where it was read, how sure anyone is, and when to look again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from backend.footprint.kind import KindUnknown, kind_of
from backend.kernel.digest import Json
from backend.kernel.errors import InvalidInput

GAS_BASES = ("co2", "co2e")
BOUNDARIES = ("generation", "combustion", "use_phase", "farm_to_retail", "energy")
"""`use_phase`: the fuel burned or the electricity generated for the trip, no manufacture, nothing upstream. `energy`:
no emission at all but energy used per unit, to be multiplied by the grid factor of the place.
"""
UNCERTAINTY_BASES = ("published", "guideline", "judgement")
STATUSES = ("verified", "seen", "seen-secondary")
"""`seen`: read in the source. `seen-secondary`: read in somebody's copy of it. Anything less is not shipped."""


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

    def passport(self) -> dict[str, Json]:
        """The whole passport as JSON, numbers as decimal strings: what the catalogue's digest is made of."""
        return {
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


_TEXTS = (
    "id", "kind", "region", "value", "unit", "gas_basis", "gwp_set", "boundary", "boundary_note", "document", "table",
    "licence", "status",
)  # fmt: skip


def _bps(factor_id: str, text: str) -> int:
    width = Decimal(text) * 100
    if not 0 <= width <= 100_00 or width != int(width):
        raise FactorMalformed(factor_id, f"uncertainty half-width {text} % is not 0 to 100 with two decimals at most")
    return int(width)


def _expected_unit(row: Mapping[str, Any]) -> str:
    unit = kind_of(row["kind"]).unit
    if row.get("via"):
        return f"{kind_of(row['via']).unit}/{unit}"
    return f"{'kgCO2' if row['gas_basis'] == 'co2' else 'kgCO2e'}/{unit}"


def _check(factor_id: str, row: Mapping[str, Any]) -> None:
    absent = [name for name in _TEXTS if not isinstance(row.get(name), str) or not row[name]]
    absent += [name for name in ("published_on", "review_by") if not isinstance(row.get(name), date)]
    absent += [name for name in ("year", "revision") if not isinstance(row.get(name), int)]
    absent += [name for name in ("basis", "half_width_pct", "note") if not row.get("uncertainty", {}).get(name)]
    if absent:
        raise FactorMalformed(factor_id, f"its passport lacks {', '.join(absent)}")
    try:
        expected = _expected_unit(row)
    except KindUnknown as failure:
        raise FactorMalformed(factor_id, failure.message) from failure
    if row["unit"] != expected:
        raise FactorMalformed(factor_id, f"its unit is {row['unit']}, but its kind and gas basis ask for {expected}")
    for name, allowed in (("gas_basis", GAS_BASES), ("boundary", BOUNDARIES), ("status", STATUSES)):
        if row[name] not in allowed:
            raise FactorMalformed(factor_id, f"its {name} is {row[name]!r}, which is none of {', '.join(allowed)}")
    if row["uncertainty"]["basis"] not in UNCERTAINTY_BASES:
        raise FactorMalformed(factor_id, f"its uncertainty basis is none of {', '.join(UNCERTAINTY_BASES)}")


def factor_of(row: Mapping[str, Any]) -> Factor:
    """A factor from a row of the catalogue; raises FactorMalformed if its passport is not whole."""
    factor_id = str(row.get("id", "(no id)"))
    _check(factor_id, row)
    value = Decimal(row["value"])
    if not value.is_finite() or value < 0:
        raise FactorMalformed(factor_id, f"its value {row['value']} is not a number from 0 up")
    uncertainty = row["uncertainty"]
    return Factor(
        id=factor_id,
        value=value,
        via=row.get("via"),
        uncertainty=Uncertainty(
            uncertainty["basis"], _bps(factor_id, uncertainty["half_width_pct"]), uncertainty["note"]
        ),
        proxies=tuple(ProxyFor(proxy["place"], proxy.get("kind", row["kind"])) for proxy in row.get("proxy_for", [])),
        published_note=row.get("published_note", ""),
        derivation=row.get("derivation", ""),
        **{name: row[name] for name in _TEXTS if name not in ("id", "value")},
        **{name: row[name] for name in ("year", "revision", "published_on", "review_by")},
    )
