"""The same thing never counts twice: spellings, bins, exports, accounts, homes, replaced meters, tracks."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, select

from backend.footprint.green_button import read_green_button
from backend.footprint.kind import Category, Grade
from backend.footprint.meter_number import MeterMangled, MeterUnreadable, meter_key
from backend.ledger.books import Books
from backend.ledger.closing import close, submit
from backend.ledger.document import verify
from backend.ledger.freeze import VintageFrozen
from backend.ledger.home import home_at, move_in
from backend.ledger.intake import NothingNew, green_button_of, take_in
from backend.ledger.meter import (
    MeterElsewhere,
    MeterNotNew,
    MeterOutOfService,
    MeterOverlap,
    MeterUnknown,
    PointElsewhere,
    ReplacementInvalid,
    replace_meter,
)
from backend.ledger.person import Person, join
from backend.ledger.service import Statement
from backend.ledger.tables import ActivityRow, MeterRow
from backend.storage.database import Database
from tests.unit.footprint.feeds import electricity, hours
from tests.unit.ledger.people import AT, VERIFIER, Use, at_home, keep, power, some_books

JAN = int(datetime(2025, 1, 1, 8, tzinfo=UTC).timestamp())
"""Midnight of New Year's Day 2025 in California."""
DAY = 24


def upload(
    session: Session, books: Books, person: Person, home: str, text: str, *, meter: str = "M1", only_new: bool = False
) -> list[int]:
    """Reads a feed of one meter and records it."""
    file = read_green_button([text.encode()])
    meters = {file.points[0].name: meter}
    intake = green_button_of(
        session, books, file, person=person, home=home, meters=meters, only_new=only_new, delivery=None, at=AT,
        chain_id=31337,
    )  # fmt: skip
    return list(take_in(session, books, intake, person=person, confirm=intake.digest(person), at=AT).ids)


def closed(session: Session, books: Books, person: Person) -> Statement:
    return close(session, books, person_id=person.person_id, vintage=2025, at=AT)


class TestSpelling:
    @pytest.mark.parametrize(
        "same",
        ["AB-0120", "ab0120", "A B 0120", "ab–0120", "ＡＢ０１２０", "AB-O120", "AB-0l20", "AB-0I20", "00AB0120",
         "ab٠١٢٠", "AB.0120", "a\u200bb0120", "A8-0120", "AB-01Z0"],
    )  # fmt: skip
    def test_look_alikes__are_one_meter(self, same: str) -> None:
        assert meter_key(same) == meter_key("AB-0120")

    @pytest.mark.parametrize("other", ["AB-0121", "AC-0120", "AB-1020", "AB-012", "AB-01200"])
    def test_another_number__is_another_meter(self, other: str) -> None:
        assert meter_key(other) != meter_key("AB-0120")

    @pytest.mark.parametrize("letter", ["АB-0120", "AΒ-0120", "AB-O12О", "表1"])
    def test_letter_of_another_script__is_refused(self, letter: str) -> None:
        with pytest.raises(MeterUnreadable) as refused:
            meter_key(letter)

        assert refused.value.code == "activity.meter_unreadable"

    @pytest.mark.parametrize("number", ["1.23457E+11", " 4,5e+9 "])
    def test_number_a_spreadsheet_has_shortened__is_refused(self, number: str) -> None:
        with pytest.raises(MeterMangled) as refused:
            meter_key(number)

        assert refused.value.code == "activity.meter_mangled"
        assert meter_key("1E5") == "1e5"

    @given(
        number=st.text("0123456789ABCDEFGHJKMPQRSTUVWXYZ", min_size=1, max_size=12),
        spaces=st.lists(st.sampled_from([" ", "-", "–", "/", ".", "\u00ad", "\u200b"]), max_size=12),
        zeros=st.integers(0, 3),
    )
    def test_however_it_is_spaced_and_padded__it_is_one_meter(self, number: str, spaces: list[str], zeros: int) -> None:
        spelt = "0" * zeros + "".join(
            letter + (spaces[at] if at < len(spaces) else "") for at, letter in enumerate(number.lower())
        )

        assert meter_key(spelt) == meter_key(number)
        assert meter_key(meter_key(number)) == meter_key(number)


