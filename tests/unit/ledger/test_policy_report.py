"""The report: who gains and who loses, to the gram, before a policy is adopted."""

from dataclasses import replace

import pytest

from backend.ledger.persona import shipped_personas
from backend.ledger.policy import Policy, parse_policy, shipped_policies
from backend.ledger.policy_report import PoliciesNotComparable, PolicyReport, Verdict, groups_of, report_of
from tests.unit.ledger.test_policy import TEXT

POLICIES = shipped_policies()
CALIFORNIA = POLICIES.policy("us-ca-home-electricity-2026")


def _candidate(**changes: object) -> Policy:
    """A policy for California in 2026 that nobody shipped: 200 kg a year."""
    text = TEXT.replace('region = "GB"', 'region = "US-CA"').replace("vintage = 2025", "vintage = 2026")
    text = text.replace("budget_kg = 100", "budget_kg = 200")
    for name, value in changes.items():
        line = next(row for row in text.splitlines() if row.startswith(f"{name} = "))
        text = text.replace(line, f"{name} = {value}")
    return parse_policy(text)


def _by_id(report: PolicyReport) -> dict[str, tuple[Verdict, int]]:
    return {one.found.persona.id: (one.verdict, one.change_gco2e) for one in report.outcomes}


def test_report__of_a_shipped_policy__is_what_the_personas_files_say() -> None:
    report = report_of(CALIFORNIA, POLICIES, shipped_personas())

    assert set(_by_id(report)) == {one.id for one in shipped_personas().values() if one.region == "US-CA"}
    for one in report.outcomes:
        kept = one.found.persona.changes[-1].after
        assert one.change_gco2e == kept["surplus_gco2e"] - kept["deficit_gco2e"]
    assert {verdict for verdict, _ in _by_id(report).values()} == {Verdict.GAINS, Verdict.LOSES}
    assert report.people_under_cap == 1000


def test_report__of_a_candidate_against_what_governs__says_what_each_would_lose_by_it() -> None:
    candidate = _candidate()

    report = report_of(candidate, POLICIES, shipped_personas(), CALIFORNIA)
    back = report_of(CALIFORNIA, POLICIES, shipped_personas(), candidate)

    assert all(change <= 0 for _, change in _by_id(report).values())
    verdict, change = _by_id(report)["us-ca-desert-alone"]
    assert (verdict, change) == (Verdict.LOSES, 200_000 - 433_000)
    assert {name: -change for name, (_, change) in _by_id(report).items()} == {
        name: change for name, (_, change) in _by_id(back).items()
    }
    assert POLICIES.governing("US-CA", 2026) is CALIFORNIA


def test_report__of_the_next_vintage_against_the_last__leaves_out_who_was_not_born() -> None:
    report = report_of(CALIFORNIA, POLICIES, shipped_personas(), POLICIES.policy("us-ca-home-electricity-2025"))

    assert [(one.persona.id, one.code) for one in report.left_out] == [("us-ca-newborn", "statement.not_a_member")]
    assert "us-ca-newborn" not in _by_id(report)
    assert all(one.before is not None and one.before.policy.vintage == 2025 for one in report.outcomes)


def test_report__of_a_policy_on_another_basis_than_its_factors__leaves_everybody_out_and_says_why() -> None:
    report = report_of(_candidate(gas_basis='"co2"'), POLICIES, shipped_personas())

    assert report.outcomes == ()
    assert {one.code for one in report.left_out} == {"statement.basis_mismatch"}


def test_report__against_a_policy_of_another_region__is_refused() -> None:
    with pytest.raises(PoliciesNotComparable) as refused:
        report_of(CALIFORNIA, POLICIES, shipped_personas(), POLICIES.policy("gb-lifestyle-2026"))

    assert refused.value.code == "policy.not_comparable"


def test_groups__of_each_aspect__add_up_to_everybody() -> None:
    report = report_of(POLICIES.policy("cn-sc-home-travel-2026"), POLICIES, shipped_personas())

    everybody, *groups = groups_of(report.outcomes)

    assert everybody.people == len(report.outcomes)
    assert {one.aspect for one in groups} == {"region", "diet", "home", "travel", "children"}
    for aspect in {one.aspect for one in groups}:
        own = [one for one in groups if one.aspect == aspect]
        for name in ("people", "gains", "loses", "budget_gco2e", "surplus_gco2e", "deficit_gco2e", "change_gco2e"):
            assert sum(getattr(one, name) for one in own) == getattr(everybody, name), (aspect, name)
    assert everybody.change_gco2e == everybody.surplus_gco2e - everybody.deficit_gco2e


def test_groups__of_nobody__are_all_zero() -> None:
    (everybody, *others) = groups_of(())

    assert (everybody.people, everybody.change_gco2e, others) == (0, 0, [])


def test_verdict__of_a_persona_that_stands_the_same__is_neither() -> None:
    outcome = report_of(CALIFORNIA, POLICIES, shipped_personas(), CALIFORNIA).outcomes[0]

    assert outcome.verdict is Verdict.NEITHER
    assert replace(outcome, before=None).verdict is not Verdict.NEITHER
