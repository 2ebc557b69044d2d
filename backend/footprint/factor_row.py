"""A row of a catalogue file made a factor, or refused with what is wrong: the lint that the catalogue loads through."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from backend.footprint.factor import (
    BOUNDARIES,
    GAS_BASES,
    INTERVALS,
    STATUSES,
    UNCERTAINTY_BASES,
    Factor,
    FactorMalformed,
    Interval,
    ProxyFor,
    Uncertainty,
)
from backend.footprint.judgement import JudgementUnknown, judgement
from backend.footprint.kind import KindUnknown, kind_of

_TEXTS = (
    "id", "kind", "region", "value", "unit", "gas_basis", "gwp_set", "boundary", "boundary_note", "document", "table",
    "licence", "status",
)  # fmt: skip
_OPTIONAL = frozenset(
    {"published_note", "derivation", "via", "proxy_for", "reference", "interval", "judged_as", "entered", "withdrawn"}
)
_KNOWN = frozenset(_TEXTS) | _OPTIONAL | {"year", "revision", "published_on", "review_by", "uncertainty"}


def _expected_unit(row: Mapping[str, Any]) -> str:
    unit = kind_of(row["kind"]).unit
    if row.get("via"):
        return f"{kind_of(row['via']).unit}/{unit}"
    return f"{'kgCO2' if row['gas_basis'] == 'co2' else 'kgCO2e'}/{unit}"


def _check(factor_id: str, row: Mapping[str, Any]) -> None:
    absent = [name for name in _TEXTS if not isinstance(row.get(name), str) or not row[name]]
    absent += [name for name in ("published_on", "review_by") if not isinstance(row.get(name), date)]
    absent += [name for name in ("year", "revision") if not isinstance(row.get(name), int)]
    if "judged_as" not in row:
        absent += [name for name in ("basis", "half_width_pct", "note") if not row.get("uncertainty", {}).get(name)]
    if absent:
        raise FactorMalformed(factor_id, f"its passport lacks {', '.join(absent)}")
    if unknown := sorted(set(row) - _KNOWN):
        raise FactorMalformed(factor_id, f"nothing is called {', '.join(unknown)} in a passport")
    try:
        expected = _expected_unit(row)
    except KindUnknown as failure:
        raise FactorMalformed(factor_id, failure.message) from failure
    if row["unit"] != expected:
        raise FactorMalformed(factor_id, f"its unit is {row['unit']}, but its kind and gas basis ask for {expected}")
    for name, allowed in (("gas_basis", GAS_BASES), ("boundary", BOUNDARIES), ("status", STATUSES)):
        if row[name] not in allowed:
            raise FactorMalformed(factor_id, f"its {name} is {row[name]!r}, which is none of {', '.join(allowed)}")
    if row["published_on"] >= row["review_by"]:
        raise FactorMalformed(factor_id, "it is to be reviewed before it was published")


def _number(factor_id: str, what: str, text: Any) -> Decimal:
    try:
        value = Decimal(str(text))
    except ArithmeticError as failure:
        raise FactorMalformed(factor_id, f"its {what} {text} is no number") from failure
    if not value.is_finite() or value < 0:
        raise FactorMalformed(factor_id, f"its {what} {text} is not a number from 0 up")
    return value


def _bps(factor_id: str, text: str) -> int:
    width = _number(factor_id, "uncertainty half-width", text) * 100
    if not 0 <= width <= 100_00 or width != int(width):
        raise FactorMalformed(factor_id, f"uncertainty half-width {text} % is not 0 to 100 with two decimals at most")
    return int(width)


def _uncertainty(factor_id: str, row: Mapping[str, Any]) -> Uncertainty:
    if "judged_as" in row:
        if "uncertainty" in row:
            raise FactorMalformed(factor_id, "it names a judgement and gives an uncertainty of its own as well")
        try:
            judged = judgement(row["judged_as"])
        except JudgementUnknown as failure:
            raise FactorMalformed(factor_id, failure.message) from failure
        if row["kind"] not in judged.kinds:
            raise FactorMalformed(factor_id, f"the judgement {judged.name} is not about {row['kind']}")
        return Uncertainty("judgement", judged.half_width_bps, judged.reason)
    given = row["uncertainty"]
    if given["basis"] not in UNCERTAINTY_BASES:
        raise FactorMalformed(factor_id, f"its uncertainty basis is none of {', '.join(UNCERTAINTY_BASES)}")
    return Uncertainty(given["basis"], _bps(factor_id, given["half_width_pct"]), given["note"])


def _interval(factor_id: str, row: Mapping[str, Any], value: Decimal, uncertainty: Uncertainty) -> Interval | None:
    """The published interval; refuses a value outside it, and a person's uncertainty taken from a group's mean."""
    given = row.get("interval")
    if given is None:
        if uncertainty.basis == "published":
            raise FactorMalformed(factor_id, "its uncertainty is called published, but no interval is given")
        return None
    lower, upper = (_number(factor_id, name, given.get(name)) for name in ("lower", "upper"))
    if given.get("of") not in INTERVALS:
        raise FactorMalformed(factor_id, f"its interval is of none of {', '.join(INTERVALS)}")
    if not lower <= value <= upper:
        raise FactorMalformed(factor_id, f"its value {value} is outside its own interval {lower} to {upper}")
    farthest = max(value - lower, upper - value) * 100_00
    if given["of"] == "group_mean" and uncertainty.basis != "judgement":
        raise FactorMalformed(factor_id, "the interval of a group's mean is no uncertainty of one person")
    if uncertainty.half_width_bps * value < farthest:
        raise FactorMalformed(factor_id, "its half-width is narrower than the interval that its source prints")
    return Interval(lower, upper, given["of"])


def factor_of(row: Mapping[str, Any]) -> Factor:
    """A factor from a row of the catalogue; raises FactorMalformed if its passport is not whole or not honest."""
    factor_id = str(row.get("id", "(no id)"))
    _check(factor_id, row)
    value = _number(factor_id, "value", row["value"])
    uncertainty = _uncertainty(factor_id, row)
    return Factor(
        id=factor_id,
        value=value,
        via=row.get("via"),
        uncertainty=uncertainty,
        proxies=tuple(ProxyFor(proxy["place"], proxy.get("kind", row["kind"])) for proxy in row.get("proxy_for", [])),
        published_note=row.get("published_note", ""),
        derivation=row.get("derivation", ""),
        reference=row.get("reference", ""),
        interval=_interval(factor_id, row, value, uncertainty),
        judged_as=row.get("judged_as", ""),
        entered=row.get("entered", 1),
        withdrawn=row.get("withdrawn"),
        **{name: row[name] for name in _TEXTS if name not in ("id", "value")},
        **{name: row[name] for name in ("year", "revision", "published_on", "review_by")},
    )
