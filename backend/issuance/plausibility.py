"""Rules that look at a statement before a verifier does. Each yields a named finding; none decides anything by itself.

Pure: integers, no framework, no clock. The thresholds are data (`plausibility.toml`) with a version, which attestations
carry.
"""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from backend.kernel.digest import digest_of
from backend.kernel.mass import BPS
from backend.ledger.content import findings_of
from backend.ledger.statement import Status


@dataclass(frozen=True)
class Finding:
    """What a rule noticed. `found` and `threshold` are in the unit that `says` names."""

    rule: str
    subject: str
    """The category or month it is about, such as `electricity` or `electricity 2025-03`."""
    found: int
    threshold: int
    says: str

    @property
    def name(self) -> str:
        """Names the finding within its statement: a verifier accepts it by this name."""
        return f"{self.rule}:{self.subject}"


@dataclass(frozen=True)
class Rules:
    """The thresholds in force, basis points; `version` is the text that attestations carry."""

    version: str
    outlier_low_bps: int
    outlier_high_bps: int
    spike_high_bps: int
    curve_distance_bps: int
    curve_months_least: int


@dataclass(frozen=True)
class Month:
    """One month of a category, grams."""

    name: str
    measured: bool
    reported_gco2e: int


@dataclass(frozen=True)
class Facts:
    """What the rules look at, read from a statement document's fields. Months ascend."""

    values: Mapping[str, Any]
    budgets_gco2e: Mapping[str, int]
    months: Mapping[str, tuple[Month, ...]]
    lines_gco2e: Mapping[str, int]

    def measured(self, category: str) -> list[Month]:
        """The category's measured months."""
        return [month for month in self.months[category] if month.measured]


@cache
def shipped_rules() -> Rules:
    """The rules of `plausibility.toml`; the version ends in eight digits of the file's digest."""
    raw = tomllib.loads(files("backend.issuance").joinpath("plausibility.toml").read_text("utf-8"))
    return Rules(
        version=f"{raw['version']}+{digest_of(raw).hex()[:8]}",
        outlier_low_bps=raw["outlier"]["low_bps"],
        outlier_high_bps=raw["outlier"]["high_bps"],
        spike_high_bps=raw["spike"]["high_bps"],
        curve_distance_bps=raw["similar_curve"]["distance_bps"],
        curve_months_least=raw["similar_curve"]["months_least"],
    )


def facts_of(values: Mapping[str, Any]) -> Facts:
    """The facts of a statement's values (`ledger.document.Document.values`)."""
    budgets: dict[str, int] = {}
    months: dict[str, list[Month]] = {}
    lines: dict[str, int] = {}
    for name in sorted(values):
        kind, _, rest = name.partition(".")
        if kind == "category":
            budgets[rest] = int(values[name]["budgetGco2e"])
        elif kind == "month":
            category, month = rest.split(".")
            row = values[name]
            measured = row["status"] != str(Status.UNMEASURED)
            months.setdefault(category, []).append(Month(month, measured, int(row["reportedGco2e"])))
        elif kind == "line":
            lines[f"{values[name]['category']} {rest}"] = int(values[name]["gco2e"])
    return Facts(values, budgets, {name: tuple(rows) for name, rows in months.items()}, lines)


def outliers(facts: Facts, rules: Rules) -> list[Finding]:
    """A measured category far below or above its benchmark."""
    found = []
    for category, months in facts.months.items():
        measured = facts.measured(category)
        budget = facts.budgets_gco2e.get(category, 0)
        if not measured or not budget:
            continue
        share_bps = sum(month.reported_gco2e for month in measured) * len(months) * BPS // (budget * len(measured))
        if 0 < share_bps < rules.outlier_low_bps:
            says = "the category is far below its benchmark (basis points of the budget)"
            found.append(Finding("outlier_low", category, share_bps, rules.outlier_low_bps, says))
        if share_bps > rules.outlier_high_bps:
            says = "the category is far above its benchmark (basis points of the budget)"
            found.append(Finding("outlier_high", category, share_bps, rules.outlier_high_bps, says))
    return found


