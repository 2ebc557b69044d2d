"""Under a policy's guards neither cuts of documents, nor their order, nor who else is said to share gains anything."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from backend.footprint.span import Span, month_span
from backend.ledger.coverage import Reading
from backend.ledger.home import Stay, sharing
from backend.ledger.least import Run, as_told, least_runs
from backend.ledger.statement import Status, Year
from tests.property.test_ledger_shares import FIRST, LAST, PEOPLE, households
from tests.unit.ledger.test_cheats import STRICT
from tests.unit.ledger.years import MONTHS, ZONES, californian, home, reading

ZONE = ZONES["US-CA"]
DAYS = [day for month in MONTHS for day in ((month, 1), (month, 11), (month, 21))]
STARTS = [month_span(2025, month, ZONE).start_s + (day - 1) * 86_400 for month, day in DAYS]
EDGES = [*STARTS, month_span(2025, 12, ZONE).end_s]


def year_cut(kwh: list[int], cuts: list[int]) -> list[Reading]:
    """What 36 thirds of months used, in documents cut at some of their edges."""
    edges = sorted({0, len(kwh), *cuts})
    return [
        reading("grid_electricity", str(sum(kwh[one:two])), Span(EDGES[one], EDGES[two]), "US-CAMX", meter="m")
        for one, two in pairwise(edges)
    ]


def closed(readings: list[Reading]) -> Year:
    return californian(readings, policy=STRICT, homes=[home()])


uses = st.lists(st.sampled_from([0, 5, 20, 60, 900]), min_size=36, max_size=36)
cuts_of = st.lists(st.integers(1, 35), max_size=12, unique=True)


@given(uses, cuts_of, cuts_of)
def test_cuts__of_the_same_documents__change_nothing_but_rounding(
    kwh: list[int], one: list[int], two: list[int]
) -> None:
    first, second = closed(year_cut(kwh, one)), closed(year_cut(kwh, two))

    assert abs(first.bound_gco2e - second.bound_gco2e) <= 100
    assert abs(first.surplus_gco2e - second.surplus_gco2e) <= 100


@given(uses, cuts_of, st.data())
def test_omission__of_any_document__mints_nothing(kwh: list[int], cuts: list[int], data: st.DataObject) -> None:
    whole = year_cut(kwh, cuts)
    kept = data.draw(st.lists(st.sampled_from(whole), max_size=len(whole) - 1, unique_by=id))

    assert closed(kept).surplus_gco2e == 0


@given(uses, cuts_of, st.data())
def test_order__of_documents__changes_nothing(kwh: list[int], cuts: list[int], data: st.DataObject) -> None:
    whole = year_cut(kwh, cuts)

    assert closed(data.draw(st.permutations(whole))) == closed(whole)


@given(uses, cuts_of)
def test_months__of_a_guarded_year__add_up_to_its_bound(kwh: list[int], cuts: list[int]) -> None:
    year = closed(year_cut(kwh, cuts))

    assert {month.status for month in year.months} == {Status.MEASURED}
    assert year.bound_gco2e == sum(month.bound_gco2e for month in year.months) + year.margin_gco2e
    assert all(month.bound_gco2e >= 0 for month in year.months)
    assert year.bound_gco2e >= year.footprint_gco2e


@given(households(), st.sets(st.sampled_from(PEOPLE)), st.sampled_from(PEOPLE))
def test_least_parts__are_no_smaller_than_said__and_no_ghost_lightens_them(
    here: list[Stay], ghosts: set[int], person: int
) -> None:
    elsewhere = [Stay(ghost, FIRST, None) for ghost in ghosts - {person}]
    living = [stay for stay in here if stay.person_id not in ghosts - {person}]
    said = sharing(here, person, FIRST, LAST)

    least = least_runs(said, here, person, {7: here, 8: elsewhere})
    without = sharing(living, person, FIRST, LAST)

    assert days_of(least) == days_of(said) == days_of(without)
    for first, last, among in least:
        (run,) = [one for one in said if one[0] <= first and last <= one[1]]
        assert among <= run[2]
    assert weight_of(least) == weight_of(without)


def days_of(runs: list[Run]) -> int:
    return sum((last - first).days + 1 for first, last, _ in runs)


def weight_of(runs: list[Run]) -> Fraction:
    """Days, each times the part of it."""
    return sum((Fraction((last - first).days + 1) / among for first, last, among in runs), Fraction(0))


@given(households(), st.dates(date(2025, 1, 1), date(2025, 6, 30)), st.integers(0, 60))
def test_moves_told_late__never_reach_further_back(stays: list[Stay], told_on: date, within: int) -> None:
    late = [replace(stay, told_on=told_on) for stay in stays]

    for stay in as_told(late, within):
        assert (told_on - stay.since_on).days <= within
    assert as_told(late, None) == late
