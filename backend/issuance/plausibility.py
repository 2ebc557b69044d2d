"""Plausibility rules, run on a statement document before anybody attests it. No framework.

Each rule yields named findings. A statement without findings is attested under the rules' version; with findings, only
by a verifier who looked into them and says so. The rules read what the document says, because that is what is signed.
"""

import tomllib
from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Any

from backend.kernel.mass import BPS
from backend.ledger.content import findings_of

HOUR_S = 3600
HOURS_A_DAY = 24

Values = Mapping[str, Any]
"""A statement document's values by field name (`ledger.content.content_of`)."""


class Rule(StrEnum):
    """The rules, by the names that findings carry."""

    SUMS_DISAGREE = "sums_disagree"
    OUTLIER = "outlier"
    MONTH_GAP = "month_gap"
    SIMILAR_CURVE = "similar_curve"
    ZERO_CLAIM = "zero_claim"
    NEGATIVE_NET = "negative_net"
    IMPOSSIBLE_TRAVEL = "impossible_travel"


@dataclass(frozen=True)
class Finding:
    """What a rule found, in a sentence for the verifier."""

    rule: Rule
    sentence: str


@dataclass(frozen=True)
class Thresholds:
    """The data of the rules: `plausibility.toml`."""

    version: str
    outlier_low_bps: int
    outlier_high_bps: int
    gap_most_months: int
    curve_categories: frozenset[str]
    curve_least_difference_bps: int
    curve_least_months: int
    zero_categories: frozenset[str]
    most_km_per_hour: Mapping[str, int]
    """By kind of travel."""


def parse_thresholds(text: str) -> Thresholds:
    """Thresholds from their TOML; raises KeyError for what is missing."""
    raw = tomllib.loads(text)
    return Thresholds(
        version=raw["version"],
        outlier_low_bps=raw["outlier"]["low_bps"],
        outlier_high_bps=raw["outlier"]["high_bps"],
        gap_most_months=raw["month_gap"]["most_months"],
        curve_categories=frozenset(raw["similar_curve"]["categories"]),
        curve_least_difference_bps=raw["similar_curve"]["least_difference_bps"],
        curve_least_months=raw["similar_curve"]["least_months"],
        zero_categories=frozenset(raw["zero_claim"]["categories"]),
        most_km_per_hour=raw["impossible_travel"]["most_km_per_hour"],
    )


@cache
def shipped_thresholds() -> Thresholds:
    """The thresholds in `plausibility.toml`."""
    return parse_thresholds(files("backend.issuance").joinpath("plausibility.toml").read_text("utf-8"))


def _months(values: Values) -> dict[str, dict[str, Mapping[str, Any]]]:
    """Category -> month (`2025-03`) -> what the document says of it."""
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for name, entry in values.items():
        if name.startswith("month."):
            _, category, month = name.split(".")
            found.setdefault(category, {})[month] = entry
    return found


def _outliers(values: Values, limits: Thresholds) -> list[Finding]:
    found = []
    for name, entry in values.items():
        budget = int(entry["budgetGco2e"]) if name.startswith("category.") else 0
        if not budget:
            continue
        share_bps = int(entry["footprintGco2e"]) * BPS // budget
        if not limits.outlier_low_bps <= share_bps <= limits.outlier_high_bps:
            sentence = f"{name.removeprefix('category.')} is {share_bps} bps of the policy's budget for it"
            found.append(Finding(Rule.OUTLIER, sentence))
    return found


def _gaps(values: Values, limits: Thresholds) -> list[Finding]:
    found = []
    for category, months in _months(values).items():
        gaps = sorted(month for month, entry in months.items() if entry["status"] == "unmeasured")
        if limits.gap_most_months < len(gaps) < len(months):
            found.append(Finding(Rule.MONTH_GAP, f"{category} is not measured in {', '.join(gaps)}"))
    return found


def _zero_claims(values: Values, limits: Thresholds) -> list[Finding]:
    return [
        Finding(Rule.ZERO_CLAIM, f"{category} is measured and zero all year")
        for category, months in _months(values).items()
        if category in limits.zero_categories
        and all(entry["status"] == "measured" and int(entry["reportedGco2e"]) == 0 for entry in months.values())
    ]