def spikes(facts: Facts, rules: Rules) -> list[Finding]:
    """A month many times the median month of its category."""
    found = []
    for category in facts.months:
        measured = facts.measured(category)
        amounts = sorted(month.reported_gco2e for month in measured)
        median = amounts[len(amounts) // 2] if amounts else 0
        for month in measured:
            share_bps = month.reported_gco2e * BPS // median if median else 0
            if share_bps > rules.spike_high_bps:
                says = "the month is many times the category's median month (basis points)"
                subject = f"{category} {month.name}"
                found.append(Finding("spike", subject, share_bps, rules.spike_high_bps, says))
    return found


def gaps(facts: Facts, _rules: Rules) -> list[Finding]:
    """A month not measured between months that are: a bill that went missing."""
    found = []
    for category, months in facts.months.items():
        places = [place for place, month in enumerate(months) if month.measured]
        inside = months[places[0] : places[-1]] if places else ()
        says = "the month is not measured, though earlier and later ones are (measured months)"
        found += [
            Finding("gap", f"{category} {month.name}", len(places), len(months), says)
            for month in inside
            if not month.measured
        ]
    return found


def zero_claims(facts: Facts, _rules: Rules) -> list[Finding]:
    """A measured month of exactly nothing."""
    says = "the month claims to have emitted nothing (grams)"
    return [
        Finding("zero_claim", f"{category} {month.name}", 0, 1, says)
        for category in facts.months
        for month in facts.measured(category)
        if month.reported_gco2e == 0
    ]


def negative_nets(facts: Facts, _rules: Rules) -> list[Finding]:
    """A line or month below zero: exported power is never subtracted."""
    months = {f"{name} {month.name}": month.reported_gco2e for name, rows in facts.months.items() for month in rows}
    says = "it is below zero (grams)"
    return [
        Finding("negative_net", subject, grams, 0, says)
        for subject, grams in (*months.items(), *facts.lines_gco2e.items())
        if grams < 0
    ]


def wrong_sums(facts: Facts, _rules: Rules) -> list[Finding]:
    """Sums inside the document that do not agree."""
    return [Finding("wrong_sum", sentence, 1, 0, sentence) for sentence in findings_of(facts.values)]


RULES: tuple[Callable[[Facts, Rules], list[Finding]], ...] = (
    outliers,
    spikes,
    gaps,
    zero_claims,
    negative_nets,
    wrong_sums,
)
"""Rules that need one statement only."""


def curve_of(facts: Facts, category: str, rules: Rules) -> tuple[int, ...] | None:
    """Each month's share of the category's year in basis points, or None if too little was measured."""
    months = facts.months.get(category, ())
    total = sum(month.reported_gco2e for month in months)
    if total <= 0 or len(facts.measured(category)) < rules.curve_months_least:
        return None
    return tuple(month.reported_gco2e * BPS // total for month in months)


def similar_curves(facts: Facts, others: Sequence[Facts], rules: Rules) -> list[Finding]:
    """The same year's curve in another household: a bill used twice. `others` leave out the person's own household."""
    found = []
    for category in facts.months:
        own = curve_of(facts, category, rules)
        curves = [curve_of(other, category, rules) for other in others] if own else []
        distances = [
            sum(abs(one - two) for one, two in zip(own, curve, strict=True))
            for curve in curves
            if own is not None and curve is not None and len(curve) == len(own)
        ]
        if distances and min(distances) <= rules.curve_distance_bps:
            says = "another household's year has the same curve (basis points of difference)"
            found.append(Finding("similar_curve", category, min(distances), rules.curve_distance_bps, says))
    return found


def review(facts: Facts, others: Sequence[Facts], rules: Rules) -> list[Finding]:
    """Every finding on a statement, in the order of the rules."""
    found = [finding for rule in RULES for finding in rule(facts, rules)]
    return found + similar_curves(facts, others, rules)
