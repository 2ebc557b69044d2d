"""INV-08 on the chain: its fills are trades of the journal, and the heads anchored at Anchors are lines of it.

What stands before an anchored head nobody can change any more, the operator neither.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from backend.audit.blocks import quantity
from backend.audit.fairness import IsSigned, Replay
from backend.audit.history import History
from backend.audit.journal import Trade
from backend.audit.orders import Order
from backend.audit.questions import Answers, Question
from backend.audit.report import Check, Verdicts, Where
from backend.audit.signed import is_signed, signer_of
from backend.audit.timeline import Act
from backend.chain.events import ChainEvent
from backend.chain.settle_batch import OWN_SPACE
from backend.kernel.clock import from_unix_s, iso, unix_s

FILLS = Check("INV-08", "journal.fills", "each fill on the chain is a trade of the journal, at its price, none twice")
ANCHORED = Check("INV-08", "journal.anchored", "each head anchored on the chain is the last line of its day")
OPERATOR = Check("INV-08", "journal.operator", "who signs acknowledgements of the journal is the Exchange's operator")
COVERED = Check("INV-08", "journal.covered", "every line of two days ago is covered by an anchored head")

CHECKS = (FILLS, ANCHORED, COVERED, OPERATOR)

_DAY_S = 24 * 3600
ANCHORED_WITHIN_S = 2 * _DAY_S
"""From a line to the anchor that covers it: the rest of its day, and a day to anchor it."""


@dataclass(frozen=True)
class Anchor:
    """A head on the chain: of which day since 1970-01-01, published when, in Unix seconds."""

    day: int
    digest: bytes
    at_s: int
    where: Where


@dataclass
class Anchored:
    """Takes in what the chain says of a journal that was replayed, and holds the one against the other."""

    replay: Replay
    verdicts: Verdicts
    anchors: list[Anchor] = field(default_factory=list)
    operators: list[str] = field(default_factory=list)
    """Everybody who ever was, in order."""
    later: int = 0
    """Fills of after the journal was written."""
    _waiting: dict[tuple[bytes, bytes], list[Trade]] = field(default_factory=dict)
    """Trades that may still be filled, by the hashes of both orders."""

    def __post_init__(self) -> None:
        for trade in self.replay.trades.values():
            if trade.trade_id not in self.replay.busted:
                hashes = [self.replay.orders[order_id].order.order_hash for order_id in (trade.buy_id, trade.sell_id)]
                self._waiting.setdefault((hashes[0], hashes[1]), []).append(trade)

    def begin(self, _act: Act) -> None:
        """Nothing is due at the beginning of a transaction."""

    def apply(self, event: ChainEvent, act: Act) -> None:
        """Takes in one event."""
        args = event.args
        if (event.contract, event.name) == ("Exchange", "Filled"):
            if not args["buyNumber"] & args["sellNumber"] & OWN_SPACE:  # those may be settled by anyone, past the book
                self._filled(event)
        elif (event.contract, event.name) == ("Exchange", "OperatorSet"):
            self.operators.append(args["operator"])
        elif (event.contract, event.name) == ("Anchors", "Anchored") and args["topic"] == self.replay.header.genesis:
            self.anchors.append(Anchor(args["day"], args["digest"], act.at_s, Where.of(event)))

    def end(self, _act: Act) -> None:
        """Nothing is due at the end of a transaction."""

    def questions(self, _head_s: int) -> Iterator[Question]:
        """No contract answers for a journal."""
        return iter(())

    def _filled(self, event: ChainEvent) -> None:
        args = event.args
        waiting = self._waiting.get((args["buyHash"], args["sellHash"]), [])
        agreed = next((t for t in waiting if (t.lots, t.price_per_kg) == (args["lots"], args["pricePerKg"])), None)
        if agreed is None and not waiting and event.block_time > self.replay.header.written_at:
            self.later += 1
            return
        expected = [str(trade) for trade in waiting] or "a trade of these orders that is not filled yet"
        found = f"{args['lots']} kg at {args['pricePerKg']}"
        self.verdicts.require(
            FILLS, agreed is not None, "fill", Where.of(event), expected=expected, found=str(agreed or found)
        )
        if agreed is not None:
            waiting.remove(agreed)

    def conclude(self, head_s: int) -> None:
        """The anchored heads against the lines, once the whole chain was read; `head_s` is its last block's time."""
        heads = self.replay.heads
        places = {head.hash: place for place, head in enumerate(heads)}
        covered = 0
        for anchor in sorted(self.anchors, key=lambda anchor: anchor.day):
            place = places.get(anchor.digest)
            if place is None and anchor.day >= unix_s(self.replay.header.written_at) // _DAY_S:
                self.verdicts.note(f"day {_day(anchor.day)} was not over when the journal was written")
                continue
            following = [head.at_s // _DAY_S for head in heads[place : place + 2]] if place is not None else []
            holds = bool(following) and following[0] <= anchor.day and all(day > anchor.day for day in following[1:])
            expected = f"the last line until {_day(anchor.day)}"
            found = "no line" if place is None else f"line {place + 1} of {len(heads)}"
            self.verdicts.require(
                ANCHORED, holds, f"head of {_day(anchor.day)}", anchor.where, expected=expected, found=found
            )
            if holds and place is not None and place + 1 > covered:
                self._note_late(anchor, covered)
                covered = place + 1
        self._check_covered(covered, head_s)
        named = self.replay.header.operator
        self.verdicts.require(OPERATOR, named in self.operators, "operator", expected=self.operators, found=named)
        if self.later:
            self.verdicts.note(f"{self.later} fills are of after the journal was written: ask for a newer one")

    def _note_late(self, anchor: Anchor, covered: int) -> None:
        first = self.replay.heads[covered]
        if anchor.at_s > first.at_s + ANCHORED_WITHIN_S:
            shown = iso(from_unix_s(anchor.at_s))
            self.verdicts.note(f"line {covered + 1} of {iso(from_unix_s(first.at_s))} was anchored only at {shown}")

    def _check_covered(self, covered: int, head_s: int) -> None:
        heads = self.replay.heads
        due = bisect_right(heads, head_s - ANCHORED_WITHIN_S, key=lambda head: head.at_s)
        found = f"lines {covered + 1} to {due} are not" if due > covered else "all are"
        self.verdicts.require(
            COVERED, due <= covered, "old lines", Where(line=covered + 1), expected="covered by an anchor", found=found
        )


def asking(history: History, answers: Answers) -> IsSigned:
    """Who signed an order, asked of a history: for wallet contracts, as of the block of that time (EIP-1271)."""
    times: Sequence[int] = [quantity(header["timestamp"]) for header in history.headers]
    first = quantity(history.headers[0]["number"])

    def signed(order: Order, at: datetime) -> bool:
        block = first + max(bisect_right(times, unix_s(at)) - 1, 0)
        return is_signed(answers, block, order.maker, order.order_hash, order.signature)

    return signed


def signed_by_key(order: Order, _at: datetime) -> bool:
    """Without a chain to ask: a wallet contract's signature counts as none."""
    return signer_of(order.order_hash, order.signature) == order.maker


def _day(day: int) -> str:
    return iso(from_unix_s(day * _DAY_S))[:10]
