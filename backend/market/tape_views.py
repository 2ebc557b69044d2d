"""The JSON of what the market shows: best prices, places in the queue, candles, an account's own fills and funds."""

from backend.access.wire import AddressText, Amount, HexBytes32, Iso, Wire
from backend.chain.class_id import class_code
from backend.market.balances import Balances
from backend.market.candle import Candle
from backend.market.movement import Movement
from backend.market.order import Side
from backend.market.own_trades import OwnTrade
from backend.market.tape import BookView, QueuePlace, QueueView
from backend.market.views import LevelOut, OfClass


class BestOut(OfClass):
    """The best price of each side after a journal sequence; null where nobody stands."""

    bid: LevelOut | None
    ask: LevelOut | None

    @classmethod
    def of(cls, class_id: int, view: BookView) -> "BestOut":
        """The best levels in JSON."""
        bid, ask = (
            LevelOut(price_per_kg=levels[0].price_per_kg, lots=levels[0].lots, orders=levels[0].orders)
            if levels
            else None
            for levels in (view.bids, view.asks)
        )
        return cls(**cls.heading(class_id, view.sequence), bid=bid, ask=ask)


class PlaceOut(Wire):
    """An order of the public book. `sequence` is the journal's, as its maker's acknowledgement named it; `place` counts
    from 1 at each price.
    """

    sequence: int
    price_per_kg: Amount
    place: int
    lots: Amount

    @classmethod
    def of(cls, place: QueuePlace) -> "PlaceOut":
        """A place in JSON."""
        return cls(sequence=place.order_id, price_per_kg=place.price_per_kg, place=place.place, lots=place.lots)


class QueueOut(OfClass):
    """The orders of a class in the order in which they would be filled, best first; no accounts."""

    bids: tuple[PlaceOut, ...]
    asks: tuple[PlaceOut, ...]

    @classmethod
    def of(cls, class_id: int, view: QueueView) -> "QueueOut":
        """A queue in JSON."""
        return cls(
            **cls.heading(class_id, view.sequence),
            bids=tuple(PlaceOut.of(place) for place in view.bids),
            asks=tuple(PlaceOut.of(place) for place in view.asks),
        )


class CandleOut(Wire):
    """What was traded in one interval from `start` on. No prices: nothing was. `busted`: trades that the chain skipped
    and that were taken out again.
    """

    start: Iso
    open_per_kg: Amount | None
    high_per_kg: Amount | None
    low_per_kg: Amount | None
    close_per_kg: Amount | None
    volume_lots: Amount
    trades: int
    busted: int

    @classmethod
    def of(cls, candle: Candle) -> "CandleOut":
        """A candle in JSON."""
        return cls(**{name: getattr(candle, name) for name in cls.model_fields})


class OwnTradeOut(Wire):
    """A trade of the account's. `state`: matched, sent, mined, final or busted. `fee` in payment-token base units, null
    until the chain filled it. `orderHash`: of the account's own order; `isTaker`: whether it was the one that came in.
    """

    trade_id: int
    sequence: int
    class_id: Amount
    class_code: str
    side: Side
    is_taker: bool
    order_hash: HexBytes32
    lots: Amount
    price_per_kg: Amount
    fee: Amount | None
    state: str
    bust_reason: str | None
    matched_at: Iso
    sent_at: Iso | None
    settled_at: Iso | None
    busted_at: Iso | None
    tx_hash: HexBytes32 | None

    @classmethod
    def of(cls, own: OwnTrade) -> "OwnTradeOut":
        """An account's trade in JSON."""
        row = own.row
        return cls(
            trade_id=row.id,
            sequence=row.sequence,
            class_id=row.class_id,
            class_code=class_code(row.class_id),
            side=own.side,
            is_taker=row.taker_side == own.side,
            order_hash=row.buy_hash if own.side is Side.BUY else row.sell_hash,
            lots=row.lots,
            price_per_kg=row.price_per_kg,
            fee=own.fee,
            state=own.stage,
            bust_reason=row.bust_reason,
            matched_at=row.matched_at,
            sent_at=row.sent_at,
            settled_at=row.settled_at,
            busted_at=row.busted_at,
            tx_hash=row.tx_hash,
        )


class FeesOut(Wire):
    """What an account's fills of one class came to. `fee`: payment-token base units it paid, as buyer and as seller."""

    class_id: Amount
    class_code: str
    fills: int
    lots: Amount
    cost: Amount
    fee: Amount


class MoneyOut(Wire):
    """Payment tokens in base units: held, allowed to the Exchange, tied up by open buys, in flight, and free."""

    held: Amount
    allowed: Amount
    in_orders: Amount
    in_flight: Amount
    free: Amount


class CreditsOut(Wire):
    """Credits of a class in grams: held, tied up by open sells, in flight, and free."""

    class_id: Amount
    class_code: str
    is_approved: bool
    held_gco2e: Amount
    in_orders_gco2e: Amount
    in_flight_gco2e: Amount
    free_gco2e: Amount


class BalancesOut(Wire):
    """What an account has to trade with."""

    money: MoneyOut
    credits: tuple[CreditsOut, ...]

    @classmethod
    def of(cls, balances: Balances) -> "BalancesOut":
        """Balances in JSON."""
        money = MoneyOut(**{name: getattr(balances.money, name) for name in MoneyOut.model_fields})
        return cls(
            money=money,
            credits=tuple(
                CreditsOut(
                    class_code=class_code(held.class_id),
                    **{name: getattr(held, name) for name in CreditsOut.model_fields if name != "class_code"},
                )
                for held in balances.credits
            ),
        )


class MovementOut(Wire):
    """A deposit (`in`) or withdrawal (`out`) on the chain. `asset`: `money`, in payment-token base units, or `credits`
    of a class, in grams. `other`: who sent or got it; the zero address if it was minted or retired. `state`: seen, then
    final once its block has the confirmation depth; one that is only seen may vanish.
    """

    direction: str
    asset: str
    class_id: Amount | None
    class_code: str | None
    amount: Amount
    other: AddressText
    state: str
    block_number: int
    tx_hash: HexBytes32
    at: Iso

    @classmethod
    def of(cls, movement: Movement) -> "MovementOut":
        """A movement in JSON."""
        row = movement.row
        return cls(
            direction="in" if row.is_in else "out",
            asset="money" if row.class_id is None else "credits",
            class_id=row.class_id,
            class_code=None if row.class_id is None else class_code(row.class_id),
            amount=row.amount,
            other=row.other,
            state=movement.state,
            block_number=row.block_number,
            tx_hash=row.tx_hash,
            at=row.at,
        )
