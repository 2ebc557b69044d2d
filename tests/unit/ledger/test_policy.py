"""Policies: what a file must say, and that the shipped ones say how their numbers came about."""

import math
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from backend.footprint.freeze import frozen_for
from backend.footprint.kind import KINDS, Category
from backend.footprint.selection import FactorUnknown, choose
from backend.kernel.digest import digest_of
from backend.ledger.deadline import settle_by
from backend.ledger.outside import OutsideMalformed
from backend.ledger.policy import (
    SETTLE_WITHIN_DAYS,
    Policy,
    PolicyMalformed,
    PolicySet,
    PolicyUnknown,
    parse_policy,
    shipped_policies,
)
from backend.ledger.policy_record import PolicyChanged, policy_records, require_recorded
from tests.unit.ledger.people import some_books

TEXT = """
id = "test"
title = "Test"
revision = 1
illustrative = true
region = "GB"
vintage = 2025
methodology = "SIM"

[rules]
region_cap_kg = 1000
minimum_batch = 1
mint_step_kg = 10
buffer_bps = 500
haircut_d_bps = 500
child_share_bps = 5000
majority_age = 18
month_measured_bps = 9500
year_measured_bps = 8000

[categories.electricity]
budget_kg = 100
high_default_kg = 300
gas_basis = "co2e"
boundary = "generation"
derivation = "a derivation"
sources = ["a source"]
"""


def test_shipped__policies_of_two_vintages__are_illustrative_simulated_and_derived() -> None:
    policies = shipped_policies().by_id

    assert set(policies) == {
        "us-ca-home-electricity-2025", "cn-sc-home-travel-2025",
        "us-ca-home-electricity-2026", "cn-sc-home-travel-2026", "cn-he-home-travel-2026", "gb-lifestyle-2026",
    }  # fmt: skip
    for policy in policies.values():
        assert policy.illustrative
        assert policy.methodology == "SIM"
        assert all(one.derivation and one.sources for one in policy.categories)
        assert all(one.high_default_gco2e > one.budget_gco2e for one in policy.categories)


def test_shipped__what_they_cover__is_what_they_say() -> None:
    policies = shipped_policies()

    assert [one.category for one in policies.policy("us-ca-home-electricity-2025").categories] == ["electricity"]
    assert [one.category for one in policies.policy("cn-sc-home-travel-2025").categories] == [
        "electricity",
        "gas",
        "travel",
    ]
    assert {one.category for one in policies.policy("gb-lifestyle-2026").categories} == set(Category)


@pytest.mark.parametrize("policy", shipped_policies().of_vintage(2026), ids=lambda policy: policy.id)
def test_shipped__of_2026__are_a_backcast_of_one_path_and_say_what_they_leave_out(policy: Policy) -> None:
    assert policy.path is not None
    assert policy.path.backcast
    assert policy.path.value_gco2e == 3_152_570
    assert policy.path.path.anchors == ((2030, 2_500_000), (2040, 1_400_000), (2050, 700_000))
    assert "backcast" in policy.path.note
    assert policy.outside
    assert policy.region_cap_gco2e == 1000 * sum(one.budget_gco2e for one in policy.categories)
    assert "illustrative" in policy.source["rules"]["region_cap_note"]
    assert "assumption" in policy.source["rules"]["child_share_note"]


@pytest.mark.parametrize("policy", shipped_policies().of_vintage(2026), ids=lambda policy: policy.id)
def test_shipped__of_2026__every_factor_that_may_earn_has_the_basis_and_boundary_of_its_budget(policy: Policy) -> None:
    place = "US-CAMX" if policy.region == "US-CA" else policy.region
    budgets = {one.category: one for one in policy.categories}
    earning = 0
    for kind in KINDS.values():
        budget = budgets.get(kind.category)
        if budget is None or kind.instead:
            continue
        try:
            choice = choose(frozen_for(2026), kind.name, place, 2026)
        except FactorUnknown:
            continue
        if choice.earns and choice.carrier is None:
            earning += 1
            assert choice.own.factor.gas_basis == budget.gas_basis, kind.name
            assert budget.takes(choice.own.factor.boundary), kind.name
    assert earning


