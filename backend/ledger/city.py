"""A city's year: the closing rules of `statement.py` over everybody's lines at once, as dataframe expressions.

The expressions are written once and compiled for an engine: embedded DuckDB here, a distributed one elsewhere. What is
the same for many people (rates, budgets and defaults of a membership) comes in small tables made by the per-person code
itself; the mass of it is three joins and three sums. Every figure equals `year_of`'s to the gram.
"""

from dataclasses import dataclass

import ibis
from ibis.expr.types import IntegerValue, Table

from backend.footprint.line import BPS, ONE_SIDED_BPS
from backend.ledger.city_integer import margin_gco2e, quotient_down, quotient_up, total
from backend.ledger.city_rates import OUTSIDE, CityRates
from backend.ledger.city_tables import PEOPLE, CityTables, error_column
from backend.ledger.policy import Policy


@dataclass(frozen=True)
class CityYear:
    """The expressions of a policy's year over some rates."""

    policy: Policy
    rates: CityRates
    has_least: bool
    """Whether any line's least part is not its part: without, it is not looked at."""
    tables: CityTables

    @classmethod
    def of(cls, policy: Policy, rates: CityRates, *, has_least: bool) -> "CityYear":
        """Over tables named as in `city_tables`."""
        return cls(policy, rates, has_least, CityTables.named(rates.width))

    @property
    def _errors(self) -> list[str]:
        return [error_column(at) for at in range(self.rates.width)]

    def _priced(self) -> Table:
        lines = self.tables.lines.join(self.tables.rates, "rate")
        above = lines.quantity * lines.part_numerator * lines.numerator
        lines = lines.mutate(gco2e=quotient_up(above, lines.part_denominator * lines.denominator))
        if not self.has_least:
            return lines.mutate(least_gco2e=lines.gco2e)
        above = lines.quantity * lines.least_numerator * lines.numerator
        least = quotient_up(above, lines.least_denominator * lines.denominator)
        is_same = (lines.least_numerator == lines.part_numerator) & (lines.least_denominator == lines.part_denominator)
        return lines.mutate(least_gco2e=ibis.ifelse(is_same, lines.gco2e, least))

    def cells(self) -> Table:
        """Lines added up by person, category and month; grams rounded up line by line."""
        lines = self._priced()
        asked = lines.least_gco2e > 0 if self.policy.guards.year_at_once else ibis.literal(value=True)
        cells = lines.group_by("person", "category", "month").agg(
            reported_gco2e=total(lines.gco2e),
            **({"least_gco2e": total(lines.least_gco2e)} if self.has_least else {}),
            linear_gram_bps=total(lines.least_gco2e * lines.linear_bps),
            covered_s=lines.covered_s.max(),
            is_unearning=(~lines.earns & asked).any(),
            is_unsigned=(~lines.is_signed).any(),
            **{name: total(lines.least_gco2e * lines[name]) for name in self._errors},
        )
        return cells if self.has_least else cells.mutate(least_gco2e=cells.reported_gco2e)

    def months(self) -> Table:
        """Each cell with what its month counts, before haircut and proxies: `statement._month_of`."""
        policy = self.policy
        cells = self.cells().join(self.tables.persons, "person")
        cells = cells.join(self.tables.seats, ["seat", "category", "month"])
        cells = cells.mutate(is_measured=cells.covered_s * BPS >= policy.month_measured_bps * cells.whole_s)
        # Of months that may earn too: a year taken at once that may not, because of another month, counts them all.
        months = cells.mutate(margin_gco2e=quotient_up(cells.linear_gram_bps * ONE_SIDED_BPS, ibis.literal(BPS * BPS)))
        footprint = ibis.ifelse(
            months.is_measured,
            months.reported_gco2e + _gap(months, months.reported_gco2e),
            ibis.greatest(months.high_gco2e, months.reported_gco2e),
        )
        bound = ibis.ifelse(
            months.is_measured,
            months.least_gco2e + _gap(months, months.least_gco2e),
            ibis.greatest(months.high_gco2e, months.least_gco2e + months.margin_gco2e),
        )
        return months.mutate(footprint_gco2e=footprint, plain_gco2e=bound)

    def _bounded(self, months: Table) -> IntegerValue:
        """The bound of measured months, from their plain bounds: haircut, or a proxy that never earns."""
        saved = ibis.greatest(months.budget_gco2e - months.plain_gco2e, 0)
        held_back = quotient_up(saved * self.policy.haircut_d_bps, ibis.literal(BPS))
        held_back = ibis.ifelse(months.is_unsigned & (saved > 0), held_back, 0)
        proxied = ibis.greatest(months.budget_gco2e, months.plain_gco2e + months.margin_gco2e)
        return ibis.ifelse(months.is_unearning, proxied, months.plain_gco2e + held_back)

    def _sums(self, months: Table) -> dict[str, IntegerValue]:
        """What both ways of bounding add up; footprints beyond what a month counts at least, for a month without any
        line is not among them.
        """
        return {
            "over_gco2e": total(months.footprint_gco2e - months.high_gco2e),
            "high_gco2e": total(months.high_gco2e),
            "measured_gco2e": total(ibis.ifelse(months.is_measured, months.budget_gco2e, 0)),
            "covered_s": total(months.covered_s),
        }

    def _month_by_month(self) -> Table:
        """People, each month bounded by itself."""
        months = self.months()
        months = months.mutate(
            bound_gco2e=ibis.ifelse(months.is_measured, self._bounded(months), months.plain_gco2e),
            shares=months.is_measured & ~months.is_unearning,
        )
        groups = self._groups(months)
        return months.group_by("person").agg(
            bound_gco2e=total(months.bound_gco2e),
            **self._sums(months),
            **{name: total(ibis.ifelse(months.shares, one, 0)) for name, one in groups.items()},
        )

    def _year_at_once(self) -> Table:
        """People, the measured months of a category bounded together: `statement._at_once`."""
        months = self.months()
        years = months.group_by("person", "category").agg(
            unmeasured_gco2e=total(ibis.ifelse(months.is_measured, 0, months.plain_gco2e)),
            budget_gco2e=total(ibis.ifelse(months.is_measured, months.budget_gco2e, 0)),
            plain_gco2e=total(ibis.ifelse(months.is_measured, months.plain_gco2e, 0)),
            margin_gco2e=total(ibis.ifelse(months.is_measured, months.margin_gco2e, 0)),
            is_unearning=months.is_unearning.any(),
            is_unsigned=months.is_unsigned.any(),
            **self._sums(months),
            **{name: total(ibis.ifelse(months.is_measured, months[name], 0)) for name in self._errors},
        )
        years = years.mutate(bound_gco2e=years.unmeasured_gco2e + self._bounded(years))
        groups = self._groups(years)
        return years.group_by("person").agg(
            **{name: total(years[name]) for name in ("bound_gco2e", *self._sums(months))},
            **{name: total(ibis.ifelse(years.is_unearning, 0, one)) for name, one in groups.items()},
        )

    def people(self) -> Table:
        """Everybody's year: one row a person, those without any line too."""
        totals = self._year_at_once() if self.policy.guards.year_at_once else self._month_by_month()
        return self._with_outside(self._closed(totals)).select(*PEOPLE.names)

    def _groups(self, table: Table) -> dict[str, IntegerValue]:
        """Each shared error's column, whatever the category: its name, and its gram basis points in a row."""
        found: dict[str, IntegerValue] = {}
        for group in range(len(self.rates.groups)):
            parts = [
                ibis.ifelse(table.category == category, table[error_column(at)], 0)
                for category, columns in enumerate(self.rates.columns)
                for at, one in enumerate(columns)
                if one == group
            ]
            found[f"group_{group}"] = sum(parts[1:], start=parts[0])
        return found

    def _closed(self, totals: Table) -> Table:
        seats = self.tables.persons.join(self.tables.seat_years, "seat")
        seats = seats.select(
            "person", "moving_s", "is_held", "whole_s", "is_whole", "budget_gco2e", all_high_gco2e=seats.high_gco2e
        )
        people = seats.left_join(totals, "person")
        known = {name: people[name].fill_null(0) for name in totals.columns if name != "person"}
        people = people.select(
            "person", "moving_s", "is_held", "whole_s", "is_whole", "budget_gco2e", "all_high_gco2e", **known
        )
        missing = people.all_high_gco2e - people.high_gco2e
        margin = margin_gco2e([people[f"group_{group}"] for group in range(len(self.rates.groups))])
        people = people.mutate(
            footprint_gco2e=people.all_high_gco2e + people.over_gco2e,
            margin_gco2e=margin,
            gap_s=people.whole_s - people.covered_s - people.moving_s,
            measured_bps=ibis.ifelse(
                people.budget_gco2e > 0,
                quotient_down(people.measured_gco2e * BPS, ibis.greatest(people.budget_gco2e, 1)),
                0,
            ),
        )
        people = people.mutate(bound_gco2e=people.bound_gco2e + missing + people.margin_gco2e)
        is_withheld = people.is_held
        if self.policy.guards.whole_years_only:
            is_withheld = is_withheld | ~people.is_whole | (people.gap_s > 0)
        is_enough = (people.measured_bps >= self.policy.year_measured_bps) & ~is_withheld
        return people.select(
            "person",
            "budget_gco2e",
            "footprint_gco2e",
            "margin_gco2e",
            "bound_gco2e",
            "measured_bps",
            "gap_s",
            surplus_gco2e=ibis.ifelse(is_enough, ibis.greatest(people.budget_gco2e - people.bound_gco2e, 0), 0),
            deficit_gco2e=ibis.greatest(people.footprint_gco2e - people.budget_gco2e, 0),
        )

    def _outside(self) -> Table:
        """What was reported in categories that the policy does not cover, by person; shown, never compared."""
        lines = self._priced()
        return lines.filter(lines.category == OUTSIDE).group_by("person").agg(outside_gco2e=total(lines.gco2e))

    def _with_outside(self, people: Table) -> Table:
        if all(one.category != OUTSIDE for one in self.rates.rows):
            return people.mutate(outside_gco2e=ibis.literal(0, "int64"))
        found = people.left_join(self._outside(), "person")
        return found.select(*people.columns, outside_gco2e=found.outside_gco2e.fill_null(0))


def _gap(months: Table, reported_gco2e: IntegerValue) -> IntegerValue:
    """What the unmeasured seconds of a measured month count as: `statement._gap`."""
    gap_s = months.whole_s - months.covered_s
    by_default = quotient_up(months.high_gco2e * gap_s, months.whole_s)
    by_own_rate = quotient_up(reported_gco2e * gap_s, ibis.greatest(months.covered_s, 1))
    filled = ibis.greatest(by_default, ibis.ifelse(months.covered_s > 0, by_own_rate, 0))
    return ibis.ifelse(gap_s > 0, filled, 0)
