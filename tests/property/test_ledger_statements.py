"""Properties of statements: order and repetition do not matter, budgets add up, and leaving things out never earns."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from backend.footprint.kind import Grade
from backend.footprint.line import linear_margin_gco2e
from backend.footprint.span import Span, month_span
from backend.ledger.accrual import membership_of, monthly_budget, monthly_default
from backend.ledger.coverage import Reading
from backend.ledger.document import disclose, document_of, verify, verify_disclosure
from backend.ledger.netting import largest_mint, plan_of
from backend.ledger.statement import Year
from tests.unit.ledger.people import counted_salts
from tests.unit.ledger.years import CALIFORNIA, MONTHS, SICHUAN, WHOLE_YEAR, ZONES, reading, sichuanese

ZONE = ZONES["CN-SC"]
grades = st.sampled_from([Grade.M, Grade.D])

# The most a truthful month may be here, with its own upper bound, so that the high default is what it claims to be:
# higher. A person whose true month is above the high default gains by hiding it; that is what the default must prevent.
MOST = {"grid_electricity": 78, "natural_gas": 12, "car_petrol": 120, "bus": 60, "flight_domestic": 40}
METERS = {"grid_electricity": "e", "natural_gas": "g"}


@st.composite
def truthful_years(draw: st.DrawFn) -> list[Reading]:
    """A Sichuan year in which every month of every meter and stream is evidenced, each below the high default."""
    found: list[Reading] = []
    for kind, most in MOST.items():
        for month in MONTHS:
            quantity = draw(st.integers(0, most))
            found.append(
                reading(
                    kind, str(quantity), month_span(2025, month, ZONE), "CN-SC",
                    grade=draw(grades), meter=METERS.get(kind, ""),
                )
            )  # fmt: skip
    return found


def minted(year: Year) -> int:
    return largest_mint(year.surplus_gco2e, SICHUAN.mint_step_gco2e, SICHUAN.buffer_bps)


def halves(one: Reading, cut_s: int) -> list[Reading]:
    """A reading as two, in proportion to time: the same use, binned otherwise."""
    span = one.activity.span
    cut = span.start_s + cut_s % (span.seconds - 1) + 1
    parts = []
    for part in (Span(span.start_s, cut), Span(cut, span.end_s)):
        quantity = (one.activity.quantity * part.seconds / span.seconds).quantize(Decimal("1e-9"))
        parts.append(replace(one, activity=replace(one.activity, span=part, quantity=quantity)))
    return parts


@given(truthful_years())
def test_truthful_year__stays_below_the_high_default_as_the_cheat_tests_need(year: list[Reading]) -> None:
    truth = sichuanese(year)

    for budget in SICHUAN.categories:
        defaults = monthly_default(budget.high_default_gco2e, WHOLE_YEAR)
        for month in (one for one in truth.months if one.category == budget.category):
            lines = [one for one in truth.lines if (one.category, one.month) == (month.category, month.month)]
            spreads = [spread for line in lines for spread in line.amount.spreads]
            assert month.reported_gco2e + linear_margin_gco2e(spreads) + 10 <= defaults[month.month - 1]


@given(truthful_years(), st.data())
def test_omission__of_any_readings__never_yields_more_credit_than_the_whole_truth(
    year: list[Reading], data: st.DataObject
) -> None:
    kept = data.draw(st.lists(st.booleans(), min_size=len(year), max_size=len(year)))
    cheat = [one for one, keep in zip(year, kept, strict=True) if keep]

    truth, told = sichuanese(year), sichuanese(cheat)

    assert told.surplus_gco2e <= truth.surplus_gco2e
    assert minted(told) <= minted(truth)


@given(truthful_years(), st.data())
def test_omission__of_a_few_readings_or_parts_of_them__never_yields_more_credit(
    year: list[Reading], data: st.DataObject
) -> None:
    """Few enough left out that the year still counts as measured: where a cheat would hope to gain."""
    chosen = data.draw(st.lists(st.integers(0, len(year) - 1), min_size=1, max_size=3, unique=True))
    cheat: list[Reading] = [one for at, one in enumerate(year) if at not in chosen]
    for at in chosen:
        seconds = data.draw(st.integers(0, 32 * 86400))
        cheat += data.draw(st.sampled_from([[], halves(year[at], seconds)[:1], halves(year[at], seconds)[1:]]))

    truth, told = sichuanese(year), sichuanese(cheat)

    assert told.surplus_gco2e <= truth.surplus_gco2e


@given(truthful_years(), st.data())
def test_self_declaring__what_could_be_evidenced__never_yields_more_credit(
    year: list[Reading], data: st.DataObject
) -> None:
    chosen = set(data.draw(st.lists(st.integers(0, len(year) - 1), max_size=4)))
    cheat = [
        replace(one, activity=replace(one.activity, grade=Grade.S)) if at in chosen else one
        for at, one in enumerate(year)
    ]

    assert sichuanese(cheat).surplus_gco2e <= sichuanese(year).surplus_gco2e


@given(truthful_years(), st.integers(0, 59), st.integers(0, 32 * 86400))
def test_splitting__a_reading_in_time__never_yields_more_than_rounding(
    year: list[Reading], at: int, seconds: int
) -> None:
    split = [*year[:at], *halves(year[at], seconds), *year[at + 1 :]]

    whole, parts = sichuanese(year), sichuanese(split)

    assert parts.footprint_gco2e in {whole.footprint_gco2e, whole.footprint_gco2e + 1}
    assert parts.surplus_gco2e <= whole.surplus_gco2e + 1


@given(truthful_years(), st.data())
def test_order__of_readings__changes_nothing(year: list[Reading], data: st.DataObject) -> None:
    shuffled: Sequence[Reading] = data.draw(st.permutations(year))

    first, second = sichuanese(year), sichuanese(shuffled)

    assert first == second
    assert [line.fields(2025) for line in first.lines] == [line.fields(2025) for line in second.lines]


@given(truthful_years())
def test_same_year__computed_twice__is_the_same_to_the_gram(year: list[Reading]) -> None:
    assert sichuanese(year) == sichuanese(list(year))


@given(truthful_years(), st.integers(0, 10**7))
def test_totals__always__agree(year: list[Reading], carried: int) -> None:
    closed = sichuanese(year)
    plan = plan_of(closed, carried_in_gco2e=carried, deficits=[])

    assert closed.bound_gco2e >= closed.footprint_gco2e
    assert not (closed.surplus_gco2e and closed.deficit_gco2e)
    assert closed.surplus_gco2e <= closed.budget_gco2e == 658_000
    assert plan.netted_gco2e + plan.credit_gco2e + plan.buffer_gco2e + plan.carried_out_gco2e == (
        closed.surplus_gco2e + carried
    )
    assert min(plan.credit_gco2e, plan.buffer_gco2e, plan.carried_out_gco2e) >= 0


days = st.dates(date(2023, 6, 1), date(2026, 6, 1))


@given(st.integers(0, 10**9), days, days | st.none(), st.dates(date(2000, 1, 1), date(2025, 12, 31)) | st.none())
def test_accrual__any_membership__adds_up_by_the_day(
    yearly: int, joined: date, left: date | None, born: date | None
) -> None:
    first, last = max(date(2025, 1, 1), joined, born or joined), min(date(2025, 12, 31), left or date.max)
    if first > last:
        return
    member = membership_of(2025, joined, left, born)

    shares = monthly_budget(yearly, member, CALIFORNIA)

    weights = [
        CALIFORNIA.child_share_bps if member.is_minor_on(first + timedelta(days=at), 18) else 10_000
        for at in range((last - first).days + 1)
    ]
    assert sum(shares) == yearly * sum(weights) // (365 * 10_000)
    assert all(share >= 0 for share in shares)
    assert sum(monthly_default(yearly, member)) >= sum(shares)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.text("abcdef.", min_size=1, max_size=6), json_values, min_size=1, max_size=12), st.data())
def test_document__of_any_values__verifies_and_discloses_any_of_them(
    values: dict[str, object], data: st.DataObject
) -> None:
    salts = counted_salts()
    document = document_of(values, lambda: next(salts))  # type: ignore[arg-type]  # the strategy's values are JSON
    names = data.draw(st.lists(st.sampled_from(sorted(values)), min_size=1, unique=True))

    assert verify(document.text()) == document
    assert verify_disclosure(disclose(document, names)) == {name: values[name] for name in names}
