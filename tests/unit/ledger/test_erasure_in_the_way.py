"""What is in the way of an erasure, what is not, and what it gives up."""

from dataclasses import replace
from datetime import timedelta

import pytest

from backend.access.signed_text import SignedTextExpired, SignedTextSignerWrong
from backend.chain.keys import dev_signer
from backend.ledger.deficit import open_deficits
from backend.ledger.erasure import (
    ErasureInTheWay,
    erase,
    given_up,
    in_the_way,
)
from backend.ledger.person import person_at
from backend.ledger.service import (
    mark_attested,
    mark_claimed,
    mark_returned,
    statement_at,
    statement_of,
    statements_in,
    unmark_claimed,
)
from backend.ledger.state import State
from backend.storage.database import Database
from tests.unit.ledger.anchoring import mark_anchored
from tests.unit.ledger.erasing import erased, signed
from tests.unit.ledger.people import AT, at_home, keep, power, some_books
from tests.unit.ledger.test_erasure import ALICE, BOB, a_shared_year, a_year, submitted


class TestInTheWay:
    def test_statement__with_the_verifiers__is_in_the_way(self, database: Database) -> None:
        books = some_books()
        _, alice, _ = a_shared_year(database, books)
        submitted(database, books, alice)
        with pytest.raises(ErasureInTheWay) as caught:
            erased(database, books, alice, ALICE)
        assert caught.value.code == "erasure.in_the_way"

    def test_statement__attested_and_not_on_the_chain__gives_up_its_credit_and_keeps_its_deficit(
        self, database: Database
    ) -> None:
        books = some_books()
        with database.write() as session:
            thrifty, (alice,) = at_home(session, books, ALICE)
            lavish, (bob,) = at_home(session, books, BOB)
            for person, home, meter, kwh in ((alice, thrifty, "M1", "60"), (bob, lavish, "M2", "900")):
                for month in range(1, 13):
                    keep(session, books, person, power(month, kwh, meter=meter), home)
        for person in (alice, bob):
            digest = submitted(database, books, person)
            with database.write() as session:
                mark_attested(session, digest, at=AT)
        with database.read() as session:
            statement = statement_of(session, alice.person_id, 2025)
            assert statement is not None
            (lost,) = given_up(session, alice)
            assert lost.endswith(f"not on the chain: its {statement.credit_gco2e} g will never mint")
            assert given_up(session, bob) == [], "it earned nothing"
            owed = open_deficits(session, bob.person_id)
        for person, number in ((alice, ALICE), (bob, BOB)):
            erased(database, books, person, number)
        with database.read() as session:
            assert statements_in(session, State.ATTESTED) == []
            assert open_deficits(session, bob.person_id) == owed != []

    def test_returned_statement__is_dropped(self, database: Database) -> None:
        books = some_books()
        _, alice, _ = a_shared_year(database, books)
        digest = submitted(database, books, alice)
        with database.write() as session:
            mark_returned(session, digest, reason="a bill is missing", at=AT)
        erased(database, books, alice, ALICE)
        with database.read() as session:
            found = statement_at(session, digest)
            assert (found.document, found.reason, found.state) == ("", None, State.RETURNED)
            assert statements_in(session, State.RETURNED) == []

    def test_chain__goes_on_saying_what_became_of_an_erased_statement(self, database: Database) -> None:
        books = some_books()
        with database.write() as session:
            code, (alice,) = at_home(session, books, ALICE)
            a_year(session, books, alice, code, "100")
        digest = submitted(database, books, alice)
        with database.write() as session:
            mark_attested(session, digest, at=AT)
            assert mark_anchored(session, digest).state is State.ISSUED
        erased(database, books, alice, ALICE)
        with database.write() as session:
            assert mark_claimed(session, digest).state is State.CLAIMED
            assert unmark_claimed(session, digest).state is State.ISSUED
            assert statements_in(session, State.ISSUED) == []

    def test_other_rooms__may_be_in_the_way(self, database: Database) -> None:
        books = replace(
            some_books(), erasure_checks=(lambda _session, _id, addresses, _at: [f"{len(addresses)} orders"],)
        )
        _, alice, _ = a_shared_year(database, books)
        with database.read() as session:
            assert in_the_way(session, books, alice, AT) == ["1 orders"]
        with pytest.raises(ErasureInTheWay):
            erased(database, books, alice, ALICE)

    def test_words__signed_late_or_by_another_key_or_other_words__erase_nothing(self, database: Database) -> None:
        books = some_books()
        _, alice, bob = a_shared_year(database, books)
        right = signed(alice, dev_signer(ALICE))
        wrong = {
            "signed_text.expired": signed(alice, dev_signer(ALICE), AT - timedelta(hours=2)),
            "signed_text.signer_wrong": replace(right, signer=dev_signer(BOB).address),
            "another chain": replace(right, chain_id=1),
            "another account": replace(right, signature=signed(bob, dev_signer(ALICE)).signature),
        }
        for given in wrong.values():
            with database.write() as session, pytest.raises((SignedTextExpired, SignedTextSignerWrong)):
                erase(session, books, alice, given, at=AT)
        with database.read() as session:
            assert person_at(session, alice.address) == alice
