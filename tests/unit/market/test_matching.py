"""Price-time matching on the bare engine: who meets whom, at which price, and what is left."""

import pytest

from backend.kernel.digest import Json
from backend.market.book import Entry, PriceLevel
from backend.market.journal import Kind
from backend.market.matching import Engine
from backend.market.order import ZERO_REF, Action, Side, SignedOrder
from backend.market.replay import apply

CLASS_ID, OTHER_CLASS_ID = 1, 2
EXPIRY = 10_000


def entry(
    order_id: int, side: Side, lots: int, price: int, *, owner: str = "", class_id: int = CLASS_ID, expiry: int = EXPIRY
) -> Entry:
    """An order of its own owner unless one is named."""
    whose = owner or f"owner {order_id}"
    return Entry(order_id, class_id, whose, whose, side, lots, price, expiry, 100)


def buy(order_id: int, lots: int, price: int, **more: object) -> Entry:
    return entry(order_id, Side.BUY, lots, price, **more)  # type: ignore[arg-type] # keyword arguments of entry


def sell(order_id: int, lots: int, price: int, **more: object) -> Entry:
    return entry(order_id, Side.SELL, lots, price, **more)  # type: ignore[arg-type] # keyword arguments of entry


@pytest.fixture
def engine() -> Engine:
    return Engine()


def test_place__without_a_counterpart__rests(engine: Engine) -> None:
    assert engine.place(buy(1, 5, 100)) == []
    assert engine.place(sell(2, 3, 101)) == []

    assert (engine.open_lots(1), engine.open_lots(2), engine.trades) == (5, 3, 0)


def test_place__crossing__fills_at_the_resting_price(engine: Engine) -> None:
    engine.place(sell(1, 5, 100))

    assert engine.place(buy(2, 5, 120)) == [(1, 5, 100)]

    assert engine.orders == {}
    assert engine.trades == 1


def test_place__at_one_price__fills_the_oldest_first(engine: Engine) -> None:
    for order_id in (1, 2, 3):
        engine.place(sell(order_id, 2, 100))

    assert engine.place(buy(4, 5, 100)) == [(1, 2, 100), (2, 2, 100), (3, 1, 100)]
    assert engine.open_lots(3) == 1


@pytest.mark.parametrize(
    ("side", "other", "order"), [(Side.BUY, Side.SELL, [90, 95, 100]), (Side.SELL, Side.BUY, [100, 95, 90])]
)
def test_place__through_several_prices__takes_the_best_first(
    engine: Engine, side: Side, other: Side, order: list[int]
) -> None:
    for order_id, price in enumerate((95, 100, 90), 1):
        engine.place(entry(order_id, other, 1, price))

    limit = max(order) if side is Side.BUY else min(order)
    assert [price for _, _, price in engine.place(entry(4, side, 3, limit))] == order


def test_place__beyond_what_the_limit_reaches__rests_the_remainder(engine: Engine) -> None:
    engine.place(sell(1, 2, 100))
    engine.place(sell(2, 2, 105))

    assert engine.place(buy(3, 5, 104)) == [(1, 2, 100)]

    assert engine.open_lots(3) == 3
    assert engine.books[CLASS_ID].bids.depth() == [PriceLevel(104, 3, 1)]
    assert engine.books[CLASS_ID].asks.depth() == [PriceLevel(105, 2, 1)]


def test_place__meeting_its_own_order__stops_there_and_does_not_rest(engine: Engine) -> None:
    engine.place(sell(1, 2, 100))
    engine.place(sell(2, 2, 101, owner="same"))
    engine.place(sell(3, 2, 102))

    assert engine.place(buy(4, 6, 102, owner="same")) == [(1, 2, 100)]

    assert engine.open_lots(4) == 0
    assert (engine.open_lots(2), engine.open_lots(3)) == (2, 2)


def test_place__in_another_class__meets_nobody(engine: Engine) -> None:
    engine.place(sell(1, 2, 100))

    assert engine.place(buy(2, 2, 100, class_id=OTHER_CLASS_ID)) == []
    assert engine.open_lots(1) == 2


def test_place__of_an_id_in_the_book__is_a_bug(engine: Engine) -> None:
    order = SignedOrder("m", "m", CLASS_ID, Side.SELL, 1000, 100, 0, EXPIRY, 1, 0, Action.HOLD, ZERO_REF)
    payload: dict[str, Json] = {"order": order.wire(), "orderHash": "0x", "owner": "m", "signature": "0x"}
    apply(engine, 1, Kind.PLACE, payload)

    with pytest.raises(AssertionError):
        apply(engine, 1, Kind.PLACE, payload)


