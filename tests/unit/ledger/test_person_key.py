"""What a person is called in the market's journal: one name for all its addresses, and nothing that tells whose."""

from pathlib import Path

from backend.chain.keys import dev_signer, personal_sign
from backend.ledger.address import ROTATION, change_address
from backend.ledger.claim_address import ClaimAddress, claim_address_text
from backend.ledger.closing import close
from backend.ledger.person_key import PersonKeys
from backend.ledger.tables import PersonRow
from backend.storage.database import Database
from tests.unit.ledger.people import AT, at_home, some_books

CHAIN_ID = 31337
FRESH, NEXT, STRANGER = (dev_signer(index) for index in (19, 18, 17))


def test_names__of_every_address_a_person_has_had_or_claims_to__are_one(database: Database, tmp_path: Path) -> None:
    books, keys = some_books(), PersonKeys.at(tmp_path / "person-keys.secret")
    with database.write() as session:
        _, (ana, bo) = at_home(session, books, 10, 11)
        text = claim_address_text(account=ana.address, address=FRESH.address, vintage=2025, chain_id=CHAIN_ID)
        claim = ClaimAddress(FRESH.address, CHAIN_ID, personal_sign(FRESH, text))
        close(session, books, person_id=ana.person_id, vintage=2025, at=AT, claim=claim)
        change_address(session, session.get_one(PersonRow, ana.person_id), NEXT.address, because=ROTATION, at=AT)
        found = keys.names_of(session, [ana.address, FRESH.address, NEXT.address, bo.address, STRANGER.address])

    assert set(found) == {ana.address, FRESH.address, NEXT.address, bo.address}
    assert found[ana.address] == found[FRESH.address] == found[NEXT.address] != found[bo.address]
    with database.read() as session:
        again = PersonKeys.at(tmp_path / "person-keys.secret").names_of(session, [bo.address])
        elsewhere = PersonKeys.at(tmp_path / "other.secret").names_of(session, [bo.address])
    assert again == {bo.address: found[bo.address]}
    assert elsewhere != again, "only who has the secret can make a name"
