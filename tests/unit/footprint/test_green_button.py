"""Green Button: the published files to the watt-hour, an independent reader as oracle, and what those files lack."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from greenbutton_objects.parse import parse_feed
from hypothesis import given
from hypothesis import strategies as st

from backend.footprint.activity import SpanInvalid
from backend.footprint.espi_feed import ReadingMalformed
from backend.footprint.green_button import (
    GreenButton,
    PointUnknown,
    PointUnnamed,
    TooManyGaps,
    activities_of_point,
    meters_of,
    read_green_button,
)
from backend.footprint.quantity import QuantityTooLarge
from backend.footprint.span import Span, local_date, union
from backend.footprint.usage_point import IntervalsOverlap, LeftOut, MultiplierInvalid, NothingMeasured, ReadingNegative
from tests.unit.footprint.feeds import (
    ELECTRICITY,
    THERMS,
    block,
    electricity,
    entry,
    feed,
    hours,
    meter_reading,
    read,
    reading,
    usage_point,
)
from tests.unit.footprint.shared_data import shared_folder

PUBLISHED_WH = {
    "Coastal_Multi_Family_Jan_1_2011_to_Jan_1_2012_RetailCustomer_5.xml": 4_425_305,
    "Desert_Multi_Family_Jan_1_2011_to_Jan_1_2012_RetailCustomer_6.xml": 5_219_781,
    "Desert_Single_Family_Jan_1_2011_to_Jan_1_2012_RetailCustomer_7.xml": 12_397_107,
    "Mountain_Multi_family_Jan_1_2011_to_Jan_1_2012_RetailCustomer_10.xml": 5_955_741,
}
PACIFIC = ZoneInfo("America/Los_Angeles")
JAN = int(datetime(2025, 1, 1, 8, tzinfo=UTC).timestamp())
"""Midnight of New Year's Day 2025 in California."""


def pieces(path: Path, size: int = 10_007) -> list[bytes]:
    data = path.read_bytes()
    return [data[at : at + size] for at in range(0, len(data), size)]


def activities(file: GreenButton, place: str = "US-CA", recorded: tuple[Span, ...] = ()) -> list[tuple[Span, Decimal]]:
    (point,) = file.points
    made = activities_of_point(point, place=place, meter="M1", evidence="a file", recorded=recorded)
    return [(one.span, one.quantity) for one in made]


class TestPublishedFiles:
    @pytest.mark.parametrize("name", PUBLISHED_WH)
    def test_year__is_read_to_the_watt_hour__in_twelve_whole_local_months(self, name: str) -> None:
        file = read_green_button(pieces(shared_folder("green_button") / name))

        made = activities(file)

        assert sum(quantity for _, quantity in made) * 1000 == PUBLISHED_WH[name]
        assert [local_date(span.start_s, PACIFIC).month for span, _ in made] == list(range(1, 13))
        assert union(span for span, _ in made) == [Span(made[0][0].start_s, made[0][0].start_s + 8_760 * 3600)]
        assert len(file.points[0].intervals) == 8_760
        assert file.left_out == ()

    def test_gas__in_therms_with_a_multiplier__is_gross_energy_and_its_bills_stay_whole(self) -> None:
        file = read_green_button(pieces(shared_folder("green_button") / "gas_direct.xml"))

        (point,) = file.points
        made = activities_of_point(point, place="GB", meter="G1", evidence="")

        assert [one.given for one in made] == ["37 therm", "14 therm", "21 therm", "27 therm", "41 therm"]
        assert {one.kind.name for one in made} == {"natural_gas_gross"}
        assert [one.span.seconds for one in made] == [3_024_000, 2_419_200, 2_592_000, 2_851_200, 2_332_800]
        assert made[0].quantity == Decimal("1084.362959638")  # 37 x 29.30710701722..., rounded up

    @pytest.mark.parametrize("name", [*PUBLISHED_WH, "gas_direct.xml"])
    def test_another_reader__sees_the_same_readings(self, name: str) -> None:
        path = shared_folder("green_button") / name
        (theirs,) = parse_feed(str(path))
        (series,) = theirs.meterReadings
        told = sorted(
            (
                int(one.timePeriod.start.timestamp()),
                int(one.timePeriod.start.timestamp()) + int(one.timePeriod.duration.total_seconds()),
                Fraction(one.value).limit_denominator(1000),
            )
            for one in series.intervalReadings
        )

        (point,) = read_green_button(pieces(path)).points
        ours = [(one.start_s, one.end_s, Fraction(one.value) * Fraction(10) ** point.power) for one in point.intervals]

        assert ours == told


