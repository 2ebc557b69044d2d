"""The matching engine: every book, and the rules by which orders meet. Pure: no clock, no database, no chance.

Its state is a function of the calls made to it, in order, and nothing else; `state_digest` names that state, so a
replayed journal can be compared with the engine that wrote it. Price-time priority: the best price first, at one
price the oldest first; a fill is at the resting order's price. Two orders of one owner never meet. INV-04 as far as the
book goes: no order is filled beyond its lots or outside its limit.
"""

from collections.abc import Iterator
from heapq import heappop
from typing import TypeAlias

from backend.kernel.digest import Json, known_json, sha256
from backend.market.book import Book, Entry, Ladder, Resting
from backend.market.expiries import Expiries
from backend.market.order import Side

Fill: TypeAlias = tuple[int, int, int]
"""(resting order's id, lots, price per kg): one meeting of an incoming order. A bare tuple: the book makes millions."""

_BUY = Side.BUY


class Engine:
    """All books of one market. Not thread-safe: one writer owns it."""

    __slots__ = ("_accounts", "_expiries", "_fresh", "books", "by_account", "heartbeats", "orders", "trades")

    def __init__(self) -> None:
        self.books: dict[int, Book] = {}
        self.orders: dict[int, Resting] = {}
        """Every living order by id."""
        self.by_account: dict[str, dict[int, Resting]] = {}
        """Living orders of each account by id, in order of entry."""
        self.trades = 0
        """Fills so far, and so the id of the latest trade: a place call's n fills are the n ids up to here."""
        self.heartbeats: dict[str, int] = {}
        """Until when (Unix seconds) each account that asked for it keeps its orders without another heartbeat."""
        self._expiries = Expiries(self.orders)
        self._fresh = self._expiries.fresh.append
        self._accounts: dict[str, set[str]] = {}
        """Owner -> its accounts that had orders, besides one that bears the owner's name."""

    def book_of(self, class_id: int) -> Book:
        """The book of a class; a new one, continuous, if it has none."""
        book = self.books.get(class_id)
        if book is None:
            book = self.books[class_id] = Book()
        return book

    def place(self, entry: Entry) -> list[Fill]:
        """Matches a plain limit order and rests what is left, or only rests it if its class collects orders now;
        returns its fills in order.

        `open_lots` says what rests. If nothing rests and the fills do not add up to the entry's lots, the next order to
        meet was the owner's own and the remainder was given up. The id must not be in the book.
        """
        order_id, class_id, account, owner, side, lots, price, _, _ = entry
        book = self.books.get(class_id) or self.book_of(class_id)
        if side is _BUY:
            key, own, other = -price, book.bids, book.asks
        else:
            key, own, other = price, book.asks, book.bids
        heap = other.heap
        fills: list[Fill] = []
        if heap and heap[0] <= -key:
            if book.matches:
                limit = -key
                if limit > other.cap or heap[0] < other.floor:
                    limit = other.within(limit)
                lots = self.take(other, limit, owner, lots, fills)
                self.trades += len(fills)
                if lots and limit != -key and any(self.facing_own(entry)):
                    lots = 0  # it would wait for a volatility call, against its owner
            elif any(self.facing_own(entry)):
                lots = 0
            if not lots:
                return fills
        # As `rest` does: a call costs more than what it does.
        level = own.levels.get(key) or own.add_level(key)
        mine = self.by_account.get(account)
        if mine is None:
            mine = self.by_account[account] = {}
        resting = Resting()
        resting.entry = entry
        resting.lots = lots
        resting.level = level
        resting.owner = owner
        resting.mine = mine
        self.orders[order_id] = mine[order_id] = resting
        level.queue.append(resting)
        level.lots += lots
        self._fresh(order_id)
        if owner is not account:
            self._accounts.setdefault(owner, set()).add(account)
        return fills

    def take(self, ladder: Ladder, limit: int, owner: str, lots: int, fills: list[Fill]) -> int:
        """Fills against a ladder up to a limit key; returns the lots left over: none if the owner met itself."""
        heap, levels = ladder.heap, ladder.levels
        orders = self.orders
        while heap and heap[0] <= limit:
            level = levels[heap[0]]
            queue, price = level.queue, level.price_per_kg
            while queue:
                resting = queue[0]
                here = resting.lots
                if not here:
                    queue.popleft()
                    level.dead -= 1
                    continue
                if resting.owner == owner:
                    return 0
                resting_id = resting.entry[0]
                if here > lots:
                    resting.lots = here - lots
                    level.lots -= lots
                    fills.append((resting_id, lots, price))
                    return 0
                queue.popleft()
                level.lots -= here
                resting.lots = 0
                lots -= here
                del orders[resting_id]
                del resting.mine[resting_id]
                fills.append((resting_id, here, price))
                if not lots:
                    break
            if len(queue) == level.dead:
                del levels[heappop(heap)]
            if not lots:
                return 0
        return lots

    def rest(self, entry: Entry, ladder: Ladder, key: int, lots: int) -> None:
        """Puts an order at the end of its price's queue."""
        order_id, _, account, owner, _, _, _, _, _ = entry
        level = ladder.levels.get(key) or ladder.add_level(key)
        mine = self.by_account.setdefault(account, {})
        resting = Resting()
        resting.entry = entry
        resting.lots = lots
        resting.level = level
        resting.owner = owner
        resting.mine = mine
        self.orders[order_id] = mine[order_id] = resting
        level.queue.append(resting)
        level.lots += lots
        self._fresh(order_id)
        if owner is not account:
            self._accounts.setdefault(owner, set()).add(account)

    def replace(self, order_id: int, entry: Entry) -> None:
        """Puts an entry of the same account, class, side and price, with no more lots, where an order stands."""
        resting = self.orders.pop(order_id)
        assert 0 < entry.lots <= resting.lots, (order_id, entry)
        del resting.mine[order_id]
        resting.level.lots -= resting.lots - entry.lots
        resting.entry, resting.lots, resting.owner = entry, entry.lots, entry.owner
        self.orders[entry.order_id] = resting.mine[entry.order_id] = resting
        if entry.owner is not entry.account:
            self._accounts.setdefault(entry.owner, set()).add(entry.account)
        self._fresh(entry.order_id)

    def remove(self, order_id: int) -> int:
        """Takes an order off the book; returns the lots it had open, 0 if it was not there."""
        resting = self.orders.pop(order_id, None)
        if resting is None:
            return 0
        lots = resting.lots
        resting.lots = 0
        del resting.mine[order_id]
        level = resting.level
        level.lots -= lots
        level.dead += 1
        if 2 * level.dead >= len(level.queue):
            level.tidy()
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

    def open_of(self, account: str) -> Iterator[Resting]:
        """An account's living orders, in order of entry."""
        return iter(self.by_account.get(account, {}).values())

    def facing_own(self, entry: Entry) -> Iterator[Resting]:
        """Living orders of the entry's owner, of any account, that the entry could meet; by account, then entry."""
        sign = 1 if entry.side is _BUY else -1
        for account in sorted({entry.account, entry.owner} | self._accounts.get(entry.owner, set())):
            for resting in self.open_of(account):
                other = resting.entry
                if (
                    other.class_id == entry.class_id
                    and other.side is not entry.side
                    and resting.owner == entry.owner
                    and sign * other.price_per_kg <= sign * entry.price_per_kg
                ):
                    yield resting

    def state(self) -> Json:
        """Everything that decides what happens next: orders in priority with their terms, phases, reference prices,
        heartbeats, trades so far.
        """
        books: dict[str, Json] = {}
        for class_id, book in self.books.items():
            sides = [[_told(order) for order in ladder.orders()] for ladder in (book.bids, book.asks)]
            if any(sides) or book.since or book.reference is not None or book.spread.looked_at:
                books[str(class_id)] = [*sides, _told_book(book)]
        heartbeats: dict[str, Json] = dict(self.heartbeats)
        return {"books": books, "heartbeats": heartbeats, "trades": self.trades}

    def state_digest(self) -> bytes:
        """SHA-256 of the canonical JSON of `state`, whose amounts are text."""
        return sha256(known_json(self.state()))


def _told(order: Resting) -> Json:
    entry = order.entry
    terms: list[Json] = [str(entry.price_per_kg), str(order.lots), entry.expiry, entry.fee_bound_bps]
    return [entry.order_id, entry.account, order.owner, *terms]


def _told_book(book: Book) -> Json:
    prices: list[Json] = [None if price is None else str(price) for price in (book.reference, book.low, book.high)]
    return [book.phase.value, book.since, book.called_at, book.reference_day, *prices, *book.spread.told()]
