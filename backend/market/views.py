"""The market's JSON: bodies it takes, answers it gives. Amounts and lots are decimal strings; sequences are numbers."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from backend.access.wire import (
    AccountSignatureText,
    AddressText,
    Amount,
    HexBytes,
    HexBytes32,
    Iso,
    PositiveAmount,
    Wire,
)
from backend.chain.class_id import class_code
from backend.market.book import PriceLevel
from backend.market.instructions import PLAIN, Instructions, SelfTrade, TimeInForce
from backend.market.numbers import Lease
from backend.market.order import Action, Side, SignedOrder
from backend.market.order_row import instructions_of, order_of
from backend.market.place import Outcome
from backend.market.rules import LIFETIME_S_MAX, LIFETIME_S_MIN, ClassRules
from backend.market.service import Ack
from backend.market.tables import OrderRow, TradeRow
from backend.market.tape import BookView, DayView


class OrderFields(Wire):
    """An order as signed: contracts/eip712/order.json. `expiry` in Unix seconds."""

    maker: AddressText
    beneficiary: AddressText
    class_id: Amount
    side: Side
    amount_gco2e: PositiveAmount
    price_per_kg: PositiveAmount
    max_fee_bps: Amount
    expiry: Amount
    number: Amount
    epoch: Amount
    action: Action
    ref: HexBytes32


class InstructionFields(Wire):
    """What stands beside the signed order, and only narrows it. `goodUntil` in Unix seconds, for `gtd`: it leaves the
    book then. `clientOrderId`: the maker's own name for the order, 1 to 64 visible ASCII characters, one order a name.
    `market`: an `ioc` whose limit price is only its protection.
    """

    time_in_force: TimeInForce = TimeInForce.GTC
    good_until: Amount | None = None
    post_only: bool = False
    self_trade: SelfTrade = SelfTrade.CANCEL_NEWEST
    client_order_id: str | None = None
    market: bool = False

    def instructions(self) -> Instructions:
        """What they say."""
        named = {name: getattr(self, name) for name in InstructionFields.model_fields if name != "market"}
        found = Instructions(**named, is_market=self.market)
        return PLAIN if found == PLAIN else found


class OrderDraft(InstructionFields, OrderFields):
    """An order as it would be signed, and how it would come in."""

    def order(self) -> SignedOrder:
        """The order without its signature."""
        return SignedOrder(**{name: getattr(self, name) for name in OrderFields.model_fields})


class OrderBody(OrderDraft):
    """A signed order to place, and how."""

    signature: AccountSignatureText


class FillOut(Wire):
    """What an order met when it came in."""

    trade_id: int
    lots: Amount
    price_per_kg: Amount


class AckOut(Wire):
    """Accepted and durable. `signature`: the operator's EIP-191 signature of the canonical JSON (RFC 8785) of
    {journalHead, orderHash, sequence}. lots of the order = fills + lotsOpen + lotsStopped + lotsKilled.

    `outcome`: open (it rests, what was filled at once aside), filled, killed (it could not wait, and what it did not
    get at once was given up: `lotsKilled`), or cancelled (it met an order of its own and stopped: `lotsStopped`).
    `reason`: why lots were killed or stopped: no_liquidity, remainder, not_fillable, outside_band, self_trade.
    """

    sequence: int
    order_hash: HexBytes32
    journal_head: HexBytes32
    operator: AddressText
    signature: HexBytes
    accepted_at: Iso
    fills: tuple[FillOut, ...]
    lots_open: Amount
    lots_stopped: Amount
    lots_killed: Amount
    outcome: Outcome
    reason: str | None

    @classmethod
    def of(cls, ack: Ack) -> "AckOut":
        """An acknowledgement in JSON."""
        accepted = ack.accepted
        return cls(
            sequence=accepted.sequence,
            order_hash=accepted.order_hash,
            journal_head=accepted.journal_head,
            operator=ack.operator,
            signature=ack.signature,
            accepted_at=accepted.accepted_at,
            fills=tuple(
                FillOut(trade_id=accepted.first_trade_id + at, lots=lots, price_per_kg=price)
                for at, (_, lots, price) in enumerate(accepted.fills)
            ),
            lots_open=accepted.lots_open,
            lots_stopped=accepted.lots_stopped,
            lots_killed=accepted.lots_killed,
            outcome=accepted.outcome,
            reason=accepted.reason,
        )


class NumbersBody(Wire):
    """How many order numbers to hand out: 1 to 256."""

    count: int


class NumbersOut(Wire):
    """Order numbers `from` to `to`, both included, for this account's orders until `expires`."""

    from_: Amount
    to: Amount
    expires: Iso

    model_config = Wire.model_config | {"alias_generator": lambda name: name.rstrip("_")}

    @classmethod
    def of(cls, given: Lease) -> "NumbersOut":
        """A lease in JSON."""
        return cls(from_=given.first, to=given.last, expires=given.expires_at)


