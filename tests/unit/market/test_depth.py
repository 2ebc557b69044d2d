"""Price levels as a follower keeps them, and the checksum by which it knows that it has the same book."""

from zlib import crc32

from hypothesis import given
from hypothesis import strategies as st

from backend.market.book import PriceLevel
from backend.market.depth import Depth
from backend.market.order import Side


def test_depth__levels__are_best_first_and_leave_with_their_last_order() -> None:
    depth = Depth()
    for price in (100, 102, 101):
        depth.put(Side.SELL, PriceLevel(price, 5, 1))
        depth.put(Side.BUY, PriceLevel(price - 10, 5, 1))
    depth.put(Side.SELL, PriceLevel(101, 0, 0))
    depth.put(Side.SELL, PriceLevel(99, 0, 0))

    assert [level.price_per_kg for level in depth.best(Side.SELL)] == [100, 102]
    assert [level.price_per_kg for level in depth.best(Side.BUY)] == [92, 91, 90]
    assert depth.best(Side.BUY, 1) == [PriceLevel(92, 5, 1)]
    assert depth.at(Side.SELL, 101) == PriceLevel(101, 0, 0)


def test_checksum__is_of_the_ten_best_of_each_side_asks_first() -> None:
    depth = Depth()
    for price in range(100, 111):
        depth.put(Side.SELL, PriceLevel(price, 2, 1))
    depth.put(Side.BUY, PriceLevel(90, 7, 3))
    text = ",".join([*(f"{price}:2:1" for price in range(100, 110)), "90:7:3"])

    assert depth.checksum() == crc32(text.encode())
    depth.put(Side.SELL, PriceLevel(110, 9, 9))
    assert depth.checksum() == crc32(text.encode()), "the eleventh level is not covered"
    depth.put(Side.BUY, PriceLevel(90, 6, 3))
    assert depth.checksum() != crc32(text.encode())
    assert Depth().checksum() == 0


@given(st.lists(st.tuples(st.sampled_from(Side), st.integers(1, 8), st.integers(-3, 5))))
def test_depth__after_any_additions__is_what_a_plain_dictionary_says(moves: list[tuple[Side, int, int]]) -> None:
    depth = Depth()
    plain: dict[tuple[Side, int], int] = {}
    for side, price, lots in moves:
        before = plain.get((side, price), 0)
        after = max(0, before + lots)
        plain[side, price] = after
        depth.add(side, price, lots=after - before, orders=bool(after) - bool(before))

    for side in Side:
        prices = sorted((price for (at, price), lots in plain.items() if at is side and lots), reverse=side is Side.BUY)
        assert depth.best(side) == [PriceLevel(price, plain[side, price], 1) for price in prices]
