"""The access log's table."""

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

from backend.ledger.compartments import ACCESS
from backend.storage.columns import UtcTime
from backend.storage.sealing import Sealed, sealed_column


class AccessRow(Sealed, SQLModel, table=True):
    """Somebody else than the person read what is the person's. Who, what and why is for the person to read."""

    __tablename__ = "ledger_access"
    compartments: ClassVar = ACCESS

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="ledger_person.id", index=True)
    at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
    sealed: bytes | None = sealed_column()
    if TYPE_CHECKING:
        role: str
        reader: str | None
        """The reader's address; None for the operator at the machine itself."""
        what: str
        why: str
