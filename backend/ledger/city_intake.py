"""A city's people and lines from files, CSV or Parquet: checked, and put into the tables that the expressions read.

`persons`: person (a whole number), first and last (the days of the vintage on which it is a member, both included),
born_on (empty if not known), died (whether the last day is its last), is_held (whether an earlier year's gap holds it).

`lines`: person, kind, place, month (1 to 12), grade (M, D or S), quantity (whole thousandths of the kind's unit),
part_numerator and part_denominator (the person's part of it), least_numerator and least_denominator (what the upper
bound counts at least; the part if the columns are left out), covered_s (seconds of the month that are evidenced for the
person in the line's category, the same in each of its lines).

Whoever lived in two regions in the year is no row here: movers are closed from the database.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import duckdb

from backend.footprint.factors import FactorSet
from backend.footprint.kind import Grade
from backend.kernel.errors import InvalidInput
from backend.ledger.accrual import Membership
from backend.ledger.city_close import Closed, Seats, close_tables, put_rates
from backend.ledger.city_engine import Engine
from backend.ledger.city_rates import CityRates, rates_of
from backend.ledger.city_rows import LineRow, PersonRows
from backend.ledger.city_tables import LINES, MOST_GRAMS, MOST_LINEAR_BPS, MOST_LINES, MOST_NUMERATOR, MOST_QUANTITY
from backend.ledger.policy import Policy

READERS = {".csv": "read_csv", ".parquet": "read_parquet"}
PERSON_COLUMNS = {"person": "BIGINT", "first": "DATE", "last": "DATE", "born_on": "DATE"}
PERSON_DEFAULTS = {"died": ("BOOLEAN", "false"), "is_held": ("BOOLEAN", "false")}
LINE_COLUMNS = {
    "person": "BIGINT",
    "kind": "VARCHAR",
    "place": "VARCHAR",
    "month": "INTEGER",
    "grade": "VARCHAR",
    "quantity": "BIGINT",
    "part_numerator": "BIGINT",
    "part_denominator": "BIGINT",
    "covered_s": "BIGINT",
}
LINE_DEFAULTS = {
    "least_numerator": ("BIGINT", "part_numerator"),
    "least_denominator": ("BIGINT", "part_denominator"),
}


class CityFileUnreadable(InvalidInput):
    """No table to read there: another kind of file, a column that is missing, or a value that is no such thing."""

    code = "city.file_unreadable"

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"cannot read {path.name}: {why}", file=path.name, why=why)


class CityRowsMalformed(InvalidInput):
    """Rows that contradict the columns' meaning; nothing is closed as long as there are any."""

    code = "city.rows_malformed"

    def __init__(self, counts: Mapping[str, int]) -> None:
        told = ", ".join(f"{count} {what}" for what, count in counts.items())
        super().__init__(f"the tables hold rows that cannot be: {told}", rows=sorted(counts))


def _read(
    engine: Engine, name: str, path: Path, columns: Mapping[str, str], defaults: Mapping[str, tuple[str, str]]
) -> None:
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise CityFileUnreadable(path, f"it must end in {' or '.join(READERS)}")
    try:
        told = engine.run(f"DESCRIBE SELECT * FROM {reader}($1)", [str(path)])  # noqa: S608 - a name of ours
        known = {str(row[0]) for row in told}
        missing = sorted(set(columns) - known)
        if missing:
            raise CityFileUnreadable(path, f"it has no column {', '.join(missing)}")
        taken = [f"CAST({column} AS {kind}) AS {column}" for column, kind in columns.items()]
        taken += [
            f"CAST({column if column in known else default} AS {kind}) AS {column}"
            for column, (kind, default) in defaults.items()
        ]
        columns_sql = ", ".join(taken)
        engine.run(
            f"CREATE OR REPLACE TABLE {name} AS SELECT {columns_sql} FROM {reader}($1)",  # noqa: S608 - names of ours
            [str(path)],
        )
    except duckdb.Error as failure:
        raise CityFileUnreadable(path, str(failure).partition("\n")[0][:200]) from failure


