"""Tables of the market: its journal, and the orders and trades that follow from it; leased numbers; listed classes and
their rules.

The journal is the truth. Order and trade rows are written in the journal rows' own transaction; of a trade, only its
way to the chain (`state`, `batch_id`, `tx_hash` and their times) is written by settlement.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Column, Index, text
from sqlmodel import Field, SQLModel

from backend.storage.columns import Address, Bytes32, PlainBytes, RowNumber, Uint256, UtcTime


class OrderState(StrEnum):
    """open -> filled | cancelled (by the maker, for another order under its number, or at a self-trade) | expired |
    evicted (funds, epoch, a busted trade). An order that may not wait is filled or killed at once.

    A busted trade takes a filled order back to open if the fault was the other side's.
    """

    OPEN = "open"
    FILLED = "filled"
    KILLED = "killed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    EVICTED = "evicted"


class TradeState(StrEnum):
    """matched -> sent -> settled | busted. A reorganisation takes settled back to sent, a returned batch to matched."""

    MATCHED = "matched"
    SENT = "sent"
    SETTLED = "settled"
    BUSTED = "busted"


class JournalRow(SQLModel, table=True):
    """One command, for ever. `payload` is canonical JSON (RFC 8785)."""

    __tablename__ = "market_journal"

    sequence: int = Field(sa_column=Column(RowNumber, primary_key=True, autoincrement=False))
    time: datetime = Field(sa_type=UtcTime)
    kind: str = Field(max_length=16)
    payload: str
    previous_hash: bytes = Field(sa_type=Bytes32)
    hash: bytes = Field(sa_type=Bytes32)


class SnapshotRow(SQLModel, table=True):
    """A picture of all books after a journal line (`snapshot`): a restart replays only what came later."""

    __tablename__ = "market_snapshot"

    sequence: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    hash: bytes = Field(sa_type=Bytes32)
    """The journal line's, so that a picture of another journal is not taken for one of this."""
    state_digest: bytes = Field(sa_type=Bytes32)
    picture: str
    """Canonical JSON."""
    taken_at: datetime = Field(sa_type=UtcTime)


class ExtractRow(SQLModel, table=True):
    """What the engine takes of a stretch of the journal (`extract`), the last line of which is `sequence`."""

    __tablename__ = "market_extract"

    sequence: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    hash: bytes = Field(sa_type=Bytes32)
    """That line's."""
    previous_hash: bytes = Field(sa_type=Bytes32)
    """That of the line before the first."""
    digest: bytes = Field(sa_type=Bytes32)
    content: bytes


_IS_NAMED = text("client_order_id IS NOT NULL")
"""Few orders are named by their makers, and to index the others would cost each of them a page."""


class OrderRow(SQLModel, table=True):
    """An accepted order. `id` is the journal sequence that accepted it. lots = open + matched + withdrawn."""

    __tablename__ = "market_order"
    __table_args__ = (
        Index("market_order_maker_state", "maker", "state"),
        Index(
            "market_order_client_id",
            "maker",
            "client_order_id",
            unique=True,
            sqlite_where=_IS_NAMED,
            postgresql_where=_IS_NAMED,
        ),
    )

    id: int = Field(sa_column=Column(RowNumber, primary_key=True, autoincrement=False))
    order_hash: bytes = Field(sa_type=Bytes32, unique=True)
    maker: str = Field(sa_type=Address)
    beneficiary: str = Field(sa_type=Address)
    class_id: int = Field(sa_type=Uint256)
    side: str = Field(max_length=4)
    lots: int = Field(sa_type=BigInteger)
    """The signed amount in kg."""
    price_per_kg: int = Field(sa_type=BigInteger)
    max_fee_bps: int
    expiry: int = Field(sa_type=BigInteger)
    number: int = Field(sa_type=BigInteger, index=True)
    epoch: int = Field(sa_type=BigInteger)
    action: str = Field(max_length=8)
    ref: bytes = Field(sa_type=Bytes32)
    signature: bytes = Field(sa_type=PlainBytes)
    """65 bytes, as the contracts take it."""
    time_in_force: str = Field(max_length=4)
    """This and the five after it: `instructions.Instructions`."""
    good_until: int | None = Field(default=None, sa_type=BigInteger)
    post_only: bool
    self_trade: str = Field(max_length=16)
    client_order_id: str | None = Field(default=None, max_length=64)
    is_market: bool
    owner: str = Field(max_length=128)
    """Whose it is for self-trade prevention: the same for all accounts of a person."""
    state: str = Field(max_length=16, index=True)
    reason: str | None = Field(default=None, max_length=64)
    """Why it left the book or shrank, in a word."""
    lots_open: int = Field(sa_type=BigInteger)
    lots_matched: int = Field(sa_type=BigInteger)
    accepted_at: datetime = Field(sa_type=UtcTime)
    changed_at: datetime = Field(sa_type=UtcTime)
    changed_sequence: int = Field(sa_type=BigInteger)
    """The journal sequence of its latest change."""


