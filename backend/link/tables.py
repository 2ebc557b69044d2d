"""Tables of the chain link: intents and their signed transactions, indexed blocks and events, and what these say.

A projection table holds a row only while it says something: a balance of zero has no row, so that a rewind ends with
exactly the rows a fresh index would make.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Column, ForeignKey, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.storage.columns import Address, Bytes32, Uint256, UtcTime


class IntentState(StrEnum):
    """new -> signed -> mined -> confirmed | reverted. A reorganisation takes mined and confirmed back to signed."""

    NEW = "new"
    SIGNED = "signed"
    MINED = "mined"
    CONFIRMED = "confirmed"
    REVERTED = "reverted"


class Intent(SQLModel, table=True):
    """A call that shall be executed exactly once. (kind, reference) is its name; `id` is the order of sending."""

    __tablename__ = "link_intent"
    __table_args__ = (UniqueConstraint("kind", "reference"), UniqueConstraint("sender", "nonce"))

    id: int = Field(default=None, primary_key=True)
    kind: str = Field(max_length=64)
    reference: str = Field(max_length=200)
    contract: str = Field(max_length=64)
    """EIP-55 address, or the name of a deployed contract."""
    data: bytes
    state: str = Field(default=IntentState.NEW, max_length=16, index=True)
    created_at: datetime = Field(sa_type=UtcTime)
    sender: str | None = Field(default=None, sa_type=Address)
    nonce: int | None = Field(default=None, sa_type=BigInteger)
    tx_hash: bytes | None = Field(default=None, sa_type=Bytes32)
    """The attempt that counts now: the one mined, else the newest signed."""
    first_sent_at: datetime | None = Field(default=None, sa_type=UtcTime)
    block_number: int | None = Field(default=None, sa_type=BigInteger, index=True)
    block_hash: bytes | None = Field(default=None, sa_type=Bytes32)
    succeeded: bool | None = None
    """What the receipt said; None while there is none."""
    revert_data: bytes | None = None
    revert_reason: str | None = None


class Attempt(SQLModel, table=True):
    """One signed transaction of an intent. A fee bump adds one; none is ever deleted: any may be the one mined."""

    __tablename__ = "link_attempt"

    id: int = Field(default=None, primary_key=True)
    intent_id: int = Field(foreign_key="link_intent.id", index=True)
    sender: str = Field(sa_type=Address)
    nonce: int = Field(sa_type=BigInteger, index=True)
    tx_hash: bytes = Field(sa_type=Bytes32, unique=True)
    raw: bytes
    void: bool = False
    """A transfer of nothing to oneself, which takes the nonce so that the call can no longer be executed."""
    gas: int = Field(sa_type=BigInteger)
    max_fee_wei: int = Field(sa_type=Uint256)
    """Most wei per gas, base fee and tip together."""
    priority_fee_wei: int = Field(sa_type=Uint256)
    """Tip in wei per gas."""
    signed_at: datetime = Field(sa_type=UtcTime)


class IndexedBlock(SQLModel, table=True):
    """A block with events of ours, or one recent enough to be reorganised away."""

    __tablename__ = "link_block"

    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    hash: bytes = Field(sa_type=Bytes32, unique=True)
    parent_hash: bytes = Field(sa_type=Bytes32)
    time: datetime = Field(sa_type=UtcTime)


class IndexedEvent(SQLModel, table=True):
    """An event of our contracts. `topics` and `data` are the log as the node gave it; `args` is canonical JSON for
    readers (integers as decimal strings, bytes as 0x and hex).
    """

    __tablename__ = "link_event"
    __table_args__ = (UniqueConstraint("block_hash", "log_index"),)

    block_number: int = Field(
        sa_column=Column(
            BigInteger, ForeignKey("link_block.number", ondelete="CASCADE"), primary_key=True, autoincrement=False
        )
    )
    log_index: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    block_hash: bytes = Field(sa_type=Bytes32)
    tx_hash: bytes = Field(sa_type=Bytes32, index=True)
    contract: str = Field(max_length=32)
    name: str = Field(max_length=64, index=True)
    args: str
    topics: bytes
    """32 bytes each, one after the other."""
    data: bytes


class Cursor(SQLModel, table=True):
    """The last block whose events are applied. One row; none before the first block.

    Events up to `final_number` have the confirmation depth; later ones are shown, but a reorganisation may undo them.
    """

    __tablename__ = "link_cursor"

    id: int = Field(default=1, primary_key=True)
    number: int = Field(sa_type=BigInteger)
    hash: bytes = Field(sa_type=Bytes32)
    time: datetime = Field(sa_type=UtcTime)
    final_number: int = Field(sa_type=BigInteger)


class NetworkRow(SQLModel, table=True):
    """The chain this database belongs to. One row, written once: another node's chain is refused."""

    __tablename__ = "link_network"

    id: int = Field(default=1, primary_key=True)
    chain_id: int = Field(sa_type=BigInteger)
    genesis_hash: str = Field(max_length=66)


