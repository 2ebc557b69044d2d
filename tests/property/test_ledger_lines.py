"""The lines of a year, made fast with integers, are the plain ones: to the gram, to the text, in the same order."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from backend.footprint.activity import Activity
from backend.footprint.kind import Grade, kind_of
from backend.footprint.line import Amount, grams_up, rate_of
from backend.footprint.selection import choose
from backend.footprint.span import Span
from backend.ledger.accrual import Membership, membership_of
from backend.ledger.coverage import Reading
from backend.ledger.lines import lines_of
from tests.property.plain_lines import plain_amount, plain_lines
from tests.unit.ledger.years import FROZEN_2025, ZONES, year_span

USES = [
    (kind, place)
    for kind in ("grid_electricity", "natural_gas", "car_petrol", "car_bev", "bus", "rail", "flight_domestic")
    for place in ("CN-SC", "CN-CQ", "US-CAMX", "GB")
    if not (kind == "natural_gas" and place == "US-CAMX")  # a grid area, where no gas is burned
]
YEAR = year_span("CN-SC")
DAY_S = 86400

quantities = st.decimals(min_value=0, max_value=10**6, places=9, allow_nan=False) | st.integers(0, 30).map(Decimal)
starts = st.sampled_from(range(YEAR.start_s - 40 * DAY_S, YEAR.end_s, DAY_S)) | st.integers(
    YEAR.start_s - 366 * DAY_S, YEAR.end_s + DAY_S
)
lengths = st.sampled_from([DAY_S, 31 * DAY_S, 366 * DAY_S]) | st.integers(1, 366 * DAY_S)
people = st.integers(1, 6) | st.fractions(min_value=Fraction(10001, 10000), max_value=50, max_denominator=10_000)


@st.composite
def shares(draw: st.DrawFn) -> tuple[tuple[Span, int | Fraction], ...]:
    """Who shares a thing when: often the whole time, or a few spans one after another."""
    if draw(st.booleans()):
        return ((Span(0, 2**40), draw(people)),)
    cuts = sorted(draw(st.lists(st.integers(YEAR.start_s, YEAR.end_s), min_size=2, max_size=5, unique=True)))
    return tuple((Span(*pair), draw(people)) for pair in pairwise(cuts))


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    """Anything that might have been handed in. Few kinds, days and quantities, so that many lines are alike."""
    start_s = draw(starts)
    kind, place = draw(st.sampled_from(USES))
    activity = Activity(
        kind=kind_of(kind),
        quantity=draw(quantities),
        span=Span(start_s, start_s + draw(lengths)),
        place=place,
        grade=draw(st.sampled_from(Grade)),
        evidence="",
        given="",
        meter=None,
    )
    whole = Span(0, 2**40)
    least = draw(
        st.none() | st.builds(lambda first, then: ((Span(0, YEAR.start_s), first), (whole, then)), people, people)
    )
    shared = draw(st.none() | st.tuples(st.builds(lambda at: Span(at, 2**40), st.integers(YEAR.start_s, YEAR.end_s))))
    return Reading(activity, "", draw(shares()), least, shared)


members = st.builds(
    membership_of,
    st.just(2025),
    st.dates(date(2024, 6, 1), date(2025, 12, 31)),
    st.just(None),
    st.just(None),
)


@given(st.lists(readings(), max_size=12), members, st.sampled_from(sorted(ZONES)), st.data())
def test_lines__of_any_readings__are_the_plain_ones_in_the_same_order(
    given_in: Sequence[Reading], member: Membership, region: str, data: st.DataObject
) -> None:
    twice = data.draw(st.permutations([*given_in, *given_in[:3]]))
    zone = ZONES[region]

    fast = lines_of(twice, member, zone, FROZEN_2025)
    plain = plain_lines(twice, member, zone, FROZEN_2025)

    assert [line.fields(2025) for line in fast] == [line.fields(2025) for line in plain]
    assert [(line.category, line.month, line.amount, line.least) for line in fast] == [
        (line.reading.activity.kind.category, line.month, line.amount, line.least) for line in plain
    ]
    assert [line.earns for line in fast] == [line.choice.earns for line in plain]


@given(
    st.sampled_from(USES),
    quantities,
    st.fractions(min_value=0, max_value=1, max_denominator=10**7),
)
def test_rate__of_any_part__is_the_exact_product_rounded_up(
    use: tuple[str, str], quantity: Decimal, weight: Fraction
) -> None:
    choice = choose(FROZEN_2025, *use, 2025)
    rate = rate_of(choice)

    gco2e = rate.grams_up(quantity.as_integer_ratio(), weight.numerator * 7, weight.denominator * 7)

    assert gco2e == grams_up(quantity, Fraction(rate.numerator, rate.denominator * 1000), weight)
    assert Amount(gco2e, rate.spreads(gco2e)) == plain_amount(choice, quantity, weight)
