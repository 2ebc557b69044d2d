"""What a journal line does to the engine. Pure, and the only way the engine is ever changed: live commands and a replay
after a crash go through the same function, so the book is a function of the journal and nothing else.

Payloads (amounts and class ids are decimal strings; ids, sequences and Unix seconds are integers):
    place      {order, orderHash, owner, signature, instructions?}    the order is matched as it says; the rest rests
    replace    {orderId, order, orderHash, owner, signature, instructions?}
               the order comes in for the one that stands; in its place if it asks for no more at the same price
    cancel     {orderId, reason}                                      the order leaves
    cancel_all {account, classId | null, orderIds, reason}            the account's orders (in the class) leave
    heartbeat  {account, until}                                       0: the account's timer is off
    funding    {changes: [{orderId, lots, reason}]}                   each order keeps that many lots; with 0 it leaves
    expire     {before}                                               orders expiring at that second or sooner leave
    bust       {tradeId, tradeIds?, reason, evicted: [{orderId, reason}], restored: [entry]}
               the evicted leave; each restored order gets its lots back, at the end of its price's queue, and may match
    rules      {classId, rules, by?, why}                             nothing: the door keeps orders to them
    phase      {classId, phase, at, reason, by?, why?}
    auction    {classId, at, phase, pricePerKg | null, lots}          the class's orders meet; `phase` is what follows
    reference  {classId, pricePerKg, lowPerKg | null, highPerKg | null, day, reason, by?, why?}
    spread     {at, quotes: [{classId, bidPerKg | null, askPerKg | null}]}
    review     {classId, day, moments, spreadBps, mode}               the day is over, and was so
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from backend.kernel.digest import Json
from backend.market.auction import Pair, uncross
from backend.market.book import Entry
from backend.market.instructed import place_instructed
from backend.market.instructions import PLAIN, Instructions, TimeInForce, book_expiry
from backend.market.journal import Kind
from backend.market.matching import Engine, Fill
from backend.market.order import FEE_CAP_BPS, Side, SignedOrder
from backend.market.phase import Phase
from backend.market.spread import Measured
from backend.market.trading_day import Mode

EXPIRED = "expired"
REPLACED = "replaced"
HEARTBEAT_MISSED = "heartbeat_missed"

SELF_TRADE_WITH_NEWER = "self_trade_with_newer"
"""It stood where a newer order of its own maker wanted to trade, and that one's instructions sent it away."""


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of an order that was placed, or placed again."""

    entry: Entry
    first_trade_id: int
    """The id of `fills[0]`; the others follow."""
    fills: list[Fill]
    lots_open: int
    killed: str | None = None
    """Why its instructions gave up what was neither filled nor rests, if they did."""
    is_group: bool = False
    """Whether its fills settle all or none."""

    @property
    def lots_given_up(self) -> int:
        """Lots neither filled nor resting."""
        return self.entry.lots - sum(lots for _, lots, _ in self.fills) - self.lots_open

    @property
    def lots_stopped(self) -> int:
        """Lots given up because the next order to meet was the owner's own."""
        return 0 if self.killed else self.lots_given_up

    @property
    def lots_killed(self) -> int:
        """Lots given up by its instructions."""
        return self.lots_given_up if self.killed else 0


@dataclass(frozen=True, slots=True)
class Crossed:
    """What an auction made: trades of `pairs`, in order, all at one price."""

    class_id: int
    price_per_kg: int
    first_trade_id: int
    pairs: list[Pair]


@dataclass(slots=True)
class Effects:
    """What a line did."""

    placed: list[Placed] = field(default_factory=list)
    left: dict[int, str] = field(default_factory=dict)
    """Order id -> why it left the book without being filled."""
    shrunk: dict[int, str] = field(default_factory=dict)
    """Order id -> why it has fewer lots open than before."""
    crossed: Crossed | None = None
    breached: int | None = None
    """The class in which an order rests that could meet another, but only outside the price band."""

    def touched(self) -> set[int]:
        """Every order whose open lots may have changed."""
        found = {*self.left, *self.shrunk}
        for placed in self.placed:
            found |= {placed.entry.order_id, *(resting_id for resting_id, _, _ in placed.fills)}
        if self.crossed is not None:
            found |= {order_id for buy_id, sell_id, _ in self.crossed.pairs for order_id in (buy_id, sell_id)}
        return found