_PERSONS_WRONG = {
    "persons without number, first or last day": "count(*) FILTER (person IS NULL OR first IS NULL OR last IS NULL)",
    "persons that stand there twice": "count(*) - count(DISTINCT person)",
    "persons without a day in the vintage": "count(*) FILTER (first > last OR year(first) <> $1 OR year(last) <> $1)",
    "persons born after their first day": "count(*) FILTER (born_on > first)",
}
_LINES_WRONG = {
    "lines with something missing": f"count(*) FILTER ({' OR '.join(f'{name} IS NULL' for name in LINE_COLUMNS)})",
    "lines of no person in a month of its": """count(*) FILTER (NOT EXISTS (
        SELECT 1 FROM given_persons WHERE given_persons.person = given_lines.person
        AND given_lines.month BETWEEN month(first) AND month(last)))""",
    "lines of another grade than M, D or S": "count(*) FILTER (grade NOT IN ('M', 'D', 'S'))",
    "lines of less than nothing": "count(*) FILTER (quantity < 0 OR covered_s < 0)",
    "lines with a part beyond the whole": """count(*) FILTER (part_numerator < 0 OR part_denominator < 1
        OR part_numerator > part_denominator OR least_denominator < 1
        OR least_numerator::HUGEINT * part_denominator < part_numerator::HUGEINT * least_denominator)""",
}


def _require_sound(engine: Engine, checks: Mapping[str, str], table: str, *values: object) -> None:
    (counts,) = engine.run(f"SELECT {', '.join(checks.values())} FROM {table}", values)  # noqa: S608 - texts of ours
    wrong = {what: count for what, count in zip(checks, counts, strict=True) if count}
    if wrong:
        raise CityRowsMalformed(wrong)


_COVERED_WRONG = {"months whose lines differ in what is evidenced, or have more than the month": "count(*)"}
_COVERED = """(
    SELECT person, category, given_lines.month FROM given_lines JOIN uses USING (kind, place)
    JOIN given_persons USING (person) JOIN placed USING (person) JOIN seats USING (seat, category, month)
    GROUP BY ALL HAVING min(covered_s) <> max(covered_s) OR max(covered_s) > max(whole_s)
)"""

_BEYOND = f"""
    WITH clipped AS (
        SELECT person, numerator, denominator, most_quantity, is_refused OR linear_bps > {MOST_LINEAR_BPS}
                OR quantity > {MOST_QUANTITY} OR greatest(part_numerator, least_numerator) > {MOST_NUMERATOR}
                OR greatest(part_denominator, least_denominator) > most_denominator AS is_beyond,
            least(quantity, {MOST_QUANTITY})::HUGEINT AS quantity,
            least(part_numerator, {MOST_NUMERATOR}) AS part_numerator,
            least(least_numerator, {MOST_NUMERATOR}) AS least_numerator,
            least(part_denominator, most_denominator)::HUGEINT AS part_denominator,
            least(least_denominator, most_denominator)::HUGEINT AS least_denominator
        FROM given_lines JOIN uses USING (kind, place)
    )
    SELECT person FROM clipped WHERE is_beyond
        OR quantity * greatest(part_numerator, least_numerator) > most_quantity
        OR quantity * part_numerator * numerator > part_denominator * denominator * {MOST_GRAMS}
        OR quantity * least_numerator * numerator > least_denominator * denominator * {MOST_GRAMS}
    UNION SELECT person FROM given_lines GROUP BY person HAVING count(*) > {MOST_LINES}
"""  # noqa: S608 - numbers of our own
"""People for whom `city_close.is_within` does not hold of every line."""


