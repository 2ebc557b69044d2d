"""Activities and the CSV intake: what is taken, and every refusal by line and column."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from backend.footprint.activity import (
    DayMalformed,
    MeterMissing,
    MeterUnexpected,
    SpanInvalid,
    TextTooLong,
    activity_of,
    span_of,
)
from backend.footprint.csv_intake import (
    COLUMNS,
    ROWS_LIMIT,
    SHOWN_LIMIT,
    CsvEmpty,
    CsvRefused,
    CsvTooManyRows,
    parse_activities,
)
from backend.footprint.kind import Grade, KindOnlyCompared
from backend.footprint.span import Span
from backend.kernel.clock import TimeMalformed
from tests.unit.footprint.bad_rows import BAD, Told, rows_told

HEADER = ",".join(COLUMNS)
GOOD = "electricity,grid_electricity,120.5,kWh,2025-01-01,2025-01-31,CN-SC,M1,bill 1"


def unix(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def refused(*rows: str, header: str = HEADER) -> list[Told]:
    with pytest.raises(CsvRefused) as failure:
        parse_activities("\n".join([header, *rows]))
    assert failure.value.code == "activity.csv_refused"
    return rows_told(failure.value)


class TestSpan:
    def test_two_dates__are_local_days_with_both_ends(self) -> None:
        assert span_of("2025-01-01", "2025-01-31", "CN-SC") == Span(unix("2024-12-31T16:00"), unix("2025-01-31T16:00"))

    def test_a_month_with_a_clock_change__has_the_hours_it_had(self) -> None:
        march, november = span_of("2025-03-01", "2025-03-31", "US-CA"), span_of("2025-11-01", "2025-11-30", "US-CA")

        assert march.seconds == 31 * 86400 - 3600
        assert november.seconds == 30 * 86400 + 3600

    def test_two_times__are_taken_as_they_are(self) -> None:
        assert span_of("2025-01-01T00:00:00Z", "2025-01-02T01:00:00+01:00", "GB").seconds == 86400

    @pytest.mark.parametrize(
        ("start", "end"),
        [
            ("2025-01-31", "2025-01-01"),
            ("2025-01-01T00:00:00Z", "2025-01-01T00:00:00Z"),
            ("2025-01-01", "2025-01-01T12:00:00Z"),
            ("2024-01-01", "2025-06-30"),
        ],
    )
    def test_empty_backwards_mixed_or_too_long__is_refused(self, start: str, end: str) -> None:
        with pytest.raises(SpanInvalid) as failure:
            span_of(start, end, "GB")

        assert failure.value.code == "activity.span_invalid"

    @pytest.mark.parametrize("text", ["yesterday", "2025-02-30", "2025-1-1", ""])
    def test_no_date__is_refused(self, text: str) -> None:
        with pytest.raises(DayMalformed) as failure:
            span_of(text, text, "GB")

        assert failure.value.code == "activity.day_malformed"

    def test_time_without_offset__is_refused(self) -> None:
        with pytest.raises(TimeMalformed):
            span_of("2025-01-01T00:00:00", "2025-01-02T00:00:00", "GB")


class TestActivity:
    SPAN = Span(0, 86400)

    def test_energy_without_a_meter__is_refused(self) -> None:
        with pytest.raises(MeterMissing) as failure:
            activity_of(kind="natural_gas", quantity="1", unit="m3", span=self.SPAN, place="CN-SC", meter="  ")

        assert failure.value.code == "activity.meter_missing"

    def test_flight_without_its_radiative_forcing__is_shown_and_never_entered(self) -> None:
        with pytest.raises(KindOnlyCompared) as failure:
            activity_of(kind="flight_domestic_direct", quantity="1", unit="passenger_km", span=self.SPAN, place="CN-SC")

        assert failure.value.code == "activity.kind_only_compared"
        assert failure.value.fields["instead"] == "flight_domestic"

    @pytest.mark.parametrize("nothing", ["-0", "-0.00"])
    def test_minus_nothing__is_kept_without_its_sign(self, nothing: str) -> None:
        kept = activity_of(kind="bus", quantity=nothing, unit="passenger_km", span=self.SPAN, place="CN-SC")

        assert (kept.quantity, kept.given) == (Decimal(0), f"{nothing[1:]} passenger_km")

    def test_travel_with_a_meter__is_refused(self) -> None:
        with pytest.raises(MeterUnexpected) as failure:
            activity_of(kind="bus", quantity="1", unit="passenger_km", span=self.SPAN, place="CN-SC", meter="M1")

        assert failure.value.code == "activity.meter_unexpected"

    def test_text_without_end__is_refused(self) -> None:
        with pytest.raises(TextTooLong) as failure:
            activity_of(
                kind="bus", quantity="1", unit="passenger_km", span=self.SPAN, place="CN-SC", evidence="x" * 201
            )

        assert failure.value.code == "activity.text_too_long"


class TestCsv:
    def test_good_rows__are_self_declared_activities_with_their_line_numbers(self) -> None:
        rows = parse_activities(
            "\ufeff" + HEADER + "\n" + GOOD + "\n\ntravel,bus,3,passenger_km,2025-02-01,2025-02-01,CN-SC,,\n"
        )

        assert [line for line, _ in rows] == [2, 4]
        first = rows[0][1]
        assert (first.quantity, first.grade, first.meter, first.evidence) == (Decimal("120.5"), Grade.S, "M1", "bill 1")
        assert first.given == "120.5 kWh"

    def test_columns__in_another_order_and_optional_ones_absent__are_taken(self) -> None:
        text = "kind,category,unit,quantity,to,from,place\nbus,travel,passenger_km,3,2025-02-01,2025-02-01,CN-SC\n"

        assert len(parse_activities(text)) == 1

    @pytest.mark.parametrize(("row", "column", "code"), BAD)
    def test_bad_row__is_named_by_line_and_column(self, row: str, column: str, code: str) -> None:
        assert [told.place for told in refused(GOOD, row)] == [("3", column, code)]

    def test_bad_row__says_what_its_error_says_for_itself(self) -> None:
        with pytest.raises(CsvRefused) as failure:
            parse_activities(f"{HEADER}\ntravel,bus,1,ell,2025-01-01,2025-01-01,CN-SC,,")

        (told,) = rows_told(failure.value)
        accepted = ["passenger_km", "passenger_mile"]
        assert told.fields == {"unit": "ell", "accepted": accepted}
        assert told.message == "'ell' is no unit known here; give passenger_km or passenger_mile"
        assert failure.value.message == f"nothing was kept: line 2, column unit: {told.message} [unit.unknown]"

    def test_several_bad_rows__are_all_named(self) -> None:
        bad = "travel,bus,-1,passenger_km,2025-01-01,2025-01-01,CN-SC,,"

        assert [told.line for told in refused(bad, GOOD, bad + ",surplus", bad)] == ["2", "4", "5"]

    def test_more_bad_rows_than_are_shown__are_counted(self) -> None:
        bad = "travel,bus,-1,passenger_km,2025-01-01,2025-01-01,CN-SC,,"
        with pytest.raises(CsvRefused) as failure:
            parse_activities("\n".join([HEADER, *[bad] * (SHOWN_LIMIT + 1)]))

        assert len(rows_told(failure.value)) == SHOWN_LIMIT
        assert failure.value.fields["bad_rows"] == SHOWN_LIMIT + 1
        assert failure.value.message.endswith(f" and {SHOWN_LIMIT} more")

    def test_everything_wrong_with_the_header__is_told_of_its_line(self) -> None:
        told = refused(GOOD, header="\n" + HEADER.replace("quantity", "amount"))

        assert [one.place for one in told] == [("2", None, "csv.columns_unknown"), ("2", None, "csv.columns_absent")]

    def test_row_with_more_cells_than_columns__is_one_bad_row(self) -> None:
        (told,) = refused(GOOD + ",surplus", GOOD)

        assert told.place == ("2", None, "csv.row_too_long")

    @pytest.mark.parametrize("text", ["", "\n ,\n", HEADER, HEADER + "\n,,\n"])
    def test_no_rows__is_refused(self, text: str) -> None:
        with pytest.raises(CsvEmpty) as failure:
            parse_activities(text)

        assert failure.value.code == "activity.csv_empty"

    def test_too_many_rows__is_refused(self) -> None:
        row = "travel,bus,1,passenger_km,2025-01-01,2025-01-01,CN-SC,,"
        with pytest.raises(CsvTooManyRows) as failure:
            parse_activities("\n".join([HEADER, *[row] * (ROWS_LIMIT + 1)]))

        assert failure.value.code == "activity.csv_too_many_rows"
        assert failure.value.fields == {"line": ROWS_LIMIT + 2, "limit": ROWS_LIMIT}
