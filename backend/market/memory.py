"""What the sequencer remembers of the database between two orders, so that the next one of a maker costs no query.

Everything remembered is true as of a mark: the journal's head, which only the sequencer moves; the block whose events
the index has applied; or whatever changes when another than the sequencer writes. A group of commands begins by naming
all three; if one is another than was last seen (a commit failed, another process was the sequencer, a block came or
went, a person joined), what hangs on it is forgotten. So nothing has to be told to anybody, and a memory that is lost
costs a query.
"""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast

import msgspec
from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from backend.market.book import Entry
from backend.market.tables import NumberLease, OrderRow
from backend.market.tied import Tied
from backend.storage.asking import all_of, first_of

K = TypeVar("K")
T = TypeVar("T")

NUMBER_MAX = 2**63 - 1
"""What the database's integers hold; no lease comes near it."""

ANSWERS_MAX = 100_000
"""Answers kept of one kind; beyond that all are forgotten and asked again."""

_UNASKED = object()
_NOTHING = object()

_IDS_AT_ONCE = 10_000
"""Fewer than the parameters any database takes in one statement."""


class Party(msgspec.Struct, frozen=True, gc=False):
    """What a trade's row says of one of its orders; an order never changes it. The collector takes no notice of it:
    there are as many as open orders.
    """

    order_hash: bytes
    maker: str
    max_fee_bps: int


@dataclass
class Leased:
    """Numbers `first` to `last` of one maker, and those of them that orders came under."""

    first: int
    last: int
    maker: str
    expires_at: datetime
    used: set[int] = field(default_factory=set)


