"""Shares are always the whole, and no move accrues more than staying where one ends up."""

from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from backend.ledger.accrual import monthly_budget, monthly_default
from backend.ledger.home import Split, Stay, sharing
from backend.ledger.policy import PolicySet
from backend.ledger.residence import Residence
from backend.ledger.seat import seat_of
from tests.unit.ledger.britons import british
from tests.unit.ledger.years import CALIFORNIA, SICHUAN

FIRST, LAST = date(2025, 1, 1), date(2025, 3, 31)
PEOPLE = range(1, 5)
POLICIES = PolicySet.of([CALIFORNIA, SICHUAN, british(2025)])
days = st.dates(FIRST, LAST)


@st.composite
def households(draw: st.DrawFn) -> list[Stay]:
    """Up to four people who come and go; nobody is there twice at a time."""
    found = []
    for person in PEOPLE:
        since = draw(days)
        until = draw(st.none() | st.dates(since, LAST))
        found.append(Stay(person, since, until))
    return found


@st.composite
def splits(draw: st.DrawFn) -> Split:
    """Parts of some of them, 10,000 together."""
    people = draw(st.lists(st.sampled_from(PEOPLE), min_size=1, unique=True))
    cuts = sorted(draw(st.sets(st.integers(1, 9_999), min_size=len(people) - 1, max_size=len(people) - 1)))
    edges = [0, *cuts, 10_000]
    return Split(draw(days), {person: edges[at + 1] - edges[at] for at, person in enumerate(people)})


@given(households(), st.lists(splits(), max_size=3), days)
def test_parts__of_everybody_there_on_any_day__are_the_whole(stays: list[Stay], agreed: list[Split], day: date) -> None:
    there = {stay.person_id for stay in stays if stay.since_on <= day and (stay.until_on or LAST) >= day}
    parts = []
    for person in PEOPLE:
        for first, last, among in sharing(stays, person, FIRST, LAST, agreed):
            if first <= day <= last:
                parts.append(Fraction(among.denominator, among.numerator))

    assert len(parts) == len(there)
    assert sum(parts) == (1 if there else 0)


@given(
    st.lists(st.sampled_from(["US-CA", "CN-SC", "GB"]), min_size=1, max_size=4),
    st.lists(st.dates(date(2025, 1, 2), date(2025, 12, 31)), min_size=3, max_size=3, unique=True),
)
def test_moves__any_of_them__accrue_no_more_than_staying_where_one_ends(regions: list[str], moves: list[date]) -> None:
    starts = [date(2024, 6, 1), *sorted(moves)][: len(regions)]
    known = [Residence(start, region) for start, region in zip(starts, regions, strict=True)]

    policy, member, runs = seat_of(
        POLICIES, known, vintage=2025, joined_on=date(2024, 6, 1), left_on=None, born_on=None
    )
    stayed = seat_of(
        POLICIES, [Residence(date(2024, 6, 1), regions[-1])], vintage=2025, joined_on=date(2024, 6, 1), left_on=None,
        born_on=None,
    )[1]  # fmt: skip

    assert policy.region == regions[-1]
    assert sum((last - first).days + 1 for first, last, _ in runs) == 365
    assert all(after[0] == before[1] + timedelta(days=1) for before, after in pairwise(runs))
    for one in policy.categories:
        moved = sum(monthly_budget(one.budget_gco2e, member, policy, one.category))
        assert moved <= sum(monthly_budget(one.budget_gco2e, stayed, policy, one.category))
        default = sum(monthly_default(one.high_default_gco2e, member, one.category))
        assert default >= sum(monthly_default(one.high_default_gco2e, stayed, one.category)) - 12
