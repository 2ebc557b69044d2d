"""What can be counted: categories, kinds of activity, and the one unit each kind is kept in.

A kind belongs to one *stream* of its category. A month counts as measured only when every stream of the category is
covered, so leaving the flights out does not pass for a year without flights: a zero has to be stated and evidenced.
"""

from dataclasses import dataclass
from enum import StrEnum

from backend.kernel.errors import InvalidInput


class Category(StrEnum):
    """The parts of daily life that the app counts."""

    ELECTRICITY = "electricity"
    GAS = "gas"
    TRAVEL = "travel"
    DIET = "diet"


METERED = frozenset({Category.ELECTRICITY, Category.GAS})
"""Categories that belong to a premises and its meters; the others belong to a person."""


class Grade(StrEnum):
    """How good the evidence is: M delivered or signed by the utility, D a document that a verifier inspected, S
    self-declared (counts as emission, never earns).
    """

    M = "M"
    D = "D"
    S = "S"


@dataclass(frozen=True)
class Kind:
    """One kind of activity. `unit` is what quantities and factors of it are in."""

    name: str
    category: Category
    unit: str
    stream: str


class KindUnknown(InvalidInput):
    """No such kind of activity."""

    code = "activity.kind_unknown"

    def __init__(self, name: str) -> None:
        super().__init__(f"no kind of activity is called {name!r}", kind=name, known=sorted(KINDS))


_TABLE = (
    ("grid_electricity", Category.ELECTRICITY, "kWh", "grid"),
    ("natural_gas", Category.GAS, "m3", "gas"),
    ("natural_gas_gross", Category.GAS, "kWh_gross", "gas"),
    ("natural_gas_net", Category.GAS, "kWh_net", "gas"),
    ("car_petrol", Category.TRAVEL, "km", "road"),
    ("car_diesel", Category.TRAVEL, "km", "road"),
    ("car_hybrid", Category.TRAVEL, "km", "road"),
    ("car_bev", Category.TRAVEL, "km", "road"),
    ("bus", Category.TRAVEL, "passenger_km", "transit"),
    ("coach", Category.TRAVEL, "passenger_km", "transit"),
    ("metro", Category.TRAVEL, "passenger_km", "transit"),
    ("rail", Category.TRAVEL, "passenger_km", "transit"),
    ("high_speed_rail", Category.TRAVEL, "passenger_km", "transit"),
    ("flight_domestic", Category.TRAVEL, "passenger_km", "air"),
    ("flight_long_haul", Category.TRAVEL, "passenger_km", "air"),
    ("diet_high_meat", Category.DIET, "day", "diet"),
    ("diet_medium_meat", Category.DIET, "day", "diet"),
    ("diet_low_meat", Category.DIET, "day", "diet"),
    ("diet_fish", Category.DIET, "day", "diet"),
    ("diet_vegetarian", Category.DIET, "day", "diet"),
    ("diet_vegan", Category.DIET, "day", "diet"),
)

KINDS: dict[str, Kind] = {name: Kind(name, category, unit, stream) for name, category, unit, stream in _TABLE}
"""By name. Car kilometres are the vehicle's, and for `car_bev` those charged away from home only: what was charged at
home is already in the electricity bill. Flights are great-circle kilometres and count radiative forcing. Gas in kWh
names its calorific value, gross or net: they differ by 11 %.
"""


def kind_of(name: str) -> Kind:
    """The kind of a name; raises KindUnknown."""
    if name not in KINDS:
        raise KindUnknown(name)
    return KINDS[name]


def streams_of(category: Category) -> frozenset[str]:
    """Every stream of a category."""
    return frozenset(kind.stream for kind in KINDS.values() if kind.category == category)
