"""One person's year, against a bare loop of Decimal products over the same numbers.

The year: 2,000 activities that were read and checked before the clock starts. 24 bills of electricity and gas shared
by three, the car's twelve odometer intervals, and trips of a day by bus, metro, taxi, rail and plane, every fifth day
in another province. From there the whole of `year_of` runs: shares of months, factors chosen, grams, coverage, budgets,
gaps, haircuts, and the bound. The bare loop multiplies each quantity with its factor and adds up, and that is all: no
part of a month, no rounding, no bound.
"""

import gc
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from random import Random  # noqa: TID251 - seeded: the same year in every run

from backend.footprint.activity import Activity
from backend.footprint.factors import catalogue
from backend.footprint.kind import Category, Grade, kind_of
from backend.footprint.place import place_of
from backend.footprint.selection import choose
from backend.footprint.span import Span, days_span, month_span
from backend.kernel.clock import unix_s
from backend.ledger.accrual import MONTHS, membership_of
from backend.ledger.coverage import Home, Reading
from backend.ledger.policy import shipped_policies
from backend.ledger.statement import Year, year_of

ROUNDS = 41
GOAL_TIMES = 20
ACTIVITIES = 2_000
VINTAGE = 2025
POLICY = shipped_policies().policy("cn-sc-home-travel-2025")
ZONE = place_of("CN-SC").zone
FACTORS = catalogue().frozen_before(datetime(VINTAGE, 1, 1, tzinfo=UTC).date())
WHOLE = Span(month_span(VINTAGE, 1, ZONE).start_s, month_span(VINTAGE, 12, ZONE).end_s)
MEMBER = membership_of(VINTAGE, datetime(2024, 1, 1, tzinfo=UTC).date(), None, None)
METERED = (
    ("grid_electricity", "e", 300, Grade.M),
    ("natural_gas", "g", 40, Grade.M),
    ("car_petrol", "v", 900, Grade.D),
)
"""Kinds read once a month, by which meter or vehicle, the most of a month, and how well it is known."""
TRIPS = (("bus", 12), ("metro", 20), ("taxi", 15), ("rail", 300), ("flight_domestic", 1600))
"""Kinds of a trip and its most kilometres."""


def _reading(
    kind: str, quantity: str, span: Span, grade: Grade, *, place: str = "CN-SC", meter: str = "", people: int = 1
) -> Reading:
    activity = Activity(kind_of(kind), Decimal(quantity), span, place, grade, "a document", quantity, None)
    return Reading(activity, meter, ((WHOLE, people),))


def readings(count: int = ACTIVITIES) -> list[Reading]:
    """The year's activities, in no order."""
    chance = Random(7)
    found: list[Reading] = []
    for month in MONTHS:
        span = month_span(VINTAGE, month, ZONE)
        for kind, meter, most, grade in METERED:
            found.append(_reading(kind, f"{chance.randrange(most * 100)}e-2", span, grade, meter=meter, people=3))
    for at in range(count - len(found)):
        day = datetime.fromtimestamp(WHOLE.start_s + at % 365 * 86400 + 43200, ZONE).date()
        kind, most = TRIPS[min(int(chance.expovariate(1.2)), len(TRIPS) - 1)]
        place = "CN-CQ" if at % 365 % 5 == 0 else "CN-SC"
        quantity = f"{chance.randrange(1, most * 10)}e-1"
        found.append(_reading(kind, quantity, days_span(day, day, ZONE), chance.choice(tuple(Grade)), place=place))
    chance.shuffle(found)
    return found


def close(year: list[Reading]) -> Year:
    """The year by the rules, in a home with two meters and with a car."""
    return year_of(
        policy=POLICY,
        member=MEMBER,
        zone=ZONE,
        factors=FACTORS,
        readings=year,
        homes=[Home((WHOLE,), {Category.ELECTRICITY: frozenset("e"), Category.GAS: frozenset("g")})],
        vehicles=[Home((WHOLE,), {Category.TRAVEL: frozenset("v")})],
    )


def bare(numbers: list[tuple[Decimal, Decimal]]) -> Decimal:
    """The least there is to do: products, added up."""
    total = Decimal(0)
    for quantity, value in numbers:
        total += quantity * value
    return total


def _median_s(work: Callable[[], object]) -> float:
    gc.collect()
    start = time.process_time()
    work()
    return time.process_time() - start


def rows() -> list[dict[str, object]]:
    """CPU time, medians of interleaved rounds."""
    year = readings()
    assert unix_s(datetime(VINTAGE, 1, 1, tzinfo=ZONE)) == WHOLE.start_s
    numbers = []
    for reading in year:
        choice = choose(FACTORS, reading.activity.kind.name, reading.activity.place, VINTAGE)
        factor = choice.own.factor.value * (choice.carrier.factor.value if choice.carrier else 1)
        numbers.append((reading.activity.quantity, factor))
    ours, least = [], []
    for _ in range(ROUNDS):
        least.append(_median_s(lambda: bare(numbers)))
        ours.append(_median_s(lambda: close(year)))
    value, baseline = statistics.median(ours), statistics.median(least)
    ratio = round(value / baseline, 1)
    return [
        {
            "name": f"ledger: a person's year of {len(year):,} activities",
            "value": round(value * 1e3, 2),
            "unit": "ms",
            "baseline": round(baseline * 1e3, 3),
            "ratio": ratio,
            "goal": GOAL_TIMES,
            "met": ratio <= GOAL_TIMES,
        }
    ]
