"""INV-08: the price inside the limits follows the journal. Every line is carried out again by a matcher of our own.

A line that cannot be carried out, an order that its maker did not sign, a trade that price and time do not give: each
is a finding that names its line. What a cancellation, a change of funds or a phase says is the operator's word; that
it was said then and not later, the chain of hashes shows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import zip_longest
from typing import Any, TypeAlias

from backend.audit.blocks import octets
from backend.audit.journal import Header, Journal, Line, Trade, amount, checked_lines, whole
from backend.audit.matcher import MATCHING, Matcher, Open, Placed
from backend.audit.orders import Order, order_of
from backend.audit.report import Check, Verdicts, Where
from backend.audit.spreads import Spreads
from backend.chain.typed_data import Domain, domain_name
from backend.kernel.clock import unix_s
from backend.kernel.mass import LOT_GCO2E, LotMisaligned, lots_of

ORDERS = Check("INV-08", "journal.orders", "each order in the journal is hashed and signed as its maker did, once")
COMMANDS = Check("INV-08", "journal.commands", "each line can be carried out on what the lines before it left")
TRADES = Check(
    "INV-08", "journal.trades", "the trades are those that price and time give: who, how much, at which price"
)
OUTCOMES = Check("INV-08", "journal.outcomes", "what became of each order is what the lines made of it")

CHECKS = (ORDERS, COMMANDS, TRADES, OUTCOMES)

EVICTED_S = 60
"""Seconds before its expiry at which an order leaves the book."""

_NUMBERS = frozenset({"classId", "amountGco2e", "pricePerKg", "maxFeeBps", "expiry", "number", "epoch"})

IsSigned: TypeAlias = Callable[[Order, datetime], bool]
"""Whether an order's maker signed it, as the contracts decide it at that time."""


MODES = frozenset({"call", "listed", "continuous"})


class Undoable(Exception):
    """A line that cannot be carried out; says what would have been right."""

    def __init__(self, expected: str, found: object) -> None:
        super().__init__(expected)
        self.expected, self.found = expected, found


def _require(holds: bool, expected: str, found: object) -> None:
    if not holds:
        raise Undoable(expected, found)


@dataclass(frozen=True, slots=True)
class Head:
    """Where the journal stood after a line, and when, in Unix seconds."""

    hash: bytes
    at_s: int


@dataclass
class Known:
    """An order that was taken in, and where it stands."""

    order: Order
    book_expiry_s: int
    may_wait: bool
    state: str = "open"
    lots_matched: int = 0