class LeaseRow(SQLModel, table=True):
    """Who does what only one process may do at a time: send from the outbox, own a market."""

    __tablename__ = "link_lease"

    name: str = Field(primary_key=True, max_length=64)
    holder: str = Field(max_length=64)
    """Made up by the holder: a secret between the processes that read this database. Empty once given up."""
    token: int = Field(default=0, sa_type=BigInteger)
    """Rises with every change of holder."""
    host: str = Field(max_length=255)
    pid: int = Field(sa_type=BigInteger)
    url: str | None = Field(default=None, max_length=255)
    """Where the holder answers over HTTP."""
    until: datetime = Field(sa_type=UtcTime)


class CreditBalance(SQLModel, table=True):
    """Grams of a class that an account holds, and that were retired for it."""

    __tablename__ = "link_credit_balance"

    account: str = Field(sa_type=Address, primary_key=True)
    class_id: int = Field(sa_type=Uint256, primary_key=True)
    held_gco2e: int = Field(default=0, sa_type=Uint256)
    retired_gco2e: int = Field(default=0, sa_type=Uint256)


class CreditClassTotals(SQLModel, table=True):
    """A class's totals in grams: issued = held + buffer + retired + cancelled (INV-01)."""

    __tablename__ = "link_credit_class"

    class_id: int = Field(sa_type=Uint256, primary_key=True)
    cap_gco2e: int = Field(sa_type=Uint256)
    buffer_rate_bps: int
    budgets_gco2e: int = Field(default=0, sa_type=Uint256)
    surpluses_gco2e: int = Field(default=0, sa_type=Uint256)
    issued_gco2e: int = Field(default=0, sa_type=Uint256)
    retired_gco2e: int = Field(default=0, sa_type=Uint256)
    cancelled_gco2e: int = Field(default=0, sa_type=Uint256)
    """Cancelled against reversals, and expired."""
    expired_gco2e: int = Field(default=0, sa_type=Uint256)
    buffer_gco2e: int = Field(default=0, sa_type=Uint256)
    reversed_gco2e: int = Field(default=0, sa_type=Uint256)


class CreditApproval(SQLModel, table=True):
    """One ApprovalForAll; the latest of (account, operator) holds. All are kept, so that an undo is a deletion."""

    __tablename__ = "link_credit_approval"

    account: str = Field(sa_type=Address, primary_key=True)
    operator: str = Field(sa_type=Address, primary_key=True)
    block_number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    log_index: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    approved: bool


class PaymentBalance(SQLModel, table=True):
    """What an account holds of the payment token, in base units."""

    __tablename__ = "link_payment_balance"

    account: str = Field(sa_type=Address, primary_key=True)
    balance: int = Field(default=0, sa_type=Uint256)


class PaymentAllowance(SQLModel, table=True):
    """What an account allowed a spender after one Approval or one spending; the latest holds."""

    __tablename__ = "link_payment_allowance"

    account: str = Field(sa_type=Address, primary_key=True)
    spender: str = Field(sa_type=Address, primary_key=True)
    block_number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    log_index: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    amount: int = Field(sa_type=Uint256)


class MakerEpoch(SQLModel, table=True):
    """How often a maker cancelled all orders; orders of an earlier epoch are dead."""

    __tablename__ = "link_maker_epoch"

    account: str = Field(sa_type=Address, primary_key=True)
    epoch: int = Field(sa_type=Uint256)


class SpentNumber(SQLModel, table=True):
    """A number an account has spent on a contract: an order cancelled (Exchange) or a signed act used up. The event
    that was first is kept: cancelling twice is allowed.
    """

    __tablename__ = "link_spent_number"

    contract: str = Field(primary_key=True, max_length=32)
    account: str = Field(sa_type=Address, primary_key=True)
    number: int = Field(sa_type=Uint256, primary_key=True)
    block_number: int = Field(sa_type=BigInteger)
    log_index: int = Field(sa_type=BigInteger)
