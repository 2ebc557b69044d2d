"""The auction against the rule as it is told: every candidate price tried, every pair made by walking two lists."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from backend.market.auction import indicative, uncross
from backend.market.book import Entry
from backend.market.matching import Engine
from backend.market.order import Side
from backend.market.phase import Phase


@dataclass
class Order:
    """An order in the order of its coming."""

    id: int
    side: Side
    lots: int
    price: int


def best_price(orders: list[Order], reference: int | None) -> tuple[int | None, int, int]:
    """(price, lots, imbalance) by trying every limit price and the reference."""
    found = []
    for price in {order.price for order in orders} | ({reference} if reference is not None else set()):
        demand = sum(order.lots for order in orders if order.side is Side.BUY and order.price >= price)
        supply = sum(order.lots for order in orders if order.side is Side.SELL and order.price <= price)
        away = 0 if reference is None else abs(price - reference)
        found.append((-min(demand, supply), abs(demand - supply), away, price, demand - supply))
    if not found or min(found)[0] == 0:
        return None, 0, 0
    volume, _, _, price, imbalance = min(found)
    return price, -volume, imbalance


def pairs_at(orders: list[Order], price: int, volume: int) -> list[tuple[int, int, int]]:
    """(buy, sell, lots), lot by lot, then neighbours of the same two orders put together."""

    def units(side: Side, sign: int) -> list[int]:
        able = [order for order in orders if order.side is side and sign * order.price >= sign * price]
        ranked = sorted(able, key=lambda order: (-sign * order.price, order.id))
        return [order.id for order in ranked for _ in range(order.lots)][:volume]

    made: list[tuple[int, int, int]] = []
    for buy, sell in zip(units(Side.BUY, 1), units(Side.SELL, -1), strict=True):
        if made and made[-1][:2] == (buy, sell):
            made[-1] = (buy, sell, made[-1][2] + 1)
        else:
            made.append((buy, sell, 1))
    return made


def engine_of(orders: list[Order], reference: int | None) -> Engine:
    engine = Engine()
    book = engine.book_of(1)
    book.enter(Phase.CALL, 1)
    if reference is not None:
        book.refer(reference, None, None, 1)
    for order in orders:
        owner = f"owner {order.id}"
        assert engine.place(Entry(order.id, 1, owner, owner, order.side, order.lots, order.price, 9, 0)) == []
    return engine


books = st.lists(
    st.builds(Order, st.just(0), st.sampled_from(Side), st.integers(1, 6), st.integers(95, 105)), max_size=14
)


def numbered(orders: list[Order]) -> list[Order]:
    return [Order(at, order.side, order.lots, order.price) for at, order in enumerate(orders, 1)]


@given(drawn=books, reference=st.none() | st.integers(93, 107))
def test_auction__price_volume_and_pairs__are_those_of_the_rule(drawn: list[Order], reference: int | None) -> None:
    orders = numbered(drawn)
    engine = engine_of(orders, reference)
    price, volume, imbalance = best_price(orders, reference)

    assert indicative(engine.book_of(1)) == (price, volume, imbalance)
    result, pairs = uncross(engine, engine.book_of(1))

    assert result == (price, volume, imbalance)
    assert [tuple(pair) for pair in pairs] == ([] if price is None else pairs_at(orders, price, volume))
    assert engine.trades == len(pairs)


@given(drawn=books, reference=st.none() | st.integers(93, 107))
def test_auction__afterwards__nobody_could_still_meet_and_lots_are_kept(
    drawn: list[Order], reference: int | None
) -> None:
    """INV-04: nobody is filled beyond amount or limit, and nobody inside the price is left who could have been."""
    orders = numbered(drawn)
    engine = engine_of(orders, reference)
    result, pairs = uncross(engine, engine.book_of(1))

    for order in orders:
        filled = sum(pair.lots for pair in pairs if order.id in pair[:2])
        assert filled + engine.open_lots(order.id) == order.lots
        if filled:
            assert result.price_per_kg is not None
            sign = 1 if order.side is Side.BUY else -1
            assert sign * order.price >= sign * result.price_per_kg
    assert not engine.book_of(1).is_crossed()
    assert len(pairs) < len(orders) or not pairs, "each order is in neighbouring pairs, so in one run of calldata"


@given(drawn=books)
def test_auction__in_the_order_of_coming__is_the_same_whatever_came_first_among_prices(drawn: list[Order]) -> None:
    """The price depends on who is there, not on when they came."""
    orders = numbered(drawn)
    turned = numbered(list(reversed(drawn)))

    assert indicative(engine_of(orders, 100).book_of(1)) == indicative(engine_of(turned, 100).book_of(1))
