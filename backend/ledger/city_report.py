"""What may be told of a city's year: totals, and a distribution in which nobody is one of a few."""

from collections.abc import Sequence
from dataclasses import dataclass

from backend.kernel.errors import RuleViolated
from backend.ledger.city_close import Closed
from backend.ledger.city_engine import Engine
from backend.ledger.policy import Policy

BIN_GCO2E = 500_000
"""The finest step of the distribution: half a tonne."""


class TooFewPeople(RuleViolated):
    """Fewer people than the policy's smallest batch: their totals would tell of them."""

    code = "city.too_few_people"

    def __init__(self, minimum: int) -> None:
        super().__init__(f"fewer than {minimum} people: their totals would tell of each of them", minimum=minimum)


@dataclass(frozen=True)
class Side:
    """Those with a surplus, with a deficit, or with neither. Neither figure is told of too few, nor where the other
    sides and the whole would tell it by subtraction.
    """

    people: int | None
    gco2e: int | None


@dataclass(frozen=True)
class Bin:
    """How many people's footprints lie from one amount to below another; the last bin has no end."""

    from_gco2e: int
    below_gco2e: int | None
    people: int


@dataclass(frozen=True)
class CityReport:
    """A region's vintage in grams. No figure is of fewer people than `minimum_people`, but for none."""

    policy: Policy
    people: int
    apart: int
    """Of whom the per-person code closed so many."""
    refused: int
    """People in no figure: a use without factor, or of another basis than the budget's."""
    budget_gco2e: int
    footprint_gco2e: int
    bound_gco2e: int
    outside_gco2e: int
    surplus: Side
    deficit: Side
    neutral: Side
    footprints: tuple[Bin, ...]

    @property
    def minimum_people(self) -> int:
        """The fewest people of a figure."""
        return self.policy.minimum_batch


def merged(counts: Sequence[tuple[int, int]], minimum: int) -> list[Bin]:
    """Bins with their numbers of people, put together until each has enough; what is left at the end joins the last."""
    found: list[Bin] = []
    from_gco2e = people = 0
    for number, count in sorted(counts):
        people += count
        if people >= minimum:
            below = (number + 1) * BIN_GCO2E
            found.append(Bin(from_gco2e, below, people))
            from_gco2e, people = below, 0
    if not found:
        return [Bin(0, None, people)]
    last = found.pop()
    return [*found, Bin(last.from_gco2e, None, last.people + people)]


def sides(counted: Sequence[tuple[int, int]], minimum: int) -> list[Side]:
    """People and grams of each side, those of too few left out; if that is one alone, the next smallest side too, since
    the others would tell it.
    """
    hidden = {at for at, (people, _) in enumerate(counted) if 0 < people < minimum}
    if len(hidden) == 1:
        others = [at for at, (people, _) in enumerate(counted) if people and at not in hidden]
        hidden |= set(sorted(others, key=lambda at: counted[at][0])[:1])
    return [Side(None, None) if at in hidden else Side(*one) for at, one in enumerate(counted)]


_TOTALS = ("budget_gco2e", "footprint_gco2e", "bound_gco2e", "outside_gco2e", "surplus_gco2e", "deficit_gco2e")


def report_of(engine: Engine, policy: Policy, closed: Closed) -> CityReport:
    """The report of a closed city. Raises TooFewPeople."""
    minimum = policy.minimum_batch
    totals = [f"CAST(coalesce(sum({name}), 0) AS VARCHAR)" for name in _TOTALS]
    totals += [f"CAST(count(*) FILTER ({side} > 0) AS VARCHAR)" for side in ("surplus_gco2e", "deficit_gco2e")]
    ((people, *found),) = engine.run(f"SELECT count(*), {', '.join(totals)} FROM people")  # noqa: S608 - names of ours
    if people < minimum:
        raise TooFewPeople(minimum)
    budget, footprint, bound, outside, surplus, deficit, with_surplus, with_deficit = (int(one) for one in found)
    counted = [(with_surplus, surplus), (with_deficit, deficit), (people - with_surplus - with_deficit, 0)]
    earning, owing, neutral = sides(counted, minimum)
    bins = engine.run("SELECT footprint_gco2e // $1, count(*) FROM people GROUP BY ALL", [BIN_GCO2E])
    return CityReport(
        policy=policy,
        people=people,
        apart=closed.apart,
        refused=len(closed.refused),
        budget_gco2e=budget,
        footprint_gco2e=footprint,
        bound_gco2e=bound,
        outside_gco2e=outside,
        surplus=earning,
        deficit=owing,
        neutral=neutral,
        footprints=tuple(merged([(number, count) for number, count in bins], minimum)),
    )
