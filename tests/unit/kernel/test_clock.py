"""Time: ISO-8601 in JSON, whole Unix seconds in signed data, never naive."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kernel.clock import FixedClock, SystemClock, TimeMalformed, from_unix_s, iso, parse_iso, unix_s

FIRST, LAST = datetime(1, 1, 3), datetime(9999, 12, 29)  # noqa: DTZ001 - Hypothesis adds the zone
zones = st.integers(min_value=-14 * 60, max_value=14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
aware = st.datetimes(min_value=FIRST, max_value=LAST, timezones=zones)


@given(at=aware)
def test_iso__any_time_in_any_zone__comes_back_the_same_instant(at: datetime) -> None:
    text = iso(at)
    assert text.endswith("Z")
    assert "+" not in text
    assert parse_iso(text) == at
    assert iso(parse_iso(text)) == text


@given(at=aware)
def test_unix_s__any_time__is_the_last_whole_second_not_after_it(at: datetime) -> None:
    back = from_unix_s(unix_s(at))
    assert back <= at < back + timedelta(seconds=1)
    assert back.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2025-01-31T12:00:00Z", datetime(2025, 1, 31, 12, tzinfo=UTC)),
        ("2025-01-31T12:00:00+08:00", datetime(2025, 1, 31, 4, tzinfo=UTC)),
        ("2025-01-31T12:00:00.250-01:30", datetime(2025, 1, 31, 13, 30, 0, 250_000, tzinfo=UTC)),
    ],
)
def test_parse_iso__an_offset__becomes_utc(text: str, at: datetime) -> None:
    parsed = parse_iso(text)
    assert parsed == at
    assert parsed.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "2025-01-31T12:00:00",
        "2025-01-31",
        "31/01/2025 12:00 UTC",
        "yesterday",
        "",
        "2025-02-30T00:00:00Z",
        "1738324800",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "\ud800",
    ],
)
def test_parse_iso__no_offset_or_no_time__is_refused_and_quoted(text: str) -> None:
    with pytest.raises(TimeMalformed) as refusal:
        parse_iso(text)
    assert refusal.value.code == "time.malformed"
    assert refusal.value.fields == {"value": text}


@given(text=st.text())
def test_parse_iso__any_text__is_a_time_or_a_refusal(text: str) -> None:
    try:
        at = parse_iso(text)
    except TimeMalformed:
        return
    assert at.tzinfo is UTC
    assert parse_iso(iso(at)) == at


def test_iso_and_unix_s__a_naive_time__are_refused_rather_than_guess_a_zone() -> None:
    naive = datetime(2025, 1, 31, 12)  # noqa: DTZ001 - the point of the test
    for spell in (iso, unix_s):
        with pytest.raises(ValueError, match="naive"):
            spell(naive)


def test_clocks__system_and_fixed__tell_aware_utc() -> None:
    before = datetime.now(UTC)
    told = SystemClock().now()
    assert before <= told <= datetime.now(UTC)
    assert told.tzinfo is UTC
    fixed = FixedClock(before)
    assert fixed.now() is fixed.now() is before
    fixed.at += timedelta(days=1)
    assert fixed.now() - before == timedelta(days=1)
