"""A few households with submitted statements, accredited verifiers, and a chain that is events alone."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from backend.chain.contracts import Contracts
from backend.chain.deployment import Deployment
from backend.chain.events import ChainEvent
from backend.chain.keys import DevRole, Signer, dev_signer, personal_sign
from backend.chain.rpc import connect
from backend.issuance import service
from backend.issuance.attestation import Attestation, attestation_of
from backend.issuance.batch import Entry
from backend.issuance.projection import IssuanceProjection
from backend.issuance.reading import Batch
from backend.issuance.task import attester_of
from backend.kernel.digest import sha256
from backend.kernel.mass import share_ceil
from backend.ledger.books import Books
from backend.ledger.claim_address import ClaimAddress, claim_address_text
from backend.ledger.closing import close, submit
from backend.ledger.person import Person
from backend.ledger.policy import shipped_policies
from backend.ledger.service import Statement, statement_at
from backend.link.balances import balance_projections
from backend.storage.database import Database
from tests.unit.ledger.people import at_home, keep, power, some_books

AT = datetime(2026, 1, 15, 12, 0, 0, 400_000, tzinfo=UTC)
VINTAGE = 2025
POLICY = shipped_policies().policy("us-ca-home-electricity-2025")
CLASS_ID = POLICY.class_id
VERIFIERS = tuple(dev_signer(role) for role in (DevRole.VERIFIER_A, DevRole.VERIFIER_B, DevRole.VERIFIER_C))
STRANGER = dev_signer(60)
NAMES = ("PaymentToken", "CarbonCredit", "Issuance", "Exchange", "Charity", "Anchors")
DEPLOYMENT = Deployment(
    31337, "0x" + "00" * 32, 0, {name: dev_signer(90 + at).address for at, name in enumerate(NAMES)}, {}
)
CAP_GCO2E = 10**9
THRIFTY, AVERAGE, LAVISH = "60", "150", "400"
"""Monthly kWh that give a credit, neither, and a deficit to somebody who lives alone."""


def offline_contracts() -> Contracts:
    """Encodes calls; talks to no node."""
    return Contracts(connect("http://127.0.0.1:1"), DEPLOYMENT)


def toy_event(
    number: int, contract: str, name: str, args: dict[str, Any], waited: timedelta = timedelta()
) -> ChainEvent:
    return ChainEvent(
        contract=contract,
        name=name,
        args=args,
        block_number=number,
        block_hash=sha256(b"block%d" % number),
        block_time=AT + timedelta(seconds=number) + waited,
        tx_hash=sha256(b"tx%d" % number),
        log_index=number % 7,
    )


@dataclass
class World:
    """One event a block; two signatures make a batch."""

    database: Database
    books: Books = field(default_factory=some_books)
    history: list[ChainEvent] = field(default_factory=list)
    buffer_bps: int = POLICY.buffer_bps
    contracts: Contracts = field(default_factory=offline_contracts)
    _shape: int = 0
    _waited: timedelta = timedelta()

    def __post_init__(self) -> None:
        self.projections = [*balance_projections(DEPLOYMENT), IssuanceProjection()]
        for verifier in VERIFIERS:
            self.event("Issuance", "VerifierSet", verifier=verifier.address, accredited=True)
        self.event("Issuance", "ThresholdSet", threshold=2)
        self.event("CarbonCredit", "ClassCreated", classId=CLASS_ID, cap=CAP_GCO2E, bufferRateBps=self.buffer_bps)

    def event(self, contract: str, name: str, **args: Any) -> None:
        self.history.append(toy_event(len(self.history) + 1, contract, name, args, self._waited))
        with self.database.write() as session:
            for projection in self.projections:
                projection.apply(session, self.history[-1])

    def wait(self, span: timedelta) -> None:
        """Later events are of later blocks."""
        self._waited += span

    def undo(self) -> None:
        with self.database.write() as session:
            for projection in reversed(self.projections):
                projection.undo(session, self.history[-1])
        self.history.pop()

    def reindex(self) -> None:
        with self.database.write() as session:
            for projection in self.projections:
                projection.reset(session)
            for event in self.history:
                for projection in self.projections:
                    projection.apply(session, event)

    def household(self, kwh: str, *numbers: int, claim: Signer | None = None) -> list[Statement]:
        """People (development accounts of these numbers) of one home, with their statements submitted. Every home has a
        curve of its own: one month is higher. `claim`: whose address the first one's credits mint to.
        """
        high, self._shape = 1 + self._shape % 12, self._shape + 1
        with self.database.write() as session:
            home, people = at_home(session, self.books, *numbers)
            for month in range(1, 13):
                used = int(kwh) + (20 if month == high else 0)
                keep(session, self.books, people[0], power(month, str(used), meter=f"M{numbers[0]}"), home)
            claims = [claim] + [None] * (len(people) - 1)
            return [self._submitted(session, *one) for one in zip(people, claims, strict=True)]

    def _submitted(self, session: Any, person: Person, claim: Signer | None = None) -> Statement:
        given = None if claim is None else _claim_address(person, claim)
        close(session, self.books, person_id=person.person_id, vintage=VINTAGE, at=AT, claim=given)
        return submit(session, self.books, person_id=person.person_id, vintage=VINTAGE, at=AT)

    def attester(self, statement: Statement, at: datetime = AT) -> Signer:
        """Whose turn it is."""
        with self.database.read() as session:
            address = attester_of(session, self.again(statement), at)
        return next(one for one in VERIFIERS if one.address == address)

    def attest(self, *statements: Statement, by: Signer | None = None, at: datetime = AT) -> list[Attestation]:
        """By whose turn it is, or by somebody else."""
        signers = [by or self.attester(one, at) for one in statements]
        with self.database.write() as session:
            return [
                service.attest(session, DEPLOYMENT, one.digest, signer, at)
                for one, signer in zip(statements, signers, strict=True)
            ]

    def attested_by(self, statement: Statement) -> Signer:
        """Who attested it."""
        with self.database.read() as session:
            address = attestation_of(session, statement.digest).verifier
        return next(one for one in VERIFIERS if one.address == address)

    def three_attested(self) -> list[Statement]:
        """One with a credit, one with neither, one with a deficit."""
        found = [
            *self.household(THRIFTY, 11),
            *self.household(AVERAGE, 12),
            *self.household(LAVISH, 13),
        ]
        self.attest(*found)
        return [self.again(one) for one in found]

    def again(self, statement: Statement) -> Statement:
        with self.database.read() as session:
            return statement_at(session, statement.digest)

    def plan(self, at: datetime = AT) -> Batch:
        return service.plan_batch(self.database, self.books, CLASS_ID, at)

    def approve(self, root: bytes, *verifiers: Signer, at: datetime = AT) -> Batch:
        signers = verifiers or VERIFIERS[:2]
        return [service.approve(self.database, DEPLOYMENT, root, one, at) for one in signers][-1]

    def approved(self) -> Batch:
        """Three attested statements in a batch that two verifiers signed."""
        self.three_attested()
        return self.approve(self.plan().root)

    def anchored(self) -> Batch:
        """The same, and the chain says that it is anchored."""
        batch = self.approved()
        self.anchor_event(batch)
        return batch

    def anchor_event(self, batch: Batch) -> None:
        message = {name: value for name, value in batch.totals.message().items() if name != "deadline"}
        self.event("Issuance", "BatchAnchored", **message, verifiers=list(batch.approvers))

    def mint_event(self, batch: Batch, statement: Statement, **changed: Any) -> None:
        args = {
            "account": statement.account,
            "classId": statement.class_id,
            "nullifier": statement.nullifier,
            "amount": statement.credit_gco2e,
            "bufferAmount": share_ceil(statement.credit_gco2e, self.buffer_bps),
            "statementDigest": statement.digest,
            "root": batch.root,
        }
        self.event("CarbonCredit", "Issued", **(args | changed))


def _claim_address(person: Person, claim: Signer) -> ClaimAddress:
    chain_id = DEPLOYMENT.chain_id
    text = claim_address_text(account=person.address, address=claim.address, vintage=VINTAGE, chain_id=chain_id)
    return ClaimAddress(claim.address, chain_id, personal_sign(claim, text))


def an_entry(number: int, credit_gco2e: int = 10_000, **changed: Any) -> Entry:
    """A batch entry of a made-up statement."""
    values: dict[str, Any] = {
        "account": dev_signer(number % 40).address,
        "class_id": CLASS_ID,
        "statement_digest": sha256(b"statement%d" % number),
        "nullifier": sha256(b"nullifier%d" % number),
        "budget_gco2e": 459_000,
        "footprint_gco2e": 300_000,
        "credit_gco2e": credit_gco2e,
        "buffer_gco2e": share_ceil(credit_gco2e, 500),
        "deficit_gco2e": 0,
        "policy_digest": b"\x01" * 32,
        "factors_digest": b"\x02" * 32,
    }
    return Entry(**(values | changed))
