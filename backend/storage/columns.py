"""Column types that keep integers exact and times in UTC on every database.

Plain integers above 2**63 and NUMERIC on SQLite silently lose digits, so chain values are fixed-width text there.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer
from sqlalchemy.types import LargeBinary, Numeric, String, TypeDecorator, TypeEngine

UINT256_DIGITS = 78

RowNumber = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit number that alone is a table's key. SQLite takes it for the row's own number only if it is called INTEGER;
called BIGINT it costs an index beside the table, and every row that is written a page more.
"""


class Uint256(TypeDecorator[int]):
    """0 .. 2**256 - 1: NUMERIC(78,0) on PostgreSQL, zero-padded text (ordered, comparable) elsewhere. No SUM in SQL."""

    impl = String(UINT256_DIGITS)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """NUMERIC where it is exact."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Numeric(UINT256_DIGITS, 0))
        return dialect.type_descriptor(String(UINT256_DIGITS))

    def process_bind_param(self, value: int | None, dialect: Dialect) -> str | Decimal | None:
        """Refuses what a uint256 cannot hold."""
        if value is None:
            return None
        if not 0 <= value < 2**256:
            raise ValueError(f"{value} is outside uint256")
        return Decimal(value) if dialect.name == "postgresql" else str(value).zfill(UINT256_DIGITS)

    def process_result_value(self, value: str | Decimal | None, dialect: Dialect) -> int | None:
        """The integer, exactly."""
        return None if value is None else int(value)


class UtcTime(TypeDecorator[datetime]):
    """A timezone-aware UTC time, stored as ISO-8601 text of fixed width so that it sorts and never loses its zone."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Refuses a naive time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no timezone")
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """A UTC time."""
        return None if value is None else datetime.fromisoformat(value)


class Address(TypeDecorator[str]):
    """An EIP-55 address as 42 characters of text, compared as written: always store the checksummed form."""

    impl = String(42)
    cache_ok = True


class PlainBytes(LargeBinary):
    """Bytes as they are: SQLite's driver takes them, and to wrap each first, as drivers may want, costs an order what
    a line's hash does.
    """

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """None for SQLite."""
        if dialect.name == "sqlite":
            return None
        wrapped: Callable[[Any], Any] | None = super().bind_processor(dialect)  # type: ignore[no-untyped-call] # theirs
        return wrapped


class Bytes32(TypeDecorator[bytes]):
    """32 bytes: digests, order hashes, references."""

    impl = PlainBytes(32)
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """Refuses other lengths."""
        if value is not None and len(value) != 32:
            raise ValueError(f"{len(value)} bytes where 32 were expected")
        return value
