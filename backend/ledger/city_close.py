"""Closing a city's year: tables filled, the expressions run, whoever is apart closed by the per-person code."""

from collections.abc import Iterable
from dataclasses import dataclass

from backend.footprint.factors import FactorSet
from backend.footprint.selection import FactorUnknown
from backend.ledger.accrual import Membership
from backend.ledger.city import CityYear
from backend.ledger.city_apart import close_rows
from backend.ledger.city_engine import Engine
from backend.ledger.city_rates import CityRate, CityRates, rates_of
from backend.ledger.city_rows import LineRow, PersonRows, alike, seat_rows
from backend.ledger.city_tables import (
    LINES,
    MOST_GRAMS,
    MOST_LINEAR_BPS,
    MOST_LINES,
    MOST_NUMERATOR,
    MOST_QUANTITY,
    PEOPLE,
    PERSONS,
    SEAT_YEARS,
    SEATS,
    rates_schema,
)
from backend.ledger.policy import Policy
from backend.ledger.statement import BasisMismatch, Year


@dataclass(frozen=True)
class Closed:
    """How a city was closed: everybody's year stands in the engine's table `people`."""

    rates: CityRates
    apart: int
    """People whom the per-person code closed."""
    refused: tuple[tuple[int, str], ...]
    """People whose year is refused, and the code of why; they are in no figure."""


class Seats:
    """Memberships that people share, numbered."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._numbers: dict[tuple[object, ...], int] = {}
        self.members: list[Membership] = []

    def number(self, member: Membership) -> int:
        """The seat of a membership. Only those that nothing but days and age tells apart are shared."""
        one = alike(member, self._policy)
        key: tuple[object, ...] = (one.first, one.last, one.born_on, one.died)
        if one != Membership(one.vintage, one.first, one.last, one.born_on, died=one.died):
            key = (len(self.members),)
        if key not in self._numbers:
            self._numbers[key] = len(self.members)
            self.members.append(one)
        return self._numbers[key]

    def put(self, engine: Engine) -> None:
        """Fills the two tables of memberships."""
        engine.make("seats", SEATS)
        engine.make("seat_years", SEAT_YEARS)
        months, years = [], []
        for seat, member in enumerate(self.members):
            rows = seat_rows(member, self._policy)
            months += [(seat, one.category, one.month, one.budget_gco2e, one.high_gco2e, one.whole_s) for one in rows]
            budget, high = sum(one.budget_gco2e for one in rows), sum(one.high_gco2e for one in rows)
            years.append((seat, budget, high, sum(one.whole_s for one in rows), member.is_whole))
        engine.fill("seats", months)
        engine.fill("seat_years", years)


def put_rates(engine: Engine, rates: CityRates) -> None:
    """Fills the table of rates."""
    engine.make("rates", rates_schema(rates.width))
    engine.fill(
        "rates",
        [
            (one.rate, one.category, one.numerator, one.denominator, one.earns, one.linear_bps, *one.half_widths_bps)
            for one in rates.rows
        ],
    )


def is_within(line: LineRow, rate: CityRate) -> bool:
    """Whether the expressions compute a line exactly: see the bounds in `city_tables`."""
    if rate.refused or rate.linear_bps > MOST_LINEAR_BPS or not 0 <= line.quantity <= MOST_QUANTITY:
        return False
    for numerator, denominator in (
        (line.part_numerator, line.part_denominator),
        (line.least_numerator, line.least_denominator),
    ):
        if not 0 <= numerator <= MOST_NUMERATOR or not 0 < denominator <= rate.most_denominator:
            return False
        if line.quantity * numerator > rate.most_quantity:
            return False
        if line.quantity * numerator * rate.numerator > MOST_GRAMS * denominator * rate.denominator:
            return False
    return True


def close_people(engine: Engine, people: Iterable[PersonRows], policy: Policy, factors: FactorSet) -> Closed:
    """Closes people given as rows. Raises KindUnknown, PlaceUnknown."""
    known = list(people)
    rates = rates_of({(line.kind, line.place) for one in known for line in one.lines if line.kind}, policy, factors)
    by_use = {(one.kind, one.place) if one.kind else one.category: one for one in rates.rows}
    seats = Seats(policy)
    inside: list[tuple[object, ...]] = []
    lines: list[tuple[object, ...]] = []
    apart: list[PersonRows] = []
    for one in known:
        rated = [(line, by_use[(line.kind, line.place) if line.kind else line.category]) for line in one.lines]
        if len(rated) <= MOST_LINES and all(is_within(*pair) for pair in rated):
            inside.append((one.person, seats.number(one.member), one.moving_s, one.is_held))
            lines += [_line(one.person, line, rate) for line, rate in rated]
        else:
            apart.append(one)
    put_rates(engine, rates)
    seats.put(engine)
    engine.make("persons", PERSONS)
    engine.fill("persons", inside)
    engine.make("lines", LINES)
    engine.fill("lines", lines)
    return close_tables(engine, policy, factors, rates, apart)


def _line(person: int, line: LineRow, rate: CityRate) -> tuple[object, ...]:
    return (
        person, rate.rate, line.month, line.is_signed, line.quantity, line.part_numerator, line.part_denominator,
        line.least_numerator, line.least_denominator, line.covered_s,
    )  # fmt: skip


def close_tables(
    engine: Engine, policy: Policy, factors: FactorSet, rates: CityRates, apart: Iterable[PersonRows]
) -> Closed:
    """Runs the expressions over filled tables, and closes apart those who are in none of them."""
    (has_least,) = engine.run(
        """SELECT count(*) > 0 FROM lines
        WHERE least_numerator <> part_numerator OR least_denominator <> part_denominator"""
    )[0]
    engine.keep("people", CityYear.of(policy, rates, has_least=has_least).people())
    closed: list[tuple[object, ...]] = []
    refused: list[tuple[int, str]] = []
    for one in apart:
        try:
            closed.append(people_row(one.person, close_rows(one, policy, factors)))
        except (FactorUnknown, BasisMismatch) as failure:
            refused.append((one.person, failure.code))
    engine.fill("people", closed)
    return Closed(rates, len(closed), tuple(refused))


def people_row(person: int, year: Year) -> tuple[object, ...]:
    """A closed year as a row of `people`."""
    return (person, *(getattr(year, name) for name in list(PEOPLE.names)[1:]))
