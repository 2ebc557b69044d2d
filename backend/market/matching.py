"""The matching engine: every book, and the rules by which orders meet. Pure: no clock, no database, no chance.

Its state is a function of the calls made to it, in order, and nothing else; `state_digest` names that state, so a
replayed journal can be compared with the engine that wrote it. Price-time priority: the best price first, at one
price the oldest first; a fill is at the resting order's price. Two orders of one owner never meet: the newer one
stops there (cancel newest). INV-04 as far as the book goes: no order is filled beyond its lots or outside its limit.
"""

from collections.abc import Iterator
from heapq import heappop
from typing import TypeAlias

from backend.kernel.digest import Json, digest_of
from backend.market.book import Book, Entry, Ladder, Resting
from backend.market.expiries import Expiries
from backend.market.order import Side

Fill: TypeAlias = tuple[int, int, int]
"""(resting order's id, lots, price per kg): one meeting of an incoming order. A bare tuple: the book makes millions."""

_BUY = Side.BUY


class Engine:
    """All books of one market. Not thread-safe: one writer owns it."""

    __slots__ = ("_expiries", "books", "by_owner", "orders", "trades")

    def __init__(self) -> None:
        self.books: dict[int, Book] = {}
        self.orders: dict[int, Resting] = {}
        """Every living order by id."""
        self.by_owner: dict[str, dict[int, Resting]] = {}
        """Living orders of each owner by id, in order of entry."""
        self.trades = 0
        """Fills so far, and so the id of the latest trade: a place call's n fills are the n ids up to here."""
        self._expiries = Expiries(self.orders)

    def place(self, entry: Entry) -> list[Fill]:
        """Matches an order and rests what is left; returns its fills in order.

        `open_lots` says what rests. If nothing rests and the fills do not add up to the entry's lots, the next order to
        meet was the owner's own and the remainder was given up. The id must not be in the book.
        """
        book = self.books.get(entry.class_id)
        if book is None:
            book = self.books[entry.class_id] = Book()
        if entry.side is _BUY:
            key, own, other = -entry.price_per_kg, book.bids, book.asks
        else:
            key, own, other = entry.price_per_kg, book.asks, book.bids
        heap = other.heap
        if heap and heap[0] <= -key:
            fills: list[Fill] = []
            left = self._take(other, -key, entry.owner, entry.lots, fills)
            self.trades += len(fills)
            if left:
                self._rest(entry, own, key, left)
            return fills
        self._rest(entry, own, key, entry.lots)
        return []

    def _take(self, ladder: Ladder, limit: int, owner: str, lots: int, fills: list[Fill]) -> int:
        """Fills against a ladder up to a limit key; returns the lots to rest: none if the owner met itself."""
        heap, levels = ladder.heap, ladder.levels
        orders, by_owner = self.orders, self.by_owner
        while heap and heap[0] <= limit:
            level = levels[heap[0]]
            queue, price = level.queue, level.price_per_kg
            while queue:
                resting = queue[0]
                here = resting.lots
                if not here:
                    queue.popleft()
                    continue
                maker = resting.owner
                if maker == owner:
                    return 0
                resting_id = resting.entry[0]
                if here > lots:
                    resting.lots = here - lots
                    level.lots -= lots
                    fills.append((resting_id, lots, price))
                    return 0
                queue.popleft()
                level.lots -= here
                level.live -= 1
                resting.lots = 0
                lots -= here
                del orders[resting_id]
                del by_owner[maker][resting_id]
                fills.append((resting_id, here, price))
                if not lots:
                    break
            if not level.live:
                del levels[heappop(heap)]
            if not lots:
                return 0
        return lots

    def _rest(self, entry: Entry, ladder: Ladder, key: int, lots: int) -> None:
        order_id, _, owner, _, _, _, expiry, _ = entry
        assert order_id not in self.orders, order_id
        level = ladder.levels.get(key) or ladder.add_level(key)
        resting = Resting(entry, lots, level, owner)
        level.queue.append(resting)
        level.lots += lots
        level.live += 1
        self.orders[order_id] = resting
        mine = self.by_owner.get(owner)
        if mine is None:
            mine = self.by_owner[owner] = {}
        mine[order_id] = resting
        self._expiries.add(expiry, order_id)

    def remove(self, order_id: int) -> int:
        """Takes an order off the book; returns the lots it had open, 0 if it was not there."""
        resting = self.orders.pop(order_id, None)
        if resting is None:
            return 0
        lots = resting.lots
        del self.by_owner[resting.owner][order_id]
        resting.level.drop(resting)
        return lots

    def shrink(self, order_id: int, lots: int) -> None:
        """Leaves an order `lots` open, fewer than before and at least one; it keeps its place in the queue."""
        resting = self.orders[order_id]
        assert 0 < lots < resting.lots, (order_id, lots, resting.lots)
        resting.level.lots -= resting.lots - lots
        resting.lots = lots

    def expire(self, before: int) -> list[int]:
        """Takes off every order whose expiry is at most `before` (Unix seconds); returns their ids, soonest first."""
        gone = self._expiries.due(before)
        for order_id in gone:
            self.remove(order_id)
        self._expiries.forget(before)
        return gone

    def due(self, before: int) -> bool:
        """Whether `expire(before)` would take anything off."""
        return bool(self._expiries.due(before))

    def open_lots(self, order_id: int) -> int:
        """What an order still has in the book; 0 if it is not there."""
        resting = self.orders.get(order_id)
        return resting.lots if resting else 0

    def open_of(self, owner: str) -> Iterator[Resting]:
        """An owner's living orders, in order of entry."""
        return iter(self.by_owner.get(owner, {}).values())

    def state_digest(self) -> bytes:
        """SHA-256 of everything that decides what happens next: orders in priority with their terms, trades so far."""
        books: dict[str, Json] = {}
        for class_id, book in self.books.items():
            sides = [[_digested(order) for order in ladder.orders()] for ladder in (book.bids, book.asks)]
            if any(sides):
                books[str(class_id)] = sides
        return digest_of({"books": books, "trades": self.trades})


def _digested(order: Resting) -> Json:
    entry = order.entry
    return [entry.order_id, entry.owner, str(entry.price_per_kg), str(order.lots), entry.expiry, entry.fee_bound_bps]