def close_files(engine: Engine, *, persons: Path, lines: Path, policy: Policy, factors: FactorSet) -> Closed:
    """Closes a city from two files. Raises CityFileUnreadable, CityRowsMalformed, KindUnknown, PlaceUnknown."""
    _read(engine, "given_persons", persons, PERSON_COLUMNS, PERSON_DEFAULTS)
    _read(engine, "given_lines", lines, LINE_COLUMNS, LINE_DEFAULTS)
    _require_sound(engine, _PERSONS_WRONG, "given_persons", policy.vintage)
    _require_sound(engine, _LINES_WRONG, "given_lines")
    uses = engine.run("SELECT DISTINCT kind, place FROM given_lines")
    rates = rates_of([(kind, place) for kind, place in uses], policy, factors)
    put_rates(engine, rates)
    _put_uses(engine, rates)
    members = _put_seats(engine, policy)
    _require_sound(engine, _COVERED_WRONG, _COVERED)
    engine.run(f"CREATE OR REPLACE TABLE beyond AS {_BEYOND}")
    engine.run(
        """CREATE OR REPLACE TABLE persons AS SELECT person, seat, CAST(0 AS BIGINT) AS moving_s, is_held
        FROM given_persons JOIN placed USING (person) ANTI JOIN beyond USING (person)"""
    )
    columns = ["grade = 'M' AS is_signed" if name == "is_signed" else name for name in LINES.names]
    engine.run(
        f"""CREATE OR REPLACE TABLE lines AS SELECT {", ".join(columns)}
        FROM given_lines JOIN uses USING (kind, place) ANTI JOIN beyond USING (person)"""  # noqa: S608 - names of ours
    )
    return close_tables(engine, policy, factors, rates, _beyond(engine, members, rates))


def _put_uses(engine: Engine, rates: CityRates) -> None:
    """Which kinds and places have which rate, and its bounds."""
    engine.run(
        """CREATE OR REPLACE TABLE uses (kind VARCHAR, place VARCHAR, rate INTEGER, category INTEGER, numerator BIGINT,
        denominator BIGINT, linear_bps BIGINT, most_quantity BIGINT, most_denominator BIGINT, is_refused BOOLEAN)"""
    )
    engine.fill(
        "uses",
        [
            (
                one.kind, one.place, one.rate, one.category, one.numerator, one.denominator, one.linear_bps,
                one.most_quantity, one.most_denominator, bool(one.refused),
            )
            for one in rates.rows
            if one.kind
        ],
    )  # fmt: skip


def _put_seats(engine: Engine, policy: Policy) -> dict[int, Membership]:
    """The memberships of the people given, which of them have which, and the membership of each number."""
    seats = Seats(policy)
    alike = engine.run("SELECT DISTINCT first, last, born_on, died FROM given_persons")
    numbered = [(*row, seats.number(_member(policy.vintage, *row))) for row in alike]
    seats.put(engine)
    engine.run("CREATE OR REPLACE TABLE days (first DATE, last DATE, born_on DATE, died BOOLEAN, seat INTEGER)")
    engine.fill("days", numbered)
    engine.run(
        """CREATE OR REPLACE TABLE placed AS SELECT person, seat FROM given_persons AS given JOIN days
        ON given.first = days.first AND given.last = days.last AND given.died = days.died
        AND given.born_on IS NOT DISTINCT FROM days.born_on"""
    )
    return dict(enumerate(seats.members))


def _member(vintage: int, first: date, last: date, born_on: date | None, died: bool) -> Membership:
    return Membership(vintage, first, last, born_on, died=died)


def _beyond(engine: Engine, members: Mapping[int, Membership], rates: CityRates) -> Iterator[PersonRows]:
    """Those beyond bounds, as rows."""
    categories = {(one.kind, one.place): one.category for one in rates.rows}
    people = engine.run(
        "SELECT person, seat, is_held FROM given_persons JOIN placed USING (person) JOIN beyond USING (person)"
    )
    for person, seat, is_held in people:
        found = engine.run(
            """SELECT kind, place, month, grade, quantity, part_numerator, part_denominator, least_numerator,
            least_denominator, covered_s FROM given_lines WHERE person = $1""",
            [person],
        )
        lines = tuple(
            LineRow(kind, place, categories[kind, place], month, grade == Grade.M, *numbers)
            for kind, place, month, grade, *numbers in found
        )
        yield PersonRows(person, members[seat], 0, is_held, lines)