class Memory:
    """One sequencer's memory. Only its thread may use it, between `begin` and the end of that session."""

    def __init__(self) -> None:
        self._session: Session | None = None
        self._head = b""
        self._block: object = None
        self._firsts: list[int] = []
        self._leased: list[Leased] = []
        self._answers: dict[tuple[object, ...], Any] = {}
        self._others: object = None
        self._facts: dict[str, dict[Any, Any]] = {}
        self._parties: dict[int, Party] = {}
        self._tied: dict[str, Tied] = {}

    def begin(self, session: Session, head: bytes, block: object, others: object) -> None:
        """A group of commands begins on these marks: the hash of the journal's latest line, whatever names the indexed
        block, and `storage.database.others_mark`. What is None names nothing, and then nothing that hangs on it is
        remembered: without a block nor what others said.
        """
        if head != self._head:
            self._firsts, self._leased, self._parties, self._tied = [], [], {}, {}
        if len(self._parties) > ANSWERS_MAX:
            self._parties = {}
        if len(self._tied) > ANSWERS_MAX:
            self._tied = {}
        if head != self._head or block != self._block or block is None or len(self._answers) > ANSWERS_MAX:
            self._answers = {}
        if session is not self._session or head != self._head or others != self._others:
            self._facts = {}
        self._session, self._head, self._block = session, head, block
        self._others = None if block is None else others

    def reached(self, head: bytes) -> None:
        """The journal went on by a line of ours."""
        self._head = head

    def serves(self, session: Session) -> bool:
        """Whether it speaks for this session: everybody else's sees another state."""
        return session is self._session

    # --- What the chain and the trades say of accounts ---

    def recall(self, session: Session, key: tuple[object, ...], ask: Callable[[], T]) -> T:
        """The answer to a question about an account: remembered, or asked now."""
        if session is not self._session or self._block is None:
            return ask()
        found = self._answers.get(key, _UNASKED)
        if found is _UNASKED:
            found = self._answers[key] = ask()
        return cast(T, found)

    def add(self, key: tuple[object, ...], more: int) -> None:
        """A sum that is remembered grew."""
        if key in self._answers:
            self._answers[key] += more

    def forget_all(self) -> None:
        """No answer may be right any more."""
        self._answers = {}

    # --- What others than the market say: of classes, of people ---

    def facts(
        self, session: Session, kind: str, names: Iterable[K], ask: Callable[[list[K]], Mapping[K, T]]
    ) -> dict[K, T]:
        """What is so of each of some names of which anything is: remembered, or asked now."""
        if session is not self._session or self._others is None:
            return dict(ask(list(names)))
        known = self._facts.setdefault(kind, {})
        if len(known) > ANSWERS_MAX:
            known.clear()
        names = list(names)
        missing = [name for name in names if name not in known]
        if missing:
            found = ask(missing)
            known.update((name, found.get(name, _NOTHING)) for name in missing)
        return {name: fact for name in names if (fact := known[name]) is not _NOTHING}

    def doubt(self) -> None:
        """The market itself changed, or is about to, what others say: until the next group it is asked each time."""
        self._others, self._facts = None, {}

    # --- Orders ---

    def tied(self, account: str, ask: Callable[[], Tied]) -> Tied:
        """What an account's open orders tie up: remembered, or asked of the books now."""
        found = self._tied.get(account)
        if found is None:
            found = self._tied[account] = ask()
        return found

    def tie(self, entry: Entry, lots: int) -> None:
        """An order rests with so many lots."""
        found = self._tied.get(entry.account)
        if found is not None:
            found.count(entry, lots)

    def untie(self, order_id: int) -> None:
        """An order is not in the books. Of one whose maker is not remembered nobody knows whose sums that changes."""
        party = self._parties.get(order_id)
        if party is None:
            self._tied = {}
            return
        found = self._tied.get(party.maker)
        if found is not None:
            found.drop(order_id)

    def meet(self, order_id: int, party: Party) -> None:
        """An order came in."""
        self._parties[order_id] = party

    def part(self, order_ids: Iterable[int]) -> None:
        """These orders are not in the books any more."""
        for order_id in order_ids:
            self._parties.pop(order_id, None)

    def parties(self, session: Session, order_ids: Collection[int]) -> Mapping[int, Party]:
        """At least these orders' parties: those that came in lately are remembered, the others asked for."""
        missing = [order_id for order_id in order_ids if order_id not in self._parties]
        for start in range(0, len(missing), _IDS_AT_ONCE):
            some = col(OrderRow.id).in_(missing[start : start + _IDS_AT_ONCE])
            query = select(OrderRow.id, OrderRow.order_hash, OrderRow.maker, OrderRow.max_fee_bps).where(some)
            self._parties.update((row[0], Party(*row[1:])) for row in session.exec(query))
        return self._parties

    # --- Order numbers ---

    def leased(self, session: Session, number: int) -> Leased | None:
        """The lease that a number belongs to, if there is one. Leases never change and are never taken back."""
        if not 0 < number <= NUMBER_MAX:
            return None
        at = bisect_right(self._firsts, number) - 1
        if at >= 0 and number <= self._leased[at].last and self.serves(session):
            return self._leased[at]
        row = first_of(session, _LEASE, number=number)
        if row is None:
            return None
        first, last, maker, expires_at = row
        if last < number:
            return None
        used = all_of(session, _USED, first=first, last=last)
        found = Leased(first, last, maker, expires_at, {number for (number,) in used})
        if self.serves(session):
            if len(self._leased) > ANSWERS_MAX:
                self._firsts, self._leased = [], []
            at = bisect_right(self._firsts, first)
            self._firsts.insert(at, first)
            self._leased.insert(at, found)
        return found

    def use(self, number: int) -> None:
        """An order came under this number."""
        at = bisect_right(self._firsts, number) - 1
        if at >= 0 and number <= self._leased[at].last:
            self._leased[at].used.add(number)


_LEASE = (
    select(NumberLease.first, NumberLease.last, NumberLease.maker, NumberLease.expires_at)
    .where(col(NumberLease.first) <= bindparam("number"))
    .order_by(col(NumberLease.first).desc())
    .limit(1)
)
_USED = select(OrderRow.number).where(col(OrderRow.number).between(bindparam("first"), bindparam("last")))
