"""A fresh address for one vintage's claim: proven by its key, nobody else's, and still the person's in the ledger."""

from dataclasses import replace
from datetime import date

import pytest
from sqlmodel import Session

from backend.access.signed_text import SignedTextSignerWrong
from backend.chain.keys import Signer, dev_signer, personal_sign
from backend.ledger.address import AccountExists, claim_addresses_of, not_selling, owner_of
from backend.ledger.claim_address import (
    ClaimAddress,
    ClaimAddressOfMinor,
    ClaimAddressTaken,
    claim_address_text,
)
from backend.ledger.closing import close, submit
from backend.ledger.document import verify
from backend.ledger.person import Person, join
from backend.ledger.service import Statement, household_of, mark_returned
from backend.storage.database import Database
from tests.unit.ledger.people import AT, at_home, member, some_books

CHAIN_ID = 31337
FRESH = dev_signer(19)


def given(person: Person, signer: Signer = FRESH, vintage: int = 2025) -> ClaimAddress:
    text = claim_address_text(account=person.address, address=signer.address, vintage=vintage, chain_id=CHAIN_ID)
    return ClaimAddress(signer.address, CHAIN_ID, personal_sign(signer, text))


def closed(session: Session, person: Person, claim: ClaimAddress | None) -> Statement:
    return close(session, some_books(), person_id=person.person_id, vintage=2025, at=AT, claim=claim)


def test_claim_address__given_at_closing__is_what_mints_and_what_the_document_says(database: Database) -> None:
    books = some_books()
    with database.write() as session:
        _, (person, mate) = at_home(session, books, 10, 11)
        statement = closed(session, person, given(person))
        assert statement.account == FRESH.address
        assert verify(statement.document).values["account"] == FRESH.address
        handed_in = submit(session, books, person_id=person.person_id, vintage=2025, at=AT)
        assert handed_in.digest == statement.digest
        assert claim_addresses_of(session, person.person_id) == [FRESH.address]
        owner = owner_of(session, FRESH.address)
        assert owner is not None
        assert owner.id == person.person_id
        assert not not_selling(session, [FRESH.address])
        assert FRESH.address in household_of(session, mate.person_id), "nobody verifies for it unseen"
        mark_returned(session, statement.digest, reason="once more", at=AT)
        assert closed(session, person, None).account == person.address, "it is given anew, or it is the account's"


def test_claim_address__of_somebody_else__is_refused_and_nobody_joins_with_it(database: Database) -> None:
    books = some_books()
    with database.write() as session:
        _, (alice, bob) = at_home(session, books, 10, 11)
        with pytest.raises(ClaimAddressTaken) as caught:
            closed(session, alice, given(alice, dev_signer(11)))
        assert caught.value.code == "claim_address.taken"
        closed(session, alice, given(alice))
        with pytest.raises(ClaimAddressTaken):
            closed(session, bob, given(bob))
        with pytest.raises(AccountExists):
            member(session, books, 19)
        assert closed(session, alice, given(alice)).account == FRESH.address


@pytest.mark.parametrize("wrong", ["another key", "another vintage", "another account", "another chain"])
def test_claim_address__not_signed_by_its_key_for_this__is_refused(database: Database, wrong: str) -> None:
    with database.write() as session:
        _, (alice, bob) = at_home(session, some_books(), 10, 11)
        right = given(alice)
        claims = {
            "another key": replace(right, address=dev_signer(18).address),
            "another vintage": given(alice, vintage=2024),
            "another account": given(bob),
            "another chain": replace(right, chain_id=1),
        }
        with pytest.raises(SignedTextSignerWrong) as caught:
            closed(session, alice, claims[wrong])
        assert caught.value.code == "signed_text.signer_wrong"


def test_claim_address__of_a_minor__is_refused(database: Database) -> None:
    books = some_books()
    with database.write() as session:
        parent = member(session, books, 10)
        child = join(
            session, books, address=dev_signer(12).address, region="US-CA", identity="child",
            joined_on=date(2025, 1, 1), at=AT, born_on=date(2020, 1, 1), guardian=parent.address,
        )  # fmt: skip
        with pytest.raises(ClaimAddressOfMinor) as caught:
            closed(session, child, given(child))
        assert caught.value.code == "claim_address.minor"
