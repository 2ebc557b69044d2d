"""Quantities at the edge: read with their unit, checked by dimension with pint, kept as Decimal in the kind's unit.

kWh of gas by gross and by net calorific value, and a vehicle's and a passenger's kilometre, are different dimensions
here, so that none can pass for another.
"""

import re
from decimal import ROUND_CEILING, Context, Decimal, localcontext
from typing import Final

from pint import UnitRegistry

from backend.kernel.errors import InvalidInput

FRACTION_DIGITS = 9
"""Finest step a quantity is kept in: 1e-9 of its unit. A conversion that does not end is rounded up there."""
_STEP = Decimal(1).scaleb(-FRACTION_DIGITS)
QUANTITY_LIMIT = Decimal(10) ** 12
_PLAIN = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?")
_EXACT = Context(prec=60)

ACCEPTED: Final[dict[str, tuple[str, ...]]] = {
    "kWh": ("kWh", "Wh", "MWh", "GJ", "MJ"),
    "m3": ("m3", "L"),
    "kWh_gross": ("kWh_gross", "MWh_gross"),
    "kWh_net": ("kWh_net", "MWh_net"),
    "km": ("km", "m", "mile"),
    "passenger_km": ("passenger_km", "passenger_mile"),
    "day": ("day", "week"),
}
"""Units taken for each unit kept. Nothing else is parsed, so no expression reaches pint."""


class QuantityMalformed(InvalidInput):
    """Not a plain decimal number of reasonable size."""

    code = "quantity.malformed"

    def __init__(self, text: str) -> None:
        super().__init__(
            f"{text[:40]!r} is not a plain decimal number, such as 123.45, of at most 15 digits on each side",
            quantity=text[:40],
        )


class QuantityNegative(InvalidInput):
    """Less than nothing: exported power is never subtracted, and no trip un-emits."""

    code = "quantity.negative"

    def __init__(self, quantity: Decimal) -> None:
        super().__init__(
            f"{quantity} is negative; give what was used, not less what was exported", quantity=str(quantity)
        )


class QuantityTooLarge(InvalidInput):
    """Beyond anything a person could use in a year."""

    code = "quantity.too_large"

    def __init__(self, quantity: Decimal) -> None:
        super().__init__(
            f"{quantity} is more than {QUANTITY_LIMIT:f}", quantity=str(quantity), limit=f"{QUANTITY_LIMIT:f}"
        )


class UnitUnknown(InvalidInput):
    """No such unit here."""

    code = "unit.unknown"

    def __init__(self, unit: str, accepted: tuple[str, ...]) -> None:
        super().__init__(
            f"{unit[:40]!r} is no unit known here; give {' or '.join(accepted)}",
            unit=unit[:40],
            accepted=list(accepted),
        )


class UnitWrongDimension(InvalidInput):
    """A known unit of another dimension than the activity's."""

    code = "unit.wrong_dimension"

    def __init__(self, unit: str, accepted: tuple[str, ...]) -> None:
        super().__init__(
            f"{unit} does not measure this; give {' or '.join(accepted)}", unit=unit, accepted=list(accepted)
        )


def _registry() -> "UnitRegistry[Decimal]":
    registry: UnitRegistry[Decimal] = UnitRegistry(non_int_type=Decimal, cache_folder=None)
    for definition in (
        "passenger = [passenger]",
        "passenger_km = passenger * kilometer",
        "passenger_mile = passenger * mile",
        "kWh_gross = [energy_gross]",
        "MWh_gross = 1000 * kWh_gross",
        "kWh_net = [energy_net]",
        "MWh_net = 1000 * kWh_net",
        "m3 = meter ** 3",
    ):
        registry.define(definition)
    return registry


_UNITS = _registry()
_KNOWN = frozenset(unit for units in ACCEPTED.values() for unit in units)


def parse_decimal(text: str) -> Decimal:
    """A plain decimal; raises QuantityMalformed for exponents, separators, NaN, or too many digits."""
    if not _PLAIN.fullmatch(text):
        raise QuantityMalformed(text)
    return Decimal(text)


def quantity_in(text: str, unit: str, kept: str) -> Decimal:
    """A quantity given as text in `unit`, in the unit `kept`.

    Exact where the conversion ends within 1e-9, rounded up there otherwise. Raises QuantityMalformed, QuantityNegative,
    QuantityTooLarge, UnitUnknown, UnitWrongDimension.
    """
    amount = parse_decimal(text)
    if amount.is_signed() and amount:
        raise QuantityNegative(amount)
    accepted = ACCEPTED[kept]
    if unit not in _KNOWN:
        raise UnitUnknown(unit, accepted)
    if _UNITS.get_dimensionality(unit) != _UNITS.get_dimensionality(kept):
        raise UnitWrongDimension(unit, accepted)
    with localcontext(_EXACT):
        converted = abs(amount) * _UNITS.Quantity(Decimal(1), unit).to(kept).magnitude
        if converted > QUANTITY_LIMIT:
            raise QuantityTooLarge(converted)
        return converted.quantize(_STEP, rounding=ROUND_CEILING)


def plain(quantity: Decimal) -> str:
    """Decimal text without exponent or trailing zeros: the form quantities take in the database and in JSON."""
    text = f"{quantity:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"
