"""The auction against the rule as it is told: every candidate price tried, every pair made lot by lot."""

from hypothesis import given
from hypothesis import strategies as st

from backend.market.auction import indicative, uncross
from backend.market.book import Entry
from backend.market.matching import Engine
from backend.market.order import Side
from backend.market.phase import Phase
from tests.property.naive_market import auction_pairs, auction_price, sign_of


def engine_of(orders: list[Entry], reference: int | None) -> Engine:
    engine = Engine()
    book = engine.book_of(1)
    book.enter(Phase.CALL, 1)
    if reference is not None:
        book.refer(reference, None, None, 1)
    for order in orders:
        assert engine.place(order) == []
    return engine


drawn_orders = st.lists(st.tuples(st.sampled_from(Side), st.integers(1, 6), st.integers(95, 105)), max_size=14)
references = st.none() | st.integers(93, 107)


def numbered(drawn: list[tuple[Side, int, int]]) -> list[Entry]:
    """Orders of as many owners, in this order."""
    return [
        Entry(at, 1, f"owner {at}", f"owner {at}", side, lots, price, 9, 0)
        for at, (side, lots, price) in enumerate(drawn, 1)
    ]


@given(drawn=drawn_orders, reference=references)
def test_auction__price_volume_and_pairs__are_those_of_the_rule(
    drawn: list[tuple[Side, int, int]], reference: int | None
) -> None:
    orders = numbered(drawn)
    engine = engine_of(orders, reference)
    price, volume, imbalance = auction_price(orders, reference)

    assert indicative(engine.book_of(1)) == (price, volume, imbalance)
    result, pairs = uncross(engine, engine.book_of(1))

    assert result == (price, volume, imbalance)
    assert [tuple(pair) for pair in pairs] == ([] if price is None else auction_pairs(orders, price, volume))
    assert engine.trades == len(pairs)


@given(drawn=drawn_orders, reference=references)
def test_auction__afterwards__nobody_could_still_meet_and_lots_are_kept_inv_04(
    drawn: list[tuple[Side, int, int]], reference: int | None
) -> None:
    orders = numbered(drawn)
    engine = engine_of(orders, reference)
    result, pairs = uncross(engine, engine.book_of(1))

    for order in orders:
        filled = sum(pair.lots for pair in pairs if order.order_id in pair[:2])
        assert filled + engine.open_lots(order.order_id) == order.lots
        if filled:
            assert result.price_per_kg is not None
            sign = sign_of(order.side)
            assert sign * order.price_per_kg >= sign * result.price_per_kg
    assert not engine.book_of(1).is_crossed()
    assert len(pairs) < len(orders) or not pairs, "every order's pairs are neighbours: one run of calldata"


@given(drawn=drawn_orders)
def test_auction__price__depends_on_who_is_there_not_on_who_came_first(drawn: list[tuple[Side, int, int]]) -> None:
    turned = numbered(list(reversed(drawn)))

    assert indicative(engine_of(numbered(drawn), 100).book_of(1)) == indicative(engine_of(turned, 100).book_of(1))
