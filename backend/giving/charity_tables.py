"""What the database keeps of charities beside what the chain says of them."""

from datetime import datetime

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field, SQLModel

from backend.storage.columns import Address, UtcTime


class CharityNameWord(SQLModel, table=True):
    """One signed word of a registrar: what a charity is called. The latest of a charity holds."""

    __tablename__ = "giving_charity_name_word"

    id: int | None = Field(default=None, primary_key=True)
    charity: str = Field(sa_type=Address, index=True)
    name: str = Field(max_length=120)
    registrar: str = Field(sa_type=Address)
    said_at: datetime = Field(sa_type=UtcTime)
    """Whole seconds: it is part of what was signed."""
    signature: bytes = Field(sa_column=Column(LargeBinary(65), nullable=False))
