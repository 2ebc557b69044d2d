"""A call auction: one price for everybody who meets in it. Pure.

The price is the one that most lots can be traded at; of those the one that leaves least on either side; of those the
nearest to the reference price; of those the lowest. Only the limit prices of orders and the reference price are
candidates. Buys are served highest first, sells lowest first, at one price the oldest first. No owner meets itself:
orders of one owner that could meet do not stand in a book together (`Engine.facing_own`).
"""

from bisect import bisect_right
from itertools import accumulate
from typing import NamedTuple

from backend.market.book import Book, Ladder, Resting
from backend.market.matching import Engine


class Indicative(NamedTuple):
    """What an auction would do now. No price: nobody would meet."""

    price_per_kg: int | None
    lots: int
    imbalance_lots: int
    """Lots to buy at the price less lots to sell at it."""


class Pair(NamedTuple):
    """One meeting in an auction."""

    buy_id: int
    sell_id: int
    lots: int


NOTHING = Indicative(None, 0, 0)


def indicative(book: Book) -> Indicative:
    """The price and volume of an auction now. O(levels that could meet)."""
    bid, ask = book.bids.best(), book.asks.best()
    if bid is None or ask is None or bid.price_per_kg < ask.price_per_kg:
        return NOTHING
    # Outside the two best prices nothing more is traded, and the imbalance only grows.
    low, high = ask.price_per_kg, bid.price_per_kg
    sells = _Ladder(book.asks, high)
    buys = _Ladder(book.bids, -low)
    candidates = {abs(key) for key in (*sells.keys, *buys.keys)}
    reference = book.reference
    if reference is not None and low <= reference <= high:
        candidates.add(reference)

    def rank(price: int) -> tuple[int, int, int, int]:
        demand, supply = buys.up_to(-price), sells.up_to(price)
        away = 0 if reference is None else abs(price - reference)
        return -min(demand, supply), abs(demand - supply), away, price

    price = min(candidates, key=rank)
    demand, supply = buys.up_to(-price), sells.up_to(price)
    return Indicative(price, min(demand, supply), demand - supply)


def uncross(engine: Engine, book: Book) -> tuple[Indicative, list[Pair]]:
    """Matches what the auction matches and leaves the rest where it stands; the pairs in the order of their trades."""
    result = indicative(book)
    if result.price_per_kg is None:
        return result, []
    buys = _served(book.bids, -result.price_per_kg, result.lots)
    sells = _served(book.asks, result.price_per_kg, result.lots)
    pairs: list[Pair] = []
    buy_at = sell_at = 0
    bought = sold = 0
    while buy_at < len(buys):
        buy, sell = buys[buy_at], sells[sell_at]
        lots = min(buy.lots - bought, sell.lots - sold)
        pairs.append(Pair(buy.order.entry.order_id, sell.order.entry.order_id, lots))
        bought, sold = bought + lots, sold + lots
        if bought == buy.lots:
            buy_at, bought = buy_at + 1, 0
        if sold == sell.lots:
            sell_at, sold = sell_at + 1, 0
    for order, lots in (*buys, *sells):
        if lots < order.lots:
            engine.shrink(order.entry.order_id, order.lots - lots)
        else:
            engine.remove(order.entry.order_id)
    engine.trades += len(pairs)
    return result, pairs


class _Ladder:
    """Cumulated lots of a ladder by price key, as far as a limit key."""

    def __init__(self, ladder: Ladder, limit: int) -> None:
        living = sorted(key for key, level in ladder.levels.items() if level.queue and key <= limit)
        self.keys = living
        self._lots = [0, *accumulate(ladder.levels[key].lots for key in living)]

    def up_to(self, key: int) -> int:
        """Lots at this key or a better one."""
        return self._lots[bisect_right(self.keys, key)]


class _Served(NamedTuple):
    order: Resting
    lots: int


def _served(ladder: Ladder, limit: int, lots: int) -> list[_Served]:
    """Who trades how much, in priority, until the lots are given out."""
    served: list[_Served] = []
    for level in ladder.inward(limit):
        for order in level.queue:
            if not lots:
                return served
            if order.lots:
                served.append(_Served(order, min(order.lots, lots)))
                lots -= served[-1].lots
    return served
