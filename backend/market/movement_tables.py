"""Table of what came to and went from accounts on the chain."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index
from sqlmodel import Field, SQLModel

from backend.storage.columns import Address, Bytes32, Uint256, UtcTime


class MovementRow(SQLModel, table=True):
    """One account's side of a transfer of payment tokens or credits. `part` tells apart the sides, and the classes of a
    batch, of one event.
    """

    __tablename__ = "market_movement"
    __table_args__ = (Index("market_movement_account", "account", "block_number", "log_index", "part"),)

    block_number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    log_index: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    part: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    account: str = Field(sa_type=Address)
    other: str = Field(sa_type=Address)
    """Who sent it, or got it; the zero address if it was minted, or retired."""
    is_in: bool
    class_id: int | None = Field(default=None, sa_type=Uint256)
    """The credit class; None for payment tokens."""
    amount: int = Field(sa_type=Uint256)
    """Grams of credits, or base units of the payment token."""
    tx_hash: bytes = Field(sa_type=Bytes32)
    at: datetime = Field(sa_type=UtcTime)
