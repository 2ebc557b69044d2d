"""The net position: whole, whatever was sold, retired, granted or corrected."""

from sqlmodel import Session

from backend.chain.class_id import pack
from backend.ledger.books import Books
from backend.ledger.correction import CorrectionKind, correct, lift
from backend.ledger.deficit import open_deficits, settle_deficit
from backend.ledger.person import Person
from backend.ledger.position import position_of
from backend.ledger.service import mark_claimed, statement_of
from backend.link.tables import CreditBalance
from backend.storage.database import Database
from tests.unit.ledger.anchoring import mark_anchored
from tests.unit.ledger.britons import a_briton, attested, british, used
from tests.unit.ledger.people import AT, some_books


class TestPosition:
    def claimed(self, session: Session, books: Books) -> Person:
        person, code = a_briton(session, books)
        used(session, books, person, code, vintage=2025, kwh="200")
        statement = attested(session, books, person, 2025)
        mark_anchored(session, statement.digest)
        assert position_of(session, person.person_id).minted_gco2e == 0
        mark_claimed(session, statement.digest)
        return person

    def test_sold_surplus__is_gone_from_the_position_and_retired_credits_come_back(self, database: Database) -> None:
        books = some_books(british(2025))
        with database.write() as session:
            person = self.claimed(session, books)
            found = position_of(session, person.person_id)
            assert found.minted_gco2e > 0
            assert found.net_gco2e == found.budget_gco2e - found.footprint_gco2e - found.minted_gco2e
            session.add(
                CreditBalance(
                    account=person.address, class_id=pack("GB", 2024, "SIM"), held_gco2e=9_000, retired_gco2e=4_000
                )
            )
            session.flush()

            after = position_of(session, person.person_id)

            assert (after.retired_gco2e, after.net_gco2e) == (4_000, found.net_gco2e + 4_000)

    def test_grant_for_a_deficit__counts_once_and_own_settling_too(self, database: Database) -> None:
        books = some_books(british(2025))
        with database.write() as session:
            person, code = a_briton(session, books)
            used(session, books, person, code, vintage=2025, kwh="1000")
            mark_anchored(session, attested(session, books, person, 2025).digest)
            before = position_of(session, person.person_id)
            (debt,) = open_deficits(session, person.person_id)
            for source, beneficiary in (("grant:0", None), ("own:0", person.address)):
                settle_deficit(
                    session, debt.reference, amount_gco2e=2_000, region="GB", vintage=2025, source=source, at=AT,
                    beneficiary=beneficiary,
                )  # fmt: skip
            session.add(
                CreditBalance(
                    account=person.address, class_id=pack("GB", 2025, "SIM"), held_gco2e=0, retired_gco2e=2_000
                )
            )
            session.flush()

            after = position_of(session, person.person_id)

            assert before.net_gco2e == -debt.amount_gco2e == -before.owed_gco2e
            assert (after.retired_gco2e, after.settled_by_others_gco2e) == (2_000, 2_000)
            assert (after.net_gco2e, after.owed_gco2e) == (4_000 - debt.amount_gco2e, debt.amount_gco2e - 4_000)

    def test_corrections__are_lines_of_their_own_and_the_sum_is_whole(self, database: Database) -> None:
        books = some_books(british(2025))
        with database.write() as session:
            person = self.claimed(session, books)
            statement = statement_of(session, person.person_id, 2025)
            assert statement is not None
            before = position_of(session, person.person_id).net_gco2e
            for kind, amount, source in ((CorrectionKind.DEBT, 5_000, "a"), (CorrectionKind.MEMO, 700, "b")):
                correct(
                    session, statement.digest, kind=kind, amount_gco2e=amount, reason="a second meter", source=source,
                    at=AT,
                )  # fmt: skip
            found = position_of(session, person.person_id)
            assert [(one.vintage, one.kind, one.effect_gco2e) for one in found.corrections] == [
                (2025, "debt", -5_000),
                (2025, "memo", 700),
            ]
            assert (found.corrected_gco2e, found.net_gco2e) == (-4_300, before - 4_300)
            (debt,) = open_deficits(session, person.person_id)
            settle_deficit(
                session, debt.reference, amount_gco2e=2_000, region="GB", vintage=2025, source="grant:0", at=AT
            )
            assert position_of(session, person.person_id).net_gco2e == before - 2_300

            lift(session, "a", at=AT)

            lifted = position_of(session, person.person_id)
            assert [one.effect_gco2e for one in lifted.corrections] == [0, 700, 0], "what was paid is settled by others"
            assert (lifted.net_gco2e, lifted.settled_by_others_gco2e) == (before + 2_700, 2_000)
