"""One buy over several classes: the plan is what a single book of all their offers would give, best first."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.chain.class_id import pack
from backend.kernel.mass import fee_floor
from backend.market.book import Entry
from backend.market.buy_plan import BuyPlan, Criteria, PlanNotAtomic, Wish, plan_of
from backend.market.matching import Engine
from backend.market.order import Side
from backend.market.phase import Phase
from backend.market.rules import ClassRules
from backend.market.trading_day import Mode

SICHUAN, HUBEI, OLDER, ABROAD = (
    pack(*code)
    for code in (("CN-SC", 2025, "SIM"), ("CN-HB", 2025, "SIM"), ("CN-SC", 2024, "SIM"), ("US-CA", 2025, "VCS"))
)
CLASSES = [ClassRules(class_id) for class_id in sorted((SICHUAN, HUBEI, OLDER, ABROAD))]
FEE_BPS = 30


def engine_with(*sells: tuple[int, str, int, int]) -> Engine:
    """Sells (class, owner, lots, price), in the order of their coming."""
    engine = Engine()
    for order_id, (class_id, owner, lots, price) in enumerate(sells, 1):
        engine.place(Entry(order_id, class_id, owner, owner, Side.SELL, lots, price, 2**40, 100))
    return engine


def planned(engine: Engine, wish: Wish, classes: list[ClassRules] = CLASSES) -> BuyPlan:
    return plan_of(wish, engine, classes, FEE_BPS, 7)


def taken(plan: BuyPlan) -> dict[int, tuple[int, int, int]]:
    """Class -> lots, cost, limit."""
    return {part.rules.class_id: (part.lots, part.cost, part.limit_per_kg) for part in plan.taken}


def whys(plan: BuyPlan) -> dict[int, str | None]:
    return {part.rules.class_id: part.why for part in plan.parts} | plan.missed


def test_plan__takes_the_best_price_of_all_classes_and_at_one_price_the_oldest() -> None:
    engine = engine_with(
        (SICHUAN, "ana", 3, 100), (HUBEI, "chen", 4, 100), (SICHUAN, "ana", 5, 99), (HUBEI, "chen", 9, 98)
    )

    plan = planned(engine, Wish("bo", 16, 100))

    assert taken(plan) == {HUBEI: (9, 882, 98), SICHUAN: (7, 5 * 99 + 2 * 100, 100)}
    assert sum(part.fee for part in plan.parts) == fee_floor(882, 30) + fee_floor(495, 30) + fee_floor(200, 30)
    assert plan.lots == 16
    assert whys(plan)[ABROAD] == "no_offers"


@pytest.mark.parametrize(
    ("criteria", "missed"),
    [
        (Criteria(), {}),
        (Criteria(regions=frozenset({"CN"})), {ABROAD: "region"}),
        (Criteria(regions=frozenset({"CN-HB", "US-CA"})), {SICHUAN: "region", OLDER: "region"}),
        (Criteria(regions=frozenset({"C"})), dict.fromkeys((SICHUAN, HUBEI, OLDER, ABROAD), "region")),
        (Criteria(vintages=frozenset({2024})), dict.fromkeys((SICHUAN, HUBEI, ABROAD), "vintage")),
        (Criteria(methodology="SIM"), {ABROAD: "methodology"}),
    ],
)
def test_classes__that_miss_a_criterion__are_named_with_it(criteria: Criteria, missed: dict[int, str]) -> None:
    plan = planned(Engine(), Wish("bo", 1, 100, criteria))

    assert plan.missed == missed
    assert {part.rules.class_id for part in plan.parts} == {rules.class_id for rules in CLASSES} - missed.keys()


def test_classes__of_which_nothing_is_taken__say_why() -> None:
    engine = engine_with((SICHUAN, "bo", 3, 90), (SICHUAN, "ana", 3, 91), (HUBEI, "ana", 3, 101), (OLDER, "ana", 3, 95))
    assert whys(planned(engine, Wish("bo", 1, 100))) == {
        SICHUAN: "own_order",
        HUBEI: "above_limit",
        OLDER: None,
        ABROAD: "no_offers",
    }
    engine.book_of(OLDER).refer(80, 72, 88, 1)
    engine.book_of(HUBEI).enter(Phase.CALL, 5)
    engine.book_of(ABROAD).enter(Phase.HALTED, 5)
    assert whys(planned(engine, Wish("chen", 3, 100))) == {
        SICHUAN: None,
        HUBEI: "collecting",
        OLDER: "outside_band",
        ABROAD: "halted",
    }
    never_begun = [replace(rules, mode=Mode.LISTED) for rules in CLASSES if rules.class_id == OLDER]
    assert whys(planned(Engine(), Wish("bo", 1, 100), never_begun)) == {OLDER: "closed"}


def test_classes__of_which_too_little_would_be_taken__are_left_and_the_others_serve() -> None:
    engine = engine_with((SICHUAN, "ana", 2, 90), (HUBEI, "ana", 9, 95))
    picky = [replace(rules, lots_min=3) for rules in CLASSES]

    plan = planned(engine, Wish("bo", 5, 100), picky)

    assert (taken(plan), whys(plan)[SICHUAN]) == ({HUBEI: (5, 475, 95)}, "below_minimum")


def test_limit__between_two_ticks__is_kept_and_the_order_is_on_the_tick() -> None:
    engine = engine_with((SICHUAN, "ana", 2, 93), (SICHUAN, "ana", 2, 97))
    coarse = [replace(rules, tick=10) for rules in CLASSES]

    plan = planned(engine, Wish("bo", 4, 99), coarse)

    assert plan.lots == 0, "the tick was another when 93 came in; 90 is the best that may be bid"
    assert taken(planned(engine, Wish("bo", 4, 100), coarse)) == {SICHUAN: (4, 380, 100)}


def test_all_or_nothing__takes_the_cheapest_class_that_has_it_all() -> None:
    engine = engine_with((SICHUAN, "ana", 2, 90), (SICHUAN, "ana", 2, 96), (HUBEI, "ana", 4, 94), (OLDER, "ana", 9, 92))

    plan = planned(engine, Wish("bo", 4, 100, all_or_nothing=True))

    assert taken(plan) == {OLDER: (4, 368, 92)}
    assert whys(plan) == {SICHUAN: "dearer", HUBEI: "dearer", OLDER: None, ABROAD: "no_offers"}


def test_all_or_nothing__that_no_class_has__is_refused_and_says_how_much_there_is() -> None:
    engine = engine_with((SICHUAN, "ana", 3, 90), (HUBEI, "ana", 4, 94))

    with pytest.raises(PlanNotAtomic) as refusal:
        planned(engine, Wish("bo", 6, 100, all_or_nothing=True))

    assert refusal.value.fields == {"lots": 6, "lots_most": 4, "lots_together": 6}


def test_all_or_nothing__from_more_offers_than_one_settlement_carries__is_refused() -> None:
    engine = engine_with(*((SICHUAN, "ana", 1, 90) for _ in range(21)))

    with pytest.raises(PlanNotAtomic):
        planned(engine, Wish("bo", 21, 100, all_or_nothing=True))
    assert planned(engine, Wish("bo", 20, 100, all_or_nothing=True)).lots == 20


sells = st.lists(
    st.tuples(
        st.sampled_from([SICHUAN, HUBEI, OLDER, ABROAD]),
        st.sampled_from(["ana", "bo"]),
        st.integers(1, 5),
        st.integers(95, 105),
    ),
    max_size=30,
)


@given(sells=sells, lots=st.integers(1, 40), limit=st.integers(94, 106))
def test_plan__of_any_books__is_what_a_search_of_all_offers_gives_and_what_matching_then_does(
    sells: list[tuple[int, str, int, int]], lots: int, limit: int
) -> None:
    engine = engine_with(*sells)
    plan = planned(engine, Wish("bo", lots, limit))
    blocked: set[int] = set()
    left, expected = lots, dict[int, list[tuple[int, int]]]()
    ranked = sorted(enumerate(sells), key=lambda one: (one[1][3], one[0]))
    for _, (class_id, owner, there, price) in ranked:
        if owner == "bo":
            blocked.add(class_id)
        if class_id in blocked or price > limit or not left:
            continue
        got = min(there, left)
        left -= got
        expected.setdefault(class_id, []).append((got, price))

    assert taken(plan) == {
        class_id: (sum(got for got, _ in fills), sum(got * price for got, price in fills), fills[-1][1])
        for class_id, fills in expected.items()
    }
    for order_id, part in enumerate(plan.taken, 1_000):
        entry = Entry(order_id, part.rules.class_id, "bo", "bo", Side.BUY, part.lots, part.limit_per_kg, 2**40, 100)
        fills = engine.place(entry)
        assert sum(got * price for _, got, price in fills) == part.cost
        assert sum(got for _, got, _ in fills) == part.lots
