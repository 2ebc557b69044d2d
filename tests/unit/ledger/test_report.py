"""A year so far: periods, reminders, forecast; taking back and reopening; deadlines; the position; why it changed."""

from datetime import UTC, date, datetime, timedelta

import pytest

from backend.footprint.kind import Grade
from backend.ledger.change import Cause, Difference, difference_of
from backend.ledger.closing import reopen, submit
from backend.ledger.deadline import AGAIN_WITHIN, close_overdue, due_of, overdue_of, returns_of
from backend.ledger.document import verify
from backend.ledger.draft import draft_of
from backend.ledger.freeze import VintageFrozen
from backend.ledger.home import move_in
from backend.ledger.record import ActivityUnknown, inspect
from backend.ledger.report import forecast_of, months_of, quarter_of, quarters_of, reminders_of
from backend.ledger.service import StatementUnknown, mark_returned, statement_of
from backend.ledger.state import State, StatementStateWrong
from backend.ledger.tables import ActivityRow, MeterRow
from backend.ledger.undo import withdraw
from backend.ledger.why import TimesBackwards, VersionUnknown, between_times, between_versions, versions_of
from backend.storage.database import Database
from tests.unit.ledger.britons import a_briton, british, closed
from tests.unit.ledger.people import AT, VERIFIER, at_home, keep, member, power, some_books
from tests.unit.ledger.years import californian, every_month, home, sichuan_home, sichuan_travel, sichuanese
from tests.unit.ledger.years import power as bills

JULY = date(2025, 7, 1)
AFTER = date(2026, 1, 15)


def adds_up(found: Difference) -> bool:
    """Whether the causes explain the whole difference, to the gram."""
    footprint = sum(one.delta_gco2e for one in found.changes if one.cause is not Cause.BUDGET)
    budget = sum(one.delta_gco2e for one in found.changes if one.cause is Cause.BUDGET)
    return (footprint, budget) == (
        found.footprint_after_gco2e - found.footprint_before_gco2e,
        found.budget_after_gco2e - found.budget_before_gco2e,
    )


class TestPeriods:
    def test_months_and_quarters__add_up_to_the_year(self) -> None:
        year = sichuanese([*sichuan_home("600", "40"), *sichuan_travel("100", "50")])

        for periods in (months_of(year, AFTER), quarters_of(year, AFTER)):
            assert sum(one.footprint_gco2e for one in periods) == year.footprint_gco2e
            assert sum(one.budget_gco2e for one in periods) == year.budget_gco2e
            assert all(one.is_over for one in periods)
        assert [one.name for one in quarters_of(year, AFTER)] == ["2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4"]
        assert [quarter_of(month) for month in (1, 3, 4, 12)] == [1, 1, 2, 4]

    def test_months_to_come__are_not_over(self) -> None:
        year = californian(bills(dict.fromkeys(range(1, 7), "100")))

        found = months_of(year, JULY)

        assert [one.name for one in found if one.is_over] == [f"2025-{month:02d}" for month in range(1, 7)]
        assert [one.measured_bps for one in found] == [10_000] * 6 + [0] * 6


