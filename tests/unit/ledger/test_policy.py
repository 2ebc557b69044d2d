"""Policies: what a file must say, and that the shipped ones say how their numbers came about."""

from decimal import Decimal

import pytest

from backend.footprint.selection import choose
from backend.kernel.digest import digest_of
from backend.ledger.policy import PolicyMalformed, PolicySet, PolicyUnknown, parse_policy, shipped_policies
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


def test_shipped__two_policies__are_illustrative_simulated_and_derived() -> None:
    policies = shipped_policies().by_id

    assert set(policies) == {"us-ca-home-electricity-2025", "cn-sc-home-travel-2025"}
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


def test_set__unknown_id_or_ungoverned_year__is_not_found() -> None:
    policies = PolicySet.of([parse_policy(TEXT)])

    assert policies.governing("GB", 2025).id == "test"
    with pytest.raises(PolicyUnknown) as no_such_id:
        policies.policy("nothing")
    with pytest.raises(PolicyUnknown) as no_such_year:
        policies.governing("GB", 2024)

    assert no_such_id.value.code == no_such_year.value.code == "policy.unknown"
