"""Time as a dependency, so that a year can be replayed and a test can stand still."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

from backend.kernel.errors import InvalidInput

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> datetime:
        """The time, timezone-aware UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The machine's time in UTC."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that moves only when told; for tests and the sample year."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """The time it was set to."""
        return self.at


class TimeMalformed(InvalidInput):
    """A time is not ISO-8601 with an offset."""

    code = "time.malformed"


def _aware(at: datetime) -> datetime:
    """The same time; raises ValueError for a naive one, which would be read in the machine's own zone."""
    if at.tzinfo is None:
        raise ValueError(f"{at} is naive: a time carries its zone")
    return at


def unix_s(at: datetime) -> int:
    """Whole Unix seconds, rounded down; the form times take in signed data. Raises ValueError for a naive time."""
    return (_aware(at) - _EPOCH) // timedelta(seconds=1)


def from_unix_s(seconds: int) -> datetime:
    """UTC time of whole Unix seconds."""
    return datetime.fromtimestamp(seconds, UTC)


def iso(at: datetime) -> str:
    """ISO-8601 with `Z`, the form times take in JSON. Raises ValueError for a naive time."""
    return _aware(at).astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_iso(text: str) -> datetime:
    """UTC time of an ISO-8601 text with an offset or `Z`; raises TimeMalformed."""
    try:
        return _aware(datetime.fromisoformat(text)).astimezone(UTC)
    except (ValueError, OverflowError) as failure:  # its zone may move the first or last day out of the calendar
        raise TimeMalformed(
            f"{text!r} is not ISO-8601 with an offset, such as 2025-01-31T12:00:00Z", value=text
        ) from failure
