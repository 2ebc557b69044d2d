"""Joining, guardians, homes and shares."""

from datetime import date
from pathlib import Path

import pytest

from backend.chain.keys import dev_signer
from backend.ledger.address import AccountExists, AddressMalformed
from backend.ledger.home import (
    AlreadyAtHome,
    GridAreaUnfit,
    HomeUnknown,
    MovingDateInvalid,
    Stay,
    found_home,
    home_of,
    move_in,
    move_out,
    sharing,
)
from backend.ledger.person import (
    AccountUnknown,
    BirthDateInvalid,
    GuardianMissing,
    GuardianUnexpected,
    PersonhoodUsed,
    join,
    person_at,
    persons,
)
from backend.ledger.personhood import DevelopmentIssuer, IdentityMissing, LedgerKeys, meter_hash
from backend.ledger.region import RegionUnfit
from backend.ledger.service import household_of
from backend.storage.database import Database
from tests.unit.ledger.people import AT, at_home, member, some_books

DAY = date(2025, 1, 1)


class TestPersonhood:
    def test_commitment__same_human_written_otherwise__is_the_same(self) -> None:
        issuer = DevelopmentIssuer(b"k" * 32)

        assert issuer.commitment("  Wang  LI ") == issuer.commitment("wang li")
        assert issuer.commitment("wang li") != DevelopmentIssuer(b"j" * 32).commitment("wang li")

    def test_nullifiers__of_one_person__differ_by_vintage_and_from_others(self) -> None:
        issuer = DevelopmentIssuer(b"k" * 32)
        one, other = issuer.commitment("one"), issuer.commitment("other")

        nullifiers = {issuer.nullifier(who, year) for who in (one, other) for year in (2024, 2025)}

        assert len(nullifiers) == 4
        assert {len(nullifier) for nullifier in nullifiers} == {32}

    @pytest.mark.parametrize("identity", ["", "   ", "x" * 201])
    def test_no_proof__no_commitment(self, identity: str) -> None:
        with pytest.raises(IdentityMissing) as refused:
            DevelopmentIssuer(b"k" * 32).commitment(identity)

        assert refused.value.code == "personhood.identity_missing"

    def test_identity__that_differs_in_what_nobody_sees__is_the_same_person(self) -> None:
        issuer = DevelopmentIssuer(b"k")
        for same in (
            "wang  xiaolin",
            "Wang\u200b Xiaolin",
            "\uff37ang Xiaolin",
            "Wang\u00a0Xiaolin\ufeff",
            "\u2060 Wang Xiaolin",
        ):
            assert issuer.commitment(same) == issuer.commitment("Wang Xiaolin")
        assert issuer.commitment("WangXiaolin") != issuer.commitment("Wang Xiaolin")
        with pytest.raises(IdentityMissing):
            issuer.commitment("\u200b \u3164")

    def test_meter__by_region_and_category__is_one_however_it_is_written(self) -> None:
        name = meter_hash(b"p", "CN-SC", "gas", "A 12")

        assert name == meter_hash(b"p", "CN-SC", "gas", "a12")
        assert (
            len({name, meter_hash(b"q", "CN-SC", "gas", "a12"), meter_hash(b"p", "CN-SC", "electricity", "a12")}) == 3
        )

    def test_keys__made_once__stay_and_are_the_owner_s_only(self, tmp_path: Path) -> None:
        path = tmp_path / "deep" / "keys.json"
        keys = LedgerKeys.at(path)

        assert LedgerKeys.at(path) == keys
        assert keys.issuer_key != keys.pepper
        assert path.stat().st_mode & 0o777 == 0o600


