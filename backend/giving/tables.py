"""What the chain said of campaigns and retirements, stories kept off-chain, and acts on their way to the chain.

The projection tables (those above StoryRow) hold a row only while the chain's events say something, so that a rewind
ends with exactly the rows a fresh index would make.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Column, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.storage.columns import Address, Bytes32, Uint256, UtcTime


class CharityListing(SQLModel, table=True):
    """One CharityListed event; the latest of a charity holds."""

    __tablename__ = "giving_charity_listing"

    charity: str = Field(sa_type=Address, primary_key=True)
    block_number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    log_index: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    listed: bool
    second_signer: str = Field(sa_type=Address)
    """Whose word its spending needs besides its own; the zero address once it is delisted."""
    at: datetime = Field(sa_type=UtcTime)
    tx_hash: bytes = Field(sa_type=Bytes32)


class Campaign(SQLModel, table=True):
    """A campaign as opened on the chain. Window [opens_at, closes_at). Target in grams over all classes.

    `closes_at` is what holds; `closes_at_opening` what it was opened with, which a charity may cut short.
    """

    __tablename__ = "giving_campaign"

    campaign_id: int = Field(sa_column=Column(Uint256, primary_key=True))
    charity: str = Field(sa_type=Address, index=True)
    kind: str = Field(max_length=16)
    funding: str = Field(max_length=24)
    state: str = Field(max_length=16)
    opens_at: datetime = Field(sa_type=UtcTime)
    closes_at: datetime = Field(sa_type=UtcTime)
    closes_at_opening: datetime = Field(sa_type=UtcTime)
    target_gco2e: int = Field(sa_type=Uint256)
    story_digest: bytes = Field(sa_type=Bytes32)
    opened_at: datetime = Field(sa_type=UtcTime)
    tx_hash: bytes = Field(sa_type=Bytes32)


class CampaignHolding(SQLModel, table=True):
    """A campaign's credits of one class, in grams, all that ever was; held = donated - retired - granted - refunded."""

    __tablename__ = "giving_campaign_holding"

    campaign_id: int = Field(sa_column=Column(Uint256, primary_key=True))
    class_id: int = Field(sa_column=Column(Uint256, primary_key=True))
    donated_gco2e: int = Field(default=0, sa_type=Uint256)
    retired_gco2e: int = Field(default=0, sa_type=Uint256)
    granted_gco2e: int = Field(default=0, sa_type=Uint256)
    refunded_gco2e: int = Field(default=0, sa_type=Uint256)


class Movement(SQLModel, table=True):
    """One Donated, CampaignRetired, Granted or Refunded event."""

    __tablename__ = "giving_movement"

    block_number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    log_index: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    tx_hash: bytes = Field(sa_type=Bytes32, index=True)
    at: datetime = Field(sa_type=UtcTime)
    kind: str = Field(max_length=16)
    campaign_id: int = Field(sa_type=Uint256, index=True)
    class_id: int = Field(sa_type=Uint256)
    amount_gco2e: int = Field(sa_type=Uint256)
    donor: str | None = Field(default=None, sa_type=Address, index=True)
    """Of a gift or a refund."""
    ref: bytes | None = Field(default=None, sa_type=Bytes32, index=True)
    """Of a grant: the salted reference of a deficit."""
    counted_gco2e: int = Field(default=0, sa_type=BigInteger)
    """Of a grant: the grams that counted towards a deficit of this ledger."""


class Retirement(SQLModel, table=True):
    """One Retired event of CarbonCredit: by a person, by a purchase that retires on fill, or by a campaign."""

    __tablename__ = "giving_retirement"

    block_number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    log_index: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    tx_hash: bytes = Field(sa_type=Bytes32, index=True)
    at: datetime = Field(sa_type=UtcTime)
    account: str = Field(sa_type=Address, index=True)
    beneficiary: str = Field(sa_type=Address, index=True)
    class_id: int = Field(sa_type=Uint256)
    amount_gco2e: int = Field(sa_type=Uint256)
    purpose: str = Field(max_length=32)
    ref: bytes = Field(sa_type=Bytes32)
    counted_gco2e: int = Field(default=0, sa_type=BigInteger)
    """Grams that counted towards a deficit of this ledger; a grant's are counted at its Movement."""
    receipt_token: int | None = Field(default=None, sa_type=Uint256)
    """Of its receipt that cannot be moved, if who retired asked for one."""


class PledgeDraw(SQLModel, table=True):
    """One PledgeDrawn event: grams given under a donor's standing pledge."""

    __tablename__ = "giving_pledge_draw"

    block_number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    log_index: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    tx_hash: bytes = Field(sa_type=Bytes32)
    at: datetime = Field(sa_type=UtcTime)
    donor: str = Field(sa_type=Address, index=True)
    number: int = Field(sa_type=Uint256)
    struct_hash: bytes = Field(sa_type=Bytes32, index=True)
    amount_gco2e: int = Field(sa_type=Uint256)


