"""Matching rate of the book, against two others run on the same messages, and what a resting order costs.

The others: a bare price-level heap with slotted orders, which matches and does nothing else (no owners, no self-trade
prevention, no expiry, no levels' totals, no account index, no price band), and liquibook, C++ called from Python. The
book has every feature on, a price band included. Workloads, all seeded: `standard` 2,000 orders kept near 2,000, 60 %
passive near the touch at geometric distance, 30 % cancels of a resting order chosen uniformly, 10 % crossing; `thin`
the same around 40 orders; `deep` around 100,000.
"""

import gc
import importlib.util
import statistics
import time
import tracemalloc
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from heapq import heappop, heappush
from random import Random  # noqa: TID251 - seeded: the same messages in every run
from typing import Any

from backend.market.book import Entry
from backend.market.matching import Engine
from backend.market.order import Side

ROUNDS = 7
GOALS = {"bare heap": 0.6, "liquibook": 1.2}
"""The least our rate may be of theirs."""

BYTES_MAX = 600
SIZES = (1_000, 10_000, 100_000, 1_000_000)
FLAT_ROUNDS = 21
CLASS_ID = 1
MID = 100_000
EXPIRY = 1_900_000_000
_BUY = Side.BUY


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


class Liquibook:
    """The order book of liquibook, telling fills as the others do. It numbers orders by itself, as they are made."""

    def __init__(self) -> None:
        liquibook = importlib.import_module("liquibook")
        self.fills: list[tuple[int, int, int]] = []
        fills = self.fills

        class Listener(liquibook.OrderListener):  # type: ignore[name-defined,misc] # compiled, without types
            def on_fill(self, resting: Any, incoming: Any, lots: int, price: int) -> None:
                resting.fill(lots, price, 0)
                incoming.fill(lots, price, 0)
                fills.append((resting.order_id_, lots, price))

            def on_accept(self, order: Any) -> None:
                pass

            def on_cancel(self, order: Any) -> None:
                pass

            def on_cancel_reject(self, order: Any, reason: str) -> None:
                pass  # filled before: without owners, orders meet that ours keep apart

        self._order = liquibook.SimpleOrder
        self._book = liquibook.DepthOrderBook()
        self._listener = Listener()
        self._book.set_order_listener(self._listener)
        self._orders: dict[int, Any] = {}

    def place(self, entry: Entry) -> list[tuple[int, int, int]]:
        """Matches and rests; returns the fills."""
        order = self._orders[entry.order_id] = self._order(entry.side is _BUY, entry.price_per_kg, entry.lots)
        self.fills.clear()
        self._book.add(order)
        return list(self.fills)

    def remove(self, order_id: int) -> None:
        """Cancels."""
        self._book.cancel(self._orders.pop(order_id))


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


def banded() -> Engine:
    """An engine with every feature on: a reference price and its band, so wide that this workload stays inside."""
    engine = Engine()
    engine.book_of(CLASS_ID).refer(MID, MID // 2, 2 * MID, 1)
    return engine


def _agree(load: Workload) -> None:
    """Liquibook and the bare heap do the same work: the same lots at the same prices."""
    heap, other = BareHeap(), Liquibook()
    for message in (*load.preload, *load.messages):
        if isinstance(message, int):
            heap.remove(message)
            other.remove(message)
        else:
            expected = [fill[1:] for fill in heap.place(message)]
            assert [fill[1:] for fill in other.place(message)] == expected, message


def _matching_rows(load: Workload) -> list[dict[str, object]]:
    makers: dict[str, Callable[[], Any]] = {"ours": banded, "bare heap": BareHeap}
    if importlib.util.find_spec("liquibook") is not None:
        makers["liquibook"] = Liquibook
        _agree(load)
    taken: dict[str, list[float]] = {name: [] for name in makers}
    for _ in range(ROUNDS):
        for name, make in makers.items():
            book = make()
            taken[name].append(_seconds(book.place, book.remove, load))
    rate = {name: int(len(load.messages) / statistics.median(seconds)) for name, seconds in taken.items()}
    return [
        {
            "name": f"market: matching rate, {load.name}, against {name}",
            "value": rate["ours"],
            "unit": "messages/s",
            "baseline": rate[name],
            "ratio": round(rate["ours"] / rate[name], 3),
            "goal": GOALS[name],
            "met": rate["ours"] / rate[name] >= GOALS[name],
        }
        for name in makers
        if name != "ours"
    ]


def _memory_row(resting: int = 100_000) -> dict[str, object]:
    """Bytes of an order that rests, its entry included, in a book of many."""
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    engine = banded()
    for item in _quiet(resting):
        engine.place(item)
    engine.due(0)  # what is noted of expiries is part of it
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    value = (after - before) // resting
    return {
        "name": "market: memory of a resting order",
        "value": value,
        "unit": "bytes",
        "goal": BYTES_MAX,
        "met": value <= BYTES_MAX,
    }


def _quiet(count: int) -> Iterator[Entry]:
    """Orders that meet nobody: a thousand accounts, a thousand prices on either side."""
    owners = [f"0x{at:040x}" for at in range(1000)]
    for at in range(1, count + 1):
        owner, away = owners[at * 7 % 1000], 1 + at * 13 % 1000
        side, price = (Side.BUY, MID - away) if at % 2 else (Side.SELL, MID + away)
        yield Entry(at, CLASS_ID, owner, owner, side, 5, price, EXPIRY + at % 10_000, 100)


def _flat_rows() -> list[dict[str, object]]:
    """What one add, one cancel and one look at the best price take, by the number of orders that rest."""
    taken = {size: _operations(size) for size in SIZES}
    small, large = SIZES[0], SIZES[-1]
    return [
        {
            "name": f"market: {name} with {large:,} resting orders, against {small:,}",
            "value": taken[large][name],
            "unit": "ns",
            "baseline": taken[small][name],
            "ratio": round(taken[large][name] / taken[small][name], 2),
            "between": {size: taken[size][name] for size in SIZES},
        }
        for name in ("add", "cancel", "best")
    ]


def _operations(resting: int) -> dict[str, int]:
    """CPU ns of each operation, medians over rounds of a thousand."""
    engine = banded()
    entries = list(_quiet(resting + FLAT_ROUNDS * 1000))
    for item in entries[:resting]:
        engine.place(item)
    book = engine.book_of(CLASS_ID)
    taken: dict[str, list[float]] = {"add": [], "cancel": [], "best": []}
    with _still():
        for at in range(FLAT_ROUNDS):
            some = entries[resting + at * 1000 : resting + (at + 1) * 1000]
            start = time.process_time_ns()
            for item in some:
                engine.place(item)
            added = time.process_time_ns()
            for _ in some:
                book.bids.best()
            looked = time.process_time_ns()
            for item in some:
                engine.remove(item.order_id)
            removed = time.process_time_ns()
            for name, spent in (("add", added - start), ("best", looked - added), ("cancel", removed - looked)):
                taken[name].append(spent / 1000)
    return {name: int(statistics.median(spent)) for name, spent in taken.items()}


def rows() -> list[dict[str, object]]:
    """Rates of the three workloads against both others (CPU time, medians of interleaved rounds); memory; flatness."""
    matching = [row for load in workloads() for row in _matching_rows(load)]
    return [*matching, _memory_row(), *_flat_rows()]
