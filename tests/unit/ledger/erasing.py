"""Erasures as a person asks for them."""

from datetime import datetime

from backend.chain.keys import Signer, dev_signer, personal_sign
from backend.ledger.books import Books
from backend.ledger.erasure import Confirmation, destroy_keys, erase
from backend.ledger.erasure_terms import erasure_text
from backend.ledger.person import Person
from backend.storage.database import Database
from tests.unit.ledger.people import AT

CHAIN_ID = 31337


def signed(person: Person, signer: Signer, signed_at: datetime = AT) -> Confirmation:
    """The words, signed."""
    text = erasure_text(account=person.address, signer=signer.address, chain_id=CHAIN_ID, signed_at=signed_at)
    return Confirmation(signer.address, CHAIN_ID, signed_at, personal_sign(signer, text))


def erased(database: Database, books: Books, person: Person, number: int, at: datetime = AT) -> None:
    """Erases a person by the development key of that number: its own or its guardian's."""
    with database.write() as session:
        erase(session, books, person, signed(person, dev_signer(number), at), at=at)
    destroy_keys(database, person.person_id)