class RefundDirection(SQLModel, table=True):
    """One RefundDirected event; the latest of a donor holds."""

    __tablename__ = "giving_refund_direction"

    donor: str = Field(sa_type=Address, primary_key=True)
    block_number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    log_index: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    wallet: str = Field(sa_type=Address)
    """The zero address: to the donor itself again."""


class StoryRow(SQLModel, table=True):
    """A campaign's story, canonical JSON under its SHA-256; the chain holds the digest only."""

    __tablename__ = "giving_story"

    digest: bytes = Field(sa_column=Column(Bytes32, primary_key=True))
    document: str = Field(sa_column=Column(Text, nullable=False))
    published_at: datetime = Field(sa_type=UtcTime)


class PictureRow(SQLModel, table=True):
    """A campaign picture under the SHA-256 of its bytes, which the story holds."""

    __tablename__ = "giving_picture"

    digest: bytes = Field(sa_column=Column(Bytes32, primary_key=True))
    media_type: str = Field(max_length=16)
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    charity: str = Field(sa_type=Address, index=True)
    """Who published it first."""
    published_at: datetime = Field(sa_type=UtcTime)


class DonorName(SQLModel, table=True):
    """What a donor wishes to be called beside its gifts to a campaign; without a row its gifts are unnamed."""

    __tablename__ = "giving_donor_name"

    campaign_id: int = Field(sa_column=Column(Uint256, primary_key=True))
    donor: str = Field(sa_type=Address, primary_key=True)
    name: str = Field(max_length=60)
    named_at: datetime = Field(sa_type=UtcTime)


class BoardName(SQLModel, table=True):
    """An account that asked to be on the leaderboards, and what it is called there; without a row it is on none."""

    __tablename__ = "giving_board_name"

    account: str = Field(sa_type=Address, primary_key=True)
    name: str = Field(max_length=60)
    folded: bytes = Field(sa_type=Bytes32, unique=True)
    """Digest of the name as names are compared: nobody is there twice, or under another's."""
    joined_at: datetime = Field(sa_type=UtcTime)


class PledgeRow(SQLModel, table=True):
    """A donor's signed standing promise, kept so that it can be drawn under. Whole seconds: the times are signed."""

    __tablename__ = "giving_pledge"
    __table_args__ = (UniqueConstraint("donor", "number"),)

    struct_hash: bytes = Field(sa_column=Column(Bytes32, primary_key=True))
    donor: str = Field(sa_type=Address, index=True)
    campaign_id: int = Field(sa_type=Uint256)
    class_id: int = Field(sa_type=Uint256)
    share_bps: int
    max_amount_gco2e: int = Field(sa_type=Uint256)
    starts_at: datetime = Field(sa_type=UtcTime)
    expires_at: datetime = Field(sa_type=UtcTime)
    number: int = Field(sa_type=Uint256)
    signature: bytes
    kept_at: datetime = Field(sa_type=UtcTime)


class Relay(SQLModel, table=True):
    """A person's signed act that we relay. Where it stands is its outbox intent's state."""

    __tablename__ = "giving_relay"

    intent_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    kind: str = Field(max_length=16)
    account: str = Field(sa_type=Address, index=True)
    number: int = Field(sa_type=Uint256)
    class_id: int | None = Field(default=None, sa_type=Uint256)
    amount_gco2e: int = Field(default=0, sa_type=Uint256)
    """What leaves the account; 0 for an approval."""
    created_at: datetime = Field(sa_type=UtcTime)


class CertificateRow(SQLModel, table=True):
    """A certificate's file that was made here, by its SHA-256. Words of its dedication are not kept, nor their salt."""

    __tablename__ = "giving_certificate"

    digest: bytes = Field(sa_column=Column(Bytes32, primary_key=True))
    tx_hash: bytes = Field(sa_type=Bytes32, index=True)
    log_index: int = Field(sa_type=BigInteger)
    language: str = Field(max_length=2)
    edition: str = Field(max_length=16)
    made_at: datetime = Field(sa_type=UtcTime)


class DeskAct(SQLModel, table=True):
    """A transaction that a charity's own key signs: stored with its bytes before anybody sees them."""

    __tablename__ = "giving_desk_act"

    charity: str = Field(sa_type=Address, primary_key=True)
    reference: str = Field(primary_key=True, max_length=200)
    data: bytes
    nonce: int = Field(sa_type=BigInteger)
    tx_hash: bytes = Field(sa_type=Bytes32, unique=True)
    raw: bytes
    signed_at: datetime = Field(sa_type=UtcTime)
