"""Household terms: declared, capped, labelled; and days alone by what households declared."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.footprint.kind import Category
from backend.footprint.span import Span, month_span
from backend.ledger.accrual import Elsewhere, Membership, monthly_budget
from backend.ledger.adjuster import Adjuster, AdjusterMalformed, Term, adjusters_of
from backend.ledger.alone import alone_days
from backend.ledger.content import Account, content_of
from backend.ledger.coverage import Home
from backend.ledger.draft import draft_of
from backend.ledger.home import Stay, found_home, move_in, move_out
from backend.ledger.policy import Policy, PolicyMalformed, parse_policy
from backend.ledger.statement import year_of
from backend.storage.database import Database
from tests.unit.ledger.people import AT, member, some_books
from tests.unit.ledger.test_policy import TEXT
from tests.unit.ledger.years import CALIFORNIA, FROZEN_2025, WHOLE_YEAR, reading

TABLE: dict[str, Any] = {
    "cap_bps": 2000,
    "living_alone": {"extra_bps": 2000, "categories": ["electricity"], "note": "an assumption"},
}
ALONE_TEXT = TEXT + "\n[adjusters]\ncap_bps = 2000\n\n[adjusters.living_alone]\nextra_bps = 2000\n"
ALONE_TEXT += 'categories = ["electricity"]\nnote = "an assumption"\n'
YEAR = (date(2025, 1, 1), date(2025, 12, 31))
LONDON = ZoneInfo("Europe/London")
TERM = Adjuster(Term.LIVING_ALONE, 2000, frozenset({Category.ELECTRICITY}), "an assumption")


class TestTable:
    def test_term__is_read_with_its_label(self) -> None:
        assert adjusters_of(TABLE) == (TERM,)
        assert adjusters_of({}) == ()

    @pytest.mark.parametrize(
        "wrong",
        [
            {"cap_bps": 1999},
            {"cap_bps": 0},
            {"cap_bps": None},
            {"left_handed": TABLE["living_alone"]},
            {"living_alone": TABLE["living_alone"] | {"note": ""}},
            {"living_alone": TABLE["living_alone"] | {"extra_bps": 0}},
            {"living_alone": TABLE["living_alone"] | {"categories": ["rockets"]}},
            {"living_alone": TABLE["living_alone"] | {"categories": []}},
        ],
    )
    def test_term__unknown_unlabelled_or_over_its_cap__is_refused(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(AdjusterMalformed) as refused:
            adjusters_of(TABLE | wrong)

        assert refused.value.code == "policy.adjuster_malformed"

    def test_policy__whose_high_default_is_below_the_budget_with_the_term__is_refused(self) -> None:
        parse_policy(ALONE_TEXT.replace("high_default_kg = 300", "high_default_kg = 120"))

        with pytest.raises(PolicyMalformed):
            parse_policy(ALONE_TEXT.replace("high_default_kg = 300", "high_default_kg = 119"))


class TestDays:
    def test_home_of_one__is_alone_all_year(self) -> None:
        assert alone_days([[Stay(1, date(2024, 1, 1), None)]], 1, *YEAR) == (YEAR,)

    def test_others_who_come_and_go__cut_the_days(self) -> None:
        stays = [Stay(1, date(2024, 1, 1), None), Stay(2, date(2025, 3, 1), date(2025, 4, 30))]

        assert alone_days([stays], 1, *YEAR) == ((YEAR[0], date(2025, 2, 28)), (date(2025, 5, 1), YEAR[1]))
        assert alone_days([stays], 2, *YEAR) == ()

    def test_second_home_with_somebody_in_it__is_not_alone(self) -> None:
        own, shared = (
            [Stay(1, date(2024, 1, 1), None)],
            [Stay(1, date(2025, 7, 1), None), Stay(2, date(2024, 1, 1), None)],
        )

        assert alone_days([own, shared], 1, *YEAR) == ((YEAR[0], date(2025, 6, 30)),)

    def test_without_a_home__nobody_is_alone_in_one(self) -> None:
        assert alone_days([], 1, *YEAR) == ()
        assert alone_days([[Stay(2, date(2024, 1, 1), None)]], 1, *YEAR) == ()


class TestAccrual:
    POLICY = replace(CALIFORNIA, adjusters=(TERM,))

    def test_days_alone__accrue_the_term_in_its_categories_only(self) -> None:
        alone = replace(WHOLE_YEAR, alone=((date(2025, 1, 1), date(2025, 1, 31)),))

        assert monthly_budget(365_000, alone, self.POLICY, Category.ELECTRICITY)[:2] == [37_200, 28_000]
        assert sum(monthly_budget(365_000, alone, self.POLICY, Category.GAS)) == 365_000
        assert sum(monthly_budget(365_000, alone, CALIFORNIA, Category.ELECTRICITY)) == 365_000

    def test_child__accrues_its_share_and_no_term(self) -> None:
        child = Membership(2025, *YEAR, date(2020, 1, 1), alone=(YEAR,))

        assert sum(monthly_budget(365_000, child, self.POLICY, Category.ELECTRICITY)) == 182_500

    def test_days_under_another_region_s_policy__accrue_no_term(self) -> None:
        stay = Elsewhere(date(2025, 1, 1), date(2025, 1, 31), CALIFORNIA)
        mover = replace(WHOLE_YEAR, alone=(YEAR,), elsewhere=(stay,))

        assert monthly_budget(365_000, mover, self.POLICY, Category.ELECTRICITY)[:2] == [31_000, 33_600]


def test_draft__of_one_who_lives_alone_until_somebody_moves_in__has_the_term_for_those_days(database: Database) -> None:
    books = some_books(parse_policy(ALONE_TEXT))
    with database.write() as session:
        one, other = (member(session, books, number, "GB") for number in (10, 11))
        home = found_home(session, person_id=one.person_id, region="GB", since_on=date(2025, 1, 1), at=AT)
        alone = draft_of(session, books, one.person_id, 2025).year
        move_in(session, home.code, person_id=other.person_id, since_on=date(2025, 7, 1), at=AT)
        drafts = [draft_of(session, books, person.person_id, 2025) for person in (one, other)]
        told, others = (content_of(Account("0x", b"", 1), draft.year, draft.plan, "0x") for draft in drafts)

    assert told["alone"] == [{"firstDay": "2025-01-01", "lastDay": "2025-06-30"}]
    assert alone.budget_gco2e == 120_000
    assert "alone" not in others
    assert [draft.year.budget_gco2e for draft in drafts] == [100_000 + 20_000 * 181 // 365, 100_000]


def test_draft__moving_out_told_late__leaves_nobody_alone_before(database: Database) -> None:
    books = some_books(parse_policy(ALONE_TEXT + "\n[guards]\ntold_within_days = 31\n"))
    told_at = datetime(2025, 10, 1, 12, tzinfo=UTC)
    with database.write() as session:
        one, other = (member(session, books, number, "GB") for number in (10, 11))
        home = found_home(session, person_id=one.person_id, region="GB", since_on=date(2025, 1, 1), at=told_at)
        move_in(session, home.code, person_id=other.person_id, since_on=date(2025, 1, 1), at=told_at)
        move_out(session, home.code, person_id=other.person_id, until_on=date(2025, 3, 31), at=told_at)
        year = draft_of(session, books, one.person_id, 2025).year

    assert year.member.alone == ((date(2025, 9, 1), date(2025, 12, 31)),)


def _net_gco2e(policy: Policy, kwh: int, people: int, *, is_home: bool) -> int:
    """What one of a British home's people stands at; or somebody who has no home on paper."""
    year = Span(month_span(2025, 1, LONDON).start_s, month_span(2025, 12, LONDON).end_s)
    used = reading("grid_electricity", str(kwh), year, "GB", meter="m", people=people)
    alone = (YEAR,) if people == 1 else ()
    found = year_of(
        policy=policy,
        member=replace(WHOLE_YEAR, alone=alone),
        zone=LONDON,
        factors=FROZEN_2025,
        readings=[used] if is_home else [],
        homes=[Home((year,), {Category.ELECTRICITY: frozenset({"m"})})] if is_home else [],
    )
    return found.surplus_gco2e - found.deficit_gco2e


@given(st.integers(min_value=0, max_value=3000))
def test_moving_out_on_paper__even_at_the_lowest_default_allowed__never_pays_a_home_of_two(kwh: int) -> None:
    policy = parse_policy(ALONE_TEXT.replace("high_default_kg = 300", "high_default_kg = 120"))

    truthful = 2 * _net_gco2e(policy, kwh, 2, is_home=True)
    on_paper = _net_gco2e(policy, kwh, 1, is_home=True) + _net_gco2e(policy, kwh, 2, is_home=False)

    assert on_paper < truthful
