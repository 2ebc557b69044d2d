"""Another split than equal shares: signed by all, for the future only, never more than the whole."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from sqlmodel import Session

from backend.access.signed_text import SignedTextSignerWrong
from backend.chain.keys import dev_signer, personal_sign
from backend.ledger.books import Books
from backend.ledger.home import Split, Stay, home_at, move_in, sharing
from backend.ledger.odometer import (
    read_odometer,
)
from backend.ledger.person import AccountUnknown, Person, join
from backend.ledger.split import (
    PartsInvalid,
    Shared,
    SplitAgreed,
    SplitInPast,
    SplitUnknown,
    SplitView,
    WardOverloaded,
    propose_split,
    sign_split,
    split_views,
    splits_of,
)
from backend.storage.database import Database
from tests.unit.ledger.people import AT, at_home, member, some_books
from tests.unit.ledger.test_vehicles import NEW_YEAR, two_in_sichuan


class TestSplit:
    TOMORROW = date(2026, 1, 16)

    def a_home(self, session: Session) -> tuple[Books, Person, Person, Shared]:
        books = some_books()
        code, (one, two) = at_home(session, books, 10, 11)
        return books, one, two, Shared.home(home_at(session, code))

    def proposed(self, session: Session, shared: Shared, one: Person, two: Person, bps: int = 7_000) -> SplitView:
        parts = {one.address: bps, two.address: 10_000 - bps}
        return propose_split(session, shared, parts_bps=parts, since_on=self.TOMORROW, at=AT)

    def sign(self, session: Session, shared: Shared, split: SplitView, number: int, at: datetime = AT) -> SplitView:
        signature = personal_sign(dev_signer(number), split.text)
        return sign_split(session, shared, split.split_id, signature=signature, at=at)

    def test_split__holds_from_tomorrow_when_all_have_signed(self, database: Database) -> None:
        with database.write() as session:
            _, one, two, shared = self.a_home(session)
            split = self.proposed(session, shared, one, two)
            assert f"{one.address}: 70.00 %" in split.text

            first = self.sign(session, shared, split, 10)
            assert (first.agreed_at, first.signed, splits_of(session, shared)) == (None, (one.address,), [])
            second = self.sign(session, shared, split, 11)

            assert second.agreed_at == AT
            (agreed,) = splits_of(session, shared)
            runs = sharing(shared.sharers(session), one.person_id, date(2026, 1, 1), date(2026, 1, 31), [agreed])
            assert runs == [
                (date(2026, 1, 1), date(2026, 1, 15), 2),
                (date(2026, 1, 16), date(2026, 1, 31), Fraction(10_000, 7_000)),
            ]
            assert [view.split_id for view in split_views(session, shared)] == [split.split_id]
            with pytest.raises(SplitAgreed) as again:
                self.sign(session, shared, split, 11)
        assert again.value.code == "split.agreed"

    def test_last_signature_late__the_split_begins_the_day_after_it(self, database: Database) -> None:
        with database.write() as session:
            _, one, two, shared = self.a_home(session)
            split = self.proposed(session, shared, one, two)
            self.sign(session, shared, split, 10)

            late = self.sign(session, shared, split, 11, AT + timedelta(days=20))

            assert late.since_on == date(2026, 2, 5)

    def test_split__ends_when_somebody_comes(self) -> None:
        split = Split(date(2025, 1, 10), {1: 9_000, 2: 1_000})
        stays = [Stay(1, NEW_YEAR, None), Stay(2, NEW_YEAR, None), Stay(3, date(2025, 1, 20), None)]

        runs = sharing(stays, 1, NEW_YEAR, date(2025, 1, 31), [split])

        assert [people for _, _, people in runs] == [2, Fraction(10, 9), 3]

    def test_parts_of_a_day__are_always_the_whole(self) -> None:
        split = Split(date(2025, 1, 10), {1: 3_333, 2: 3_333, 3: 3_334})
        stays = [Stay(person, NEW_YEAR, None) for person in (1, 2, 3)]

        parts = [sharing(stays, person, NEW_YEAR, date(2025, 1, 31), [split])[-1][2] for person in (1, 2, 3)]

        assert sum(Fraction(part.denominator, part.numerator) for part in parts) == 1

    def test_past_or_wrong_parts_or_strangers__are_refused(self, database: Database) -> None:
        with database.write() as session:
            books, one, two, shared = self.a_home(session)
            three = member(session, books, 12)

            def propose(parts: dict[str, int], since_on: date = self.TOMORROW) -> None:
                propose_split(session, shared, parts_bps=parts, since_on=since_on, at=AT)

            with pytest.raises(SplitInPast) as past:
                propose({one.address: 5_000, two.address: 5_000}, date(2026, 1, 15))
            with pytest.raises(PartsInvalid) as parts:
                propose({one.address: 5_000, two.address: 4_999})
            with pytest.raises(PartsInvalid):
                propose({one.address: 10_000, two.address: 0})
            with pytest.raises(PartsInvalid):
                propose({one.address: 5_000, three.address: 5_000})
            with pytest.raises(AccountUnknown):
                propose({one.address: 5_000, dev_signer(40).address: 5_000})
            split = self.proposed(session, shared, one, two)
            with pytest.raises(SignedTextSignerWrong) as stranger:
                self.sign(session, shared, split, 12)
            with pytest.raises(SplitUnknown) as unknown:
                sign_split(session, shared, 99, signature=b"s" * 65, at=AT)
        codes = [one.value.code for one in (past, parts, stranger, unknown)]
        assert codes == ["split.in_past", "split.parts_invalid", "signed_text.signer_wrong", "split.unknown"]

    def test_ward__bears_no_more_than_an_equal_share_and_its_guardian_signs(self, database: Database) -> None:
        with database.write() as session:
            books = some_books()
            code, (parent,) = at_home(session, books, 10)
            child = join(
                session, books, address=dev_signer(11).address, region="US-CA", identity="child", joined_on=NEW_YEAR,
                at=AT, born_on=date(2020, 1, 1), guardian=parent.address,
            )  # fmt: skip
            move_in(session, code, person_id=child.person_id, since_on=NEW_YEAR, at=AT)
            shared = Shared.home(home_at(session, code))

            with pytest.raises(WardOverloaded) as refused:
                self.proposed(session, shared, child, parent, 5_001)
            split = self.proposed(session, shared, child, parent, 2_000)
            assert self.sign(session, shared, split, 10).agreed_at == AT
        assert refused.value.code == "split.ward_overloaded"

    def test_split_of_a_vehicle__shares_what_is_driven_after_it(self, database: Database) -> None:
        feb = datetime(2026, 2, 15, 12, tzinfo=UTC)
        with database.write() as session:
            books = some_books()
            one, two, car = two_in_sichuan(session, books)
            shared = Shared.vehicle(car)
            split = self.proposed(session, shared, one, two, 9_000)
            self.sign(session, shared, split, 10)
            self.sign(session, shared, split, 11)
            for day, km in ((date(2026, 1, 16), 0), (date(2026, 2, 1), 100)):
                read_odometer(session, books, car.code, person_id=one.person_id, read_on=day, km=km, at=feb)
            (agreed,) = splits_of(session, shared)
            runs = sharing(shared.sharers(session), one.person_id, date(2026, 1, 16), date(2026, 1, 31), [agreed])

            assert [people for _, _, people in runs] == [Fraction(10, 9)]
            assert splits_of(session, shared, as_of=AT - timedelta(seconds=1)) == []
