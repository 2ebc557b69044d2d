"""What can be counted: categories, kinds of activity, and the one unit each kind is kept in.

A kind belongs to one *stream* of its category. A month counts as measured only when every stream of the category is
covered, so leaving the flights out does not pass for a year without flights: a zero has to be stated and evidenced.
"""

from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from backend.kernel.errors import InvalidInput


class Category(StrEnum):
    """The parts of daily life that the app counts."""

    ELECTRICITY = "electricity"
    GAS = "gas"
    TRAVEL = "travel"
    DIET = "diet"
    HEATING = "heating"
    WATER = "water"
    WASTE = "waste"
    STAY = "stay"


METERED = frozenset({Category.ELECTRICITY, Category.GAS, Category.HEATING, Category.WATER})
"""Categories that belong to a premises and its meters; the others belong to a person. Bottles, tanks and sacks have no
meter: the number of the supply's account stands for one.
"""

NAME_LIMIT = 40
"""Characters that an error repeats of a name given."""


class Grade(StrEnum):
    """How good the evidence is: M delivered or signed by the utility, D a document that a verifier inspected, S
    self-declared (counts as emission, never earns).
    """

    M = "M"
    D = "D"
    S = "S"


@dataclass(frozen=True)
class Kind:
    """One kind of activity. `unit` is what quantities and factors of it are in. `instead` is set for a kind that is
    only shown to compare, and names the kind to enter.
    """

    name: str
    category: Category
    unit: str
    stream: str
    instead: str | None = None

    @property
    def told_as(self) -> str:
        """What a zero of it is told for: the kind where the kinds of a stream add up (a bus ticket says nothing of
        trains), else the stream, whose kinds stand for one another.
        """
        return self.name if self.stream in _ADDED_UP else self.stream


_ADDED_UP = frozenset({"transit", "air"})


class KindUnknown(InvalidInput):
    """No such kind of activity."""

    code = "activity.kind_unknown"

    def __init__(self, name: str) -> None:
        known = sorted(KINDS)
        near = get_close_matches(name.casefold()[:NAME_LIMIT], known, cutoff=0.5)
        told = " or ".join(near) or f"one of {', '.join(known)}"
        shown, such_as = name[:NAME_LIMIT], near or ["bus", "grid_electricity"]
        super().__init__(
            f"no kind of activity is called {shown!r}; try {told}", kind=shown, known=known, such_as=such_as
        )


class KindOnlyCompared(InvalidInput):
    """A kind that is shown beside another and never counted: counting it would leave a part of the warming out."""

    code = "activity.kind_only_compared"

    def __init__(self, name: str, instead: str) -> None:
        super().__init__(f"{name} is only shown to compare; enter {instead}", kind=name, instead=instead)


_TABLE = (
    ("grid_electricity", Category.ELECTRICITY, "kWh", "grid"),
    ("natural_gas", Category.GAS, "m3", "gas"),
    ("natural_gas_gross", Category.GAS, "kWh_gross", "gas"),
    ("natural_gas_net", Category.GAS, "kWh_net", "gas"),
    ("car_petrol", Category.TRAVEL, "km", "road"),
    ("car_diesel", Category.TRAVEL, "km", "road"),
    ("car_hybrid", Category.TRAVEL, "km", "road"),
    ("car_plug_in", Category.TRAVEL, "km", "road"),
    ("car_bev", Category.TRAVEL, "km", "road"),
    ("motorbike", Category.TRAVEL, "km", "road"),
    ("taxi", Category.TRAVEL, "passenger_km", "transit"),
    ("bus", Category.TRAVEL, "passenger_km", "transit"),
    ("coach", Category.TRAVEL, "passenger_km", "transit"),
    ("metro", Category.TRAVEL, "passenger_km", "transit"),
    ("rail", Category.TRAVEL, "passenger_km", "transit"),
    ("high_speed_rail", Category.TRAVEL, "passenger_km", "transit"),
    ("flight_domestic", Category.TRAVEL, "passenger_km", "air"),
    ("flight_short_haul", Category.TRAVEL, "passenger_km", "air"),
    ("flight_long_haul", Category.TRAVEL, "passenger_km", "air"),
    ("lpg", Category.HEATING, "L", "lpg"),
    ("lpg_mass", Category.HEATING, "kg", "lpg"),
    ("heating_oil", Category.HEATING, "L", "heating_oil"),
    ("coal", Category.HEATING, "kg", "coal"),
    ("wood_logs", Category.HEATING, "kg", "wood"),
    ("district_heat", Category.HEATING, "kWh", "district_heat"),
    ("water_supply", Category.WATER, "m3", "supply"),
    ("water_treatment", Category.WATER, "m3", "treatment"),
    ("waste_landfill", Category.WASTE, "kg", "residual"),
    ("waste_energy_recovery", Category.WASTE, "kg", "residual"),
    ("food_waste_landfill", Category.WASTE, "kg", "food"),
    ("food_waste_composting", Category.WASTE, "kg", "food"),
    ("hotel_night", Category.STAY, "room_night", "hotel"),
    ("diet_high_meat", Category.DIET, "day", "diet"),
    ("diet_medium_meat", Category.DIET, "day", "diet"),
    ("diet_low_meat", Category.DIET, "day", "diet"),
    ("diet_fish", Category.DIET, "day", "diet"),
    ("diet_vegetarian", Category.DIET, "day", "diet"),
    ("diet_vegan", Category.DIET, "day", "diet"),
)

_COMPARED = ("flight_domestic", "flight_short_haul", "flight_long_haul")
"""Kinds with a sister `..._direct` that leaves radiative forcing out: shown beside them, never counted."""

KINDS: dict[str, Kind] = {name: Kind(name, category, unit, stream) for name, category, unit, stream in _TABLE} | {
    f"{name}_direct": Kind(f"{name}_direct", Category.TRAVEL, "passenger_km", "air", instead=name) for name in _COMPARED
}
"""By name. Car kilometres are the vehicle's, and for `car_bev` those charged away from home only: what was charged at
home is already in the electricity bill. Flights are great-circle kilometres and count radiative forcing. Gas in kWh
names its calorific value, gross or net: they differ by 11 %. Wood is air-dry logs; waste is what was thrown away.
"""


def kind_of(name: str) -> Kind:
    """The kind of a name; raises KindUnknown."""
    if name not in KINDS:
        raise KindUnknown(name)
    return KINDS[name]


def streams_of(category: Category) -> frozenset[str]:
    """Every stream of a category."""
    return frozenset(kind.stream for kind in KINDS.values() if kind.category == category)


def told_of(category: Category, *, every_kind: bool = True) -> frozenset[str]:
    """What of a category has to be told, zeros too: its streams, and with `every_kind` the kinds that add up."""
    if not every_kind:
        return streams_of(category)
    return frozenset(kind.told_as for kind in KINDS.values() if kind.category == category and kind.instead is None)
