"""The calendar of a class: which phase when, when a call ends, and that nobody can know the second."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from backend.kernel.errors import RuleViolated
from backend.market.book import Entry
from backend.market.matching import Engine
from backend.market.order import Side
from backend.market.phase import Phase
from backend.market.rules import ClassRules, RulesInconsistent
from backend.market.schedule import Step, step_of
from backend.market.trading_day import DAY_S, Mode, TradingDay

HOUR = 3600
MIDNIGHT = 20_000 * DAY_S
NINE, TWELVE, SEVENTEEN = 9 * HOUR, 12 * HOUR, 17 * HOUR
OFFICE = TradingDay(calls=(NINE, TWELVE, SEVENTEEN), opens_s=NINE, closes_s=SEVENTEEN, pre_open_s=HOUR)
ROUND_THE_CLOCK = TradingDay(calls=(NINE, TWELVE))


def rules(mode: Mode, day: TradingDay) -> ClassRules:
    return ClassRules(1, mode=mode, day=day)


def at(engine: Engine, ours: ClassRules, second: int, draws: int = 0) -> Step | None:
    """What is called for at a second of the day, when every draw comes out as `draws`."""
    return step_of(engine, ours, MIDNIGHT + second, lambda _most: draws)


def entered(phase: Phase, second: int) -> Engine:
    engine = Engine()
    engine.book_of(1).enter(phase, MIDNIGHT + second)
    return engine


def order(order_id: int, side: Side, price: int) -> Entry:
    return Entry(order_id, 1, f"owner {order_id}", f"owner {order_id}", side, 5, price, 10**10, 100)


@pytest.mark.parametrize(
    ("mode", "second", "phase"),
    [
        (Mode.CONTINUOUS, NINE - HOUR - 1, Phase.CLOSED),
        (Mode.CONTINUOUS, NINE - HOUR, Phase.PRE_OPEN),
        (Mode.CONTINUOUS, NINE - 600, Phase.CALL),
        (Mode.CONTINUOUS, NINE, Phase.CONTINUOUS),
        (Mode.LISTED, NINE + 5, Phase.LISTED),
        (Mode.LISTED, TWELVE - 1, Phase.CALL),
        (Mode.CALL, TWELVE + 5, Phase.CALL),
        (Mode.CALL, SEVENTEEN - 1, Phase.CALL),
        (Mode.CALL, SEVENTEEN, Phase.CLOSED),
    ],
)
def test_scheduled__at_a_second_of_the_day__is_the_calendars_phase(mode: Mode, second: int, phase: Phase) -> None:
    assert OFFICE.scheduled(mode, MIDNIGHT + second) is phase


def test_next_call__is_todays_or_tomorrows() -> None:
    assert OFFICE.next_call(MIDNIGHT + NINE - 1) == MIDNIGHT + NINE
    assert OFFICE.next_call(MIDNIGHT + NINE) == MIDNIGHT + TWELVE
    assert OFFICE.next_call(MIDNIGHT + SEVENTEEN) == MIDNIGHT + DAY_S + NINE
    assert TradingDay().next_call(MIDNIGHT) is None


def test_step__of_a_continuous_class_without_a_calendar__is_none() -> None:
    assert at(Engine(), ClassRules(1), TWELVE) is None


def test_step__of_a_class_that_begins__is_its_phase() -> None:
    assert at(Engine(), rules(Mode.CALL, ROUND_THE_CLOCK), 0) == Step(1, Phase.CALL, is_auction=False)
    assert at(Engine(), rules(Mode.LISTED, ROUND_THE_CLOCK), 0) == Step(1, Phase.LISTED, is_auction=False)
    assert at(Engine(), rules(Mode.LISTED, OFFICE), 0) is None, "it counts as closed, and is closed"


def test_step__before_a_call_in_a_listed_class__is_to_collect() -> None:
    engine, ours = entered(Phase.LISTED, 0), rules(Mode.LISTED, ROUND_THE_CLOCK)

    assert at(engine, ours, NINE - 601) is None
    assert at(engine, ours, NINE - 600) == Step(1, Phase.CALL, is_auction=False)


@pytest.mark.parametrize("mode", [Mode.CALL, Mode.LISTED])
def test_step__at_a_call__is_an_auction_when_the_draw_says_so(mode: Mode) -> None:
    engine, ours = entered(Phase.CALL, NINE - 600), rules(mode, ROUND_THE_CLOCK)

    assert at(engine, ours, NINE - 1) is None
    assert at(engine, ours, NINE, draws=1) is None
    assert at(engine, ours, NINE, draws=0) == Step(1, mode.between_calls, is_auction=True)
    assert at(engine, ours, NINE + 30, draws=1) == Step(1, mode.between_calls, is_auction=True), "the window is over"


def test_step__after_a_call__waits_for_the_next() -> None:
    engine, ours = entered(Phase.CALL, NINE + 7), rules(Mode.CALL, ROUND_THE_CLOCK)
    engine.book_of(1).called_at = MIDNIGHT + NINE + 7

    assert at(engine, ours, TWELVE - 1) is None
    assert at(engine, ours, TWELVE) == Step(1, Phase.CALL, is_auction=True)


def test_step__after_a_night_without_the_server__makes_up_for_one_call_only() -> None:
    engine, ours = entered(Phase.CALL, NINE), rules(Mode.CALL, ROUND_THE_CLOCK)

    assert at(engine, ours, DAY_S + TWELVE + HOUR) == Step(1, Phase.CALL, is_auction=True)
    engine.book_of(1).enter(Phase.CALL, MIDNIGHT + DAY_S + TWELVE + HOUR)
    assert at(engine, ours, DAY_S + TWELVE + HOUR + 1) is None


def test_step__of_the_days_last_call__closes() -> None:
    engine, ours = entered(Phase.CALL, SEVENTEEN - 600), rules(Mode.CONTINUOUS, OFFICE)

    assert at(engine, ours, SEVENTEEN) == Step(1, Phase.CLOSED, is_auction=True)


def test_step__of_a_volatility_call__ends_with_an_auction_into_the_calendars_phase() -> None:
    engine, ours = entered(Phase.VOLATILITY_CALL, TWELVE), ClassRules(1)

    assert at(engine, ours, TWELVE + 179) is None
    assert at(engine, ours, TWELVE + 180) == Step(1, Phase.CONTINUOUS, is_auction=True)


def test_step__of_a_call_whose_price_leaves_the_band__is_a_volatility_call() -> None:
    engine, ours = entered(Phase.CALL, NINE - 600), rules(Mode.CALL, ROUND_THE_CLOCK)
    engine.book_of(1).refer(100, 90, 110, 20_000)
    engine.place(order(1, Side.SELL, 120))
    engine.place(order(2, Side.BUY, 125))

    assert at(engine, ours, NINE) == Step(1, Phase.VOLATILITY_CALL, is_auction=False, reason="band_breach")


@pytest.mark.parametrize("phase", [Phase.HALTED, Phase.CANCEL_ONLY])
def test_step__of_a_class_that_was_stopped__is_none(phase: Phase) -> None:
    assert at(entered(phase, 0), rules(Mode.CALL, ROUND_THE_CLOCK), NINE) is None


def test_step__to_a_matching_phase_with_a_crossed_book__goes_through_an_auction() -> None:
    engine = entered(Phase.CALL, 0)
    engine.place(order(1, Side.SELL, 100))
    assert at(engine, ClassRules(1), 5) == Step(1, Phase.CONTINUOUS, is_auction=False)
    engine.place(order(2, Side.BUY, 100))

    assert at(engine, ClassRules(1), 5) == Step(1, Phase.CONTINUOUS, is_auction=True)


def test_step__the_second_of_an_auctions_end__is_any_of_its_window_as_likely() -> None:
    """With every sequence of draws equally often: 4 seconds of window, 4 * 3 * 2 ways the draws can come out."""
    engine, ours = entered(Phase.CALL, 0), rules(Mode.CALL, TradingDay(calls=(NINE,), random_end_s=3))
    ends: Counter[int] = Counter()
    for way in range(24):
        digits = {4: way % 4, 3: way // 4 % 3, 2: way // 12}
        for second in range(NINE, NINE + 4):
            if step_of(engine, ours, MIDNIGHT + second, lambda most, digits=digits: digits[most]):  # type: ignore[misc] # a default argument
                ends[second - NINE] += 1
                break

    assert ends == {0: 6, 1: 6, 2: 6, 3: 6}


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("tick", {"tick": 0}),
        ("tick", {"tick": 101, "price_max": 100}),
        ("lotsMin", {"lots_min": 0}),
        ("lotsMin", {"lots_min": 6, "lots_max": 5}),
        ("priceMax", {"price_max": 2**62}),
        ("bandBps", {"band_bps": 0}),
        ("protectionBps", {"protection_bps": 10_000}),
        ("day", {"day": TradingDay(calls=(DAY_S + 1,))}),
        ("opensS", {"day": TradingDay(opens_s=5, closes_s=5)}),
        ("calls", {"day": TradingDay(calls=(NINE, NINE + 600))}),
        ("calls", {"mode": Mode.CALL}),
    ],
)
def test_rules__that_contradict_themselves__name_the_field(field: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(RulesInconsistent) as refused:
        replace(ClassRules(1), **wrong).require_consistent()

    assert isinstance(refused.value, RuleViolated)
    assert refused.value.code == "market.rules_inconsistent"
    assert refused.value.fields["field"] == field


def test_rules__to_their_form_and_back__are_the_same() -> None:
    for ours in (ClassRules(1), replace(ClassRules(1, lots_held_max=7, mode=Mode.LISTED), day=OFFICE, tick=100)):
        ours.require_consistent()
        assert ClassRules.from_payload(1, ours.payload()) == ours
