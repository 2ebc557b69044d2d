"""A small world with a hidden truth, which `cheat_play.py` plays into the ledger.

Two adults and (from May 2025) their child live in one home, a third adult in another until it moves in with them. The
truth is known in thirds of months: what every meter counted, what everybody travelled, what the car drove.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from backend.footprint.kind import KINDS, Category, Grade
from backend.kernel.digest import sha256
from backend.ledger.policy import Policy, parse_policy
from tests.unit.ledger.test_policy import TEXT

THIRDS = range(72)
"""Thirds of the months of 2025 and 2026: days 1-10, 11-20, 21-."""
BIRTH = 13
"""The child is born on 11 May 2025."""
SWAP = 18
"""Where a world has it, a meter is replaced on 1 July 2025."""
VINTAGES = (2025, 2026)
ADULTS = ("a", "b", "c")
END = datetime(2027, 1, 20, 12, tzinfo=UTC)

GUARDS = """
[guards]
whole_years_only = true
gap_holds_vintages = 2
told_within_days = 31
least_shares = true
every_kind = true
year_at_once = true
"""
_CATEGORY = """
[categories.{name}]
budget_kg = {budget}
high_default_kg = {default}
gas_basis = "co2e"
boundary = "{boundary}"
derivation = "a derivation"
sources = ["a source"]
"""
_CATEGORIES = {
    "electricity": (600, 1400, "generation"),
    "gas": (800, 1800, "combustion"),
    "travel": (1200, 2600, "use_phase"),
}


def day_of(third: int) -> date:
    """The first day of a third; of the one after the last, 1 January 2027."""
    month = third // 3
    return date(2025 + month // 12, month % 12 + 1, (1, 11, 21)[third % 3])


def last_day_of(third: int) -> date:
    """The last day of a third."""
    return day_of(third + 1) - timedelta(days=1)


def noon_of(third: int) -> datetime:
    """When a third has begun."""
    return datetime.combine(day_of(third), datetime.min.time(), UTC) + timedelta(hours=12)


def policy_of(region: str, vintage: int, names: Sequence[str], guards: str = GUARDS) -> Policy:
    """A policy of these categories with the guards."""
    head = TEXT[: TEXT.index("[categories.")].replace('id = "test"', f'id = "{region}-{vintage}"'.lower())
    head = head.replace('region = "GB"', f'region = "{region}"').replace("vintage = 2025", f"vintage = {vintage}")
    head = head.replace("region_cap_kg = 1000", "region_cap_kg = 1_000_000")
    budgets = [(name, *_CATEGORIES[name]) for name in names]
    parts = [
        _CATEGORY.format(name=name, budget=budget, default=default, boundary=boundary)
        for name, budget, default, boundary in budgets
    ]
    return parse_policy(head + guards + "".join(parts))


@dataclass(frozen=True)
class Item:
    """One thing that has a truth: a meter of a home (`owner` `h1` or `h2`), or a kind of travel of a person."""

    owner: str
    kind: str
    number: str | None
    truth: tuple[int, ...]
    first: int = 0
    last: int = 71
    grade: Grade = Grade.D
    """The best document that there is of it."""


@dataclass(frozen=True)
class World:
    """What is true."""

    policies: tuple[Policy, ...]
    items: tuple[Item, ...]
    km: tuple[int, ...] | None
    """What the car drove in each third; None in a world without travel."""
    move: int
    """The third with whose first day the third adult moves in with the others."""
    is_swapped: bool


@dataclass(frozen=True)
class _Dice:
    """Numbers that a seed and a word decide."""

    seed: int

    def below(self, most: int, *words: object) -> int:
        """0 to most - 1."""
        return int.from_bytes(sha256(repr((self.seed, *words)).encode())[:8]) % most

    def amounts(self, mean: int, *words: object) -> tuple[int, ...]:
        """Some people hardly use anything, and some thirds of a month cost as much as half a year."""
        level = (0, mean // 2, mean, mean, mean * 2)[self.below(5, *words)]
        shapes = (0, 1, 1, 1, 2, 2, 2, 2, 4, 24)
        return tuple(level * shapes[self.below(10, *words, third)] // 2 for third in THIRDS)


def world_of(seed: int) -> World:
    """The same world for the same number: an even one has electricity and gas, an odd one electricity and travel."""
    dice = _Dice(seed)
    names = ["electricity", "travel" if seed % 2 else "gas"]
    policies = [policy_of("GB", vintage, names) for vintage in VINTAGES]
    policies += [policy_of("US-CA", vintage, names[:1]) for vintage in VINTAGES]
    move, is_swapped = 4 + dice.below(28, "move"), dice.below(2, "swap") == 0
    before, after = (SWAP - 1, SWAP) if is_swapped else (71, 72)
    items = [
        Item("h1", "grid_electricity", "E1O8", dice.amounts(70, "old"), 0, before, Grade.M),
        Item("h2", "grid_electricity", "E2Z5", dice.amounts(30, "other")),
    ]
    if is_swapped:
        items.append(Item("h1", "grid_electricity", "E1 new", dice.amounts(70, "new"), after))
    if dice.below(2, "night") == 0:
        items.append(Item("h1", "grid_electricity", "night", dice.amounts(30, "at night"), grade=Grade.M))
    if seed % 2:
        for person in (*ADULTS, "k"):
            items += _travel_of(dice, person, move)
        return World(tuple(policies), tuple(items), dice.amounts(100, "car"), move, is_swapped)
    items.append(Item("h1", "natural_gas", "G1", dice.amounts(12, "gas")))
    items.append(Item("h2", "natural_gas", "G2", dice.amounts(6, "other gas"), grade=Grade.M))
    return World(tuple(policies), tuple(items), None, move, is_swapped)


def _travel_of(dice: _Dice, person: str, move: int) -> list[Item]:
    nothing = (0,) * len(THIRDS)
    found = []
    born = BIRTH if person == "k" else 0
    for kind in KINDS.values():
        if kind.category is Category.TRAVEL and kind.instead is None and kind.told_as == kind.name:
            used = {"bus": 40, "rail": 100}.get(kind.name, 0)
            amounts = dice.amounts(used, person, kind.name)
            found.append(Item(person, kind.name, None, (*nothing[:born], *amounts[born:]), born))
    if person == "c":
        found.append(Item(person, "car_petrol", None, nothing, 0, move - 1))
    if person == "k":
        found.append(Item(person, "car_petrol", None, nothing, born))
    return found
