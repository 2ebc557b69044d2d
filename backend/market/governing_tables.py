"""Tables of how classes are governed: every change of what holds for one, and the spread of its trading days. Both
follow from the journal and are written in its rows' own transaction.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index
from sqlmodel import Field, SQLModel

from backend.storage.columns import Address, Uint256, UtcTime


class GovernedAct(SQLModel, table=True):
    """A change of a class's rules, reference price or phase that governance made, or that the class earned."""

    __tablename__ = "market_governed_act"
    __table_args__ = (Index("market_governed_act_class", "class_id", "sequence"),)

    sequence: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    """The journal's, of the line that did it."""
    class_id: int = Field(sa_type=Uint256)
    by_account: str | None = Field(default=None, sa_type=Address)
    """Who; nobody if the class earned or lost its mode."""
    why: str
    changes: str
    """Canonical JSON: field -> [before, after]."""
    at: datetime = Field(sa_type=UtcTime)


class SpreadDay(SQLModel, table=True):
    """A trading day of a class that earns its mode: `spread.Measured`."""

    __tablename__ = "market_spread_day"

    class_id: int = Field(sa_type=Uint256, primary_key=True)
    day: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    """Days since 1970-01-01."""
    moments: int
    spread_bps: int
    mode: str = Field(max_length=16)
    sequence: int = Field(sa_type=BigInteger)
    """The journal's, of the line that closed the day."""
