"""Each plausibility rule finds what it is for, and nothing in an ordinary year."""

from typing import Any

import pytest

from backend.issuance.plausibility import Rule, findings_in, shipped_thresholds

LIMITS = shipped_thresholds()
SEASONS = [40, 36, 34, 30, 28, 35, 50, 55, 42, 31, 33, 41]
EVEN = [40] * 12


def document(
    reported: list[int], *, unmeasured: tuple[int, ...] = (), budget: int = 459, scale: int = 1000
) -> dict[str, Any]:
    """A year of electricity, in kilograms a month, whose sums agree; unmeasured months count as 85 kg."""
    months, lines = {}, {}
    footprint = 0
    for month, kg in enumerate(reported, 1):
        gap = month in unmeasured
        own, counted = (0 if gap else kg * scale), (85_000 if gap else kg * scale)
        footprint += counted
        months[f"month.electricity.2025-{month:02d}"] = {
            "status": "unmeasured" if gap else "measured",
            "budgetGco2e": str(budget * 1000 if month == 1 else 0),
            "reportedGco2e": str(own),
            "footprintGco2e": str(counted),
            "boundGco2e": str(counted),
        }
        if own:
            line = {"category": "electricity", "month": f"2025-{month:02d}", "quantity": "1", "gco2e": str(own)}
            lines[f"line.{month:04d}"] = line
    totals = {"budgetGco2e": str(budget * 1000), "footprintGco2e": str(footprint), "boundGco2e": str(footprint)}
    surplus = max(0, budget * 1000 - footprint)
    return {
        **totals,
        "marginGco2e": "0",
        "surplusGco2e": str(surplus),
        "deficitGco2e": str(max(0, footprint - budget * 1000)),
        "carriedInGco2e": "0",
        "nettedGco2e": "0",
        "creditGco2e": str(surplus),
        "bufferGco2e": "0",
        "carriedOutGco2e": "0",
        "category.electricity": totals,
        **months,
        **lines,
    }


def rules(values: dict[str, Any], **others: dict[str, Any]) -> list[Rule]:
    return [finding.rule for finding in findings_in(values, others, LIMITS)]


def test_rules__an_ordinary_year__find_nothing() -> None:
    assert rules(document(SEASONS), other=document(EVEN)) == []


def test_rules__sums_that_disagree__find_that_alone() -> None:
    values = document([1] * 12) | {"footprintGco2e": "1"}
    assert set(rules(values)) == {Rule.SUMS_DISAGREE}


@pytest.mark.parametrize(
    ("reported", "expected"),
    [([1] * 11 + [11], [Rule.OUTLIER]), ([2] * 11 + [1], []), ([382] * 12, []), ([383] * 12, [Rule.OUTLIER])],
)
def test_outlier__against_the_policys_budget__is_found_at_both_ends(reported: list[int], expected: list[Rule]) -> None:
    assert rules(document(reported)) == expected


@pytest.mark.parametrize(
    ("unmeasured", "expected"),
    [((3, 4), []), ((3, 4, 5), [Rule.MONTH_GAP]), (tuple(range(1, 13)), [])],
)
def test_month_gap__more_than_two_months__is_found_unless_nothing_was_measured(
    unmeasured: tuple[int, ...], expected: list[Rule]
) -> None:
    assert rules(document(SEASONS, unmeasured=unmeasured)) == expected


def test_similar_curve__another_homes_year_at_another_scale__is_found() -> None:
    half = document(SEASONS, scale=500)
    found = findings_in(document(SEASONS), {"0xab": half}, LIMITS)
    assert [finding.rule for finding in found] == [Rule.SIMILAR_CURVE]
    assert "0xab" in found[0].sentence


def test_similar_curve__of_gas__is_found_too() -> None:
    """By the category's name, which is `gas`: the kind's name would never be met."""

    def of_gas(values: dict[str, Any]) -> dict[str, Any]:
        return {
            name.replace("electricity", "gas"): {**entry, "category": "gas"} if name.startswith("line.") else entry
            for name, entry in values.items()
        }

    assert rules(of_gas(document(SEASONS)), other=of_gas(document(SEASONS, scale=500))) == [Rule.SIMILAR_CURVE]
    assert {"electricity", "gas"} == LIMITS.curve_categories


def test_similar_curve__seasons_that_differ__are_not_found() -> None:
    assert rules(document(SEASONS), other=document(SEASONS[6:] + SEASONS[:6])) == []


def test_similar_curve__too_few_common_months__says_nothing() -> None:
    ours = document(SEASONS, unmeasured=(1, 2))
    five_common = document(SEASONS, unmeasured=tuple(range(3, 8)))
    assert Rule.SIMILAR_CURVE not in rules(ours, other=five_common)
    assert Rule.SIMILAR_CURVE in rules(ours, other=document(SEASONS, unmeasured=tuple(range(3, 7))))


def test_zero_claim__a_measured_home_that_used_nothing__is_found() -> None:
    assert rules(document([0] * 12)) == [Rule.OUTLIER, Rule.ZERO_CLAIM]


def test_negative_net__a_line_below_zero__is_found() -> None:
    values = document(SEASONS)
    values["line.0001"] = values["line.0001"] | {"quantity": "-5"}
    assert rules(values) == [Rule.NEGATIVE_NET]


def trip(kind: str, km: str, hours: int, part: str = "1/1", month: str = "2025-03") -> dict[str, Any]:
    """A journey's line in a document, 0 g so that the sums agree."""
    return {
        "category": "travel",
        "month": month,
        "kind": kind,
        "quantity": km,
        "fromUnix": 1_741_000_000,
        "toUnix": 1_741_000_000 + 3600 * hours,
        "part": part,
        "gco2e": "0",
    }


def travelling(*trips: dict[str, Any]) -> dict[str, Any]:
    return document(SEASONS) | {f"line.1{at:03d}": one for at, one in enumerate(trips)}


@pytest.mark.parametrize(
    ("trips", "expected"),
    [
        ([trip("flight_long_haul", "5500", 5)], []),
        ([trip("flight_long_haul", "5500.1", 5)], [Rule.IMPOSSIBLE_TRAVEL]),
        ([trip("bus", "2000", 2)], [Rule.IMPOSSIBLE_TRAVEL]),
        ([trip("bus", "2000", 2)] * 3, [Rule.IMPOSSIBLE_TRAVEL]),
        ([trip("rail", "100000", 744)], []),
        ([trip("rail", "100000", 744), trip("bus", "50000", 744)], [Rule.IMPOSSIBLE_TRAVEL]),
        ([trip("rail", "100000", 744), trip("bus", "50000", 744, part="1/2")], []),
        ([trip("rail", "100000", 744), trip("bus", "50000", 744, month="2025-04")], []),
        ([{**trip("bus", "2000", 2), "kind": "diet_vegan"}], []),
    ],
)
def test_impossible_travel__faster_or_longer_than_anybody_goes__is_found_once(
    trips: list[dict[str, Any]], expected: list[Rule]
) -> None:
    assert rules(travelling(*trips)) == expected