def entry_of(order: SignedOrder, order_id: int, owner: str, instructions: Instructions = PLAIN) -> Entry:
    """The engine's view of a signed order. A buy keeps back no more fee than the contract could ever take."""
    return Entry(
        order_id,
        order.class_id,
        order.maker,
        # One string where the two are equal: the engine tells them apart by identity.
        owner if owner != order.maker else order.maker,
        order.side,
        order.lots,
        order.price_per_kg,
        book_expiry(order, instructions),
        min(order.max_fee_bps, FEE_CAP_BPS),
    )


def entry_payload(entry: Entry) -> dict[str, Json]:
    """An entry in a journal payload."""
    return {
        "orderId": entry.order_id,
        "classId": str(entry.class_id),
        "account": entry.account,
        "owner": entry.owner,
        "side": entry.side.value,
        "lots": str(entry.lots),
        "pricePerKg": str(entry.price_per_kg),
        "expiry": entry.expiry,
        "feeBoundBps": entry.fee_bound_bps,
    }


def entry_of_payload(payload: Mapping[str, Any]) -> Entry:
    """The entry that `entry_payload` wrote. Older lines name the owner only: it was the account."""
    owner = payload["owner"]
    account = payload.get("account", owner)
    return Entry(
        order_id=payload["orderId"],
        class_id=int(payload["classId"]),
        account=account,
        owner=owner if owner != account else account,
        side=Side(payload["side"]),
        lots=int(payload["lots"]),
        price_per_kg=int(payload["pricePerKg"]),
        expiry=payload["expiry"],
        fee_bound_bps=payload["feeBoundBps"],
    )


def apply(engine: Engine, sequence: int, kind: Kind, payload: Mapping[str, Json]) -> Effects:
    """Changes the engine as the line says; returns what happened, in order."""
    return _VERBS[kind](engine, sequence, cast(Mapping[str, Any], payload))


def _place(engine: Engine, sequence: int, payload: Mapping[str, Any]) -> Effects:
    order = SignedOrder.from_wire(payload["order"])
    instructions = Instructions.from_payload(payload.get("instructions", {}))
    effects = Effects()
    _enter(engine, entry_of(order, sequence, payload["owner"], instructions), instructions, effects)
    return effects


def _replace(engine: Engine, sequence: int, payload: Mapping[str, Any]) -> Effects:
    order = SignedOrder.from_wire(payload["order"])
    instructions = Instructions.from_payload(payload.get("instructions", {}))
    entry = entry_of(order, sequence, payload["owner"], instructions)
    old_id = payload["orderId"]
    effects = Effects(left={old_id: REPLACED})
    if keeps_place(engine, old_id, entry):
        engine.replace(old_id, entry)
        effects.placed.append(Placed(entry, engine.trades + 1, [], entry.lots))
    else:
        removed = engine.remove(old_id)
        assert removed, payload
        _enter(engine, entry, instructions, effects)
    return effects


def keeps_place(engine: Engine, old_id: int, entry: Entry) -> bool:
    """Whether an entry that replaces a resting order stands in its place: it asks for no more, at the same price."""
    old = engine.orders[old_id]
    return entry.price_per_kg == old.entry.price_per_kg and entry.lots <= old.lots


def _cancel(engine: Engine, _sequence: int, payload: Mapping[str, Any]) -> Effects:
    removed = engine.remove(payload["orderId"])
    assert removed, payload
    return Effects(left={payload["orderId"]: payload["reason"]})


def _cancel_all(engine: Engine, _sequence: int, payload: Mapping[str, Any]) -> Effects:
    class_id = None if payload["classId"] is None else int(payload["classId"])
    gone = open_ids(engine, payload["account"], class_id)
    assert gone == payload["orderIds"], payload
    for order_id in gone:
        engine.remove(order_id)
    if payload["reason"] == HEARTBEAT_MISSED:
        engine.heartbeats.pop(payload["account"])
    return Effects(left=dict.fromkeys(gone, payload["reason"]))


def open_ids(engine: Engine, account: str, class_id: int | None) -> list[int]:
    """An account's open orders, of one class or of all, by id."""
    orders = engine.open_of(account)
    return sorted(order.entry.order_id for order in orders if class_id is None or order.entry.class_id == class_id)


def _heartbeat(engine: Engine, _sequence: int, payload: Mapping[str, Any]) -> Effects:
    if payload["until"]:
        engine.heartbeats[payload["account"]] = payload["until"]
    else:
        engine.heartbeats.pop(payload["account"], None)
    return Effects()


def _funding(engine: Engine, _sequence: int, payload: Mapping[str, Any]) -> Effects:
    effects = Effects()
    for change in payload["changes"]:
        order_id, lots = change["orderId"], int(change["lots"])
        if lots:
            engine.shrink(order_id, lots)
            effects.shrunk[order_id] = change["reason"]
        else:
            removed = engine.remove(order_id)
            assert removed, change
            effects.left[order_id] = change["reason"]
    return effects