@pytest.mark.parametrize(
    ("policy_id", "place", "kwh"),
    [
        ("us-ca-home-electricity-2026", "US-CAMX", 2253),
        ("cn-sc-home-travel-2026", "CN-SC", 937),
        ("cn-he-home-travel-2026", "CN-HE", 937),
    ],
)
def test_shipped__electricity_of_2026__starts_from_the_reference_times_the_frozen_factor(
    policy_id: str, place: str, kwh: int
) -> None:
    reference = kwh * choose(frozen_for(2026), "grid_electricity", place, 2026).own.factor.value
    policy = shipped_policies().policy(policy_id)

    budget = next(one for one in policy.categories if one.category == "electricity")

    base_kg = int(reference * Decimal("0.9"))
    assert policy.source["categories"]["electricity"]["base_kg"] == base_kg
    assert budget.budget_gco2e == base_kg * 3_152_570 // 3_340_765 * 1000
    assert budget.high_default_gco2e == int(2 * reference) * 1000


def test_shipped__high_defaults_of_the_lifestyle__are_what_their_derivations_say() -> None:
    policy = shipped_policies().policy("gb-lifestyle-2026")
    high = {str(one.category): one.high_default_gco2e // 1000 for one in policy.categories}

    def value(kind: str) -> Decimal:
        return choose(frozen_for(2026), kind, "GB", 2026).own.factor.value

    people = Decimal("2.36")
    exact = {
        "diet": 365 * value("diet_high_meat"),
        "electricity": 2 * 2700 / people * value("grid_electricity"),
        "gas": 2 * 11500 / people * value("natural_gas_gross"),
        "heating": 2 * 11500 / people * Decimal("0.24677"),
        "water": 2 * 52 * (value("water_supply") + value("water_treatment")),
        "travel": 5000 * value("car_petrol") + 11080 * value("flight_long_haul"),
        "waste": 400 * value("waste_landfill"),
        "stay": 14 * value("hotel_night"),
    }
    assert {name: math.ceil(number) for name, number in exact.items()} == high


def test_shipped__lifestyle__is_whole_with_what_stays_outside() -> None:
    policy = shipped_policies().policy("gb-lifestyle-2026")
    assert policy.path is not None

    inside = sum(row["path_share_bps"] for row in policy.source["categories"].values())
    named = sum(one.path_share_bps or 0 for one in policy.outside)
    unnamed = [one.name for one in policy.outside if one.path_share_bps is None]

    assert inside + named == 10_000
    assert unnamed == ["supply of fuels and electricity, losses on the grid"]
    assert sum(one.budget_gco2e for one in policy.categories) == 2_152_000


@pytest.mark.parametrize(
    ("policy_id", "place", "kwh"),
    [("us-ca-home-electricity-2025", "US-CAMX", 2253), ("cn-sc-home-travel-2025", "CN-SC", 937)],
)
def test_shipped__electricity_budgets__are_nine_tenths_of_the_reference_times_the_frozen_factor(
    policy_id: str, place: str, kwh: int
) -> None:
    factor = choose(some_books().factors_for(2025), "grid_electricity", place, 2025).own.factor
    reference = kwh * factor.value

    budget = shipped_policies().policy(policy_id).categories[0]

    assert budget.budget_gco2e == int(reference * Decimal("0.9")) * 1000
    assert budget.high_default_gco2e == int(2 * reference) * 1000
    assert budget.gas_basis == factor.gas_basis


def test_digest__is_of_the_file_s_content_and_not_of_its_layout() -> None:
    one, other = parse_policy(TEXT), parse_policy("# a comment\n" + TEXT.replace("\n\n", "\n\n\n"))

    assert one.digest == other.digest == digest_of(dict(one.source))
    assert parse_policy(TEXT.replace("budget_kg = 100", "budget_kg = 101")).digest != one.digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('title = "Test"\n', ""),
        ("vintage = 2025", 'vintage = "2025"'),
        ("region_cap_kg = 1000", "region_cap_kg = -1"),
        ("region_cap_kg = 1000", "region_cap_kg = 1.5"),
        ("mint_step_kg = 10", "mint_step_kg = 0"),
        ("haircut_d_bps = 500", "haircut_d_bps = 10001"),
        ("budget_kg = 100", 'budget_kg = "100"'),
        ("[categories.electricity]", "[categories.rockets]"),
        ('gas_basis = "co2e"', 'gas_basis = "ch4"'),
        ('derivation = "a derivation"', 'derivation = ""'),
        ('sources = ["a source"]', "sources = []"),
        ('sources = ["a source"]', 'sources = ["a source"]\nboundaries_alike = ["combustion"]'),
        ('sources = ["a source"]', 'sources = ["a source"]\nboundaries_alike = ["x"]\nboundaries_note = "a note"'),
        ('id = "test"', "id = "),
    ],
)
def test_policy__incomplete_or_contradictory__is_refused(old: str, new: str) -> None:
    assert old in TEXT

    with pytest.raises(PolicyMalformed) as refused:
        parse_policy(TEXT.replace(old, new))

    assert refused.value.code == "policy.malformed"


