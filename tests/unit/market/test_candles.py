"""Candles: filled from trades, gaps told, busted trades taken out again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.market.candle import Candle, Interval, merged
from backend.market.candles import candle_at, candles_of_class, first_trade_at
from tests.unit.market.world import ANA, BO, CLASS_ID, OTHER_CLASS_ID, START, World

MINUTE = timedelta(minutes=1)


def trade(world: World, price_per_kg: int, lots: int) -> None:
    world.sell(ANA, lots, price_per_kg)
    world.buy(BO, lots, price_per_kg)


@pytest.fixture
def traded(world: World) -> World:
    """Trades 1 to 4: two in minute 0, none in minute 1, two in minute 2, and one in another class."""
    trade(world, 100, 5)
    world.clock.at += timedelta(seconds=59)
    trade(world, 90, 3)
    world.clock.at = START + 2 * MINUTE
    trade(world, 120, 2)
    trade(world, 110, 1)
    world.sell(ANA, 1, 500, class_id=OTHER_CLASS_ID)
    world.buy(BO, 1, 500, class_id=OTHER_CLASS_ID)
    return world


def read(world: World, interval: Interval, first: datetime, last: datetime) -> list[Candle]:
    with world.database.read() as session:
        return candles_of_class(session, CLASS_ID, interval, first=first, last=last)


def test_candles__of_minutes__are_newest_first_with_their_gaps(traded: World) -> None:
    found = read(traded, Interval.MINUTE, START - MINUTE, START + 2 * MINUTE)

    assert found == [
        Candle(START + 2 * MINUTE, 120, 120, 110, 110, 3, 2),
        Candle(START + MINUTE),
        Candle(START, 100, 100, 90, 90, 8, 2),
        Candle(START - MINUTE),
    ]


@pytest.mark.parametrize("interval", [Interval.FIVE_MINUTES, Interval.HOUR, Interval.DAY])
def test_candles__of_longer_intervals__hold_all_of_it(traded: World, interval: Interval) -> None:
    start = interval.start_of(START)

    assert read(traded, interval, start, start) == [Candle(start, 100, 120, 90, 110, 11, 4)]
    with traded.database.read() as session:
        assert candle_at(session, CLASS_ID, interval, START + MINUTE) == Candle(start, 100, 120, 90, 110, 11, 4)


def test_candles__a_busted_trade__is_taken_out_and_counted(traded: World) -> None:
    traded.market.bust(3, "LeftInsufficient")

    assert read(traded, Interval.MINUTE, START + 2 * MINUTE, START + 2 * MINUTE) == [
        Candle(START + 2 * MINUTE, 110, 110, 110, 110, 1, 1, busted=1)
    ]
    traded.market.bust(4, "LeftInsufficient")
    assert read(traded, Interval.MINUTE, START + 2 * MINUTE, START + 2 * MINUTE) == [
        Candle(START + 2 * MINUTE, trades=0, busted=2)
    ]
    assert read(traded, Interval.FIVE_MINUTES, START, START) == [Candle(START, 100, 100, 90, 90, 8, 2, busted=2)]


def test_first_trade__is_that_of_the_class(traded: World) -> None:
    with traded.database.read() as session:
        assert first_trade_at(session, CLASS_ID) == START
        assert first_trade_at(session, 5) is None


def test_intervals__begin_at_whole_multiples_in_utc() -> None:
    at = datetime(2026, 1, 15, 13, 47, 12, 345, tzinfo=UTC)

    starts = [interval.start_of(at).isoformat()[11:16] for interval in Interval]
    assert starts == ["13:47", "13:45", "13:00", "00:00"]


@given(st.lists(st.tuples(st.integers(0, 86_399), st.integers(1, 9), st.integers(1, 9), st.booleans()), max_size=30))
def test_candles__of_five_minutes_from_minutes__are_those_of_the_trades(
    trades: list[tuple[int, int, int, bool]],
) -> None:
    """Put together from minutes, or from the single trades: the same."""
    day = Interval.DAY.start_of(START)
    single = [
        Candle(day + timedelta(seconds=at), price, price, price, price, lots, 1)
        if stands
        else Candle(day + timedelta(seconds=at), busted=1)
        for at, price, lots, stands in sorted(trades, key=lambda trade: trade[0])
    ]
    minutes = sorted(merged(single, Interval.MINUTE).values(), key=lambda candle: candle.start)

    assert merged(minutes, Interval.FIVE_MINUTES) == merged(single, Interval.FIVE_MINUTES)
    whole = merged(single, Interval.DAY).get(day, Candle(day))
    standing = [trade for trade in sorted(trades, key=lambda trade: trade[0]) if trade[3]]
    assert (whole.trades, whole.busted) == (len(standing), len(trades) - len(standing))
    assert whole.volume_lots == sum(lots for _, _, lots, _ in standing)
    prices = [price for _, price, _, _ in standing]
    ends = (prices[0], prices[-1], max(prices), min(prices)) if prices else (None, None, None, None)
    assert (whole.open_per_kg, whole.close_per_kg, whole.high_per_kg, whole.low_per_kg) == ends
