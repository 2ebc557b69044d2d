"""A city of a few hundred people: equal to the per-person code, told so that nobody is one of a few."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import ibis
import pytest
import sqlglot

from backend.footprint.kind import Category, KindUnknown
from backend.footprint.selection import FactorUnknown
from backend.footprint.span import month_span
from backend.ledger.city import CityYear
from backend.ledger.city_apart import close_rows
from backend.ledger.city_close import close_people, people_row
from backend.ledger.city_engine import Engine
from backend.ledger.city_intake import CityFileUnreadable, CityRowsMalformed, close_files
from backend.ledger.city_rates import rates_of
from backend.ledger.city_report import BIN_GCO2E, Bin, Side, TooFewPeople, merged, report_of, sides
from backend.ledger.city_rows import PersonRows, rows_of
from backend.ledger.guards import Guards
from backend.ledger.policy import Policy
from backend.ledger.statement import Status, year_of
from tests.unit.ledger.cities import USES, City, city, people
from tests.unit.ledger.years import FROZEN_2025, MONTHS, SICHUAN, WHOLE_YEAR, ZONES, home, reading

GUARDED = replace(SICHUAN, guards=Guards(whole_years_only=True, every_kind=True, year_at_once=True))
PEOPLE = 300
BEYOND = PEOPLE // 50


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> City:
    return city(tmp_path_factory.mktemp("city"), PEOPLE)


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Engine() as found:
        yield found


def one_by_one(people: tuple[PersonRows, ...], policy: Policy) -> list[tuple[object, ...]]:
    return [people_row(one.person, close_rows(one, policy, FROZEN_2025)) for one in people]


class TestClosing:
    @pytest.mark.parametrize("policy", [SICHUAN, GUARDED], ids=["as in 2025", "guarded"])
    def test_files__of_hundreds_of_people__close_as_each_alone(
        self, small: City, engine: Engine, policy: Policy
    ) -> None:
        closed = close_files(engine, persons=small.persons, lines=small.lines, policy=policy, factors=FROZEN_2025)

        found = sorted(engine.run("SELECT * FROM people"))
        assert found == one_by_one(small.people, policy)
        assert (closed.apart, closed.refused) == (BEYOND, ())
        assert len({row[4] for row in found}) > PEOPLE // 2, "not all alike"
        assert sum(row[7] > 0 for row in found) > 5, "some have a surplus"
        assert sum(row[9] > 0 for row in found) > 5, "some eat outside the policy"

    def test_year_that_may_not_earn_for_one_month__counts_the_margin_of_the_others(self, engine: Engine) -> None:
        """A foreign proxy in a month that is not evidenced, beside eleven that are."""
        months = [(month, month_span(2025, month, ZONES["CN-SC"])) for month in MONTHS]
        year = year_of(
            policy=GUARDED,
            member=WHOLE_YEAR,
            zone=ZONES["CN-SC"],
            factors=FROZEN_2025,
            readings=[
                reading("grid_electricity", "13", span, "GB")
                if month == 10
                else reading("grid_electricity", "90", span, "CN-SC", meter="e")
                for month, span in months
            ],
            homes=[home("CN-SC", electricity=["e"])],
            vehicles=[],
            moving=(),
            is_held=False,
        )
        assert {one.status for one in year.months if one.category is Category.ELECTRICITY} == {
            Status.PROXIED,
            Status.UNMEASURED,
        }

        close_people(engine, [rows_of(1, year)], GUARDED, FROZEN_2025)

        assert engine.run("SELECT * FROM people") == [people_row(1, year)]

    def test_rows__of_the_same_people__close_the_same(self, small: City, engine: Engine) -> None:
        closed = close_people(engine, small.people, SICHUAN, FROZEN_2025)

        assert sorted(engine.run("SELECT * FROM people")) == one_by_one(small.people, SICHUAN)
        assert closed.apart == BEYOND

    def test_person_with_a_use_that_has_no_factor__is_refused_and_in_no_figure(self, engine: Engine) -> None:
        three = list(people(3))
        nowhere = replace(three[1].lines[0], kind="district_heat", place="US-CA", category=-1)
        three[1] = replace(three[1], lines=(nowhere,))

        closed = close_people(engine, three, SICHUAN, FROZEN_2025)

        assert closed.refused == ((1, FactorUnknown.code),)
        assert [row[0] for row in sorted(engine.run("SELECT * FROM people"))] == [0, 2]


class TestIntake:
    def close(self, engine: Engine, persons: Path, lines: Path) -> None:
        close_files(engine, persons=persons, lines=lines, policy=SICHUAN, factors=FROZEN_2025)

    def changed(self, file: Path, folder: Path, old: str, new: str) -> Path:
        text = file.read_text()
        assert old in text
        copy = folder / file.name
        copy.write_text(text.replace(old, new, 1))
        return copy

    def test_parquet__of_the_same_tables__closes_the_same(self, small: City, engine: Engine, tmp_path: Path) -> None:
        for name, path in (("persons", small.persons), ("lines", small.lines)):
            engine.run(f"COPY (SELECT * FROM read_csv('{path}')) TO '{tmp_path / name}.parquet'")

        self.close(engine, tmp_path / "persons.parquet", tmp_path / "lines.parquet")

        assert sorted(engine.run("SELECT * FROM people")) == one_by_one(small.people, SICHUAN)

    def test_column_that_is_missing__is_named(self, small: City, engine: Engine, tmp_path: Path) -> None:
        renamed = self.changed(small.lines, tmp_path, "covered_s", "covered")

        with pytest.raises(CityFileUnreadable, match="covered_s") as refused:
            self.close(engine, small.persons, renamed)
        assert refused.value.code == "city.file_unreadable"

    @pytest.mark.parametrize("name", ["lines.txt", "none.csv"])
    def test_file_of_another_kind_or_none__is_unreadable(
        self, small: City, engine: Engine, tmp_path: Path, name: str
    ) -> None:
        with pytest.raises(CityFileUnreadable):
            self.close(engine, small.persons, tmp_path / name)

    @pytest.mark.parametrize(
        ("change", "what"),
        [
            (("\n0,M,", "\n0,X,"), "grade"),
            (("\n0,M,", "\n900,M,"), "no person"),
            ((",CN-SC,1,", ",CN-SC,13,"), "no person in a month"),
            ((",1,1,1,1,2678400", ",2,1,2,1,2678400"), "beyond the whole"),
            ((",1,1,1,1,2678400", ",1,1,1,1,2678401"), "more than the month"),
        ],
    )
    def test_row_that_cannot_be__refuses_the_tables_and_says_how_many(
        self, small: City, engine: Engine, tmp_path: Path, change: tuple[str, str], what: str
    ) -> None:
        lines = self.changed(small.lines, tmp_path, *change)

        with pytest.raises(CityRowsMalformed, match=what) as refused:
            self.close(engine, small.persons, lines)
        assert refused.value.code == "city.rows_malformed"

    def test_kind_that_nobody_knows__is_refused(self, small: City, engine: Engine, tmp_path: Path) -> None:
        lines = self.changed(small.lines, tmp_path, "grid_electricity", "moonlight")

        with pytest.raises(KindUnknown):
            self.close(engine, small.persons, lines)


class TestReport:
    def test_totals__are_the_sums_of_what_people_have(self, small: City, engine: Engine) -> None:
        closed = close_people(engine, small.people, SICHUAN, FROZEN_2025)
        years = [close_rows(one, SICHUAN, FROZEN_2025) for one in small.people]

        report = report_of(engine, SICHUAN, closed)

        assert report.people == PEOPLE
        assert report.budget_gco2e == sum(year.budget_gco2e for year in years)
        assert report.footprint_gco2e == sum(year.footprint_gco2e for year in years)
        assert report.surplus.gco2e == sum(year.surplus_gco2e for year in years)
        assert report.deficit.people == sum(year.deficit_gco2e > 0 for year in years)
        assert sum(one.people for one in report.footprints) == PEOPLE

    def test_bins__of_too_few_people__are_put_together(self) -> None:
        counts = [(0, 5), (1, 1), (2, 1), (4, 2), (9, 1), (40, 1)]

        assert merged(counts, 3) == [Bin(0, BIN_GCO2E, 5), Bin(BIN_GCO2E, None, 6)]
        assert merged([*counts, (41, 1)], 3)[1:] == [
            Bin(BIN_GCO2E, 5 * BIN_GCO2E, 4),
            Bin(5 * BIN_GCO2E, None, 3),
        ]
        assert merged([(7, 2)], 3) == [Bin(0, None, 2)]

    def test_side_of_too_few_people__is_not_told(self, engine: Engine) -> None:
        several = people(12)
        closed = close_people(engine, several, SICHUAN, FROZEN_2025)
        years = [close_rows(one, SICHUAN, FROZEN_2025) for one in several]
        with_surplus = sum(year.surplus_gco2e > 0 for year in years)

        strict = report_of(engine, replace(SICHUAN, minimum_batch=12), closed)

        assert 0 < with_surplus < 12
        assert (strict.surplus.people, strict.surplus.gco2e) == (None, None)
        assert strict.footprints == (Bin(0, None, 12),)

    def test_side_that_the_others_would_tell__hides_the_next_smallest_too(self) -> None:
        hidden = Side(None, None)

        assert sides([(5, 50), (3, 30), (1, 0)], 3) == [Side(5, 50), hidden, hidden]
        assert sides([(5, 50), (2, 30), (1, 0)], 3) == [Side(5, 50), hidden, hidden]
        assert sides([(8, 50), (0, 0), (1, 0)], 3) == [hidden, Side(0, 0), hidden]
        assert sides([(8, 50), (4, 9), (0, 0)], 3) == [Side(8, 50), Side(4, 9), Side(0, 0)]

    def test_fewer_people_than_a_batch__are_told_nothing_of(self, engine: Engine) -> None:
        closed = close_people(engine, people(2), SICHUAN, FROZEN_2025)

        with pytest.raises(TooFewPeople) as refused:
            report_of(engine, SICHUAN, closed)
        assert refused.value.code == "city.too_few_people"


@pytest.mark.parametrize("dialect", ["duckdb", "pyspark", "trino"])
@pytest.mark.parametrize("policy", [SICHUAN, GUARDED], ids=["as in 2025", "guarded"])
def test_expressions__for_embedded_and_distributed_engines__compile_to_sql_of_theirs(
    dialect: str, policy: Policy
) -> None:
    rates = rates_of([(kind, place) for kind, place, _ in USES], policy, FROZEN_2025)

    text = ibis.to_sql(CityYear.of(policy, rates, has_least=True).people(), dialect=dialect)

    parsed = sqlglot.parse_one(text, dialect="spark" if dialect == "pyspark" else dialect)
    assert {table.name for table in parsed.find_all(sqlglot.exp.Table)} >= {"lines", "persons", "rates", "seats"}
    assert not list(parsed.find_all(sqlglot.exp.IntDiv)), "what dividing integers gives differs between engines"
