"""What an account's open orders tie up: their cost bound in money, their lots for sale, and how many they are. Pure."""

from collections import defaultdict
from collections.abc import Iterable

from backend.kernel.mass import fee_floor
from backend.market.book import Entry, Resting
from backend.market.order import Side


class Tied:
    """Sums over an account's open orders, to which an order can be added."""

    __slots__ = ("lots_offered", "lots_wanted", "money", "orders")

    def __init__(self) -> None:
        self.money = 0
        """Base units that the buys may cost, fees included."""
        self.lots_offered: dict[int, int] = defaultdict(int)
        """Lots for sale, by class."""
        self.lots_wanted: dict[int, int] = defaultdict(int)
        """Lots that the buys may bring, by class."""
        self.orders: dict[int, int] = defaultdict(int)
        """How many there are, by class."""

    @classmethod
    def by(cls, orders: Iterable[Resting]) -> "Tied":
        """What these orders tie up."""
        found = cls()
        for resting in orders:
            found.add(resting.entry, resting.lots)
        return found

    def add(self, entry: Entry, lots: int) -> None:
        """An order more, with so many lots open."""
        class_id = entry.class_id
        self.orders[class_id] += 1
        if entry.side is Side.SELL:
            self.lots_offered[class_id] += lots
        else:
            self.lots_wanted[class_id] += lots
            self.money += cost_bound(lots, entry.price_per_kg, entry.fee_bound_bps)


def cost_bound(lots: int, price_per_kg: int, fee_bound_bps: int) -> int:
    """The most a buy of `lots` may take from the buyer: cost and fee, in base units."""
    cost = lots * price_per_kg
    return cost + fee_floor(cost, fee_bound_bps)
