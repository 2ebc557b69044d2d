"""Units at the edge: what is taken, what is refused, and how exactly it is kept."""

from decimal import Decimal

import pytest

from backend.footprint.kind import KINDS
from backend.footprint.quantity import (
    ACCEPTED,
    QuantityMalformed,
    QuantityNegative,
    QuantityTooLarge,
    UnitUnknown,
    UnitWrongDimension,
    plain,
    quantity_in,
    quantity_of,
)


@pytest.mark.parametrize(
    ("text", "unit", "kept", "expected"),
    [
        ("1.5", "MWh", "kWh", "1500"),
        ("428756", "Wh", "kWh", "428.756"),
        ("3.6", "MJ", "kWh", "1"),
        ("10", "mile", "km", "16.09344"),
        ("10", "passenger_mile", "passenger_km", "16.09344"),
        ("3000", "L", "m3", "3"),
        ("1.25", "MWh_gross", "kWh_gross", "1250"),
        ("2", "week", "day", "14"),
        ("1", "gallon", "L", "3.785411784"),
        ("2", "tonne", "kg", "2000"),
        ("3.6", "GJ_gross", "kWh_gross", "1000"),
        ("3.6", "MJ_net", "kWh_net", "1"),
        ("0", "kWh", "kWh", "0"),
        ("-0", "kWh", "kWh", "0"),
    ],
)
def test_quantity__accepted_unit__is_converted_exactly(text: str, unit: str, kept: str, expected: str) -> None:
    assert plain(quantity_in(text, unit, kept)) == expected


def test_quantity__conversion_that_does_not_end__is_rounded_up_at_1e_9() -> None:
    assert quantity_in("1", "GJ", "kWh") == Decimal("277.777777778")


def test_quantity__a_therm__is_gross_and_a_hundred_thousand_btu() -> None:
    assert quantity_in("1", "therm", "kWh_gross") == Decimal("29.307107018")
    with pytest.raises(UnitWrongDimension) as refused:
        quantity_in("1", "therm", "kWh_net")
    assert refused.value.fields["accepted"] == list(ACCEPTED["kWh_net"])


@pytest.mark.parametrize(
    ("unit", "expected"), [("m3", "100"), ("m3_20C", "100"), ("m3_15C", "101.735207358"), ("m3_0C", "107.321984258")]
)
def test_quantity__gas_by_volume__names_its_temperature_or_is_as_billed(unit: str, expected: str) -> None:
    assert plain(quantity_of("100", unit, KINDS["natural_gas"])) == expected


def test_quantity__water_by_gas_volume__is_refused() -> None:
    with pytest.raises(UnitWrongDimension) as refused:
        quantity_of("1", "m3_15C", KINDS["water_supply"])
    assert refused.value.fields["accepted"] == ["m3", "L"]


@pytest.mark.parametrize(
    ("unit", "kept"), [("kWh", "kWh_gross"), ("kWh", "kWh_net"), ("kWh_gross", "kWh_net"), ("kWh", "km")]
)
def test_quantity__wrong_dimension__names_what_is_accepted(unit: str, kept: str) -> None:
    with pytest.raises(UnitWrongDimension) as refused:
        quantity_in("1", unit, kept)

    assert refused.value.code == "unit.wrong_dimension"
    assert refused.value.fields["accepted"] == list(ACCEPTED[kept])


def test_quantity__vehicle_kilometres_for_a_passenger__are_refused() -> None:
    with pytest.raises(UnitWrongDimension):
        quantity_in("1", "km", "passenger_km")


@pytest.mark.parametrize("unit", ["furlong", "kWh*kWh", "kWh ** 99999999", "", "KWH"])
def test_quantity__unknown_unit__never_reaches_the_unit_parser(unit: str) -> None:
    with pytest.raises(UnitUnknown) as refused:
        quantity_in("1", unit, "kWh")

    assert refused.value.code == "unit.unknown"


@pytest.mark.parametrize(
    "text", ["", "1e5", "1,5", "NaN", "Infinity", "0x10", "1_000", " 1", "1" * 16, "1." + "0" * 16]
)
def test_quantity__not_a_plain_decimal__is_refused(text: str) -> None:
    with pytest.raises(QuantityMalformed) as refused:
        quantity_in(text, "kWh", "kWh")

    assert refused.value.code == "quantity.malformed"


def test_quantity__negative__is_refused_since_exported_power_is_never_subtracted() -> None:
    with pytest.raises(QuantityNegative) as refused:
        quantity_in("-1", "kWh", "kWh")

    assert refused.value.code == "quantity.negative"


def test_quantity__beyond_the_limit__is_refused() -> None:
    with pytest.raises(QuantityTooLarge) as refused:
        quantity_in("999999999999999", "MWh", "kWh")

    assert refused.value.code == "quantity.too_large"


@pytest.mark.parametrize(
    ("value", "text"), [("1500.000", "1500"), ("0E-9", "0"), ("0.10", "0.1"), ("1E+3", "1000"), ("100", "100")]
)
def test_plain__any_decimal__has_no_exponent_and_no_trailing_zeros(value: str, text: str) -> None:
    assert plain(Decimal(value)) == text