class TestReading:
    @pytest.mark.parametrize(
        ("power", "value", "kwh"), [("0", 450, "0.45"), ("3", 2, "2"), ("-3", 450_500, "0.4505"), ("6", 1, "1000")]
    )
    def test_power_of_ten__multiplies(self, power: str, value: int, kwh: str) -> None:
        file = read(electricity([(JAN, 3600, value)], powerOfTenMultiplier=power))

        assert activities(file) == [(Span(JAN, JAN + 3600), Decimal(kwh))]

    @pytest.mark.parametrize(
        ("uom", "kind", "quantity"),
        [
            ("169", "natural_gas_gross", "29.307107018"),
            ("132", "natural_gas_gross", "0.000293072"),
            ("42", "natural_gas", "1"),
            ("134", "natural_gas", "0.001"),
            ("119", "natural_gas", "0.028316847"),
        ],
    )
    def test_gas_units__are_volume_or_gross_energy(self, uom: str, kind: str, quantity: str) -> None:
        text = feed(usage_point("U", "1"), meter_reading("U", 1, {"uom": uom}, block([(JAN, 86400, 1)])))

        (point,) = read(text).points
        (made,) = activities_of_point(point, place="GB", meter="G", evidence="")

        assert (made.kind.name, made.quantity) == (kind, Decimal(quantity))

    def test_fractional_epochs__are_cut_to_the_second_and_still_meet(self) -> None:
        text = electricity([("1735718400.25", "3600.5", 1), ("1735722000.75", "3600.0", 2), ("1735725600.75", 3600, 3)])

        assert activities(read(text)) == [(Span(1_735_718_400, 1_735_729_200), Decimal("0.006"))]

    def test_containerised_feed__several_blocks_in_one_entry_and_prefixes__is_the_same_as_a_direct_one(self) -> None:
        readings = hours(JAN, [1, 2, 3, 4])
        direct = read(electricity(readings))
        blocks = (block(readings[:1]), block(readings[1:3]), block(readings[3:]))
        held = read(feed(usage_point("U/1"), meter_reading("U/1", 1, ELECTRICITY, *blocks)))

        assert activities(held) == activities(direct)

    def test_prefixed_names__are_the_same_names(self) -> None:
        plain = electricity(hours(JAN, [1, 2]))
        prefixed = re.sub(r"<(/?)(feed|entry|id|link|content)\b", r"<\1a:\2", plain).replace("xmlns=", "xmlns:a=", 1)

        assert activities(read(prefixed)) == activities(read(plain))

    def test_entries_in_any_order__are_joined_by_their_links(self) -> None:
        one = meter_reading("U/1", 1, ELECTRICITY, block(hours(JAN, [5])))
        two = meter_reading("U/2", 1, ELECTRICITY, block(hours(JAN, [7])))

        found = read(feed(two, one, usage_point("U/2"), usage_point("U/1")))

        assert {point.name: point.intervals[0].value for point in found.points} == {"U/1": 5, "U/2": 7}

    def test_addresses_that_do_not_agree__with_one_point_only__are_still_one_meter(self) -> None:
        text = electricity(hours(JAN, [5])).replace('<link rel="related" href="U/1/MeterReading"/>', "")

        assert activities(read(text)) == [(Span(JAN, JAN + 3600), Decimal("0.005"))]

    def test_empty_service__is_told_by_the_commodity(self) -> None:
        gas = {"uom": "42", "commodity": "7"}
        text = feed(usage_point("U", ""), meter_reading("U", 1, gas, block([(JAN, 3600, 1)])))

        assert read(text).points[0].unit.kind == "natural_gas"

    def test_same_reading_twice_in_a_file__counts_once(self) -> None:
        assert activities(read(electricity([(JAN, 3600, 5), (JAN, 3600, 5)]))) == [
            (Span(JAN, JAN + 3600), Decimal("0.005"))
        ]

    def test_forecasts__measure_nothing(self) -> None:
        forecast = reading(JAN + 3600, 3600, 9, quality="12")
        text = electricity([(JAN, 3600, 5)]).replace("</IntervalBlock>", f"{forecast}</IntervalBlock>")

        file = read(text)

        assert activities(file) == [(Span(JAN, JAN + 3600), Decimal("0.005"))]
        assert file.points[0].forecasts == 1