def test_policy__covering_nothing__is_refused() -> None:
    with pytest.raises(PolicyMalformed):
        parse_policy(TEXT.partition("[categories")[0])


def test_set__two_policies_for_one_region_and_vintage__are_refused() -> None:
    policy = parse_policy(TEXT)

    with pytest.raises(PolicyMalformed):
        PolicySet.of([policy, parse_policy(TEXT.replace('id = "test"', 'id = "other"'))])


def _revised(**changes: str) -> Policy:
    text = TEXT.replace("revision = 1", "revision = 2")
    for name, value in changes.items():
        line = next(row for row in text.splitlines() if row.startswith(f"{name} = "))
        text = text.replace(line, f"{name} = {value}")
    return parse_policy(text)


def test_set__revised_policy__governs_and_the_earlier_revision_stays_known_by_its_digest() -> None:
    first, second = parse_policy(TEXT), _revised(budget_kg="90")
    policies = PolicySet.of([second, first])

    assert policies.policy("test") is policies.governing("GB", 2025) is second
    assert [policies.at(one.digest) for one in (first, second)] == [first, second]
    assert policies.of_vintage(2025) == [second]
    with pytest.raises(PolicyUnknown):
        policies.at(b"\0" * 32)


@pytest.mark.parametrize(
    "changes",
    [
        {"revision": "1"},
        {"region_cap_kg": "2000"},
        {"buffer_bps": "400"},
        {"methodology": '"OTHER"'},
        {"vintage": "2026"},
    ],
)
def test_set__revision_that_is_none_or_differs_on_the_chain__is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(PolicyMalformed):
        PolicySet.of([parse_policy(TEXT), _revised(**changes)])


def test_set__adopting_a_policy__puts_it_in_the_place_of_what_governs() -> None:
    policies = PolicySet.of([parse_policy(TEXT)])
    other = parse_policy(TEXT.replace('id = "test"', 'id = "other"'))

    assert policies.adopting(other).governing("GB", 2025) is other
    assert policies.governing("GB", 2025).id == "test"


def test_records__are_the_shipped_revisions_no_more_and_no_less() -> None:
    recorded = {(one.id, one.revision): one.digest for one in policy_records()}

    assert recorded == {(one.id, one.revision): digest for digest, one in shipped_policies().by_digest.items()}
    # What the sample year was first computed with; nobody may edit these two files.
    assert recorded["us-ca-home-electricity-2025", 1].hex().startswith("deee1556a5c8285f")
    assert recorded["cn-sc-home-travel-2025", 1].hex().startswith("55e1018d04b53c3f")


