"""What an account's open orders tie up: their cost bound in money, their lots for sale, and how many they are. Pure."""

from collections import defaultdict
from collections.abc import Iterable

from backend.kernel.mass import fee_floor
from backend.market.book import Entry, Resting
from backend.market.order import Side


class Tied:
    """Sums over an account's open orders, which follow each order at the same cost however many there are."""

    __slots__ = ("_counted", "_entries", "lots_offered", "lots_wanted", "money", "orders")

    def __init__(self) -> None:
        self.money = 0
        """Base units that the buys may cost, fees included."""
        self.lots_offered: dict[int, int] = defaultdict(int)
        """Lots for sale, by class."""
        self.lots_wanted: dict[int, int] = defaultdict(int)
        """Lots that the buys may bring, by class."""
        self.orders: dict[int, int] = defaultdict(int)
        """How many there are, by class."""
        self._entries: dict[int, Entry] = {}
        self._counted: dict[int, int] = {}
        """Lots that the sums count of each order."""

    @classmethod
    def by(cls, orders: Iterable[Resting]) -> "Tied":
        """What these orders tie up."""
        found = cls()
        for resting in orders:
            found.count(resting.entry, resting.lots)
        return found

    def count(self, entry: Entry, lots: int) -> None:
        """An order has so many lots open, whatever it had before."""
        order_id = entry.order_id
        if order_id in self._counted:
            self.drop(order_id)
        self._entries[order_id], self._counted[order_id] = entry, lots
        self._add(entry, lots, 1)

    def drop(self, order_id: int) -> None:
        """An order is not open any more, if it was."""
        entry = self._entries.pop(order_id, None)
        if entry is not None:
            self._add(entry, self._counted.pop(order_id), -1)

    def _add(self, entry: Entry, lots: int, times: int) -> None:
        class_id = entry.class_id
        self.orders[class_id] += times
        if entry.side is Side.SELL:
            self.lots_offered[class_id] += times * lots
        else:
            self.lots_wanted[class_id] += times * lots
            self.money += times * cost_bound(lots, entry.price_per_kg, entry.fee_bound_bps)


def cost_bound(lots: int, price_per_kg: int, fee_bound_bps: int) -> int:
    """The most a buy of `lots` may take from the buyer: cost and fee, in base units."""
    cost = lots * price_per_kg
    return cost + fee_floor(cost, fee_bound_bps)