class TestFlow:
    def test_exported_power__is_left_out_and_never_subtracted(self) -> None:
        delivered = meter_reading("U", 1, ELECTRICITY, block(hours(JAN, [500, 600])))
        exported = meter_reading("U", 2, ELECTRICITY | {"flowDirection": "19"}, block(hours(JAN, [9_000, 9_000])))

        file = read(feed(usage_point("U"), delivered, exported))

        assert activities(file) == [(Span(JAN, JAN + 7200), Decimal("1.1"))]
        assert file.left_out == (LeftOut("U", "flow direction 19 (exported)", "流向 19（送出）"),)

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            ({"flowDirection": "4"}, "net of what was exported"),
            ({"flowDirection": "19"}, "exported"),
            ({"flowDirection": "20"}, "delivered and exported together"),
            ({"accumulationBehaviour": "3"}, "a register"),
            ({"dataQualifier": "8"}, "an extreme"),
            ({"uom": "38"}, "unit 38 of electricity"),
            ({"uom": ""}, "unit not said"),
        ],
    )
    def test_what_is_no_quantity_delivered__is_refused_with_the_reason(self, change: dict[str, str], why: str) -> None:
        with pytest.raises(NothingMeasured) as refused:
            read(electricity(hours(JAN, [1]), **change))

        assert refused.value.code == "green_button.nothing_measured"
        assert why in refused.value.message

    @pytest.mark.parametrize("text", [feed(), feed(usage_point("U")), feed(usage_point("U", "2"))])
    def test_no_reading_at_all__is_refused(self, text: str) -> None:
        with pytest.raises(NothingMeasured):
            read(text)

    def test_gas_in_kwh__is_refused__nothing_says_by_which_calorific_value(self) -> None:
        with pytest.raises(NothingMeasured) as refused:
            read(feed(usage_point("U", "1"), meter_reading("U", 1, {"uom": "72"}, block([(JAN, 3600, 1)]))))

        assert "unit 72 of gas" in refused.value.message

    def test_negative_reading__is_refused(self) -> None:
        with pytest.raises(ReadingNegative) as refused:
            read(electricity(hours(JAN, [5, -5])))

        assert refused.value.code == "green_button.reading_negative"