@pytest.mark.parametrize("fault", ["edited", "unrecorded", "gone"])
def test_records__file_that_is_not_what_was_recorded__is_told(fault: str) -> None:
    found = {(one.id, one.revision): one.digest for one in policy_records()}
    if fault == "edited":
        found["gb-lifestyle-2026", 1] = b"\0" * 32
    elif fault == "unrecorded":
        found["gb-lifestyle-2026", 2] = b"\0" * 32
    else:
        del found["gb-lifestyle-2026", 1]

    with pytest.raises(PolicyChanged) as refused:
        require_recorded(found)

    assert refused.value.code == "policy.changed"
    assert refused.value.fields["policy"] == "gb-lifestyle-2026"


@pytest.mark.parametrize(
    "row", ['name = "goods"', 'name = ""\nreason = "none"', 'name = "x"\nreason = "y"\npath_share_bps = 0']
)
def test_outside__without_a_reason_a_name_or_a_share_that_is_one__is_refused(row: str) -> None:
    with pytest.raises(OutsideMalformed) as refused:
        parse_policy(TEXT.replace("[rules]", f"[[outside]]\n{row}\n\n[rules]"))

    assert refused.value.code == "policy.outside_malformed"


def test_deficit__is_to_be_settled_a_year_after_its_own_or_as_the_policy_says() -> None:
    assert parse_policy(TEXT).settle_within_days == SETTLE_WITHIN_DAYS == 365
    assert settle_by(2025, "CN-SC", 365) == datetime(2026, 12, 31, 16, 0, tzinfo=UTC), "by the region's clock"

    sooner = parse_policy(TEXT.replace("[rules]", "[rules]\nsettle_within_days = 90"))

    assert sooner.settle_within_days == 90
    assert settle_by(2025, "GB", 90) == datetime(2026, 3, 31, 23, 0, tzinfo=UTC)
    assert sooner.digest != parse_policy(TEXT).digest


@pytest.mark.parametrize("days", ["-1", "1.5", '"soon"', "true"])
def test_deficit__settled_within_what_is_no_number_of_days__is_refused(days: str) -> None:
    with pytest.raises(PolicyMalformed):
        parse_policy(TEXT.replace("[rules]", f"[rules]\nsettle_within_days = {days}"))


LISTED = '[rules]\nsettle_regions = ["US-CA", "CN-SC"]\nsettle_regions_note = "one market of three"'


def test_deficit__is_settled_by_the_regions_that_the_policy_lists_and_no_other() -> None:
    listed = parse_policy(TEXT.replace("[rules]", LISTED))

    assert listed.settle_regions == ("US-CA", "CN-SC")
    assert parse_policy(TEXT).settle_regions == ()
    assert listed.digest != parse_policy(TEXT).digest


@pytest.mark.parametrize(
    "rules",
    [
        'settle_regions = ["US-CA"]',
        'settle_regions = ["US-CA"]\nsettle_regions_note = ""',
        'settle_regions = ["GB"]\nsettle_regions_note = "itself"',
        'settle_regions = ["US-CA", "US-CA"]\nsettle_regions_note = "twice"',
        'settle_regions = ["XX-YY"]\nsettle_regions_note = "nowhere"',
        'settle_regions = ["US-CAMX"]\nsettle_regions_note = "a grid area"',
        'settle_regions = "US-CA"\nsettle_regions_note = "a text"',
        'settle_regions = [1]\nsettle_regions_note = "a number"',
    ],
)
def test_deficit__settled_by_regions_that_are_none_or_without_a_word_why__is_refused(rules: str) -> None:
    with pytest.raises(PolicyMalformed) as refused:
        parse_policy(TEXT.replace("[rules]", f"[rules]\n{rules}"))

    assert "settle_regions" in str(refused.value.fields["why"])


def test_set__unknown_id_or_ungoverned_year__is_not_found() -> None:
    policies = PolicySet.of([parse_policy(TEXT)])

    assert policies.governing("GB", 2025).id == "test"
    with pytest.raises(PolicyUnknown) as no_such_id:
        policies.policy("nothing")
    with pytest.raises(PolicyUnknown) as no_such_year:
        policies.governing("GB", 2024)

    assert no_such_id.value.code == no_such_year.value.code == "policy.unknown"
