"""A city's expressions and the per-person code agree for everybody, in every field, to the gram."""

from dataclasses import replace
from datetime import date

import ibis
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from backend.footprint.kind import Category, Grade
from backend.footprint.line import BPS, ONE_SIDED_BPS, isqrt_up
from backend.footprint.span import Span, month_span
from backend.ledger.accrual import Elsewhere, Membership, membership_of
from backend.ledger.city_apart import close_rows
from backend.ledger.city_close import close_people
from backend.ledger.city_engine import Engine
from backend.ledger.city_integer import margin_gco2e, quotient_down, quotient_up
from backend.ledger.city_rows import rows_of
from backend.ledger.city_tables import PEOPLE
from backend.ledger.coverage import Home, Reading
from backend.ledger.guards import Guards
from backend.ledger.policy import Policy
from backend.ledger.statement import Year, year_of
from tests.property.test_ledger_lines import YEAR, readings
from tests.unit.ledger.britons import british
from tests.unit.ledger.years import FROZEN_2025, MONTHS, SICHUAN, ZONES, reading

ZONE = ZONES["CN-SC"]
GUARDED = replace(
    SICHUAN,
    guards=Guards(whole_years_only=True, gap_holds_vintages=1, least_shares=True, every_kind=True, year_at_once=True),
)
NARROW = replace(SICHUAN, categories=SICHUAN.categories[:1], haircut_d_bps=777, year_measured_bps=5000)
"""Electricity alone: gas and travel are outside."""
POLICIES = {"as in 2025": SICHUAN, "guarded": GUARDED, "narrow": NARROW}
USUAL = {"grid_electricity": 90, "natural_gas": 15, "car_petrol": 160, "bus": 60, "flight_domestic": 60}
METERS = {"grid_electricity": "e", "natural_gas": "g", "car_petrol": "v"}
HOME = Home((YEAR,), {Category.ELECTRICITY: frozenset("e"), Category.GAS: frozenset("g")})
CAR = Home((YEAR,), {Category.TRAVEL: frozenset("v")})

grades = st.sampled_from([Grade.M, Grade.M, Grade.D, Grade.S])


@st.composite
def members(draw: st.DrawFn) -> Membership:
    """Mostly whole years; some who join, leave, grow up, are born, die, or lived elsewhere."""
    if draw(st.booleans()):
        return membership_of(2025, date(2024, 1, 1), None, None)
    born_on = draw(st.none() | st.dates(date(2005, 1, 1), date(2025, 6, 1)))
    joined_on = draw(st.dates(date(2024, 12, 30), date(2025, 6, 1)))
    left_on = draw(st.none() | st.dates(date(2025, 6, 1), date(2026, 1, 2)))
    member = membership_of(2025, joined_on, left_on, born_on)
    if draw(st.booleans()):
        last = draw(st.dates(member.first, member.last))
        member = replace(member, elsewhere=(Elsewhere(member.first, last, british(2025)),))
    return replace(member, died=draw(st.booleans()))


@st.composite
def years(draw: st.DrawFn, policy: Policy, *, odd: bool) -> Year:
    """A year in which most months of most meters are evidenced, in one grade or several; an odd one has readings of
    any seconds, shares and sizes too.
    """
    most_grade = draw(grades)
    told: list[Reading] = []
    for kind, most in USUAL.items():
        if draw(st.integers(0, 5)) == 0:
            continue
        for month in MONTHS:
            span = month_span(2025, month, ZONE)
            if draw(st.integers(0, 15)) == 0:
                span = Span(span.start_s, span.end_s - draw(st.integers(0, 3 * 86400)))
            grade = draw(grades) if draw(st.integers(0, 15)) == 0 else most_grade
            quantity = draw(st.integers(0, most)) * draw(st.sampled_from([1, 1, 1, 9]))
            told.append(
                reading(
                    kind, str(quantity), span, "CN-SC",
                    grade=grade, meter=METERS.get(kind, ""), people=draw(st.integers(1, 3)),
                )
            )  # fmt: skip
    missing = draw(st.lists(st.integers(0, max(0, len(told) - 1)), max_size=4))
    told = [one for at, one in enumerate(told) if at not in missing]
    told += draw(st.lists(readings(), max_size=3)) if odd else []
    return year_of(
        policy=policy,
        member=draw(members()),
        zone=ZONE,
        factors=FROZEN_2025,
        readings=told,
        homes=[HOME],
        vehicles=[CAR] if draw(st.booleans()) else [],
        moving=draw(st.just(()) | st.just((Span(YEAR.start_s, YEAR.start_s + 30_000),))),
        is_held=draw(st.integers(0, 5)) == 0,
    )