class TestTime:
    @pytest.mark.parametrize(("first", "hours_in_day"), [("2025-03-09T08:00", 23), ("2025-11-02T07:00", 25)])
    def test_clock_change__a_day_has_the_hours_it_had(self, first: str, hours_in_day: int) -> None:
        start = int(datetime.fromisoformat(first).replace(tzinfo=UTC).timestamp())
        (point,) = read(electricity(hours(start, [100] * hours_in_day))).points

        assert {local_date(one.start_s, PACIFIC).isoformat() for one in point.intervals} == {first[:10]}
        assert local_date(start + hours_in_day * 3600, PACIFIC).isoformat() > first[:10]

    def test_month_with_a_clock_change__is_one_whole_activity(self) -> None:
        start = int(datetime(2025, 3, 1, 8, tzinfo=UTC).timestamp())
        made = activities(read(electricity(hours(start, [100] * (31 * 24 - 1 + 24)))))

        assert [(span.seconds, quantity) for span, quantity in made] == [
            ((31 * 24 - 1) * 3600, Decimal("74.3")),
            (24 * 3600, Decimal("2.4")),
        ]

    def test_months__are_local_of_the_meter_s_place(self) -> None:
        start = int(datetime(2025, 1, 31, 12, tzinfo=UTC).timestamp())
        file = read(electricity(hours(start, [1] * 24)))

        assert [span.seconds // 3600 for span, _ in activities(file, "CN-SC")] == [4, 20]
        assert [span.seconds // 3600 for span, _ in activities(file, "GB")] == [12, 12]

    def test_gap__ends_an_activity_and_covers_nothing(self) -> None:
        made = activities(read(electricity([*hours(JAN, [1, 2]), *hours(JAN + 4 * 3600, [3])])))

        assert made == [
            (Span(JAN, JAN + 7200), Decimal("0.003")),
            (Span(JAN + 4 * 3600, JAN + 5 * 3600), Decimal("0.003")),
        ]

    def test_overlapping_readings_that_differ__are_refused(self) -> None:
        with pytest.raises(IntervalsOverlap) as refused:
            read(electricity([(JAN, 3600, 5), (JAN + 1800, 3600, 5)]))

        assert refused.value.code == "green_button.intervals_overlap"

    def test_two_series_of_one_point_at_the_same_time__are_refused_not_guessed(self) -> None:
        peak = meter_reading("U", 1, ELECTRICITY, block(hours(JAN, [1])))
        off_peak = meter_reading("U", 2, ELECTRICITY, block(hours(JAN, [2])))

        with pytest.raises(IntervalsOverlap):
            read(feed(usage_point("U"), peak, off_peak))

    def test_two_series_that_follow_each_other__are_one(self) -> None:
        old = meter_reading("U", 1, ELECTRICITY, block(hours(JAN, [1])))
        new = meter_reading("U", 2, ELECTRICITY, block(hours(JAN + 3600, [2])))

        assert activities(read(feed(usage_point("U"), new, old))) == [(Span(JAN, JAN + 7200), Decimal("0.003"))]

    def test_reading_longer_than_a_year__is_refused(self) -> None:
        with pytest.raises(SpanInvalid):
            activities(read(electricity([(JAN, 367 * 86400, 5)])))

    def test_more_gaps_than_are_taken__are_refused(self) -> None:
        with pytest.raises(TooManyGaps) as refused:
            activities(read(electricity([(JAN + at * 120, 60, 1) for at in range(5_001)])))

        assert refused.value.code == "green_button.too_many_gaps"

    @given(
        lengths=st.lists(st.integers(1, 40 * 86400), min_size=1, max_size=40),
        values=st.data(),
        offset=st.integers(0, 400 * 86400),
    )
    def test_however_the_year_is_binned__sum_and_time_are_the_file_s(
        self, lengths: list[int], values: st.DataObject, offset: int
    ) -> None:
        readings, at = [], JAN + offset
        for length in lengths:
            readings.append((at, length, values.draw(st.integers(0, 10**6))))
            at += length

        made = activities(read(electricity(readings)))

        assert sum(quantity for _, quantity in made) * 1000 == sum(value for _, _, value in readings)
        assert union(span for span, _ in made) == [Span(JAN + offset, at)]
        assert sum(span.seconds for span, _ in made) == at - JAN - offset


class TestRecorded:
    def test_readings_that_touch_what_is_recorded__are_left_out__and_only_those(self) -> None:
        file = read(electricity(hours(JAN, [1, 2, 3, 4])))

        made = activities(file, recorded=(Span(JAN + 1800, JAN + 3700),))

        assert made == [(Span(JAN + 7200, JAN + 4 * 3600), Decimal("0.007"))]


class TestRefusals:
    @pytest.mark.parametrize(
        ("readings", "field"),
        [
            ([(JAN, 3600, "many")], "value"),
            ([(JAN, 3600, "")], "value"),
            ([(JAN, 3600, "1.5")], "value"),
            ([(JAN, 3600, "9" * 30)], "value"),
            ([("soon", 3600, 1)], "start"),
            ([("-5", 3600, 1)], "start"),
            ([(JAN, "", 1)], "duration"),
            ([(JAN, 0, 1)], "duration"),
            ([(JAN, "1e9", 1)], "duration"),
        ],
    )
    def test_reading_that_is_no_number__is_named_by_line(self, readings: list[tuple[object, ...]], field: str) -> None:
        with pytest.raises(ReadingMalformed) as refused:
            read(electricity(readings))  # type: ignore[arg-type] # the wrong values are the point

        assert (refused.value.code, refused.value.fields["field"]) == ("green_button.reading_malformed", field)
        assert refused.value.fields["line"] == 1

    @pytest.mark.parametrize("power", ["x", "99", "--3", "٣", "1.5"])
    def test_multiplier_that_is_none__is_refused(self, power: str) -> None:
        with pytest.raises(MultiplierInvalid) as refused:
            read(electricity(hours(JAN, [1]), powerOfTenMultiplier=power))

        assert refused.value.code == "green_button.multiplier_invalid"

    def test_more_than_anybody_uses__is_refused(self) -> None:
        with pytest.raises(QuantityTooLarge):
            activities(read(electricity([(JAN, 3600, 10**14)], powerOfTenMultiplier="12")))


class TestMeters:
    TWO = feed(
        usage_point("U/1"),
        meter_reading("U/1", 1, ELECTRICITY, block(hours(JAN, [1]))),
        usage_point("U/2", "1"),
        meter_reading("U/2", 1, THERMS, block(hours(JAN, [1]))),
    )

    def test_one_point__takes_a_bare_number(self) -> None:
        assert meters_of(read(electricity(hours(JAN, [1]))), ["M-77"]) == {"U/1": "M-77"}

    def test_several_points__take_a_number_each(self) -> None:
        assert meters_of(read(self.TWO), ["U/2=G9", "U/1=E1"]) == {"U/1": "E1", "U/2": "G9"}

    @pytest.mark.parametrize("given", [[], ["U/1=E1"], ["U/1=E1", "U/2= "]])
    def test_point_without_a_number__is_named(self, given: list[str]) -> None:
        with pytest.raises(PointUnnamed) as refused:
            meters_of(read(self.TWO), given)

        assert refused.value.code == "green_button.meter_unnamed"
        assert refused.value.fields["points"] == ["U/1 (electricity)", "U/2 (gas)"]

    @pytest.mark.parametrize("given", [["E1"], ["U/3=E1"]])
    def test_point_that_is_not_there__is_refused(self, given: list[str]) -> None:
        with pytest.raises(PointUnknown) as refused:
            meters_of(read(self.TWO), given)

        assert refused.value.code == "green_button.point_unknown"

    def test_single_entry_without_a_feed__has_no_reading(self) -> None:
        alone = entry("U", '<UsagePoint xmlns="http://naesb.org/espi"/>').replace(
            "<entry>", '<entry xmlns="http://www.w3.org/2005/Atom">'
        )

        with pytest.raises(NothingMeasured):
            read(alone)
