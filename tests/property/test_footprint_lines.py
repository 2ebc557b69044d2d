"""Properties of quantities, lines and their bound: rounding, order, splitting, round trips."""

from decimal import Decimal, localcontext
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from backend.footprint.line import ONE_SIDED_BPS, Spread, grams_up, isqrt_up, linear_margin_gco2e, margin_gco2e
from backend.footprint.quantity import ACCEPTED, FRACTION_DIGITS, plain, quantity_in
from backend.footprint.span import Span, intersect, seconds_of, subtract, union

quantities = st.decimals(min_value=0, max_value=10**9, places=9, allow_nan=False)
values = st.fractions(min_value=0, max_value=10, max_denominator=10**5)
weights = st.fractions(min_value=0, max_value=1, max_denominator=10**7)
spreads = st.lists(st.builds(Spread, st.sampled_from("abcde"), st.integers(0, 10**14)), max_size=12)
spans = st.lists(st.builds(Span, st.integers(0, 200), st.integers(0, 200)), max_size=8)


@given(quantities, values, weights)
def test_rounding__any_line__is_up_and_by_less_than_a_gram(
    quantity: Decimal, value: Fraction, weight: Fraction
) -> None:
    exact = Fraction(quantity) * value * weight * 1000

    assert exact <= grams_up(quantity, value, weight) < exact + 1


@given(quantities, values, st.lists(st.integers(1, 1000), min_size=1, max_size=12))
def test_splitting__a_line_into_any_parts__never_makes_it_less(
    quantity: Decimal, value: Fraction, parts: list[int]
) -> None:
    whole = grams_up(quantity, value, Fraction(1))
    split = sum(grams_up(quantity, value, Fraction(part, sum(parts))) for part in parts)

    assert whole <= split < whole + len(parts)


@given(spreads, st.data())
def test_margin__in_any_order__is_the_same(lines: list[Spread], data: st.DataObject) -> None:
    assert margin_gco2e(data.draw(st.permutations(lines))) == margin_gco2e(lines)


@given(spreads)
def test_margin__against_decimals__is_the_exact_bound_rounded_up_to_the_gram(lines: list[Spread]) -> None:
    groups: dict[str, int] = {}
    for line in lines:
        groups[line.group] = groups.get(line.group, 0) + line.gram_bps
    with localcontext(prec=80):
        root = Decimal(sum(total * total for total in groups.values())).sqrt()
        exact = root * ONE_SIDED_BPS / Decimal(10) ** 8

        assert exact - Decimal("1e-40") <= margin_gco2e(lines) < exact + 2


@given(spreads, st.builds(Spread, st.sampled_from("abcde"), st.integers(0, 10**14)))
def test_margin__one_line_more__is_never_less_and_never_beyond_the_linear_sum(
    lines: list[Spread], more: Spread
) -> None:
    assert margin_gco2e(lines) <= margin_gco2e([*lines, more])
    assert margin_gco2e(lines) <= linear_margin_gco2e(lines)
    assert margin_gco2e([*lines, more]) <= margin_gco2e(lines) + linear_margin_gco2e([more])


@given(st.integers(0, 10**60))
def test_isqrt_up__any_square__is_the_smallest_integer_not_below_the_root(square: int) -> None:
    root = isqrt_up(square)

    assert root * root >= square
    assert root == 0 or (root - 1) * (root - 1) < square


@given(st.integers(0, 10**12), st.sampled_from(sorted(ACCEPTED)))
def test_units__own_unit__keeps_the_number_as_given(millis: int, kept: str) -> None:
    text = plain(Decimal(millis).scaleb(-3))

    assert plain(quantity_in(text, kept, kept)) == text


@given(st.integers(0, 10**12))
def test_units__there_and_back__is_the_same_within_the_kept_step_and_never_less(millis: int) -> None:
    km = Decimal(millis).scaleb(-3)
    back_and_forth = (("Wh", "kWh", 1000), ("MWh", "kWh", Fraction(1, 1000)), ("mile", "km", Fraction(10**6, 1609344)))
    for unit, kept, factor in back_and_forth:
        there = Fraction(km) * factor
        text = plain(Decimal(there.numerator * 10**FRACTION_DIGITS // there.denominator).scaleb(-FRACTION_DIGITS))
        back = Fraction(quantity_in(text, unit, kept)) if len(text.partition(".")[0]) <= 15 else Fraction(km)

        assert abs(back - Fraction(km)) <= Fraction(3, 10**FRACTION_DIGITS)


@given(spans, spans)
def test_spans__any_two_sets__split_into_shared_and_rest(left: list[Span], right: list[Span]) -> None:
    one, other = union(left), union(right)

    assert seconds_of(one) == seconds_of(intersect(one, other)) + seconds_of(subtract(one, other))
    assert union([*subtract(one, other), *intersect(one, other)]) == one
    assert intersect(subtract(one, other), other) == []