class TestSameReadings:
    def test_same_file_again__is_refused_and_only_new_finds_nothing(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (person,) = at_home(session, books, 10)
            text = electricity(hours(JAN, [100] * DAY))
            upload(session, books, person, code, text)

            with pytest.raises(MeterOverlap):
                upload(session, books, person, code, text)
            with pytest.raises(NothingNew) as refused:
                upload(session, books, person, code, text, only_new=True)
        assert refused.value.code == "intake.nothing_new"

    def test_same_meter_binned_otherwise__is_refused(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (person,) = at_home(session, books, 10)
            upload(session, books, person, code, electricity(hours(JAN, [100] * DAY)))

            for length in (900, 86_400):
                binned = electricity([(JAN + at, length, 1) for at in range(0, 86_400, length)], point="other export")
                with pytest.raises(MeterOverlap):
                    upload(session, books, person, code, binned, meter="m-1")
            with pytest.raises(MeterOverlap):
                keep(session, books, person, power(1, "100"), code)

    def test_longer_export__only_new__adds_only_what_is_new(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (person,) = at_home(session, books, 10)
            upload(session, books, person, code, electricity(hours(JAN, [100] * DAY)))

            upload(session, books, person, code, electricity(hours(JAN, [100] * DAY * 3)), only_new=True)

            rows = session.exec(select(ActivityRow)).all()
            assert sum(float(row.quantity) for row in rows) == pytest.approx(0.1 * DAY * 3)

    def test_same_usage_point_under_another_number__is_refused(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (person,) = at_home(session, books, 10)
            text = electricity(hours(JAN, [100] * DAY))
            upload(session, books, person, code, text, meter="M1")

            with pytest.raises(MeterOverlap):
                upload(session, books, person, code, text, meter="M2")


class TestTwoAccounts:
    def test_one_bill_in_two_accounts_of_one_home__is_refused(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (one, two) = at_home(session, books, 10, 11)
            text = electricity(hours(JAN, [100] * DAY))
            upload(session, books, one, code, text)

            with pytest.raises(MeterOverlap):
                upload(session, books, two, code, text)

    def test_one_bill_in_two_homes__is_refused_by_meter_and_by_usage_point(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (one,) = at_home(session, books, 10)
            other_code, (two,) = at_home(session, books, 11)
            text = electricity(hours(JAN, [100] * DAY))
            upload(session, books, one, code, text)

            with pytest.raises(MeterElsewhere):
                upload(session, books, two, other_code, electricity(hours(JAN, [1] * DAY), point="p2"))
            with pytest.raises(PointElsewhere) as refused:
                upload(session, books, two, other_code, text, meter="a number of my own")
        assert refused.value.code == "meter.point_elsewhere"

    def test_shared_home__is_shared_equally_and_once(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            alone_code, (alone,) = at_home(session, books, 10)
            code, (one, two) = at_home(session, books, 11, 12)
            for month in range(1, 13):
                keep(session, books, alone, power(month, "300", meter="A"), alone_code)
                keep(session, books, one, power(month, "300", meter="B"), code)

            whole = closed(session, books, alone).footprint_gco2e
            parts = [closed(session, books, person).footprint_gco2e for person in (one, two)]

            assert parts[0] == parts[1]
            assert whole <= sum(parts) <= whole + 2 * 12

    def test_child_and_parent__share_their_home_and_cannot_both_bring_its_bill(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (parent,) = at_home(session, books, 10)
            child = join(
                session, books, address=VERIFIER,
                region="US-CA", identity="child", joined_on=date(2025, 1, 1), at=AT, born_on=date(2020, 2, 2),
                guardian=parent.address,
            )  # fmt: skip
            move_in(session, code, person_id=child.person_id, since_on=date(2025, 1, 1))
            for month in range(1, 13):
                keep(session, books, parent, power(month, "300"), code)

            with pytest.raises(MeterOverlap):
                keep(session, books, child, power(1, "300"), code)
            parts = [closed(session, books, person).footprint_gco2e for person in (parent, child)]
            assert parts[0] == parts[1]

    def test_car_charged_at_home__is_in_the_bill__and_only_what_was_charged_elsewhere_is_added(
        self, database: Database
    ) -> None:
        """The bill holds the charging; `car_bev` is for what was charged elsewhere: none, then 500 km."""
        with database.write() as session:
            books = some_books()
            totals = []
            for number, kind, away_km in ((10, "car_petrol", "0"), (11, "car_bev", "0"), (12, "car_bev", "500")):
                code, (person,) = at_home(session, books, number)
                for month in range(1, 13):
                    keep(session, books, person, power(month, "250", meter=f"M{number}"), code)
                keep(session, books, person, Use(kind, away_km, "km", "2025-01-01", "2025-12-31", "US-CA"))
                values = verify(closed(session, books, person).document).values
                totals.append([int(str(values[name])) for name in ("footprintGco2e", "outsideGco2e")])

        without_car, charged_at_home, charged_away = totals
        assert charged_at_home == without_car
        assert charged_away[0] == without_car[0]
        assert 25_954 <= charged_away[1] <= 25_966  # 500 km x 0.22918 kWh/km x 0.2265 kg/kWh, up in each month


class TestReplacement:
    def replaced(self, session: Session, books: Books) -> tuple[str, Person]:
        code, (person,) = at_home(session, books, 10)
        for month in range(1, 7):
            keep(session, books, person, power(month, "100", Grade.M, "OLD1"), code)
        replace_meter(
            session, books, home_at(session, code), person_id=person.person_id, category=Category.ELECTRICITY,
            old="old-1", new="NEW2", on=date(2025, 7, 1), at=AT,
        )  # fmt: skip
        return code, person

    def test_old_meter_ends_and_new_begins__the_year_is_measured(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, person = self.replaced(session, books)
            for month in range(7, 13):
                keep(session, books, person, power(month, "100", Grade.M, "NEW2"), code)

            year = closed(session, books, person)

            assert year.surplus_gco2e > 0
            assert verify(year.document).values["measuredBps"] == 10_000

    def test_without_saying_so__the_old_meter_s_silence_uncovers_the_year(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (person,) = at_home(session, books, 10)
            for month in range(1, 13):
                keep(session, books, person, power(month, "100", Grade.M, "OLD1" if month < 7 else "NEW2"), code)

            assert closed(session, books, person).surplus_gco2e == 0

    def test_second_meter_that_goes_silent__cannot_be_explained_away_by_a_known_one(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (person,) = at_home(session, books, 10)
            keep(session, books, person, power(1, "100", meter="A"), code)
            keep(session, books, person, power(1, "100", meter="B"), code)

            with pytest.raises(MeterNotNew) as refused:
                replace_meter(
                    session, books, home_at(session, code), person_id=person.person_id, category=Category.ELECTRICITY,
                    old="B", new="A", on=date(2025, 7, 1), at=AT,
                )  # fmt: skip
        assert refused.value.code == "meter.not_new"

    def test_reading_out_of_service__is_refused_on_either_side(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, person = self.replaced(session, books)

            for month, meter in ((8, "OLD1"), (5, "NEW2")):
                with pytest.raises(MeterOutOfService) as refused:
                    keep(session, books, person, power(month, "1", meter=meter), code)
                assert refused.value.code == "meter.out_of_service"

    def test_usage_point_with_a_new_meter__goes_on(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (person,) = at_home(session, books, 10)
            upload(session, books, person, code, electricity(hours(JAN, [100] * DAY)), meter="OLD1")
            home = home_at(session, code)
            replace_meter(
                session, books, home, person_id=person.person_id, category=Category.ELECTRICITY,
                old="OLD1", new="NEW2", on=date(2025, 1, 2), at=AT,
            )  # fmt: skip

            upload(session, books, person, code, electricity(hours(JAN + 86_400, [100] * DAY)), meter="NEW2")

            assert len(session.exec(select(MeterRow)).all()) == 2

    @pytest.mark.parametrize(
        ("change", "error"),
        [
            ({"old": "nobody's"}, MeterUnknown),
            ({"on": date(2025, 6, 15)}, ReplacementInvalid),
            ({"on": date(2027, 1, 1)}, ReplacementInvalid),
            ({"category": Category.TRAVEL}, ReplacementInvalid),
            ({"category": Category.GAS}, MeterUnknown),
        ],
    )
    def test_replacement_that_cannot_be__is_refused(
        self, database: Database, change: dict[str, object], error: type[Exception]
    ) -> None:
        with database.write() as session:
            books = some_books()
            code, (person,) = at_home(session, books, 10)
            for month in range(1, 7):
                keep(session, books, person, power(month, "100", meter="OLD1"), code)
            said = {
                "person_id": person.person_id,
                "category": Category.ELECTRICITY,
                "old": "OLD1",
                "new": "NEW2",
                "on": date(2025, 7, 1),
            } | change

            with pytest.raises(error):
                replace_meter(session, books, home_at(session, code), at=AT, **said)  # type: ignore[arg-type] # varied

    def test_submitted_year__cannot_be_changed_by_a_replacement(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (person,) = at_home(session, books, 10)
            keep(session, books, person, power(1, "100", meter="OLD1"), code)
            closed(session, books, person)
            submit(session, books, person_id=person.person_id, vintage=2025, at=AT)

            with pytest.raises(VintageFrozen):
                replace_meter(
                    session, books, home_at(session, code), person_id=person.person_id, category=Category.ELECTRICITY,
                    old="OLD1", new="NEW2", on=date(2025, 7, 1), at=AT,
                )  # fmt: skip


def test_gap_of_an_hour__is_not_covered__and_a_month_measured_to_95_percent_is(database: Database) -> None:
    """January 2025 has 744 hours: 707 of them are 95.03 %, 706 are 94.89 %."""
    with database.write() as session:
        books = some_books()
        found = {}
        for number, missing in ((10, 37), (11, 38)):
            code, (person,) = at_home(session, books, number)
            text = electricity(hours(JAN, [100] * (744 - missing)), point=f"p{number}")
            ids = upload(session, books, person, code, text, meter=f"M{number}")
            for activity_id in ids:
                row = session.get_one(ActivityRow, activity_id)
                row.grade = Grade.M
                session.add(row)
            found[missing] = closed(session, books, person).document

    assert found[37].count('"status":"measured"') == 1
    assert found[38].count('"status":"measured"') == 0
