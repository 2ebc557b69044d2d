"""Batches sent to the Exchange, their legs, and every fill the chain reported."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Column, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.storage.columns import Address, Bytes32, Uint256, UtcTime


class BatchState(StrEnum):
    """sent -> settled (every leg filled or busted) | returned (the transaction did nothing; its trades go again)."""

    SENT = "sent"
    SETTLED = "settled"
    RETURNED = "returned"


class LegState(StrEnum):
    """sent -> filled | skipped -> busted; returned with its batch."""

    SENT = "sent"
    FILLED = "filled"
    SKIPPED = "skipped"
    BUSTED = "busted"
    RETURNED = "returned"


class Batch(SQLModel, table=True):
    """One `settle` transaction. Its outbox intent is ("settle", str(id))."""

    __tablename__ = "settlement_batch"

    id: int = Field(default=None, primary_key=True)
    state: str = Field(default=BatchState.SENT, max_length=16, index=True)
    created_at: datetime = Field(sa_type=UtcTime)


class Leg(SQLModel, table=True):
    """One match of a batch, at `match_index` of its calldata."""

    __tablename__ = "settlement_leg"
    __table_args__ = (UniqueConstraint("batch_id", "match_index"),)

    id: int = Field(default=None, primary_key=True)
    batch_id: int = Field(foreign_key="settlement_batch.id")
    match_index: int
    trade_id: int = Field(index=True)
    buy_hash: bytes = Field(sa_type=Bytes32)
    sell_hash: bytes = Field(sa_type=Bytes32)
    lots: int = Field(sa_type=BigInteger)
    price_per_kg: int = Field(sa_type=Uint256)
    state: str = Field(default=LegState.SENT, max_length=16, index=True)
    reason: str | None = Field(default=None, max_length=64)
    """Why the chain skipped it: the name of the Exchange's error."""


class Fill(SQLModel, table=True):
    """A `Filled` event: what the chain did. `batch_id` and `trade_id` are empty for a fill somebody else sent."""

    __tablename__ = "settlement_fill"
    __table_args__ = (UniqueConstraint("block_number", "log_index"),)

    id: int = Field(default=None, primary_key=True)
    block_number: int = Field(sa_type=BigInteger)
    log_index: int
    at: datetime = Field(sa_type=UtcTime)
    tx_hash: bytes = Field(sa_type=Bytes32)
    batch_id: int | None = None
    trade_id: int | None = Field(default=None, index=True)
    class_id: int = Field(sa_type=Uint256, index=True)
    buy_hash: bytes = Field(sa_type=Bytes32, index=True)
    sell_hash: bytes = Field(sa_type=Bytes32, index=True)
    buyer: str = Field(sa_type=Address, index=True)
    seller: str = Field(sa_type=Address, index=True)
    lots: int = Field(sa_type=Uint256)
    price_per_kg: int = Field(sa_type=Uint256)
    fee: int = Field(sa_type=Uint256)
    """Payment-token base units: the buyer paid it on top of lots * price_per_kg, the seller as much out of that."""


class FeeRate(SQLModel, table=True):
    """A rate the Exchange was set to, in basis points of cost; the latest one is in force."""

    __tablename__ = "settlement_fee_rate"

    block_number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    log_index: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    fee_bps: int