class TestReminders:
    def test_month_over_and_not_measured__is_named_with_what_it_costs(self) -> None:
        year = californian(bills(dict.fromkeys((1, 2, 4, 5, 6), "100")))

        (march,) = reminders_of(year, [home()], JULY)

        assert (march.category, march.month, march.missing) == ("electricity", "2025-03", ("meter",))
        assert march.costs_gco2e == -(-1_020_000 * 31 // 365)
        assert march.covered_s == 0

    def test_travel__names_the_streams_nobody_spoke_of(self) -> None:
        year = sichuanese([*sichuan_home("600", "40"), *sichuan_travel()[:2]])

        found = reminders_of(year, [home()], AFTER)

        assert {one.missing for one in found} == {("air",)}
        assert len(found) == 12

    def test_no_home__is_what_is_missing(self) -> None:
        year = californian([], homes=[])

        assert {one.missing for one in reminders_of(year, [], JULY)} == {("home",)}
        assert reminders_of(californian(bills(every_month("100"))), [home()], AFTER) == []


class TestForecast:
    def test_half_a_year__is_taken_to_go_on_like_this(self) -> None:
        half = californian(bills(dict.fromkeys(range(1, 7), "100")))
        whole = californian(bills(every_month("100")))

        found = forecast_of(half, JULY)

        assert (found.months_measured, found.months_assumed) == (6, 6)
        assert abs(found.footprint_gco2e - whole.footprint_gco2e) < whole.footprint_gco2e // 50
        assert found.surplus_gco2e > 0
        assert abs(found.surplus_gco2e - whole.surplus_gco2e) < whole.budget_gco2e // 50
        assert found.credit_if_nothing_more_gco2e == 0

    def test_year_that_is_over__is_what_it_is(self) -> None:
        whole = californian(bills(every_month("100")))

        found = forecast_of(whole, AFTER)

        assert (found.footprint_gco2e, found.bound_gco2e) == (whole.footprint_gco2e, whole.bound_gco2e)
        assert (found.surplus_gco2e, found.months_assumed) == (whole.surplus_gco2e, 0)
        assert found.credit_gco2e == found.credit_if_nothing_more_gco2e

    def test_nothing_measured__promises_nothing(self) -> None:
        found = forecast_of(californian([]), JULY)

        assert (found.credit_gco2e, found.months_assumed) == (0, 0)
        assert found.deficit_gco2e > 0

    def test_too_much_missing_already__earns_nothing_whatever_comes(self) -> None:
        found = forecast_of(californian(bills({4: "1", 5: "1", 6: "1"})), JULY)

        assert found.surplus_gco2e == 0


class TestUndo:
    def test_taken_back__counts_nowhere_and_its_meter_is_free_again(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (person,) = at_home(session, books, 10)
            kept = keep(session, books, person, power(1, "100", Grade.S), code)
            withdraw(session, person_id=person.person_id, activity_id=kept, at=AT)

            assert draft_of(session, books, person.person_id, 2025).year.lines == ()
            assert session.get(MeterRow, session.get_one(ActivityRow, kept).meter_hash) is None
            keep(session, books, person, power(1, "90"), code)
            with pytest.raises(ActivityUnknown):
                withdraw(session, person_id=person.person_id, activity_id=kept, at=AT)
            with pytest.raises(ActivityUnknown):
                inspect(session, verifier=VERIFIER, activity_ids=[kept], at=AT)

    def test_meter_a_verifier_saw__stays_open_until_it_reports(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (person,) = at_home(session, books, 10)
            kept = keep(session, books, person, power(1, "100", Grade.S, "seen"), code)
            inspect(session, verifier=VERIFIER, activity_ids=[kept], at=AT)
            withdraw(session, person_id=person.person_id, activity_id=kept, at=AT)

            assert session.get(MeterRow, session.get_one(ActivityRow, kept).meter_hash) is not None

    def test_somebody_else_s_or_a_submitted_year_s__is_refused(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (one, two) = at_home(session, books, 10, 11)
            kept = keep(session, books, one, power(1, "100"), code)
            with pytest.raises(ActivityUnknown):
                withdraw(session, person_id=two.person_id, activity_id=kept, at=AT)
            closed(session, books, two, 2025)
            submit(session, books, person_id=two.person_id, vintage=2025, at=AT)

            with pytest.raises(VintageFrozen):
                withdraw(session, person_id=one.person_id, activity_id=kept, at=AT)

    def test_reopening__undoes_a_closing_nobody_was_shown(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            _, (person,) = at_home(session, books, 10)
            first = closed(session, books, person, 2025)

            reopen(session, person_id=person.person_id, vintage=2025)

            assert statement_of(session, person.person_id, 2025) is None
            with pytest.raises(StatementUnknown):
                reopen(session, person_id=person.person_id, vintage=2025)
            again = closed(session, books, person, 2025)
            assert (first.version, again.version) == (1, 2)
            submit(session, books, person_id=person.person_id, vintage=2025, at=AT)
            with pytest.raises(StatementStateWrong):
                reopen(session, person_id=person.person_id, vintage=2025)


class TestDeadline:
    def test_due__is_the_end_of_april_by_the_region_s_clock_or_a_month_after_a_return(self) -> None:
        assert due_of(2025, "GB") == datetime(2026, 4, 30, 23, tzinfo=UTC)
        returned = datetime(2026, 4, 29, tzinfo=UTC)
        assert due_of(2025, "GB", returned) == returned + timedelta(days=30)
        assert due_of(2025, "GB", datetime(2026, 2, 1, tzinfo=UTC)) == due_of(2025, "GB")

    def test_not_submitted_in_time__is_closed_with_defaults_and_submitted(self, database: Database) -> None:
        books, due = some_books(british(2025)), due_of(2025, "GB")
        with database.write() as session:
            idle, _ = a_briton(session, books, 10)
            shut, _ = a_briton(session, books, 11)
            closed(session, books, shut, 2025)
            member(session, books, 12, "US-CA")
            assert overdue_of(session, books, due - timedelta(seconds=1)) == []

        done = close_overdue(database, books, due)

        assert done.submitted == ((idle.person_id, 2025), (shut.person_id, 2025))
        assert (done.failed, done.moved) == ((), False)
        with database.read() as session:
            statement = statement_of(session, idle.person_id, 2025)
            assert statement is not None
            assert (statement.state, statement.credit_gco2e) == (State.SUBMITTED, 0)
            assert statement.deficit_gco2e > 0
        assert close_overdue(database, books, due).submitted == ()

    def test_returned_late_and_closed_anew_or_reopened__has_the_same_thirty_days_left(self, database: Database) -> None:
        due = due_of(2025, "GB")
        books, returned_at = some_books(british(2025)), due - timedelta(days=1)
        last = returned_at + AGAIN_WITHIN
        with database.write() as session:
            person, _ = a_briton(session, books, 10)
            own = {"person_id": person.person_id, "vintage": 2025}
            closed(session, books, person, 2025)
            digest = submit(session, books, at=due, **own).digest
            mark_returned(session, digest, reason="the July bill is missing", at=returned_at)
            closed(session, books, person, 2025)
            assert (
                returns_of(session) == returns_of(session, person.person_id) == {(person.person_id, 2025): returned_at}
            )
            assert overdue_of(session, books, last - timedelta(seconds=1)) == []
            reopen(session, **own)
            assert overdue_of(session, books, last - timedelta(seconds=1)) == []

            (overdue,) = overdue_of(session, books, last)

        assert overdue.due_at == last

    def test_one_that_cannot_be_closed__does_not_keep_the_others(self, database: Database) -> None:
        books = some_books(british(2024), british(2025))
        with database.write() as session:
            person, _ = a_briton(session, books, 10)

        done = close_overdue(database, books, due_of(2025, "GB"))

        assert done.submitted == ((person.person_id, 2024),)
        assert done.failed == ((person.person_id, 2025, "statement.earlier_open"),)


class TestWhy:
    def test_bill_added__explains_its_line_and_the_default_it_replaced(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (person,) = at_home(session, books, 10)
            closed(session, books, person, 2025)
            keep(session, books, person, power(1, "100"), code)
            closed(session, books, person, 2025)

            found = between_versions(session, person.person_id, 2025, before=1, after=2)
            assert [one.version for one in versions_of(session, person.person_id, 2025)] == [1, 2]

        assert adds_up(found)
        fill, line = found.changes
        assert (fill.cause, fill.month, fill.delta_gco2e) == (Cause.FILL, "2025-01", -(1_020_000 * 31 // 365 + 1))
        assert (line.cause, line.delta_gco2e > 0) == (Cause.LINE_ADDED, True)
        assert line.what == "100 kWh of grid_electricity in US-CAMX"

    def test_housemate_known_later__is_a_change_of_share(self, database: Database) -> None:
        later = AT + timedelta(days=1)
        with database.write() as session:
            books = some_books()
            code, (person,) = at_home(session, books, 10)
            other = member(session, books, 11)
            keep(session, books, person, power(1, "100"), code)
            move_in(session, code, person_id=other.person_id, since_on=date(2025, 1, 1), at=later)

            found = between_times(session, books, person.person_id, 2025, start=AT, end=later)
            nothing = between_times(session, books, person.person_id, 2025, start=later, end=later)
            with pytest.raises(TimesBackwards) as refused:
                between_times(session, books, person.person_id, 2025, start=later, end=AT)

        assert adds_up(found)
        assert [one.cause for one in found.changes] == [Cause.SHARE]
        assert "part 1/1 -> 1/2" in found.changes[0].what
        assert nothing.changes == ()
        assert refused.value.code == "statement.times_backwards"

    def test_inspection_and_withdrawal__are_told_by_when_they_happened(self, database: Database) -> None:
        second, third = AT + timedelta(days=1), AT + timedelta(days=2)
        with database.write() as session:
            books = some_books()
            code, (person,) = at_home(session, books, 10)
            kept = keep(session, books, person, power(1, "100", Grade.S), code)
            inspect(session, verifier=VERIFIER, activity_ids=[kept], at=second)
            seen = between_times(session, books, person.person_id, 2025, start=AT, end=second)
            withdraw(session, person_id=person.person_id, activity_id=kept, at=third)
            gone = between_times(session, books, person.person_id, 2025, start=second, end=third)

        assert adds_up(seen)
        assert adds_up(gone)
        assert {one.cause for one in seen.changes} == {Cause.EVIDENCE, Cause.FILL}
        assert {one.cause for one in gone.changes} == {Cause.LINE_REMOVED, Cause.FILL}

    def test_revision_of_a_factor__is_named_with_both_revisions(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (person,) = at_home(session, books, 10)
            keep(session, books, person, power(1, "100"), code)
            values = dict(verify(closed(session, books, person, 2025).document).values)
        line = values["line.0000"]
        month = values["month.electricity.2025-01"]
        assert isinstance(line, dict)
        assert isinstance(month, dict)
        assert isinstance(line["factors"], list)
        name = str(line["factors"][0]).rsplit(" ", 1)[0]
        grams = int(str(line["gco2e"])) + 7
        corrected = values | {
            "line.0000": line | {"factors": [f"{name} r99"], "gco2e": str(grams)},
            "month.electricity.2025-01": month
            | {
                "reportedGco2e": str(int(str(month["reportedGco2e"])) + 7),
                "footprintGco2e": str(int(str(month["footprintGco2e"])) + 7),
            },
            "footprintGco2e": str(int(str(values["footprintGco2e"])) + 7),
        }

        found = difference_of(values, corrected)

        assert adds_up(found)
        (change,) = found.changes
        assert (change.cause, change.delta_gco2e) == (Cause.FACTOR, 7)
        assert f"factors {line['factors'][0]} -> {name} r99" in change.what

    def test_version_that_never_was__is_refused(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            _, (person,) = at_home(session, books, 10)
            closed(session, books, person, 2025)

            with pytest.raises(VersionUnknown) as refused:
                between_versions(session, person.person_id, 2025, before=1, after=2)
        assert (refused.value.code, refused.value.fields["known"]) == ("statement.version_unknown", ["1"])
