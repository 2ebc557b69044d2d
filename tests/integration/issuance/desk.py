"""The sample year in a database beside a real chain: its verifiers, the operator's outbox, and the index."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from backend.chain.contracts import Contracts
from backend.chain.deployment import Deployment
from backend.chain.keys import DevRole, dev_signer
from backend.issuance import service
from backend.issuance.projection import IssuanceProjection
from backend.issuance.reading import Batch
from backend.issuance.task import attester_of
from backend.kernel.clock import SystemClock
from backend.ledger.books import Books
from backend.ledger.closing import close, submit
from backend.ledger.person import Person
from backend.ledger.service import Statement, statement_of, statements_in
from backend.ledger.state import State
from backend.link.balances import balance_projections
from backend.link.indexer import Indexer
from backend.link.outbox import UNFINISHED, intents_in
from backend.link.sender import Sender
from backend.storage.database import Database
from tests.unit.ledger.people import AT, play_sample_year, some_books

VERIFIERS = tuple(dev_signer(role) for role in (DevRole.VERIFIER_A, DevRole.VERIFIER_B, DevRole.VERIFIER_C))
VINTAGE = 2025
STEPS_MAX = 600
POLL_S = 0.05


@dataclass
class Desk:
    """Times are the machine's, because the node's are."""

    database: Database
    contracts: Contracts
    deployment: Deployment
    books: Books = field(default_factory=some_books)
    people: dict[str, Person] = field(default_factory=dict)

    def __post_init__(self) -> None:
        w3, clock = self.contracts.w3, SystemClock()
        projections = [*balance_projections(self.deployment), IssuanceProjection()]
        self.indexer = Indexer(self.database, w3, self.deployment, projections, confirmations=0)
        self.sender = Sender(
            self.database,
            w3,
            dev_signer(DevRole.OPERATOR),
            clock,
            self.deployment,
            confirmations=0,
            resend_after=timedelta(0),
        )

    @property
    def now(self) -> datetime:
        return SystemClock().now()

    def follow(self) -> None:
        """Sends and reads until nothing moves and nothing is on its way: a node may mine after it has answered."""
        for _ in range(STEPS_MAX):
            sent, read = self.sender.step(), self.indexer.step()
            if sent.moved or read.moved:
                continue
            with self.database.read() as session:
                if not intents_in(session, UNFINISHED):
                    return
            time.sleep(POLL_S)
        raise AssertionError(f"still moving after {STEPS_MAX} steps")

    def year_submitted(self) -> None:
        with self.database.write() as session:
            self.people = play_sample_year(session, self.books)
            for person in self.people.values():
                close(session, self.books, person_id=person.person_id, vintage=VINTAGE, at=AT)
                submit(session, self.books, person_id=person.person_id, vintage=VINTAGE, at=AT)

    def all_attested(self) -> None:
        """The verifier whose turn it is looks into each statement and attests it."""
        by_address = {verifier.address: verifier for verifier in VERIFIERS}
        with self.database.write() as session:
            for statement in statements_in(session, State.SUBMITTED):
                rules = {finding.rule for finding in service.review(session, statement.digest)}
                verifier = by_address[attester_of(session, statement, self.now) or ""]
                service.attest(session, self.deployment, statement.digest, verifier, self.now, accepted=rules)

    def batch(self, class_id: int, signatures: int = 2) -> Batch:
        """Planned, and signed by some verifiers."""
        planned = service.plan_batch(self.database, self.books, class_id, self.now)
        for verifier in VERIFIERS[:signatures]:
            planned = service.approve(self.database, self.deployment, planned.root, verifier, self.now)
        return planned

    def anchored(self, root: bytes) -> None:
        with self.database.write() as session:
            service.anchor(session, self.contracts, root, self.now)
        self.follow()

    def claimed(self, root: bytes) -> None:
        with self.database.write() as session:
            service.claim(session, self.contracts, root, self.now)
        self.follow()

    def statement(self, key: str) -> Statement:
        with self.database.read() as session:
            found = statement_of(session, self.people[key].person_id, VINTAGE)
        assert found is not None
        return found

    def states(self) -> dict[str, State]:
        return {key: self.statement(key).state for key in self.people}
