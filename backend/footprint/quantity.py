"""Quantities at the edge: read with their unit, checked by dimension with pint, kept as Decimal in the kind's unit.

kWh of gas by gross and by net calorific value, and a vehicle's and a passenger's kilometre, are different dimensions
here, so that none can pass for another.
"""

import re
from decimal import ROUND_CEILING, Context, Decimal, localcontext
from typing import Final

from pint import UnitRegistry

from backend.footprint.kind import Kind
from backend.kernel.errors import InvalidInput

FRACTION_DIGITS = 9
"""Finest step a quantity is kept in: 1e-9 of its unit. A conversion that does not end is rounded up there."""
_STEP = Decimal(1).scaleb(-FRACTION_DIGITS)
_NOISE = Decimal(1).scaleb(-30)
"""What 60 digits leave of a conversion that does end: rounded away first, so that 3.6 MJ are 1 kWh and no step more."""
QUANTITY_LIMIT = Decimal(10) ** 12
_PLAIN = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?")
_EXACT = Context(prec=60)

ACCEPTED: Final[dict[str, tuple[str, ...]]] = {
    "kWh": ("kWh", "Wh", "MWh", "GJ", "MJ"),
    "m3": ("m3", "L"),
    "kWh_gross": ("kWh_gross", "MWh_gross", "GJ_gross", "MJ_gross", "therm"),
    "kWh_net": ("kWh_net", "MWh_net", "GJ_net", "MJ_net"),
    "km": ("km", "m", "mile"),
    "passenger_km": ("passenger_km", "passenger_mile"),
    "day": ("day", "week"),
    "L": ("L", "gallon"),
    "kg": ("kg", "g", "tonne", "lb"),
    "room_night": ("room_night",),
}
"""Units taken for each unit kept. Nothing else is parsed, so no expression reaches pint. A therm is 100,000 Btu of
gross calorific value, a gallon the American one.
"""

GAS_VOLUMES: Final = ("m3_0C", "m3_15C", "m3_20C")
"""Cubic metres of gas at 101.325 kPa and a temperature. The seen sources do not say at which temperature their factors
per cubic metre hold, so such a volume is brought to 20 degrees, the warmest in use: nothing is understated. A plain
m3 is taken as billed.
"""


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
    """A known unit of another dimension than the activity's, or one that it is not measured in."""

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
        "GJ_gross = 1000 / 3.6 * kWh_gross",
        "MJ_gross = kWh_gross / 3.6",
        "therm_gross = 105.505585262 / 3.6 * kWh_gross",
        "GJ_net = 1000 / 3.6 * kWh_net",
        "MJ_net = kWh_net / 3.6",
        "m3 = meter ** 3",
        "m3_0C = 293.15 / 273.15 * meter ** 3",
        "m3_15C = 293.15 / 288.15 * meter ** 3",
        "m3_20C = meter ** 3",
        "room_night = [room_night]",
    ):
        registry.define(definition)
    return registry


with localcontext(_EXACT):
    _UNITS = _registry()
_OWN_NAMES = {"therm": "therm_gross"}
"""pint's own therm is energy of no stated calorific value."""
_KNOWN = frozenset(unit for units in ACCEPTED.values() for unit in units) | set(GAS_VOLUMES)


def accepted_for(kind: Kind) -> tuple[str, ...]:
    """Units that a quantity of a kind may be given in."""
    return ACCEPTED[kind.unit] + (GAS_VOLUMES if kind.name == "natural_gas" else ())


def parse_decimal(text: str) -> Decimal:
    """A plain decimal; raises QuantityMalformed for exponents, separators, NaN, or too many digits."""
    if not _PLAIN.fullmatch(text):
        raise QuantityMalformed(text)
    return Decimal(text)


def quantity_of(text: str, unit: str, kind: Kind) -> Decimal:
    """A quantity of a kind of activity, in the kind's unit; raises what `quantity_in` raises."""
    return quantity_in(text, unit, kind.unit, accepted_for(kind))


def quantity_in(text: str, unit: str, kept: str, accepted: tuple[str, ...] = ()) -> Decimal:
    """A quantity given as text in `unit`, in the unit `kept`. `accepted` is what is taken; ACCEPTED's if empty.

    Exact where the conversion ends within 1e-9, rounded up there otherwise. Raises QuantityMalformed, QuantityNegative,
    QuantityTooLarge, UnitUnknown, UnitWrongDimension.
    """
    amount = parse_decimal(text)
    if amount.is_signed() and amount:
        raise QuantityNegative(amount)
    accepted = accepted or ACCEPTED[kept]
    if unit not in _KNOWN:
        raise UnitUnknown(unit, accepted)
    if unit not in accepted:
        raise UnitWrongDimension(unit, accepted)
    with localcontext(_EXACT):
        converted = abs(amount) * _UNITS.Quantity(Decimal(1), _OWN_NAMES.get(unit, unit)).to(kept).magnitude
        if converted > QUANTITY_LIMIT:
            raise QuantityTooLarge(converted)
        return converted.quantize(_NOISE).quantize(_STEP, rounding=ROUND_CEILING)


def plain(quantity: Decimal) -> str:
    """Decimal text without exponent or trailing zeros: the form quantities take in the database and in JSON."""
    text = f"{quantity:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"
