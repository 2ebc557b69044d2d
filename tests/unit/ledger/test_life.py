"""The life of an account: another key, another region, growing up, the end."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import Session

from backend.access.signed_text import SignedTextExpired, SignedTextSignerWrong
from backend.chain.keys import Signer, dev_signer, personal_sign
from backend.ledger.address import AccountExists, AddressMalformed, addresses_of, not_selling, owner_of
from backend.ledger.books import Books
from backend.ledger.closing import close, submit
from backend.ledger.ending import AlreadyLeft, LeavingDateInvalid, leave, report_death
from backend.ledger.freeze import VintageFrozen
from backend.ledger.hand_over import (
    WAITING,
    HandOverNotNeeded,
    HandOverTooEarly,
    HandOverUnknown,
    HandOverWaiting,
    ProofWrong,
    ask_hand_over,
    complete_hand_over,
    majority_of,
    waiting_hand_over,
    withdraw_hand_over,
)
from backend.ledger.home import stays
from backend.ledger.person import AccountRekeyed, AccountUnknown, Person, join, person_at, wards_of
from backend.ledger.personhood import IssuerMissing, LedgerKeys
from backend.ledger.region import RegionUnfit
from backend.ledger.residence import AlreadyResident, MoveDateInvalid, Residence, move, region_on, residences_of
from backend.ledger.rotation import rotate, rotation_text
from backend.ledger.service import household_of, statement_at
from backend.storage.database import Database
from tests.unit.ledger.britons import closed
from tests.unit.ledger.people import AT, at_home, keep, member, power, some_books

CHAIN = 31337
OLD, NEW, OTHER = dev_signer(10), dev_signer(30), dev_signer(31)


def turned(
    session: Session,
    *,
    old: Signer = OLD,
    new: Signer = NEW,
    by: tuple[Signer, Signer] | None = None,
    signed_at: datetime = AT,
) -> Person:
    """A rotation from the old key to the new one, signed by both unless said otherwise."""
    first, second = by or (old, new)
    text = rotation_text(account=old.address, new_address=new.address, chain_id=CHAIN, signed_at=signed_at)
    return rotate(
        session,
        account=old.address,
        new_address=new.address,
        chain_id=CHAIN,
        signed_at=signed_at,
        signature=personal_sign(first, text),
        new_signature=personal_sign(second, text),
        at=AT,
    )


def a_child(session: Session, books: Books, guardian: Person, born_on: date, number: int = 11) -> Person:
    return join(
        session, books, address=dev_signer(number).address, region="US-CA", identity="child", at=AT,
        joined_on=date(2025, 1, 1), born_on=born_on, guardian=guardian.address,
    )  # fmt: skip


class TestRotation:
    def test_both_keys_sign__the_account_follows_and_the_old_address_stays_its_own(self, database: Database) -> None:
        with database.write() as session:
            person = member(session, some_books(), 10)

            again = turned(session)

            assert (again.person_id, again.address) == (person.person_id, NEW.address)
            assert addresses_of(session, person.person_id) == [OLD.address, NEW.address]
            owner = owner_of(session, OLD.address)
            assert owner is not None
            assert owner.id == person.person_id
            with pytest.raises(AccountRekeyed) as old:
                person_at(session, OLD.address)
            assert old.value.code == "account.rekeyed"
            assert NEW.address not in old.value.message

    def test_old_address__never_opens_an_account_again(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            member(session, books, 10)
            turned(session)

            with pytest.raises(AccountExists):
                join(
                    session, books, address=OLD.address, region="US-CA", identity="another", at=AT,
                    joined_on=date(2025, 1, 1),
                )  # fmt: skip
            with pytest.raises(AccountExists):
                turned(session, old=NEW, new=OLD)

    @pytest.mark.parametrize("by", [(OTHER, NEW), (OLD, OTHER)])
    def test_one_signature_by_another_key__is_refused(self, database: Database, by: tuple[Signer, Signer]) -> None:
        with database.write() as session:
            member(session, some_books(), 10)

            with pytest.raises(SignedTextSignerWrong) as refused:
                turned(session, by=by)
            assert person_at(session, OLD.address).address == OLD.address
        assert refused.value.code == "signed_text.signer_wrong"

    @pytest.mark.parametrize("off", [timedelta(hours=-1, seconds=-1), timedelta(hours=1, seconds=1)])
    def test_text_of_another_hour__is_refused(self, database: Database, off: timedelta) -> None:
        with database.write() as session:
            member(session, some_books(), 10)

            with pytest.raises(SignedTextExpired) as refused:
                turned(session, signed_at=AT + off)
        assert refused.value.code == "signed_text.expired"

    def test_unknown_account_or_malformed_address__is_refused(self, database: Database) -> None:
        with database.write() as session:
            with pytest.raises(AccountUnknown):
                turned(session)
            with pytest.raises(AddressMalformed):
                turned(session, new=Signer("0x12", NEW.key))

    def test_guardian_s_new_key__is_the_wards_guardian(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            parent = member(session, books, 10)
            child = a_child(session, books, parent, date(2020, 1, 1))

            turned(session)

            assert [ward.address for ward in wards_of(session, NEW.address)] == [child.address]

    def test_verifier_s_earlier_address__is_of_the_household_still(self, database: Database) -> None:
        with database.write() as session:
            _, (one, two) = at_home(session, some_books(), 10, 11)
            turned(session)

            assert household_of(session, two.person_id) == {OLD.address, NEW.address, two.address}
            assert household_of(session, one.person_id) == {OLD.address, NEW.address, two.address}

    def test_statement_closed_before__mints_to_the_old_address_it_names(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (person,) = at_home(session, books, 10)
            keep(session, books, person, power(1, "100"), code)
            statement = closed(session, books, person, 2025)
            turned(session)

            assert statement_at(session, statement.digest).account == OLD.address
            assert closed(session, books, person, 2025).account == NEW.address


class TestHandOver:
    def grown(self, session: Session, books: Books) -> Person:
        return a_child(session, books, member(session, books, 10), date(2007, 1, 16) + timedelta(days=366))

    def test_proof_and_a_new_key__take_over_after_the_waiting_time(self, database: Database) -> None:
        at = datetime(2026, 3, 1, tzinfo=UTC)
        with database.write() as session:
            books = some_books()
            child = self.grown(session, books)

            waits = ask_hand_over(
                session, books, account=child.address, new_address=NEW.address, identity=" Child ", at=at
            )
            with pytest.raises(HandOverWaiting) as early:
                complete_hand_over(session, account=child.address, new_address=NEW.address, at=at)
            assert waiting_hand_over(session, child.person_id) == waits
            grown = complete_hand_over(session, account=child.address, new_address=NEW.address, at=at + WAITING)

            assert (grown.address, grown.guardian) == (NEW.address, None)
            assert wards_of(session, OLD.address) == []
            assert waiting_hand_over(session, child.person_id) is None
            assert early.value.code == "hand_over.waiting"

    def test_book__takes_no_sell_of_a_minor_nor_of_the_address_a_guardian_had(self, database: Database) -> None:
        at = datetime(2026, 3, 1, tzinfo=UTC)
        with database.write() as session:
            books = some_books()
            child = self.grown(session, books)
            kept = child.address
            assert not_selling(session, [kept]) == {kept}, "of age, and not handed over: the guardian may hold the key"
            ask_hand_over(session, books, account=kept, new_address=NEW.address, identity="child", at=at)
            complete_hand_over(session, account=kept, new_address=NEW.address, at=at + WAITING)

            assert not_selling(session, [kept]) == {kept}
            assert not not_selling(session, [NEW.address])
            assert not not_selling(session, [OLD.address])
            assert not not_selling(session, [OTHER.address]), "no ledger account: it may sell what it bought"

    def test_minor_s_earlier_key__does_not_free_it_to_sell(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            child = a_child(session, books, member(session, books, 10), date(2020, 1, 1))
            turned(session, old=dev_signer(11))

            assert not_selling(session, [child.address]) == {child.address}
            assert not_selling(session, [NEW.address]) == {NEW.address}

    def test_same_key__only_the_guardian_goes(self, database: Database) -> None:
        at = datetime(2026, 3, 1, tzinfo=UTC)
        with database.write() as session:
            books = some_books()
            child = self.grown(session, books)
            own = child.address
            ask_hand_over(session, books, account=own, new_address=own, identity="child", at=at)

            grown = complete_hand_over(session, account=own, new_address=own, at=at + WAITING)

            assert (grown.address, grown.guardian, not_selling(session, [own])) == (own, None, set())

    def test_asking_anew_with_another_key__waits_anew(self, database: Database) -> None:
        at = datetime(2026, 3, 1, tzinfo=UTC)
        with database.write() as session:
            books = some_books()
            child = self.grown(session, books)
            own = child.address
            ask_hand_over(session, books, account=own, new_address=OTHER.address, identity="child", at=at)
            ask_hand_over(
                session, books, account=own, new_address=NEW.address, identity="child", at=at + timedelta(days=13)
            )

            with pytest.raises(HandOverUnknown) as refused:
                complete_hand_over(session, account=own, new_address=OTHER.address, at=at + WAITING)
            with pytest.raises(HandOverWaiting):
                complete_hand_over(session, account=own, new_address=NEW.address, at=at + WAITING)
            withdraw_hand_over(session, account=own, new_address=NEW.address)
            assert waiting_hand_over(session, child.person_id) is None
        assert refused.value.code == "hand_over.unknown"

    def test_minor_or_stranger_or_adult__is_refused(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            parent = member(session, books, 10)
            child = a_child(session, books, parent, date(2008, 3, 2))

            def ask(account: str, identity: str) -> None:
                ask_hand_over(session, books, account=account, new_address=NEW.address, identity=identity, at=AT)

            with pytest.raises(HandOverTooEarly) as early:
                ask(child.address, "child")
            with pytest.raises(ProofWrong) as stranger:
                ask(child.address, "somebody else")
            with pytest.raises(HandOverNotNeeded) as adult:
                ask(parent.address, "person 10")
            with pytest.raises(AccountUnknown):
                ask(OTHER.address, "child")
        assert early.value.fields == {"majority_on": "2026-03-02"}
        codes = [one.value.code for one in (early, stranger, adult)]
        assert codes == ["hand_over.too_early", "personhood.proof_wrong", "hand_over.not_needed"]

    def test_majority__of_a_leap_day_child__is_on_the_first_of_march(self) -> None:
        assert majority_of(date(2008, 2, 29)) == date(2026, 3, 1)
        assert majority_of(date(2008, 6, 1)) == date(2026, 6, 1)


class TestMoving:
    def test_move__is_known_by_day_and_changes_the_region(self, database: Database) -> None:
        with database.write() as session:
            person = member(session, some_books(), 10)

            moved = move(session, person.person_id, region="CN-SC", since_on=date(2026, 1, 10), at=AT)

            assert moved.region == "CN-SC"
            known = residences_of(session, person.person_id)
            assert known == [Residence(date(2025, 1, 1), "US-CA"), Residence(date(2026, 1, 10), "CN-SC")]
            days = (date(2024, 1, 1), date(2026, 1, 9), date(2026, 1, 10))
            assert [region_on(known, day) for day in days] == ["US-CA", "US-CA", "CN-SC"]

    @pytest.mark.parametrize("day", [date(2025, 12, 31), date(2026, 1, 17), date(2026, 5, 1)])
    def test_move__of_a_past_year_or_in_the_future__is_refused(self, database: Database, day: date) -> None:
        with database.write() as session:
            person = member(session, some_books(), 10)

            with pytest.raises(MoveDateInvalid) as refused:
                move(session, person.person_id, region="CN-SC", since_on=day, at=AT)
        assert refused.value.code == "residence.date_invalid"

    def test_move__long_ago_or_before_the_last_one_or_nowhere_else__is_refused(self, database: Database) -> None:
        summer = datetime(2026, 7, 1, 12, tzinfo=UTC)
        with database.write() as session:
            person = member(session, some_books(), 10)

            with pytest.raises(MoveDateInvalid):
                move(session, person.person_id, region="CN-SC", since_on=date(2026, 5, 30), at=summer)
            with pytest.raises(AlreadyResident) as same:
                move(session, person.person_id, region="US-CA", since_on=date(2026, 6, 30), at=summer)
            with pytest.raises(RegionUnfit):
                move(session, person.person_id, region="US-CAMX", since_on=date(2026, 6, 30), at=summer)
            move(session, person.person_id, region="CN-SC", since_on=date(2026, 6, 30), at=summer)
            with pytest.raises(MoveDateInvalid):
                move(session, person.person_id, region="GB", since_on=date(2026, 6, 30), at=summer)
        assert same.value.code == "residence.already_there"


class TestEnding:
    def test_leaving__ends_the_membership_and_the_stays(self, database: Database) -> None:
        with database.write() as session:
            code, (one, two) = at_home(session, some_books(), 10, 11)
            left = leave(session, one.person_id, on=date(2026, 1, 10), at=AT)
            found = stays(session, 1)

            assert left.left_on == date(2026, 1, 10)
            assert [(stay.person_id, stay.until_on) for stay in found] == [
                (one.person_id, date(2026, 1, 10)),
                (two.person_id, None),
            ]
            with pytest.raises(AlreadyLeft) as refused:
                leave(session, one.person_id, on=date(2026, 1, 11), at=AT)
        assert code
        assert refused.value.code == "account.already_left"

    def test_leaving__long_ago_or_before_joining__is_refused(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            person = member(session, books, 10, joined_on=date(2026, 1, 10))

            with pytest.raises(MoveDateInvalid):
                leave(session, person.person_id, on=date(2025, 12, 31), at=AT)
            with pytest.raises(LeavingDateInvalid) as refused:
                leave(session, person.person_id, on=date(2026, 1, 9), at=AT)
        assert refused.value.code == "account.leaving_date_invalid"

    def test_death__is_told_with_the_issuer_s_proof_and_of_any_past_day(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            person = member(session, books, 10)

            with pytest.raises(ProofWrong):
                report_death(session, books, account=OLD.address, identity="no", on=date(2025, 3, 3), at=AT)
            with pytest.raises(LeavingDateInvalid):
                report_death(session, books, account=OLD.address, identity="person 10", on=date(2027, 1, 1), at=AT)
            with pytest.raises(AccountUnknown):
                report_death(session, books, account=NEW.address, identity="person 10", on=date(2025, 3, 3), at=AT)
            died = report_death(session, books, account=OLD.address, identity="Person 10", on=date(2025, 3, 3), at=AT)

            assert (died.person_id, died.left_on) == (person.person_id, date(2025, 3, 3))

    def test_ending__of_a_year_that_a_housemate_submitted__is_refused(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            _, (_, two) = at_home(session, books, 10, 11)
            close(session, books, person_id=two.person_id, vintage=2025, at=AT)
            submit(session, books, person_id=two.person_id, vintage=2025, at=AT)

            with pytest.raises(VintageFrozen):
                report_death(session, books, account=OLD.address, identity="person 10", on=date(2025, 3, 3), at=AT)


class TestIssuer:
    def test_development_issuer__vouches_on_the_local_chain_only(self, database: Database) -> None:
        keys = LedgerKeys(b"i" * 32, b"p" * 32)
        public = Books.on_chain(keys, 1)

        assert Books.on_chain(keys, CHAIN).personhood == Books.development(keys).personhood
        with database.write() as session, pytest.raises(IssuerMissing) as refused:
            member(session, public, 10)
        with pytest.raises(IssuerMissing):
            public.personhood.nullifier(b"c" * 32, 2025)
        assert refused.value.code == "personhood.issuer_missing"
