"""What others do behind a page while somebody waits there: a household's bills come in, verifiers return and attest a
year, a batch of it is signed and anchored, its claims mint.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, select

from backend.api.rooms import books_of_all_rooms
from backend.api.sample.cast import cast_of_the_year
from backend.chain.class_id import parse_code
from backend.chain.contracts import Contracts
from backend.chain.deployment import Deployment
from backend.chain.keys import Signer
from backend.chain.rpc import connect
from backend.issuance.approval import approve
from backend.issuance.inspection import inspector_of
from backend.issuance.returning import return_statement
from backend.issuance.service import anchor, attest, claim, plan_batch, review
from backend.issuance.task import attester_of
from backend.issuance.verification_tables import InspectionRow
from backend.kernel.clock import SystemClock
from backend.ledger.books import Books
from backend.ledger.closing import close, submit
from backend.ledger.correction import CorrectionKind, correct
from backend.ledger.home import found_home, move_in
from backend.ledger.person import join, person_at
from backend.ledger.personhood import LedgerKeys
from backend.ledger.record import import_csv, inspect
from backend.ledger.sample import SAMPLE_VINTAGE, sample_households
from backend.ledger.service import Statement, statement_of
from backend.ledger.state import State
from backend.storage.database import Database
from tests.browser.world import World
from tests.patience import until

VERIFIERS = ("verifier-a", "verifier-b", "verifier-c")
NEW_YEAR = date(SAMPLE_VINTAGE, 1, 1)


@dataclass(frozen=True)
class Desk:
    """The desks of a world: its database is theirs too, as it is its operator's."""

    database: Database
    books: Books
    deployment: Deployment

    def hand_in(self, people: Sequence[Signer], household: str) -> list[Statement]:
        """Strangers share a home with the bills of a household of the sample; each closes and submits 2025."""
        now = SystemClock().now()
        with self.database.write() as session:
            ids, kept = self._moved_in(session, people, household, now)
            inspect(session, verifier=_verifiers()[0].address, activity_ids=kept, at=now)
            for person_id in ids:
                close(session, self.books, person_id=person_id, vintage=SAMPLE_VINTAGE, at=now)
            return [
                submit(session, self.books, person_id=person_id, vintage=SAMPLE_VINTAGE, at=now) for person_id in ids
            ]

    def move_in(self, people: Sequence[Signer], household: str) -> None:
        """The same strangers before anybody has seen a bill of theirs, or closed a year."""
        with self.database.write() as session:
            self._moved_in(session, people, household, SystemClock().now())

    def inspector_of(self, signer: Signer) -> Signer:
        """Which verifier was asked to look at this person's documents."""
        with self.database.read() as session:
            asked = InspectionRow.person_id == person_at(session, signer.address).person_id
            turn = inspector_of(session, session.exec(select(InspectionRow).where(asked)).one(), SystemClock().now())
        return next(signer for signer in _verifiers() if signer.address == turn)

    def verifier_of(self, statement: Statement) -> Signer:
        """Whose turn it is to look into it."""
        with self.database.read() as session:
            turn = attester_of(session, statement, SystemClock().now())
        return next(signer for signer in _verifiers() if signer.address == turn)

    def return_(self, statement: Statement, reason: str) -> None:
        """The verifier sends it back."""
        verifier = self.verifier_of(statement).address
        with self.database.write() as session:
            return_statement(session, statement.digest, verifier, [reason], SystemClock().now())

    def attest(self, people: Sequence[Signer]) -> None:
        """The verifiers look into what these people submitted, and attest it."""
        for signer in people:
            statement = self._year_of(signer)
            verifier, now = self.verifier_of(statement), SystemClock().now()
            with self.database.write() as session:
                accepted = {finding.rule for finding in review(session, statement.digest)}
                attest(session, self.deployment, statement.digest, verifier, now, accepted=accepted)

    def mint(self, world: World, credit_class: str, people: Sequence[Signer]) -> None:
        """What is attested of a class goes into a batch; two verifiers sign it, it is anchored, and the claims mint."""
        contracts = Contracts(connect(world.rpc_url), self.deployment)
        root = plan_batch(self.database, self.books, parse_code(credit_class), SystemClock().now()).root
        for signer in (_verifiers()[0], _verifiers()[2]):
            approve(self.database, self.deployment, root, signer, SystemClock().now())
        with self.database.write() as session:
            anchor(session, contracts, root, SystemClock().now())
        until(lambda: self._stand(people, State.ISSUED), "the batch to be anchored")
        with self.database.write() as session:
            claim(session, contracts, root, SystemClock().now())
        until(lambda: self._stand(people, State.CLAIMED), "the claims to mint")

    def note(self, signer: Signer, reason: str, amount_gco2e: int) -> None:
        """An error to somebody's favour comes to light in the attested year: a memo."""
        digest = self._year_of(signer).digest
        with self.database.write() as session:
            correct(
                session, digest, kind=CorrectionKind.MEMO, amount_gco2e=amount_gco2e, reason=reason,
                source=f"a note, {signer.address}", at=SystemClock().now(),
            )  # fmt: skip

    def _moved_in(
        self, session: Session, people: Sequence[Signer], household: str, now: datetime
    ) -> tuple[list[int], list[int]]:
        """Who they are in the ledger, and the activities of their bills."""
        known = next(one for one in sample_households() if one.key == household)
        first, kept, ids, code = people[0].address, list[int](), list[int](), ""
        for signer in people:
            person = join(
                session, self.books, address=signer.address, region=known.region,
                identity=f"a stranger, {signer.address}", joined_on=NEW_YEAR, at=now,
            )  # fmt: skip
            own: dict[str, Any] = {"person_id": person.person_id}
            ids.append(person.person_id)
            if code:
                move_in(session, code, since_on=NEW_YEAR, **own)
                continue
            home = found_home(session, region=known.region, since_on=NEW_YEAR, at=now, grid_area=known.grid_area, **own)
            code = home.code
            for text in known.csv_texts:
                own_meters = re.sub(r",([a-z-]+-(?:meter|profile)),", rf",\1-{first[-8:]},", text)
                kept += import_csv(session, self.books, text=own_meters, home=code, at=now, **own)
        return ids, kept

    def _year_of(self, signer: Signer) -> Statement:
        with self.database.read() as session:
            found = statement_of(session, person_at(session, signer.address).person_id, SAMPLE_VINTAGE)
        assert found is not None
        return found

    def _stand(self, people: Sequence[Signer], state: State) -> bool:
        return all(self._year_of(signer).state is state for signer in people)


def _verifiers() -> list[Signer]:
    return [cast_of_the_year()[key].signer for key in VERIFIERS]


@contextmanager
def desk_of(world: World) -> Iterator[Desk]:
    """The desks of a running world."""
    deployment = Deployment.load(world.folder / "deployment.json")
    books = books_of_all_rooms(Books.on_chain(LedgerKeys.at(world.folder / "ledger-keys.json"), deployment.chain_id))
    database = Database.at(world.folder / "tanyu.db")
    try:
        yield Desk(database, books, deployment)
    finally:
        database.close()
