"""The reports of cities that were told, each once."""

from datetime import datetime

from sqlalchemy import Column, Text
from sqlmodel import Field, SQLModel

from backend.storage.columns import UtcTime


class CityToldRow(SQLModel, table=True):
    """What was told of a region's vintage, from this database. No figure in it is of a few people."""

    __tablename__ = "ledger_city_told"

    region: str = Field(primary_key=True)
    vintage: int = Field(primary_key=True)
    report: str = Field(sa_column=Column(Text, nullable=False))
    """Canonical JSON, as it is told again."""
    told_at: datetime = Field(sa_column=Column(UtcTime, nullable=False))