class RulesOut(Wire):
    """The rules of a class's market. Prices in payment-token base units per kg; a lot is 1 kg."""

    class_id: Amount
    class_code: str
    tick: Amount
    lots_min: Amount
    lots_max: Amount
    price_max: Amount
    open_orders_max: int
    lifetime_s_min: int
    lifetime_s_max: int
    fee_bps: Amount

    @classmethod
    def of(cls, rules: ClassRules, fee_bps: int) -> "RulesOut":
        """Rules in JSON."""
        return cls(
            class_id=rules.class_id,
            class_code=class_code(rules.class_id),
            tick=rules.tick,
            lots_min=rules.lots_min,
            lots_max=rules.lots_max,
            price_max=rules.price_max,
            open_orders_max=rules.open_orders_max,
            lifetime_s_min=LIFETIME_S_MIN,
            lifetime_s_max=LIFETIME_S_MAX,
            fee_bps=fee_bps,
        )


class LevelOut(Wire):
    """One price of the book."""

    price_per_kg: Amount
    lots: Amount
    orders: int


class OfClass(Wire):
    """What holds for a class after a journal sequence."""

    class_id: Amount
    class_code: str
    sequence: int

    @staticmethod
    def heading(class_id: int, sequence: int) -> dict[str, Any]:
        """The fields that say of which class it is, and when."""
        return {"class_id": class_id, "class_code": class_code(class_id), "sequence": sequence}


class BookOut(OfClass):
    """The book after a journal sequence, best prices first."""

    bids: tuple[LevelOut, ...]
    asks: tuple[LevelOut, ...]

    @classmethod
    def of(cls, class_id: int, view: BookView) -> "BookOut":
        """A book in JSON."""
        bids, asks = _levels(view.bids), _levels(view.asks)
        return cls(**cls.heading(class_id, view.sequence), bids=bids, asks=asks)


def _levels(levels: list[PriceLevel]) -> tuple[LevelOut, ...]:
    return tuple(LevelOut(price_per_kg=price, lots=lots, orders=orders) for price, lots, orders in levels)


class TradeOut(Wire):
    """A trade on the tape. `takerSide`: which side came in. `state`: matched, sent, settled or busted."""

    trade_id: int
    sequence: int
    class_id: Amount
    lots: Amount
    price_per_kg: Amount
    taker_side: Side
    state: str
    bust_reason: str | None
    matched_at: Iso
    tx_hash: HexBytes32 | None

    @classmethod
    def of(cls, row: TradeRow) -> "TradeOut":
        """A trade in JSON."""
        return cls(
            trade_id=row.id,
            sequence=row.sequence,
            class_id=row.class_id,
            lots=row.lots,
            price_per_kg=row.price_per_kg,
            taker_side=Side(row.taker_side),
            state=row.state,
            bust_reason=row.bust_reason,
            matched_at=row.matched_at,
            tx_hash=row.tx_hash,
        )


class TickerOut(Wire):
    """A class at a glance: last price, best prices, the last 24 hours. Busted trades are left out."""

    class_id: Amount
    class_code: str
    sequence: int
    last_price_per_kg: Amount | None
    last_at: Iso | None
    bid_per_kg: Amount | None
    ask_per_kg: Amount | None
    high_per_kg: Amount | None
    low_per_kg: Amount | None
    volume_lots: Amount
    trades: int
    at: Iso

    @classmethod
    def of(cls, class_id: int, book: BookView, day: DayView, at: datetime) -> "TickerOut":
        """A ticker in JSON."""
        return cls(
            class_id=class_id,
            class_code=class_code(class_id),
            sequence=book.sequence,
            last_price_per_kg=day.last_price_per_kg,
            last_at=day.last_at,
            bid_per_kg=book.bids[0].price_per_kg if book.bids else None,
            ask_per_kg=book.asks[0].price_per_kg if book.asks else None,
            high_per_kg=day.high_per_kg,
            low_per_kg=day.low_per_kg,
            volume_lots=day.volume_lots,
            trades=day.trades,
            at=at,
        )


class OrderOut(InstructionFields, OrderFields):
    """An accepted order, how it came in, and where it stands. `reason`: why it left the book or shrank."""

    order_hash: HexBytes32
    class_code: str
    sequence: int
    state: str
    reason: str | None
    lots_open: Amount
    lots_matched: Amount
    accepted_at: Iso
    changed_at: Iso

    @classmethod
    def fields_of(cls, row: OrderRow) -> dict[str, object]:
        """The model's fields from a row."""
        order = order_of(row)
        signed = {name: getattr(order, name) for name in OrderFields.model_fields}
        beside = asdict(instructions_of(row))
        beside["market"] = beside.pop("is_market")
        return (
            signed
            | beside
            | {
                "order_hash": row.order_hash,
                "class_code": class_code(row.class_id),
                "sequence": row.id,
                "state": row.state,
                "reason": row.reason,
                "lots_open": row.lots_open,
                "lots_matched": row.lots_matched,
                "accepted_at": row.accepted_at,
                "changed_at": row.changed_at,
            }
        )


class OrderWithTradesOut(OrderOut):
    """An order and all its trades, oldest first."""

    trades: tuple[TradeOut, ...]