def _expire(engine: Engine, _sequence: int, payload: Mapping[str, Any]) -> Effects:
    return Effects(left=dict.fromkeys(engine.expire(payload["before"]), EXPIRED))


def _bust(engine: Engine, _sequence: int, payload: Mapping[str, Any]) -> Effects:
    effects = Effects()
    evicted: Sequence[Mapping[str, Any]] = payload["evicted"]
    for order in evicted:
        engine.remove(order["orderId"])
        effects.left[order["orderId"]] = order["reason"]
    for item in payload["restored"]:
        back = entry_of_payload(item)
        _enter(engine, back._replace(lots=back.lots + engine.remove(back.order_id)), PLAIN, effects)
    return effects


def _rules(_engine: Engine, _sequence: int, _payload: Mapping[str, Any]) -> Effects:
    return Effects()


def _phase(engine: Engine, _sequence: int, payload: Mapping[str, Any]) -> Effects:
    book, phase = engine.book_of(int(payload["classId"])), Phase(payload["phase"])
    assert not (phase.matches and book.is_crossed() and not book.matches), payload
    book.enter(phase, payload["at"])
    return Effects()


def _auction(engine: Engine, _sequence: int, payload: Mapping[str, Any]) -> Effects:
    class_id = int(payload["classId"])
    book, first_trade_id = engine.book_of(class_id), engine.trades + 1
    result, pairs = uncross(engine, book)
    price = result.price_per_kg
    assert (price, result.lots) == (_price(payload["pricePerKg"]), int(payload["lots"])), payload
    book.enter(Phase(payload["phase"]), payload["at"])
    book.called_at = payload["at"]
    return Effects(crossed=None if price is None else Crossed(class_id, price, first_trade_id, pairs))


def _reference(engine: Engine, _sequence: int, payload: Mapping[str, Any]) -> Effects:
    low, high = _price(payload["lowPerKg"]), _price(payload["highPerKg"])
    engine.book_of(int(payload["classId"])).refer(int(payload["pricePerKg"]), low, high, payload["day"])
    return Effects()


def _spread(engine: Engine, _sequence: int, payload: Mapping[str, Any]) -> Effects:
    for quote in payload["quotes"]:
        book = engine.book_of(int(quote["classId"]))
        bid, ask = _price(quote["bidPerKg"]), _price(quote["askPerKg"])
        assert book.best() == (bid, ask), quote
        book.spread.look(payload["at"], bid, ask)
    return Effects()


def _review(engine: Engine, _sequence: int, payload: Mapping[str, Any]) -> Effects:
    spread, mode = engine.book_of(int(payload["classId"])).spread, Mode(payload["mode"])
    measured = Measured(payload["day"], payload["moments"], payload["spreadBps"], mode)
    assert spread.so_far(mode) == measured, payload
    spread.close(measured)
    return Effects()


def _price(text: str | None) -> int | None:
    return None if text is None else int(text)


def _enter(engine: Engine, entry: Entry, instructions: Instructions, effects: Effects) -> None:
    """An order comes in, by its instructions; what happened is noted."""
    assert entry.order_id not in engine.orders, entry
    first = engine.trades + 1
    if instructions is PLAIN:
        placed = Placed(entry, first, engine.place(entry), engine.open_lots(entry.order_id))
    else:
        met = place_instructed(engine, entry, instructions)
        is_group = instructions.time_in_force is TimeInForce.FOK and len(met.fills) > 1
        placed = Placed(entry, first, met.fills, engine.open_lots(entry.order_id), met.killed, is_group)
        effects.left |= dict.fromkeys(met.gone, SELF_TRADE_WITH_NEWER)
    effects.placed.append(placed)
    book = engine.books[entry.class_id]
    if book.matches and book.reference is not None and book.is_crossed():
        effects.breached = entry.class_id


_VERBS = {
    Kind.PLACE: _place,
    Kind.REPLACE: _replace,
    Kind.CANCEL: _cancel,
    Kind.CANCEL_ALL: _cancel_all,
    Kind.HEARTBEAT: _heartbeat,
    Kind.FUNDING: _funding,
    Kind.EXPIRE: _expire,
    Kind.BUST: _bust,
    Kind.RULES: _rules,
    Kind.PHASE: _phase,
    Kind.AUCTION: _auction,
    Kind.REFERENCE: _reference,
    Kind.SPREAD: _spread,
    Kind.REVIEW: _review,
}
