"""Matching rate of the book, against a bare price-level heap with slotted orders run on the same messages.

The bare heap matches and does nothing else: no owners, no self-trade prevention, no expiry, no levels' totals, no
account index. Workloads, all seeded: `standard` 2,000 orders kept near 2,000, 60 % passive near the touch at
geometric distance, 30 % cancels of a resting order chosen uniformly, 10 % crossing; `thin` the same around 40 orders;
`deep` around 100,000.
"""

import gc
import statistics
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from heapq import heappop, heappush
from random import Random  # noqa: TID251 - seeded: the same messages in every run

from backend.market.book import Entry
from backend.market.matching import Engine
from backend.market.order import Side

ROUNDS = 7
GOAL_PER_S = 300_000
CLASS_ID = 1
MID = 100_000
EXPIRY = 1_900_000_000


@dataclass(frozen=True)
class Workload:
    """Messages to time, after the orders that stand in the book when the clock starts."""

    name: str
    preload: list[Entry]
    messages: list[Entry | int]
    """An entry to place, or the id of an order to cancel."""


class BareOrder:
    """An order of the bare heap."""

    __slots__ = ("lots", "order_id", "price")

    def __init__(self, order_id: int, price: int, lots: int) -> None:
        self.order_id = order_id
        self.price = price
        self.lots = lots


class BareHeap:
    """The least that matches: a heap of prices per side, a deque of orders per price, cancels by zeroing."""

    def __init__(self) -> None:
        self.heaps: tuple[list[int], list[int]] = ([], [])
        self.levels: tuple[dict[int, deque[BareOrder]], dict[int, deque[BareOrder]]] = ({}, {})
        self.orders: dict[int, BareOrder] = {}

    def place(self, entry: Entry) -> list[tuple[int, int, int]]:
        """Matches and rests; returns (resting id, lots, price) of each fill."""
        is_buy = entry.side is Side.BUY
        key = -entry.price_per_kg if is_buy else entry.price_per_kg
        heap, levels, lots = self.heaps[is_buy], self.levels[is_buy], entry.lots
        fills = []
        while lots and heap and heap[0] <= -key:
            queue = levels[heap[0]]
            while queue and lots:
                order = queue[0]
                if order.lots > lots:
                    order.lots -= lots
                    fills.append((order.order_id, lots, order.price))
                    lots = 0
                else:
                    queue.popleft()
                    if order.lots:
                        fills.append((order.order_id, order.lots, order.price))
                        lots -= order.lots
                        del self.orders[order.order_id]
            if not queue:
                del levels[heappop(heap)]
        if lots:
            own = self.levels[not is_buy]
            order = self.orders[entry.order_id] = BareOrder(entry.order_id, entry.price_per_kg, lots)
            if key in own:
                own[key].append(order)
            else:
                own[key] = deque([order])
                heappush(self.heaps[not is_buy], key)
        return fills

    def remove(self, order_id: int) -> None:
        """Cancels."""
        order = self.orders.pop(order_id, None)
        if order is not None:
            order.lots = 0


def workload(name: str, *, resting: int, count: int, seed: int) -> Workload:
    """Messages that keep about `resting` orders in the book; owners are 1,000 accounts drawn at random."""
    chance = Random(seed)
    book = Engine()
    living: list[int] = []
    order_id = 0

    def entry(*, crossing: bool) -> Entry:
        nonlocal order_id
        order_id += 1
        side = Side.BUY if chance.random() < 0.5 else Side.SELL
        away = -50 if crossing else 1 + min(int(chance.expovariate(0.1)), 500)
        price = MID - away if side is Side.BUY else MID + away
        # Crossing orders are larger in a full book and smaller in an empty one: it stays where the workload says.
        most = (60 if len(book.orders) < resting else 75) if crossing else 20
        lots = chance.randint(1, most)
        owner = f"0x{chance.randrange(1000):040x}"
        return Entry(order_id, CLASS_ID, owner, owner, side, lots, price, EXPIRY, 100)

    def apply(item: Entry) -> None:
        book.place(item)
        if book.open_lots(item.order_id):
            living.append(item.order_id)

    preload = [entry(crossing=False) for _ in range(resting)]
    for item in preload:
        apply(item)
    messages: list[Entry | int] = []
    while len(messages) < count:
        draw = chance.random()
        if draw < 0.3 and book.orders:
            chosen = 0
            while not book.remove(chosen):
                at = chance.randrange(len(living))
                living[at], living[-1] = living[-1], living[at]
                chosen = living.pop()
            messages.append(chosen)
        else:
            item = entry(crossing=draw > 0.9)
            apply(item)
            messages.append(item)
    return Workload(name, preload, messages)


def workloads() -> list[Workload]:
    """The three of them."""
    return [
        workload("standard", resting=2_000, count=200_000, seed=1),
        workload("thin", resting=40, count=100_000, seed=2),
        workload("deep", resting=100_000, count=100_000, seed=3),
    ]


@contextmanager
def _still() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _seconds(place: Callable[[Entry], object], remove: Callable[[int], object], load: Workload) -> float:
    for item in load.preload:
        place(item)
    with _still():
        start = time.process_time()
        for message in load.messages:
            if type(message) is int:
                remove(message)
            else:
                place(message)  # type: ignore[arg-type]  # not an int, so an Entry; an isinstance check would cost more
        return time.process_time() - start


def _row(load: Workload) -> dict[str, object]:
    ours: list[float] = []
    bare: list[float] = []
    for _ in range(ROUNDS):
        heap, engine = BareHeap(), Engine()
        bare.append(_seconds(heap.place, heap.remove, load))
        ours.append(_seconds(engine.place, engine.remove, load))
    value = int(len(load.messages) / statistics.median(ours))
    baseline = int(len(load.messages) / statistics.median(bare))
    ratio = round(value / baseline, 3)
    return {
        "name": f"market: matching rate, {load.name}",
        "value": value,
        "unit": "messages/s",
        "baseline": baseline,
        "ratio": ratio,
        "goal": GOAL_PER_S,
        "met": value >= GOAL_PER_S,
    }


def rows() -> list[dict[str, object]]:
    """One row a workload: CPU time, medians of interleaved rounds. Baseline: the bare heap."""
    return [_row(load) for load in workloads()]
