"""Sets of time spans."""

from datetime import date
from zoneinfo import ZoneInfo

from backend.footprint.span import (
    Span,
    days_span,
    intersect,
    local_date,
    local_days,
    month_span,
    seconds_of,
    subtract,
    union,
)


def test_union__overlapping_touching_and_empty__become_disjoint_and_ascending() -> None:
    assert union([Span(5, 9), Span(0, 2), Span(2, 3), Span(8, 12), Span(20, 20)]) == [Span(0, 3), Span(5, 12)]


def test_intersect__two_sets__is_what_both_cover() -> None:
    assert intersect([Span(0, 10), Span(20, 30)], [Span(5, 25)]) == [Span(5, 10), Span(20, 25)]


def test_subtract__holes__leave_the_rest() -> None:
    assert subtract([Span(0, 10)], [Span(0, 2), Span(4, 5), Span(9, 20)]) == [Span(2, 4), Span(5, 9)]
    assert subtract([Span(0, 10)], []) == [Span(0, 10)]
    assert subtract([Span(0, 10)], [Span(0, 10)]) == []


def test_months__of_a_year__tile_it_without_gap_or_overlap() -> None:
    for name in ("America/Los_Angeles", "Asia/Shanghai", "Europe/London"):
        zone = ZoneInfo(name)
        months = [month_span(2025, month, zone) for month in range(1, 13)]

        assert union(months) == [days_span(date(2025, 1, 1), date(2025, 12, 31), zone)]
        assert seconds_of(months) == 365 * 86400


def test_local_days__of_days_at_a_place__are_those_days_wherever_the_clocks_jump() -> None:
    for zone in (ZoneInfo("Asia/Shanghai"), ZoneInfo("America/Los_Angeles")):
        for first, last in ((date(2025, 1, 1), date(2025, 1, 1)), (date(2025, 3, 9), date(2025, 11, 2))):
            assert local_days(days_span(first, last, zone), zone) == (first, last)


def test_local_date__just_before_midnight__is_the_local_day() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    new_year = days_span(date(2025, 1, 1), date(2025, 1, 1), zone).start_s

    assert local_date(new_year, zone) == date(2025, 1, 1)
    assert local_date(new_year - 1, zone) == date(2024, 12, 31)