def _negatives(values: Values) -> list[Finding]:
    negative = [
        name
        for name, entry in sorted(values.items())
        if (name.startswith("month.") and int(entry["reportedGco2e"]) < 0)
        or (name.startswith("line.") and (int(entry["gco2e"]) < 0 or str(entry["quantity"]).startswith("-")))
    ]
    return [Finding(Rule.NEGATIVE_NET, f"{name} is negative; exports are never subtracted") for name in negative]


def _too_fast(lines: Sequence[Mapping[str, Any]], limits: Thresholds) -> list[Finding]:
    trips = {
        (line["kind"], line["quantity"], line["fromUnix"], line["toUnix"])
        for line in lines
        if line["kind"] in limits.most_km_per_hour
    }
    return [
        Finding(Rule.IMPOSSIBLE_TRAVEL, f"{kind} of {quantity} km in {to_s - from_s} s is faster than any goes")
        for kind, quantity, from_s, to_s in sorted(trips)
        if Fraction(quantity) * HOUR_S > limits.most_km_per_hour[kind] * (to_s - from_s)
    ]


def _too_long(lines: Sequence[Mapping[str, Any]], limits: Thresholds) -> list[Finding]:
    least_hours: dict[str, Fraction] = {}
    for line in lines:
        if line["kind"] in limits.most_km_per_hour:
            km = Fraction(line["quantity"]) * Fraction(line["part"])
            before = least_hours.get(line["month"], Fraction(0))
            least_hours[line["month"]] = before + Fraction(km, limits.most_km_per_hour[line["kind"]])
    found = []
    for month, hours in sorted(least_hours.items()):
        year, number = (int(part) for part in month.split("-"))
        has_hours = monthrange(year, number)[1] * HOURS_A_DAY
        if hours > has_hours:
            sentence = f"the travel of {month} takes {hours // 1} hours at the least; the month has {has_hours}"
            found.append(Finding(Rule.IMPOSSIBLE_TRAVEL, sentence))
    return found


def _impossible_travel(values: Values, limits: Thresholds) -> list[Finding]:
    lines = [entry for name, entry in sorted(values.items()) if name.startswith("line.")]
    travel = [line for line in lines if "kind" in line]
    return [*_too_fast(travel, limits), *_too_long(travel, limits)]


def _difference_bps(own: Sequence[int], other: Sequence[int]) -> int:
    """How far two curves are apart: 0 for the same shape at any scale, 20,000 for no overlap."""
    own_sum, other_sum = sum(own), sum(other)
    apart = sum(abs(one * other_sum - two * own_sum) for one, two in zip(own, other, strict=True))
    return apart * BPS // (own_sum * other_sum)


def _similar_curves(values: Values, others: Mapping[str, Values], limits: Thresholds) -> list[Finding]:
    found = []
    own_months = _months(values)
    for name, other in others.items():
        other_months = _months(other)
        for category in sorted(limits.curve_categories & own_months.keys() & other_months.keys()):
            own, its = own_months[category], other_months[category]
            both = sorted(
                month
                for month in own.keys() & its.keys()
                if {own[month]["status"], its[month]["status"]} == {"measured"}
            )
            curves = [[int(months[month]["reportedGco2e"]) for month in both] for months in (own, its)]
            if len(both) < limits.curve_least_months or not all(sum(curve) > 0 for curve in curves):
                continue
            apart = _difference_bps(*curves)
            if apart < limits.curve_least_difference_bps:
                sentence = f"{category} has the shape of statement {name}'s, of another home ({apart} bps apart)"
                found.append(Finding(Rule.SIMILAR_CURVE, sentence))
    return found


def findings_in(values: Values, others: Mapping[str, Values], limits: Thresholds) -> list[Finding]:
    """What the rules find in a statement. `others`: documents of other households' statements of the class, by name.

    If the document's sums do not agree, nothing else is looked at.
    """
    wrong = [Finding(Rule.SUMS_DISAGREE, sentence) for sentence in findings_of(values)]
    if wrong:
        return wrong
    return [
        *_negatives(values),
        *_outliers(values, limits),
        *_gaps(values, limits),
        *_zero_claims(values, limits),
        *_impossible_travel(values, limits),
        *_similar_curves(values, others, limits),
    ]
