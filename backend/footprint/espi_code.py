"""The code lists of Green Button (NAESB REQ.21, `espi.xsd`) that decide what a reading is.

Source: the enumerations of `espi.xsd` as carried by greenbutton-objects 2024.7.11 and by public feed parsers. Energy of
gas in therms and BTU is by gross calorific value, as United States utilities bill it; a therm is 100,000 BTU of the
International Table (105.505585262 MJ), which is 0.02 % more than the United States therm, so never too little.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from backend.footprint.kind import Category

SERVICES: Final[Mapping[str, Category]] = MappingProxyType({"0": Category.ELECTRICITY, "1": Category.GAS})
"""ServiceKind -> category; water, heat and all others are not read."""

COMMODITIES: Final[Mapping[str, Category]] = MappingProxyType(
    {"1": Category.ELECTRICITY, "2": Category.ELECTRICITY, "7": Category.GAS}
)
"""CommodityKind -> category, for feeds whose ServiceCategory is empty."""

FORWARD = frozenset({"", "0", "1"})
"""FlowDirectionKind delivered to the customer, or not said. 19 is exported, 4 the net of both, 20 their sum."""
DELTA = frozenset({"", "0", "4"})
"""AccumulationKind of a quantity per interval; the others are registers, which do not add up."""
NORMAL = frozenset({"", "0", "12"})
"""DataQualifierKind of a plain reading; the others are averages, maxima and minima."""
FORECAST = frozenset({"12", "15"})
"""QualityOfReading that measures nothing: projected, normalised for weather."""


@dataclass(frozen=True)
class EspiUnit:
    """One UnitSymbolKind for a category: the kind of activity, and how many of its units one of these is."""

    name: str
    kind: str
    numerator: Decimal
    denominator: Decimal = Decimal(1)


_JOULES_PER_KWH = Decimal(3_600_000)
_JOULES_PER_BTU = Decimal("1055.05585262")

UNITS: Final[Mapping[tuple[Category, str], EspiUnit]] = MappingProxyType(
    {
        (Category.ELECTRICITY, "72"): EspiUnit("Wh", "grid_electricity", Decimal(1), Decimal(1000)),
        (Category.ELECTRICITY, "31"): EspiUnit("J", "grid_electricity", Decimal(1), _JOULES_PER_KWH),
        (Category.GAS, "42"): EspiUnit("m3", "natural_gas", Decimal(1)),
        (Category.GAS, "134"): EspiUnit("L", "natural_gas", Decimal(1), Decimal(1000)),
        (Category.GAS, "119"): EspiUnit("ft3", "natural_gas", Decimal("0.028316846592")),
        (Category.GAS, "132"): EspiUnit("BTU", "natural_gas_gross", _JOULES_PER_BTU, _JOULES_PER_KWH),
        (Category.GAS, "169"): EspiUnit("therm", "natural_gas_gross", _JOULES_PER_BTU * 100_000, _JOULES_PER_KWH),
    }
)
"""(category, UnitSymbolKind) -> unit. Gas in Wh or J is not read: nothing says which calorific value it is by."""