def test_remove__takes_the_order_out_and_says_what_was_open(engine: Engine) -> None:
    engine.place(sell(1, 5, 100))
    engine.place(buy(2, 2, 100))

    assert engine.remove(1) == 3
    assert engine.remove(1) == 0
    assert engine.place(buy(3, 5, 200)) == []
    assert list(engine.open_of("owner 1")) == []


def test_remove__from_the_middle_of_a_queue__keeps_the_others_in_order(engine: Engine) -> None:
    for order_id in range(1, 101):
        engine.place(sell(order_id, 1, 100))
    for order_id in range(2, 100):
        engine.remove(order_id)

    queue = engine.books[CLASS_ID].asks.levels[100].queue
    assert len(queue) < 30, "the dead are swept"
    assert engine.place(buy(200, 2, 100)) == [(1, 1, 100), (100, 1, 100)]


def test_remove__of_many_levels__sweeps_the_empty_ones(engine: Engine) -> None:
    for order_id in range(1, 201):
        engine.place(sell(order_id, 1, 1000 + order_id))
    for order_id in range(1, 200):
        engine.remove(order_id)

    asks = engine.books[CLASS_ID].asks
    assert len(asks.levels) == len(asks.heap) < 40
    best = asks.best()
    assert best is not None
    assert best.price_per_kg == 1200
    assert asks.depth() == [PriceLevel(1200, 1, 1)]


def test_remove__and_place_again_at_the_price__finds_the_level(engine: Engine) -> None:
    engine.place(sell(1, 5, 100))
    engine.remove(1)
    engine.place(sell(2, 5, 100))

    assert engine.place(buy(3, 5, 100)) == [(2, 5, 100)]


def test_shrink__keeps_the_place_in_the_queue(engine: Engine) -> None:
    engine.place(sell(1, 5, 100))
    engine.place(sell(2, 5, 100))
    engine.shrink(1, 2)

    assert engine.books[CLASS_ID].asks.depth() == [PriceLevel(100, 7, 2)]
    assert engine.place(buy(3, 3, 100)) == [(1, 2, 100), (2, 1, 100)]


@pytest.mark.parametrize("lots", [0, 5, 6])
def test_shrink__to_nothing_or_to_more__is_a_bug(engine: Engine, lots: int) -> None:
    engine.place(sell(1, 5, 100))

    with pytest.raises(AssertionError):
        engine.shrink(1, lots)


def test_expire__takes_what_is_due_soonest_first_and_leaves_the_rest(engine: Engine) -> None:
    engine.place(sell(1, 1, 100, expiry=2_000))
    engine.place(sell(2, 1, 100, expiry=1_001))
    engine.place(buy(3, 1, 50, expiry=1_000))
    engine.place(buy(4, 1, 50, expiry=1_064))

    assert not engine.due(999)
    assert engine.due(1_001)
    assert engine.expire(1_001) == [3, 2]
    assert not engine.due(1_001)
    assert set(engine.orders) == {1, 4}
    assert engine.expire(5_000) == [4, 1]


def test_expire__of_orders_long_gone__says_nothing(engine: Engine) -> None:
    for order_id in range(1, 3_001):
        engine.place(sell(order_id, 1, 100, expiry=1_000))
        engine.remove(order_id)
    engine.place(sell(4_000, 1, 100, expiry=900))

    assert engine.expire(1_000) == [4_000]


def test_depth__counts_living_orders_and_stops_at_the_count(engine: Engine) -> None:
    for order_id, price in enumerate((100, 100, 99, 98), 1):
        engine.place(buy(order_id, order_id, price))
    engine.remove(3)

    assert engine.books[CLASS_ID].bids.depth() == [PriceLevel(100, 3, 2), PriceLevel(98, 4, 1)]
    assert engine.books[CLASS_ID].bids.depth(1) == [PriceLevel(100, 3, 2)]


def test_open_of__is_in_order_of_entry(engine: Engine) -> None:
    for order_id, price in ((3, 100), (5, 90), (9, 95)):
        engine.place(buy(order_id, 1, price, owner="same"))

    assert [order.entry.order_id for order in engine.open_of("same")] == [3, 5, 9]


def test_state_digest__depends_on_queue_order_owners_and_trades(engine: Engine) -> None:
    empty = engine.state_digest()
    engine.place(sell(1, 1, 100))
    engine.place(sell(2, 1, 100))
    other = Engine()
    other.place(sell(2, 1, 100))
    other.place(sell(1, 1, 100))

    assert engine.state_digest() != other.state_digest()
    for order_id in (1, 2):
        engine.remove(order_id)
    assert engine.state_digest() == empty
    engine.place(sell(3, 1, 100))
    engine.place(buy(4, 1, 100))
    assert engine.state_digest() != empty
