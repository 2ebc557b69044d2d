"""Whose household an address is in, asked from either side."""

from datetime import date

from backend.chain.keys import dev_signer
from backend.ledger.closing import close
from backend.ledger.home import found_home, move_in
from backend.ledger.person import join
from backend.ledger.service import household_of, households_with
from backend.ledger.tables import AddressRow, StatementRow
from backend.storage.database import Database
from tests.unit.ledger.people import AT, at_home, keep, member, power, some_books

SINCE = date(2025, 1, 1)


def test_households__from_either_side__are_the_same_for_everybody(database: Database) -> None:
    """Mates, a mate's guardian and ward, a sibling elsewhere, an earlier address, an address claimed to, a stranger."""
    books = some_books()
    earlier, claimed = dev_signer(40).address, dev_signer(41).address
    with database.write() as session:
        code, (one, two) = at_home(session, books, 10, 11)
        keep(session, books, one, power(1, "100"), code)
        digest = close(session, books, person_id=one.person_id, vintage=2025, at=AT).digest
        stranger = member(session, books, 12)
        children = [
            join(
                session, books, address=dev_signer(number).address, region="US-CA", identity=f"child {number}",
                joined_on=SINCE, at=AT, born_on=date(2020, 1, 1), guardian=guardian.address,
            )
            for number, guardian in ((20, one), (21, one), (22, stranger))
        ]  # fmt: skip
        away = found_home(session, person_id=children[1].person_id, region="GB", since_on=SINCE, at=AT)
        move_in(session, away.code, person_id=member(session, books, 13).person_id, since_on=SINCE, at=AT)
        session.add(AddressRow(person_id=two.person_id, address=earlier, since_at=AT, until_at=AT))
        row = session.get_one(StatementRow, 1)
        assert row.digest == digest
        row.account = claimed
        session.add(row)
        session.flush()
        people = range(1, 8)
        addresses = {dev_signer(number).address for number in (10, 11, 12, 13, 20, 21, 22, 30)} | {earlier, claimed}
        for address in sorted(addresses):
            within = {person for person in people if address in household_of(session, person)}
            assert households_with(session, address) == within, address
        assert households_with(session, dev_signer(30).address) == set()
