"""A market so plain that it can be believed: one list of orders in the order of their coming, searched anew for
everything. It knows nothing of heaps, levels or laziness.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from backend.market.book import Entry
from backend.market.instructed import FOK_FILLS_MAX
from backend.market.instructions import Instructions, SelfTrade, TimeInForce
from backend.market.order import Side
from backend.market.phase import Phase

Fills = list[tuple[int, int, int]]


def sign_of(side: Side) -> int:
    """Prices times this: the smaller, the better for the other side."""
    return 1 if side is Side.BUY else -1


@dataclass
class Naive:
    """Every class's orders; whatever is left of an order is its entry's lots."""

    orders: list[Entry] = field(default_factory=list)
    phases: dict[int, Phase] = field(default_factory=dict)
    references: dict[int, int] = field(default_factory=dict)
    bands: dict[int, tuple[int, int]] = field(default_factory=dict)

    def phase(self, class_id: int) -> Phase:
        return self.phases.get(class_id, Phase.CONTINUOUS)

    def rivals(self, new: Entry) -> list[Entry]:
        """Whom the order could meet, best price first, then oldest."""
        sign = sign_of(new.side)
        meets = [
            (sign * old.price_per_kg, arrival, old)
            for arrival, old in enumerate(self.orders)
            if (old.class_id, old.side) == (new.class_id, Side.SELL if new.side is Side.BUY else Side.BUY)
            and sign * old.price_per_kg <= sign * new.price_per_kg
        ]
        return [old for _, _, old in sorted(meets, key=lambda one: one[:2])]

    def place(self, new: Entry, instructions: Instructions) -> tuple[Fills, int, list[int]]:
        """(fills, lots that rest, own orders that had to leave)."""
        mode, rests = instructions.self_trade, instructions.time_in_force.rests
        if not self.phase(new.class_id).matches:
            own = [old.order_id for old in self.rivals(new) if old.owner == new.owner]
            gone = [] if mode is SelfTrade.CANCEL_NEWEST else own
            stays = new.lots if not own or mode is SelfTrade.CANCEL_OLDEST else 0
            fills: Fills = []
        else:
            fills, own, stopped = self.walk(new, mode)
            left = new.lots - sum(lots for _, lots, _ in fills)
            if instructions.time_in_force is TimeInForce.FOK and (left or len(fills) > FOK_FILLS_MAX):
                return [], 0, []
            stays = left if rests and not stopped else 0
            beyond = [old.order_id for old in self.rivals(new) if old.owner == new.owner and stays]
            if beyond and mode is not SelfTrade.CANCEL_OLDEST:
                stays = 0
            gone = [] if mode is SelfTrade.CANCEL_NEWEST else list(dict.fromkeys(own + beyond))
        for order_id, lots, _ in fills:
            self.take(order_id, lots)
        for order_id in gone:
            self.set_lots(order_id, 0)
        if stays:
            self.orders.append(new._replace(lots=stays))
        return fills, stays, gone

    def walk(self, new: Entry, mode: SelfTrade) -> tuple[Fills, list[int], bool]:
        """(fills, own orders met, whether it stopped at one)."""
        low, high = self.bands.get(new.class_id, (0, 1 << 99))
        fills: Fills = []
        own: list[int] = []
        left = new.lots
        for old in self.rivals(new):
            if not left or not low <= old.price_per_kg <= high:
                break
            if old.owner == new.owner:
                own.append(old.order_id)
                if mode is SelfTrade.CANCEL_OLDEST:
                    continue
                return fills, own, True
            fills.append((old.order_id, min(old.lots, left), old.price_per_kg))
            left -= fills[-1][1]
        return fills, own, False

    def replace(self, order_id: int, new: Entry) -> tuple[Fills, int]:
        """A plain order in the place of another."""
        old = self.find(order_id)
        if new.price_per_kg == old.price_per_kg and new.lots <= old.lots:
            self.orders = [new if one.order_id == order_id else one for one in self.orders]
            return [], new.lots
        self.set_lots(order_id, 0)
        fills, stays, _ = self.place(new, Instructions())
        return fills, stays

    def auction(self, class_id: int) -> tuple[int | None, int, Fills]:
        """(price, lots, pairs); the orders that met are served."""
        ours = [old for old in self.orders if old.class_id == class_id]
        price, lots, _ = auction_price(ours, self.references.get(class_id))
        pairs = [] if price is None else auction_pairs(ours, price, lots)
        for buy_id, sell_id, met in pairs:
            self.take(buy_id, met)
            self.take(sell_id, met)
        return price, lots, pairs

    def is_crossed(self, class_id: int) -> bool:
        """Whether somebody could meet somebody, whatever the band says."""
        return any(self.rivals(old) for old in self.orders if old.class_id == class_id)

    def find(self, order_id: int) -> Entry:
        return next(old for old in self.orders if old.order_id == order_id)

    def take(self, order_id: int, lots: int) -> None:
        self.set_lots(order_id, self.find(order_id).lots - lots)

    def set_lots(self, order_id: int, lots: int) -> None:
        changed = [old._replace(lots=lots) if old.order_id == order_id else old for old in self.orders]
        self.orders = [old for old in changed if old.lots]


def auction_price(orders: Iterable[Entry], reference: int | None) -> tuple[int | None, int, int]:
    """(price, lots, imbalance) by trying every limit price and the reference."""
    orders, found = list(orders), []
    for price in {order.price_per_kg for order in orders} | ({reference} if reference is not None else set()):
        demand = sum(order.lots for order in orders if order.side is Side.BUY and order.price_per_kg >= price)
        supply = sum(order.lots for order in orders if order.side is Side.SELL and order.price_per_kg <= price)
        away = 0 if reference is None else abs(price - reference)
        found.append((-min(demand, supply), abs(demand - supply), away, price, demand - supply))
    if not found or min(found)[0] == 0:
        return None, 0, 0
    volume, _, _, price, imbalance = min(found)
    return price, -volume, imbalance


def auction_pairs(orders: Iterable[Entry], price: int, volume: int) -> Fills:
    """(buy, sell, lots), lot by lot, then neighbours of the same two orders put together."""
    orders = list(orders)

    def units(side: Side) -> list[int]:
        sign = sign_of(side)
        able = [order for order in orders if order.side is side and sign * order.price_per_kg >= sign * price]
        ranked = sorted(able, key=lambda order: -sign * order.price_per_kg)
        return [order.order_id for order in ranked for _ in range(order.lots)][:volume]

    made: Fills = []
    for buy, sell in zip(units(Side.BUY), units(Side.SELL), strict=True):
        if made and made[-1][:2] == (buy, sell):
            made[-1] = (buy, sell, made[-1][2] + 1)
        else:
            made.append((buy, sell, 1))
    return made
