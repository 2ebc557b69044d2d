"""Aid rounds: who may vouch for a need, what was applied for, and what each round gives out."""

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import BigInteger, Column, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.ledger.key_names import of_person
from backend.storage.columns import Address, Bytes32, Uint256, UtcTime
from backend.storage.sealing import Compartment, Inside, Sealed, sealed_column


class AidBodyWord(SQLModel, table=True):
    """One signed word of a registrar: a body may vouch for needs, or may not any more. The latest of a body holds."""

    __tablename__ = "giving_aid_body_word"

    id: int | None = Field(default=None, primary_key=True)
    body: str = Field(sa_type=Address, index=True)
    name: str = Field(max_length=120)
    registered: bool
    registrar: str = Field(sa_type=Address)
    said_at: datetime = Field(sa_type=UtcTime)
    """Whole seconds: it is part of what was signed."""
    signature: bytes = Field(sa_column=Column(LargeBinary(65), nullable=False))


class AidRound(SQLModel, table=True):
    """One giving-out of an aid campaign. Everything up to `opened_at` stands before anybody applies."""

    __tablename__ = "giving_aid_round"

    id: int | None = Field(default=None, primary_key=True)
    campaign_id: int = Field(sa_type=Uint256, index=True)
    class_id: int = Field(sa_type=Uint256)
    rule: str = Field(max_length=16)
    pot_gco2e: int = Field(sa_type=Uint256)
    """Most that is given out."""
    cap_gco2e: int = Field(sa_type=Uint256)
    """Most for one person."""
    step_gco2e: int = Field(sa_type=Uint256)
    """Every grant is a whole multiple of it."""
    least_people: int
    """With fewer grants nothing is given out: each would be too easily somebody's."""
    opens_at: datetime = Field(sa_type=UtcTime)
    closes_at: datetime = Field(sa_type=UtcTime)
    opened_at: datetime = Field(sa_type=UtcTime)
    root: bytes | None = Field(default=None, sa_type=Bytes32)
    """Of the tree of applications, once the round has closed; None with no application."""
    applications: int = 0
    closed_at: datetime | None = Field(default=None, sa_type=UtcTime)
    block_number: int | None = Field(default=None, sa_type=BigInteger)
    block_hash: bytes | None = Field(default=None, sa_type=Bytes32)
    draw_day: int | None = None
    """Of a lottery: the day, since 1970-01-01, of the verification draw whose list named the root."""
    draw_seed: bytes | None = Field(default=None, sa_type=Bytes32)
    """That draw's seed."""
    concluded_at: datetime | None = Field(default=None, sa_type=UtcTime)


class AidApplication(Sealed, SQLModel, table=True):
    """One person's application, sealed with its key: the leaf alone is in the anchored tree."""

    __tablename__ = "giving_aid_application"
    __table_args__ = (UniqueConstraint("round_id", "person_id"),)
    compartments: ClassVar = (
        Compartment(
            "sealed",
            {
                "salt": Inside(),
                "reference": Inside(),
                "need_gco2e": Inside("0"),
                "body": Inside(),
                "auditor": Inside(None),
            },
            lambda row: of_person(row.person_id),
            ("round_id", "person_id", "leaf", "applied_at"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    round_id: int = Field(foreign_key="giving_aid_round.id", index=True)
    person_id: int = Field(foreign_key="ledger_person.id", index=True)
    leaf: bytes = Field(sa_type=Bytes32)
    applied_at: datetime = Field(sa_type=UtcTime)
    sealed: bytes | None = sealed_column()
    if TYPE_CHECKING:
        salt: str
        """0x and hex, 32 bytes."""
        reference: str
        """Of the deficit, 0x and hex."""
        need_gco2e: str
        body: str
        """Who vouched."""
        auditor: str | None
        """Who may read this application by its applicant's consent."""


class AidAward(SQLModel, table=True):
    """What a concluded round gives to a deficit, by its salted reference: all that the charity is told."""

    __tablename__ = "giving_aid_award"

    round_id: int = Field(foreign_key="giving_aid_round.id", primary_key=True)
    reference: bytes = Field(sa_column=Column(Bytes32, primary_key=True))
    amount_gco2e: int = Field(sa_type=Uint256)
