"""A city's year as expressions, against SQL written by hand that makes the same joins and sums.

The city: a million persons with 24 lines each, made on the engine by arithmetic, so that every run has the same. Half
of them have twelve bills of electricity and twelve of gas; half twelve of electricity, six of gas and six trips. Homes
are shared by one to four, every eighth bill is a document, one person in fifty moved in, grew up or was born.

By hand: grams of each line rounded up, added up by person, category and month; joined with persons and what their
memberships have, added up by person; grams of each shared error, added up and squared. No rule: no gap, no default, no
proxy, no haircut, no root, no bound. CPU seconds of the whole process, the better of interleaved rounds.
"""

import resource
import time
from calendar import monthrange
from collections.abc import Callable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from backend.footprint.factors import catalogue
from backend.ledger.accrual import membership_of
from backend.ledger.city import CityYear
from backend.ledger.city_close import Seats, put_rates
from backend.ledger.city_engine import Engine
from backend.ledger.city_rates import CityRates, rates_of
from backend.ledger.city_tables import LINES, PERSONS
from backend.ledger.policy import shipped_policies

PEOPLE = 1_000_000
LINES_EACH = 24
ROUNDS = 3
GOAL_TIMES = 2
DAYS = [monthrange(2025, month)[1] for month in range(1, 13)]
THREADS = 2
POLICY = shipped_policies().policy("cn-sc-home-travel-2025")
FACTORS = catalogue().frozen_before(date(2025, 1, 1))
USES = (
    ("grid_electricity", "CN-SC"),
    ("natural_gas", "CN-SC"),
    ("bus", "CN-SC"),
    ("car_petrol", "CN-SC"),
    ("rail", "CN-SC"),
)
MEMBERS = (
    membership_of(2025, date(2024, 1, 1), None, None),
    membership_of(2025, date(2025, 3, 7), None, None),
    membership_of(2025, date(2024, 1, 1), None, date(2007, 8, 9)),
    membership_of(2025, date(2025, 5, 5), None, date(2025, 5, 5)),
)

BY_HAND = """
WITH priced AS (
    SELECT person, category, month,
        -(-(quantity * part_numerator * numerator) // (part_denominator * denominator)) AS gco2e, error_0
    FROM lines JOIN rates USING (rate)
), cells AS (
    SELECT person, category, month, sum(gco2e) AS gco2e, sum(gco2e * error_0) AS error_0 FROM priced GROUP BY ALL
), people AS (
    SELECT person, sum(gco2e) AS gco2e, sum(budget_gco2e) AS budget_gco2e, sum(high_gco2e) AS high_gco2e,
        sum(CASE WHEN category = 0 THEN error_0 ELSE 0 END) AS electricity,
        sum(CASE WHEN category = 1 THEN error_0 ELSE 0 END) AS gas
    FROM cells JOIN persons USING (person) JOIN seats USING (seat, category, month) GROUP BY ALL
)
SELECT person, gco2e, budget_gco2e, high_gco2e, electricity * electricity + gas * gas AS square FROM people
"""


def fill(engine: Engine, people: int) -> CityRates:
    """The city's tables, by arithmetic alone."""
    rates = rates_of(USES, POLICY, FACTORS)
    by_kind = {one.kind: one.rate for one in rates.rows}
    put_rates(engine, rates)
    seats = Seats(POLICY)
    numbers = [seats.number(member) for member in MEMBERS]
    seats.put(engine)
    engine.make("persons", PERSONS)
    engine.run(
        f"""INSERT INTO persons
        SELECT i, CASE WHEN i % 50 = 0 THEN {numbers[1]} + i // 50 % 3 ELSE {numbers[0]} END, 0, i % 1000 = 7
        FROM range({people}) city(i)"""
    )
    engine.make("lines", LINES)
    engine.run(
        f"""INSERT INTO lines
        SELECT person, CASE
                WHEN nr < 12 THEN {by_kind["grid_electricity"]}
                WHEN nr < 18 OR person % 2 = 0 THEN {by_kind["natural_gas"]}
                WHEN nr < 20 THEN {by_kind["bus"]}
                WHEN nr < 22 THEN {by_kind["car_petrol"]}
                ELSE {by_kind["rail"]}
            END, 1 + nr % 12, chance % 8 != 0,
            CASE WHEN nr < 12 THEN chance % 150000
                WHEN nr < 18 OR person % 2 = 0 THEN chance % 20000 ELSE chance % 90000 END,
            1, 1 + person // 2 % 4, 1, 1 + person // 2 % 4, 86400 * {DAYS}[1 + nr % 12]
        FROM (
            SELECT i // {LINES_EACH} AS person, i % {LINES_EACH} AS nr, (i * 2654435761 + 12345) % 1000003 AS chance
            FROM range({people * LINES_EACH}) city(i)
        )"""
    )
    return rates


def _cpu_s(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def rows() -> list[dict[str, object]]:
    """Times, and the most memory that the process held; the city itself stands in a file."""
    with TemporaryDirectory() as folder, Engine(Path(folder) / "city.duckdb", threads=THREADS) as engine:
        expressions = CityYear.of(POLICY, fill(engine, PEOPLE), has_least=False).people()
        ours, by_hand = [], []
        for _ in range(ROUNDS):
            by_hand.append(_cpu_s(lambda: engine.run(f"CREATE OR REPLACE TABLE by_hand AS {BY_HAND}")))
            ours.append(_cpu_s(lambda: engine.keep("people", expressions)))
        ((found,),) = engine.run("SELECT count(*) FROM people")
        assert found == PEOPLE
    value, baseline = min(ours), min(by_hand)
    ratio = round(value / baseline, 2)
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return [
        {
            "name": f"city: a year of {PEOPLE:,} persons x {LINES_EACH} lines",
            "value": round(value, 1),
            "unit": "CPU s",
            "baseline": round(baseline, 1),
            "ratio": ratio,
            "goal": GOAL_TIMES,
            "met": ratio <= GOAL_TIMES,
        },
        {
            "name": "city: most memory held",
            "value": peak_mib,
            "unit": "MiB",
            "baseline": None,
            "ratio": None,
            "goal": None,
            "met": None,
        },
    ]
