"""One class's price levels as whoever follows the book keeps them: the server's feed and a client alike. Pure.

The checksum names the best levels of both sides, so that a follower can tell whether it still has the same book.
"""

from bisect import bisect_left, insort
from zlib import crc32

from backend.market.book import PriceLevel
from backend.market.order import Side

CHECKED_LEVELS = 10
"""Levels of each side that the checksum covers."""


class Depth:
    """Both sides of a book. A level is there as long as it has orders."""

    __slots__ = ("_keys", "_levels")

    def __init__(self) -> None:
        self._levels: dict[Side, dict[int, tuple[int, int]]] = {Side.BUY: {}, Side.SELL: {}}
        """Price -> (lots, orders)."""
        self._keys: dict[Side, list[int]] = {Side.BUY: [], Side.SELL: []}
        """The prices of asks and minus the prices of bids, rising: best first."""

    def at(self, side: Side, price_per_kg: int) -> PriceLevel:
        """What stands at a price; no lots and no orders if nothing does."""
        lots, orders = self._levels[side].get(price_per_kg, (0, 0))
        return PriceLevel(price_per_kg, lots, orders)

    def put(self, side: Side, level: PriceLevel) -> None:
        """What now stands at a price."""
        levels, keys = self._levels[side], self._keys[side]
        price, lots, orders = level
        key = price if side is Side.SELL else -price
        if orders and price not in levels:
            insort(keys, key)
        if orders:
            levels[price] = (lots, orders)
        elif levels.pop(price, None) is not None:
            del keys[bisect_left(keys, key)]

    def add(self, side: Side, price_per_kg: int, *, lots: int, orders: int) -> None:
        """Adds to a price, or takes away from it."""
        before = self.at(side, price_per_kg)
        self.put(side, PriceLevel(price_per_kg, before.lots + lots, before.orders + orders))

    def best(self, side: Side, count: int | None = None) -> list[PriceLevel]:
        """Levels of a side, best first; all of them without a count."""
        return [self.at(side, abs(key)) for key in self._keys[side][:count]]

    def checksum(self) -> int:
        """CRC-32, 0 .. 2**32 - 1, of the ten best asks, then bids, as `price:lots:orders` joined by `,`."""
        levels = [*self.best(Side.SELL, CHECKED_LEVELS), *self.best(Side.BUY, CHECKED_LEVELS)]
        return crc32(",".join(f"{price}:{lots}:{orders}" for price, lots, orders in levels).encode())