def fields(year: Year) -> tuple[int, ...]:
    """What the table of people has of a year."""
    return tuple(getattr(year, name) for name in list(PEOPLE.names)[1:])


@settings(max_examples=12, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.sampled_from(sorted(POLICIES)), st.data())
def test_city__of_any_people__closes_each_as_the_per_person_code_does(policy: str, data: st.DataObject) -> None:
    odd = data.draw(st.lists(st.booleans(), min_size=1, max_size=5))
    people = [data.draw(years(POLICIES[policy], odd=one)) for one in odd]
    rows = [rows_of(number, year) for number, year in enumerate(people)]

    with Engine() as engine:
        closed = close_people(engine, rows, people[0].policy, FROZEN_2025)
        found = {row[0]: row[1:] for row in engine.run("SELECT * FROM people")}

    assert found == {number: fields(year) for number, year in enumerate(people)}
    assert closed.refused == ()
    assert closed.apart <= sum(odd), "who has nothing odd is closed by the expressions"


@settings(max_examples=30)
@given(st.sampled_from(sorted(POLICIES)), st.data())
def test_rows__closed_one_by_one__are_the_year_they_come_from(policy: str, data: st.DataObject) -> None:
    year = data.draw(years(POLICIES[policy], odd=True))

    assert fields(close_rows(rows_of(1, year), year.policy, FROZEN_2025)) == fields(year)


whole = st.integers(0, 2**50) | st.integers(0, 10**6)


@settings(max_examples=20)
@given(st.lists(st.tuples(whole, st.integers(1, 2**63 - 1) | st.integers(1, 10**4), st.integers(0, 10**9)), min_size=1))
def test_quotient__of_any_integers_below_its_bound__is_exact(pairs: list[tuple[int, int, int]]) -> None:
    below_2_63 = [(min(q * below + rest % below, 2**63 - 1), below) for q, below, rest in pairs]
    numbers = ibis.table({"above": "int64", "below": "int64"}, name="numbers")
    both = numbers.select(
        "above", "below", up=quotient_up(numbers.above, numbers.below), down=quotient_down(numbers.above, numbers.below)
    )
    with Engine() as engine:
        engine.make("numbers", numbers.schema())
        engine.fill("numbers", below_2_63)
        engine.keep("found", both)
        found = engine.run("SELECT * FROM found")

    assert all((up, down) == (-(-above // below), above // below) for above, below, up, down in found)


groups = st.integers(0, 3 * 10**14) | st.integers(0, 10**5)


def exact_margin(totals: tuple[int, ...]) -> int:
    square = sum(one * one for one in totals)
    return -(-isqrt_up(square * ONE_SIDED_BPS * ONE_SIDED_BPS) // (BPS * BPS))


@settings(max_examples=20)
@given(st.lists(st.tuples(groups, groups, groups), min_size=1, max_size=50))
def test_margin__of_any_groups__is_the_integer_root_rounded_up(people: list[tuple[int, int, int]]) -> None:
    # those whose root is a whole number of grams, and their neighbours, are where an estimate would be wrong
    whole_grams = [(one * BPS * BPS // ONE_SIDED_BPS + near, 0, 0) for one, _, _ in people[:9] for near in (-1, 0, 1)]
    rows = [one for one in (*people, *whole_grams) if min(one) >= 0 and sum(one) <= 10**15]
    table = ibis.table({"a": "int64", "b": "int64", "c": "int64"}, name="errors")
    with Engine() as engine:
        engine.make("errors", table.schema())
        engine.fill("errors", rows)
        engine.keep("found", table.mutate(margin=margin_gco2e([table.a, table.b, table.c])))
        found = engine.run("SELECT * FROM found")

    assert [margin for *_, margin in found] == [exact_margin(tuple(groups)) for *groups, _ in found]