@dataclass
class Replay:
    """The book that the lines make."""

    header: Header
    verdicts: Verdicts
    is_signed: IsSigned
    matcher: Matcher = field(default_factory=Matcher)
    orders: dict[int, Known] = field(default_factory=dict)
    trades: dict[int, Trade] = field(default_factory=dict)
    """Every trade made, by id."""
    busted: set[int] = field(default_factory=set)
    heads: list[Head] = field(default_factory=list)
    _numbers: dict[int, int] = field(default_factory=dict)
    _timers: dict[str, int] = field(default_factory=dict)
    _breached: int | None = None
    """The class whose next line must be a volatility call."""
    _made: list[Trade] = field(default_factory=list)
    _spreads: Spreads = field(default_factory=lambda: Spreads(_require))

    def __post_init__(self) -> None:
        self._domain = Domain(*domain_name("Exchange"), self.header.chain_id, self.header.exchange)
        self._verbs: dict[str, Callable[[Line, Mapping[str, Any]], None]] = {
            "place": self._place,
            "replace": self._replace,
            "cancel": self._cancel,
            "cancel_all": self._cancel_all,
            "heartbeat": self._heartbeat,
            "funding": self._funding,
            "expire": self._expire,
            "bust": self._bust,
            "rules": self._rules,
            "phase": self._phase,
            "auction": self._auction,
            "reference": self._reference,
            "spread": lambda _line, payload: self._spreads.look(payload, self.matcher.open),
            "review": lambda _line, payload: self._spreads.review(payload),
        }

    def take(self, line: Line) -> None:
        """Carries a line out, and holds the trades it makes against those it is told to have made."""
        self._made = []
        self.heads.append(Head(line.hash, unix_s(line.time)))
        expected: object = "done"
        try:
            _require(line.kind in self._verbs, f"one of {', '.join(self._verbs)}", line.kind)
            breached, self._breached = self._breached, None
            calls = (line.kind, line.payload.get("classId"), line.payload.get("phase"))
            at_once = breached is None or calls == ("phase", str(breached), "volatility_call")
            _require(at_once, f"a volatility call of class {breached}", line.kind)
            self._verbs[line.kind](line, line.payload)
            found: object = expected
        except Undoable as failure:
            expected, found = failure.expected, failure.found
        except (KeyError, ValueError, TypeError, AttributeError, IndexError) as failure:
            expected, found = "a payload of this kind", repr(failure)
        self.verdicts.require(COMMANDS, expected == found, line.kind, line.where, expected=expected, found=found)
        for made, told in zip_longest(self._made, line.trades):
            self.verdicts.require_equal(TRADES, "trade", line.where, expected=made, found=told)

    def check_outcomes(self, journal: Journal) -> None:
        """Holds what is told of each order at the end against what the lines made of it."""
        told = {order.order_id: order for order in journal.orders()}
        for order_id in sorted(self.orders.keys() | told.keys()):
            known, one = self.orders.get(order_id), told.get(order_id)
            standing = self.matcher.find(order_id)
            made = known and (known.state, standing.lots if standing else 0, known.lots_matched)
            said = one and (one.state, one.lots_open, one.lots_matched)
            where = Where(line=order_id)
            self.verdicts.require_equal(OUTCOMES, f"order {order_id}", where, expected=made, found=said)

    # --- Orders ---

    def _taken_in(
        self, line: Line, payload: Mapping[str, Any], *, replaces: Open | None = None
    ) -> tuple[Open, str, str]:
        """The order of a line, checked by itself: as it stands in the book, its time in force, its self-trade word."""
        message = _message(payload["order"])
        order = order_of(message, octets(payload["signature"]), self._domain)
        subject, where = f"order {line.sequence}", line.where
        told = octets(payload["orderHash"])
        self.verdicts.require_equal(ORDERS, f"hash of {subject}", where, expected=order.order_hash, found=told)
        signed = self.is_signed(order, line.time)
        self.verdicts.require(
            ORDERS,
            signed,
            f"signature of {subject}",
            where,
            expected=f"signed by {order.maker}",
            found="not signed by it",
        )
        old_id = None if replaces is None else replaces.order_id
        before = self._numbers.get(order.number, old_id)
        self.verdicts.require_equal(ORDERS, f"number {order.number}", where, expected=old_id, found=before)
        self._numbers[order.number] = line.sequence
        words = payload.get("instructions", {})
        force, self_trade = words.get("timeInForce", "gtc"), words.get("selfTrade", "cancel_newest")
        _require(force in {"gtc", "gtd", "ioc", "fok"}, "gtc, gtd, ioc or fok", force)
        _require(self_trade in {"cancel_newest", "cancel_oldest", "cancel_both"}, "a self-trade word", self_trade)
        expiry_s = min(order.expiry_s, whole(words["goodUntil"]) + EVICTED_S) if force == "gtd" else order.expiry_s
        now_s = unix_s(line.time)
        _require(expiry_s > now_s + EVICTED_S, f"an expiry after {now_s + EVICTED_S}", expiry_s)
        new = Open(
            *(line.sequence, order.class_id, order.maker, str(payload["owner"]), order.side),
            *(_lots(order), order.price_per_kg, expiry_s),
        )
        self.orders[line.sequence] = Known(order, expiry_s, force in {"gtc", "gtd"})
        if replaces is not None and new.stands_for(replaces):
            self._require_change(new, force)
        else:
            self._require_welcome(new, force, is_post_only=bool(words.get("postOnly")))
        return new, force, self_trade

    def _require_change(self, new: Open, force: str) -> None:
        """The same of an order that takes another's place for no more: it may come in where others only leave."""
        phase = self.matcher.conditions(new.class_id).phase
        _require(phase not in {"closed", "halted"}, "no change of an order in this phase", phase)
        _require(force in {"gtc", "gtd"}, "gtc or gtd", force)

    def _require_welcome(self, new: Open, force: str, *, is_post_only: bool) -> None:
        """What the door refuses to everybody it must not let in for anybody."""
        phase = self.matcher.conditions(new.class_id).phase
        _require(phase not in {"closed", "cancel_only", "halted"}, "no new order in this phase", phase)
        rests = self.orders[new.order_id].may_wait
        _require(rests or phase in MATCHING, f"no {force} in this phase", phase)
        meets = next(self.matcher.meets(new), None) if phase in MATCHING else None
        waits = is_post_only or (rests and phase == "listed")
        _require(not waits or meets is None, "an order that meets nobody", meets)

    def _place(self, line: Line, payload: Mapping[str, Any]) -> None:
        new, force, self_trade = self._taken_in(line, payload)
        self._note(line, new, self.matcher.place(new, force=force, self_trade=self_trade))

    def _replace(self, line: Line, payload: Mapping[str, Any]) -> None:
        old = self._standing(payload["orderId"])
        known = self.orders[old.order_id]
        _require(known.lots_matched == 0, "an order without trades", f"order {old.order_id}")
        new, force, self_trade = self._replacement(line, payload, old)
        same = [(known.order.number, old.account, old.class_id, old.side)]
        found = [(self.orders[new.order_id].order.number, new.account, new.class_id, new.side)]
        _require(same == found, f"number, maker, class and side of order {old.order_id}", found)
        known.state = "cancelled"
        if new.stands_for(old):
            self.matcher.swap(old.order_id, new)
            return
        self.matcher.keep(old.order_id, 0)
        self._note(line, new, self.matcher.place(new, force=force, self_trade=self_trade))

    def _replacement(self, line: Line, payload: Mapping[str, Any], old: Open) -> tuple[Open, str, str]:
        """The new order; its old one is out of its way while it is looked at."""
        kept, self.matcher.open = self.matcher.open, [one for one in self.matcher.open if one is not old]
        try:
            return self._taken_in(line, payload, replaces=old)
        finally:
            self.matcher.open = kept

    def _note(self, line: Line, new: Open, placed: Placed) -> None:
        """Keeps the trades of an order that came in, and where it and those it met stand."""
        for resting_id, lots, price_per_kg in placed.fills:
            buy_id, sell_id = (new.order_id, resting_id) if new.side == "buy" else (resting_id, new.order_id)
            self._trade(line, buy_id, sell_id, lots, price_per_kg)
        for order_id in placed.displaced:
            self.orders[order_id].state = "cancelled"
        known = self.orders[new.order_id]
        if placed.stopped or placed.killed:
            known.state = "cancelled" if placed.stopped else "killed"
        elif self.matcher.find(new.order_id) is not None:
            known.state = "open"
            matching = self.matcher.conditions(new.class_id).phase in MATCHING
            self._breached = new.class_id if matching and next(self.matcher.meets(new), None) else self._breached

    def _trade(self, line: Line, buy_id: int, sell_id: int, lots: int, price_per_kg: int) -> None:
        made = Trade(len(self.trades) + 1, buy_id, sell_id, lots, price_per_kg)
        self.trades[made.trade_id] = made
        self._made.append(made)
        for order_id in (buy_id, sell_id):
            known = self.orders[order_id]
            _require(known.book_expiry_s > unix_s(line.time), f"order {order_id} in time", known.book_expiry_s)
            known.lots_matched += lots
            known.state = "open" if self.matcher.find(order_id) else "filled"

    # --- What takes orders away ---

    def _standing(self, order_id: int) -> Open:
        found = self.matcher.find(whole(order_id))
        if found is None:
            raise Undoable("an order that stands in the book", f"order {order_id}")
        return found

    def _leave(self, order_id: int, state: str) -> None:
        self.matcher.keep(self._standing(order_id).order_id, 0)
        self.orders[order_id].state = state

    def _cancel(self, _line: Line, payload: Mapping[str, Any]) -> None:
        known = self.orders[self._standing(payload["orderId"]).order_id]
        told = octets(payload["orderHash"])
        _require(told == known.order.order_hash, f"the hash of order {payload['orderId']}", told)
        self._leave(payload["orderId"], "cancelled")

    def _cancel_all(self, line: Line, payload: Mapping[str, Any]) -> None:
        account, class_id = payload["account"], payload["classId"]
        theirs = [
            order.order_id
            for order in self.matcher.open
            if order.account == account and class_id in (None, str(order.class_id))
        ]
        _require(sorted(theirs) == sorted(payload["orderIds"]), f"orders {theirs}", payload["orderIds"])
        if payload["reason"] == "heartbeat_missed":
            until = self._timers.pop(account, None)
            _require(until is not None and until <= unix_s(line.time), f"a timer that ran out: {until}", str(line.time))
        for order_id in theirs:
            self._leave(order_id, "cancelled")

    def _heartbeat(self, _line: Line, payload: Mapping[str, Any]) -> None:
        self._timers[payload["account"]] = whole(payload["until"])
        if not payload["until"]:
            del self._timers[payload["account"]]

    def _funding(self, _line: Line, payload: Mapping[str, Any]) -> None:
        for change in payload["changes"]:
            standing, lots = self._standing(change["orderId"]), amount(change["lots"])
            _require(lots < standing.lots, f"fewer lots than {standing.lots}", lots)
            self.matcher.keep(standing.order_id, lots)
            if not lots:
                self.orders[standing.order_id].state = "evicted"

    def _expire(self, line: Line, payload: Mapping[str, Any]) -> None:
        before, latest = whole(payload["before"]), unix_s(line.time) + EVICTED_S
        _require(before <= latest, f"nobody leaves before {latest}", before)
        for order in [order for order in self.matcher.open if order.expiry_s <= before]:
            self._leave(order.order_id, "expired")

    def _bust(self, line: Line, payload: Mapping[str, Any]) -> None:
        trades = [self.trades[trade_id] for trade_id in payload.get("tradeIds", [payload["tradeId"]])]
        again = [trade.trade_id for trade in trades if trade.trade_id in self.busted]
        _require(not again, "trades that stand", again)
        self.busted.update(trade.trade_id for trade in trades)
        back: dict[int, int] = {}
        for trade in trades:
            for order_id in (trade.buy_id, trade.sell_id):
                back[order_id] = back.get(order_id, 0) + trade.lots
                self.orders[order_id].lots_matched -= trade.lots
        evicted = [whole(order["orderId"]) for order in payload["evicted"]]
        restored = [self._restored(item, back) for item in payload["restored"]]
        strangers = {*evicted, *(order.order_id for order in restored)} - back.keys()
        _require(not strangers, "orders of the trades", sorted(strangers))
        over = {at for at in back if (known := self.orders[at]).state == "filled" and not known.may_wait}
        for order_id in {*evicted, *over}:
            self.matcher.keep(order_id, 0)
            self.orders[order_id].state = "killed" if order_id in over else "evicted"
        for order in restored:
            self._note(line, order, self.matcher.place(order))

    def _restored(self, item: Mapping[str, Any], back: Mapping[int, int]) -> Open:
        """An order that gets lots back: on the terms it was signed with, behind all others at its price."""
        order_id, lots = whole(item["orderId"]), amount(item["lots"])
        known, standing = self.orders[order_id], self.matcher.find(order_id)
        _require(0 < lots <= back.get(order_id, 0), f"1 to {back.get(order_id, 0)} lots", lots)
        order = known.order
        terms = [order.class_id, order.side, order.price_per_kg, known.book_expiry_s]
        found = [amount(item["classId"]), item["side"], amount(item["pricePerKg"]), whole(item["expiry"])]
        _require(terms == found, f"the terms of order {order_id}: {terms}", found)
        self.matcher.keep(order_id, 0)
        lots += standing.lots if standing else 0
        owner = str(item["owner"])
        return Open(order_id, order.class_id, order.maker, owner, order.side, lots, order.price_per_kg, found[3])

    # --- What holds for a class ---

    def _rules(self, _line: Line, payload: Mapping[str, Any]) -> None:
        """How a class is traded changes no order; that orders keep to it was asked before they were taken in."""
        amount(payload["classId"])
        mode, tick = payload["rules"]["mode"], amount(payload["rules"]["tick"])
        _require(mode in MODES, f"one of {', '.join(sorted(MODES))}", mode)
        _require(tick > 0, "a tick above 0", tick)
        self._spreads.rules(payload)

    def _phase(self, _line: Line, payload: Mapping[str, Any]) -> None:
        self.matcher.conditions(amount(payload["classId"])).phase = str(payload["phase"])

    def _reference(self, _line: Line, payload: Mapping[str, Any]) -> None:
        conditions = self.matcher.conditions(amount(payload["classId"]))
        conditions.reference = amount(payload["pricePerKg"])
        low, high = payload["lowPerKg"], payload["highPerKg"]
        conditions.low, conditions.high = (None if bound is None else amount(bound) for bound in (low, high))

    def _auction(self, line: Line, payload: Mapping[str, Any]) -> None:
        class_id = amount(payload["classId"])
        conditions = self.matcher.conditions(class_id)
        _require(conditions.phase in {"call", "volatility_call"}, "a call", conditions.phase)
        price, pairs = self.matcher.auction(class_id)
        inside = price is None or conditions.phase == "volatility_call" or conditions.allows(price)
        _require(inside, f"a price from {conditions.low} to {conditions.high}", price)
        told = payload["pricePerKg"]
        lots = sum(lots for *_, lots in pairs)
        told_price = None if told is None else amount(told)
        _require((told_price, amount(payload["lots"])) == (price, lots), f"{lots} lots at {price}", f"{told_price}")
        for buy, sell, met in pairs:
            assert price is not None
            self._trade(line, buy.order_id, sell.order_id, met, price)
        conditions.phase = str(payload["phase"])


def replayed(journal: Journal, verdicts: Verdicts, is_signed: IsSigned) -> Replay:
    """Reads a journal from its first line to its last and checks all of it. Raises JournalMalformed."""
    replay = Replay(journal.header, verdicts, is_signed)
    for line in checked_lines(journal, verdicts):
        replay.take(line)
    replay.check_outcomes(journal)
    return replay


def _message(wire: Mapping[str, Any]) -> dict[str, Any]:
    """The EIP-712 message of an order as the journal holds it: numbers as decimal strings."""
    message = {name: amount(value) if name in _NUMBERS else str(value) for name, value in wire.items()}
    return {**message, "ref": octets(wire["ref"])}


def _lots(order: Order) -> int:
    try:
        return lots_of(order.amount_gco2e)
    except LotMisaligned:
        raise Undoable(f"whole lots of {LOT_GCO2E} g", order.amount_gco2e) from None
