"""What verifiers did and were asked, beside their signatures: terms, returns, questions, appeals, draws, re-audits.

Words lie sealed with the key of the person they are about, a verifier's own too (`compartments.py`).
"""

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import BigInteger, Column, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.issuance.compartments import APPEAL, INSPECTION, QUESTION, REAUDIT, RETURN
from backend.storage.columns import Address, Bytes32, UtcTime
from backend.storage.sealing import Sealed, sealed_column


class AccreditationRow(SQLModel, table=True):
    """A registrar's signed word until when a verifier is accredited. The latest row of a verifier counts."""

    __tablename__ = "issuance_accreditation"

    id: int | None = Field(default=None, primary_key=True)
    verifier: str = Field(sa_column=Column(Address, nullable=False, index=True))
    granted_by: str = Field(sa_column=Column(Address, nullable=False))
    granted_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    """Whole seconds: it is part of what was signed."""
    expires_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    """Whole seconds: it is part of what was signed."""
    signature: bytes = Field(sa_column=Column(LargeBinary(65), nullable=False))


class ReturnRow(Sealed, SQLModel, table=True):
    """A statement sent back, by whom and why. The latest row of a statement counts."""

    __tablename__ = "issuance_return"
    compartments: ClassVar = RETURN

    id: int | None = Field(default=None, primary_key=True)
    statement_digest: bytes = Field(sa_column=Column(Bytes32, nullable=False, index=True))
    verifier: str = Field(sa_column=Column(Address, nullable=False))
    sealed: bytes | None = sealed_column()
    if TYPE_CHECKING:
        reasons: str
        """A JSON list of sentences."""
    returned_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))


class InspectionRow(Sealed, SQLModel, table=True):
    """A person asks that a verifier look at the documents behind a vintage's activities, before closing it."""

    __tablename__ = "issuance_inspection"
    compartments: ClassVar = INSPECTION

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="ledger_person.id", index=True)
    vintage: int
    nullifier: bytes = Field(sa_column=Column(Bytes32, nullable=False))
    """What it is assigned by, as the statement will be."""
    asked_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    verifier: str | None = Field(default=None, sa_column=Column(Address, nullable=True))
    inspected: int = 0
    """How many activities it found documented."""
    sealed: bytes | None = sealed_column()
    if TYPE_CHECKING:
        words: str | None = None
        """What the verifier has seen."""
    decided_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))


class QuestionRow(Sealed, SQLModel, table=True):
    """What a verifier asks the person about a statement before deciding, and the answer."""

    __tablename__ = "issuance_question"
    compartments: ClassVar = QUESTION

    id: int | None = Field(default=None, primary_key=True)
    statement_digest: bytes = Field(sa_column=Column(Bytes32, nullable=False, index=True))
    verifier: str = Field(sa_column=Column(Address, nullable=False))
    sealed: bytes | None = sealed_column()
    if TYPE_CHECKING:
        words: str
        answer: str | None = None
    asked_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    answered_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))


class AppealRow(Sealed, SQLModel, table=True):
    """A person against a decision about a statement of its own: one appeal a decision, decided once."""

    __tablename__ = "issuance_appeal"
    compartments: ClassVar = APPEAL
    __table_args__ = (UniqueConstraint("against", "decision_id"),)

    id: int | None = Field(default=None, primary_key=True)
    statement_digest: bytes = Field(sa_column=Column(Bytes32, nullable=False, index=True))
    person_id: int = Field(foreign_key="ledger_person.id", index=True)
    against: str
    """`return` or `reversal`."""
    decision_id: int
    """The row of the return or of the re-audit."""
    decided_against_by: str = Field(sa_column=Column(Address, nullable=False))
    """Whose decision it is: somebody else decides about the appeal."""
    sealed: bytes | None = sealed_column()
    if TYPE_CHECKING:
        words: str
        """The person's."""
        reasons: str | None = None
        """The deciding verifier's."""
    made_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    due_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    verifier: str | None = Field(default=None, sa_column=Column(Address, nullable=True))
    outcome: str | None = None
    """`granted` or `dismissed`."""
    decided_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))


class DrawRow(SQLModel, table=True):
    """A draw of statements to be audited again. One a day at most. Everything in it is public."""

    __tablename__ = "issuance_draw"

    day: int = Field(primary_key=True)
    """Days since 1970-01-01, as Anchors counts them."""
    listed: str = Field(sa_column=Column(Text, nullable=False))
    """The list that was anchored: canonical JSON."""
    list_digest: bytes = Field(sa_column=Column(Bytes32, nullable=False))
    opened_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    block_number: int | None = Field(default=None, sa_type=BigInteger)
    """The first block from the time that the list names."""
    block_hash: bytes | None = Field(default=None, sa_column=Column(Bytes32, nullable=True))
    block_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    concluded_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
    seed: bytes | None = Field(default=None, sa_column=Column(Bytes32, nullable=True))
    """None of a draw that came to nothing: too few revealed."""


class DrawRootRow(SQLModel, table=True):
    """A root of another list that waits for a draw's seed, or waited for one."""

    __tablename__ = "issuance_draw_root"

    root: bytes = Field(sa_column=Column(Bytes32, primary_key=True))
    asked_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    day: int | None = Field(default=None, foreign_key="issuance_draw.day")
    """Of the last draw whose list names it."""


class CommitmentRow(SQLModel, table=True):
    """A verifier's part in a draw's seed: first its digest, signed; then the secret itself."""

    __tablename__ = "issuance_commitment"

    day: int = Field(foreign_key="issuance_draw.day", primary_key=True)
    verifier: str = Field(sa_column=Column(Address, primary_key=True))
    commitment: bytes = Field(sa_column=Column(Bytes32, nullable=False))
    signature: bytes = Field(sa_column=Column(LargeBinary(65), nullable=False))
    committed_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    secret: bytes | None = Field(default=None, sa_column=Column(Bytes32, nullable=True))
    revealed_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))


class ReauditRow(Sealed, SQLModel, table=True):
    """A statement that a draw chose, and what a second verifier found. Grams of CO2e."""

    __tablename__ = "issuance_reaudit"
    compartments: ClassVar = REAUDIT
    __table_args__ = (UniqueConstraint("day", "statement_digest"),)

    id: int | None = Field(default=None, primary_key=True)
    day: int = Field(foreign_key="issuance_draw.day", index=True)
    statement_digest: bytes = Field(sa_column=Column(Bytes32, nullable=False, index=True))
    verifier: str | None = Field(default=None, sa_column=Column(Address, nullable=True))
    outcome: str | None = None
    """`upheld`, `overstated` or `understated`; or `erased`: its person was, and nobody can look."""
    amount_gco2e: int = Field(default=0, sa_type=BigInteger)
    """By how much the credit was too high (`overstated`) or too low (`understated`)."""
    sealed: bytes | None = sealed_column()
    if TYPE_CHECKING:
        reasons: str | None = None
    decided_at: datetime | None = Field(default=None, sa_column=Column(UtcTime, nullable=True))
