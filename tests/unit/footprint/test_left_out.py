"""What of a Green Button file does not count is told to a person in English and Chinese."""

import re

import pytest

from tests.unit.footprint.feeds import ELECTRICITY, block, feed, hours, meter_reading, read, usage_point

START_S = 1_735_689_600


@pytest.mark.parametrize(
    ("change", "en"),
    [
        ({"flowDirection": "4"}, "flow direction 4 (net of what was exported)"),
        ({"flowDirection": "3"}, "flow direction 3 (not delivery)"),
        ({"accumulationBehaviour": "3"}, "accumulation 3 (a register, not a quantity per interval)"),
        ({"dataQualifier": "8"}, "data qualifier 8 (an average or an extreme)"),
        ({"uom": "38"}, "unit 38 of electricity"),
        ({"uom": ""}, "unit not said of electricity"),
    ],
)
def test_left_out__a_series_that_is_no_quantity_delivered__is_told_in_both_languages(
    change: dict[str, str], en: str
) -> None:
    delivered = meter_reading("U", 1, ELECTRICITY, block(hours(START_S, [500])))
    other = meter_reading("U", 2, ELECTRICITY | change, block(hours(START_S, [1])))

    (told,) = read(feed(usage_point("U"), delivered, other)).left_out

    assert (told.point, told.en) == ("U", en)
    assert re.search(r"[\u4e00-\u9fff]", told.zh)
    assert not re.search(r"[A-Za-z]", told.zh)


def test_left_out__another_service__is_told_in_both_languages() -> None:
    power = (usage_point("U"), meter_reading("U", 1, ELECTRICITY, block(hours(START_S, [500]))))
    water = (usage_point("W", "2"), meter_reading("W", 1, ELECTRICITY, block(hours(START_S, [1]))))

    (told,) = read(feed(*power, *water)).left_out

    assert (told.point, told.en) == ("W", "service 2, neither electricity nor gas")
    assert told.zh == "服务 2，既不是电也不是气"
