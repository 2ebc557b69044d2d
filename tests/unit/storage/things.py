"""A table with a column of every kind that the driver does not take as it is."""

from sqlalchemy import BigInteger, Boolean, Column, MetaData, String, Table

from backend.storage.columns import Bytes32, Uint256, UtcTime

THINGS = Table(
    "things",
    MetaData(),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("amount", Uint256),
    Column("order", Bytes32),
    Column("at", UtcTime),
    Column("word", String(10)),
    Column("flag", Boolean),
)
