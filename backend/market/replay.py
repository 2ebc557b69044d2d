"""What a journal line does to the engine. Pure, and the only way the engine is ever changed: live commands and a replay
after a crash go through the same function, so the book is a function of the journal and nothing else.

Payloads (amounts are decimal strings; ids, sequences and Unix seconds are integers):
    place    {order, orderHash, owner, signature}             the order is matched; what is left rests
    cancel   {orderId, reason}                                the order leaves
    funding  {changes: [{orderId, lots, reason}]}             each order keeps that many lots; with 0 it leaves
    expire   {before}                                         orders expiring at that second or sooner leave
    bust     {tradeId, reason, evicted: [{orderId, reason}], restored: [entry]}
             the evicted leave; each restored order gets its lots back, at the end of its price's queue, and may match
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from backend.kernel.digest import Json
from backend.market.book import Entry
from backend.market.journal import Kind
from backend.market.matching import Engine, Fill
from backend.market.order import FEE_CAP_BPS, Side, SignedOrder

EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of an order that was placed, or placed again."""

    entry: Entry
    first_trade_id: int
    """The id of `fills[0]`; the others follow."""
    fills: list[Fill]
    lots_open: int

    @property
    def lots_stopped(self) -> int:
        """Lots given up because the next order to meet was the owner's own."""
        return self.entry.lots - sum(lots for _, lots, _ in self.fills) - self.lots_open


@dataclass(slots=True)
class Effects:
    """What a line did."""

    placed: list[Placed] = field(default_factory=list)
    left: dict[int, str] = field(default_factory=dict)
    """Order id -> why it left the book without being filled."""
    shrunk: dict[int, str] = field(default_factory=dict)
    """Order id -> why it has fewer lots open than before."""

    def touched(self) -> set[int]:
        """Every order whose open lots may have changed."""
        found = {*self.left, *self.shrunk}
        for placed in self.placed:
            found.add(placed.entry.order_id)
            found.update(resting_id for resting_id, _, _ in placed.fills)
        return found


def entry_of(order: SignedOrder, order_id: int, owner: str) -> Entry:
    """The engine's view of a signed order. A buy keeps back no more fee than the contract could ever take."""
    bound = min(order.max_fee_bps, FEE_CAP_BPS)
    return Entry(order_id, order.class_id, owner, order.side, order.lots, order.price_per_kg, order.expiry, bound)


def entry_payload(entry: Entry) -> dict[str, Json]:
    """An entry in a journal payload."""
    return {
        "orderId": entry.order_id,
        "classId": str(entry.class_id),
        "owner": entry.owner,
        "side": entry.side.value,
        "lots": str(entry.lots),
        "pricePerKg": str(entry.price_per_kg),
        "expiry": entry.expiry,
        "feeBoundBps": entry.fee_bound_bps,
    }


def apply(engine: Engine, sequence: int, kind: Kind, payload: Mapping[str, Json]) -> Effects:
    """Changes the engine as the line says; returns what happened, in order."""
    return _VERBS[kind](engine, sequence, cast(Mapping[str, Any], payload))


def _place(engine: Engine, sequence: int, payload: Mapping[str, Any]) -> Effects:
    order = SignedOrder.from_wire(payload["order"])
    return Effects(placed=[_placed(engine, entry_of(order, sequence, payload["owner"]))])


def _cancel(engine: Engine, _sequence: int, payload: Mapping[str, Any]) -> Effects:
    removed = engine.remove(payload["orderId"])
    assert removed, payload
    return Effects(left={payload["orderId"]: payload["reason"]})


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
        back = Entry(
            order_id=item["orderId"],
            class_id=int(item["classId"]),
            owner=item["owner"],
            side=Side(item["side"]),
            lots=int(item["lots"]),
            price_per_kg=int(item["pricePerKg"]),
            expiry=item["expiry"],
            fee_bound_bps=item["feeBoundBps"],
        )
        effects.placed.append(_placed(engine, back._replace(lots=back.lots + engine.remove(back.order_id))))
    return effects


def _placed(engine: Engine, entry: Entry) -> Placed:
    before = engine.trades
    fills = engine.place(entry)
    return Placed(entry, before + 1, fills, engine.open_lots(entry.order_id))


_VERBS = {Kind.PLACE: _place, Kind.CANCEL: _cancel, Kind.FUNDING: _funding, Kind.EXPIRE: _expire, Kind.BUST: _bust}