class TradeRow(SQLModel, table=True):
    """A match of two orders: at the resting one's price, or at an auction's."""

    __tablename__ = "market_trade"
    __table_args__ = (
        Index("market_trade_class", "class_id", "id"),
        Index("market_trade_class_time", "class_id", "matched_at"),
        Index("market_trade_buyer_state", "buyer", "state"),
        Index("market_trade_seller_state", "seller", "state"),
    )

    id: int = Field(sa_column=Column(RowNumber, primary_key=True, autoincrement=False))
    """Dense, from 1, over all classes."""
    sequence: int = Field(sa_type=BigInteger)
    """The journal sequence at which it matched."""
    class_id: int = Field(sa_type=Uint256)
    buy_id: int = Field(sa_type=BigInteger, index=True)
    sell_id: int = Field(sa_type=BigInteger, index=True)
    buy_hash: bytes = Field(sa_type=Bytes32)
    sell_hash: bytes = Field(sa_type=Bytes32)
    buyer: str = Field(sa_type=Address)
    seller: str = Field(sa_type=Address)
    taker_side: str = Field(max_length=4)
    """The side of the order that came in; in an auction, of the younger one."""
    auction_id: int | None = Field(default=None, sa_type=BigInteger)
    """The journal sequence of the auction that made it."""
    group_id: int | None = Field(default=None, sa_type=BigInteger, index=True)
    """The fill-or-kill order whose trades settle all or none, this one among them."""
    lots: int = Field(sa_type=BigInteger)
    price_per_kg: int = Field(sa_type=BigInteger)
    state: str = Field(default=TradeState.MATCHED, max_length=16, index=True)
    matched_at: datetime = Field(sa_type=UtcTime)
    batch_id: int | None = Field(default=None, sa_type=BigInteger)
    sent_at: datetime | None = Field(default=None, sa_type=UtcTime)
    tx_hash: bytes | None = Field(default=None, sa_type=Bytes32)
    settled_at: datetime | None = Field(default=None, sa_type=UtcTime)
    bust_reason: str | None = Field(default=None, max_length=64)
    busted_at: datetime | None = Field(default=None, sa_type=UtcTime)


class NumberLease(SQLModel, table=True):
    """Order numbers `first`..`last` handed to one maker."""

    __tablename__ = "market_number_lease"

    first: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    last: int = Field(sa_type=BigInteger)
    maker: str = Field(sa_type=Address, index=True)
    expires_at: datetime = Field(sa_type=UtcTime)


class ListedClass(SQLModel, table=True):
    """A class with a market, and the rules it was listed with (`rules.ClassRules`)."""

    __tablename__ = "market_class"

    class_id: int = Field(sa_type=Uint256, primary_key=True)
    rules: str
    """Canonical JSON of `ClassRules.payload`."""
    listed_at: datetime = Field(sa_type=UtcTime)


class GovernedRules(SQLModel, table=True):
    """The rules that a class has in place of those it was listed with: by governance, or by a mode that it earned."""

    __tablename__ = "market_rules"

    class_id: int = Field(sa_type=Uint256, primary_key=True)
    rules: str
    """Canonical JSON of `ClassRules.payload`."""
    set_at: datetime = Field(sa_type=UtcTime)