class TestJoin:
    def test_member__is_found_at_its_address(self, database: Database) -> None:
        with database.write() as session:
            person = member(session, some_books(), 10)

            assert person_at(session, person.address) == person
            assert persons(session) == [person]

    def test_same_address_twice__is_refused(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            member(session, books, 10)

            with pytest.raises(AccountExists) as refused:
                join(
                    session, books, address=dev_signer(10).address, region="US-CA", identity="somebody else",
                    joined_on=DAY, at=AT,
                )  # fmt: skip
        assert refused.value.code == "account.exists"

    def test_same_human_twice__is_refused_without_telling_where(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            first = member(session, books, 10)

            with pytest.raises(PersonhoodUsed) as refused:
                join(
                    session, books, address=dev_signer(11).address, region="CN-SC", identity="PERSON  10",
                    joined_on=DAY, at=AT,
                )  # fmt: skip
        assert refused.value.code == "personhood.used"
        assert first.address not in refused.value.message

    @pytest.mark.parametrize("address", ["", "0x12", dev_signer(10).address.lower(), "0x" + "zz" * 20, "f" * 42])
    def test_address_not_in_eip_55__is_refused(self, database: Database, address: str) -> None:
        with database.write() as session, pytest.raises(AddressMalformed) as refused:
            join(session, some_books(), address=address, region="US-CA", identity="i", joined_on=DAY, at=AT)
        assert refused.value.code == "account.address_malformed"

    def test_grid_area__is_no_region_to_live_in(self, database: Database) -> None:
        with database.write() as session, pytest.raises(RegionUnfit) as refused:
            member(session, some_books(), 10, region="US-CAMX")
        assert refused.value.code == "account.region_unfit"

    @pytest.mark.parametrize("born_on", [date(2025, 1, 2), date(1890, 1, 1)])
    def test_impossible_birth__is_refused(self, database: Database, born_on: date) -> None:
        with database.write() as session, pytest.raises(BirthDateInvalid) as refused:
            join(
                session, some_books(), address=dev_signer(10).address, region="US-CA", identity="i", joined_on=DAY,
                at=AT, born_on=born_on,
            )  # fmt: skip
        assert refused.value.code == "account.birth_date_invalid"

    def test_minor__needs_a_guardian_of_age_with_an_account(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            parent = member(session, books, 10)

            def child(number: int, guardian: str | None, born_on: date = date(2020, 5, 5)) -> None:
                join(
                    session, books, address=dev_signer(number).address, region="US-CA", identity=f"child {number}",
                    joined_on=DAY, at=AT, born_on=born_on, guardian=guardian,
                )  # fmt: skip

            child(11, parent.address)
            for guardian in (None, dev_signer(15).address, dev_signer(11).address):
                with pytest.raises(GuardianMissing) as refused:
                    child(12, guardian)
                assert refused.value.code == "account.guardian_missing"
            with pytest.raises(GuardianUnexpected) as unexpected:
                child(13, parent.address, date(1990, 1, 1))
            assert unexpected.value.code == "account.guardian_unexpected"

    def test_unknown_address__is_not_found(self, database: Database) -> None:
        with database.read() as session, pytest.raises(AccountUnknown) as refused:
            person_at(session, dev_signer(10).address)
        assert refused.value.code == "account.unknown"


class TestHome:
    def test_grid_area_from_elsewhere__is_refused(self, database: Database) -> None:
        with database.write() as session:
            person = member(session, some_books(), 10)

            with pytest.raises(GridAreaUnfit) as refused:
                found_home(session, person_id=person.person_id, region="US-CA", grid_area="CN-SC", since_on=DAY, at=AT)
        assert refused.value.code == "home.grid_area_unfit"

    def test_someone_else_s_home__is_as_unknown_as_no_home(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, _ = at_home(session, books, 10)
            stranger = member(session, books, 11)

            told = []
            for asked in (code, "nothing"):
                with pytest.raises(HomeUnknown) as refused:
                    home_of(session, stranger.person_id, asked)
                told.append(refused.value.code)
        assert told == ["home.unknown", "home.unknown"]

    def test_moving_in_twice__is_refused(self, database: Database) -> None:
        with database.write() as session:
            code, (person,) = at_home(session, some_books(), 10)

            with pytest.raises(AlreadyAtHome) as refused:
                move_in(session, code, person_id=person.person_id, since_on=date(2025, 6, 1))
        assert refused.value.code == "home.already_there"

    @pytest.mark.parametrize("day", [date(2024, 12, 31), date(9999, 12, 31)])
    def test_moving_out_on_an_impossible_day__is_refused(self, database: Database, day: date) -> None:
        with database.write() as session:
            code, (person,) = at_home(session, some_books(), 10)

            with pytest.raises(MovingDateInvalid) as refused:
                move_out(session, code, person_id=person.person_id, until_on=day)
        assert refused.value.code == "home.moving_date_invalid"

    def test_coming_back__is_a_new_stay(self, database: Database) -> None:
        with database.write() as session:
            code, (person,) = at_home(session, some_books(), 10)
            move_out(session, code, person_id=person.person_id, until_on=date(2025, 3, 31))
            move_in(session, code, person_id=person.person_id, since_on=date(2025, 9, 1))

            assert home_of(session, person.person_id, code).code == code

    def test_shares__follow_who_lives_there_each_day(self) -> None:
        stays = [
            Stay(1, date(2024, 5, 1), None),
            Stay(2, date(2025, 3, 1), date(2025, 4, 30)),
            Stay(3, date(2025, 4, 1), None),
        ]

        runs = sharing(stays, 1, date(2025, 1, 1), date(2025, 12, 31))

        assert runs == [
            (date(2025, 1, 1), date(2025, 2, 28), 1),
            (date(2025, 3, 1), date(2025, 3, 31), 2),
            (date(2025, 4, 1), date(2025, 4, 30), 3),
            (date(2025, 5, 1), date(2025, 12, 31), 2),
        ]
        assert sharing(stays, 2, date(2025, 1, 1), date(2025, 12, 31)) == [
            (date(2025, 3, 1), date(2025, 3, 31), 2),
            (date(2025, 4, 1), date(2025, 4, 30), 3),
        ]
        assert sharing(stays, 4, date(2025, 1, 1), date(2025, 12, 31)) == []

    def test_household__is_everybody_who_shared_a_home_and_wards_and_guardians(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            _, (one, two) = at_home(session, books, 10, 11)
            stranger = member(session, books, 12)
            child = join(
                session, books, address=dev_signer(13).address, region="US-CA", identity="child", joined_on=DAY, at=AT,
                born_on=date(2020, 1, 1), guardian=one.address,
            )  # fmt: skip

            assert household_of(session, one.person_id) == {one.address, two.address, child.address}
            assert household_of(session, child.person_id) == {one.address, child.address}
            assert household_of(session, stranger.person_id) == {stranger.address}
