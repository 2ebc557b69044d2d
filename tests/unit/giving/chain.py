"""Events as a chain would send them, one after another; and deficits in the ledger for them to settle."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlmodel import Session, SQLModel, select

from backend.chain.class_id import pack
from backend.chain.deployment import Deployment
from backend.chain.events import ChainEvent
from backend.chain.keys import dev_signer
from backend.giving.projection import GivingProjection
from backend.giving.tables import Campaign, CampaignHolding, CharityListing, Movement, Retirement
from backend.kernel.digest import Json, sha256
from backend.ledger.debt import deficit_reference
from backend.ledger.document import document_of
from backend.ledger.state import State
from backend.ledger.tables import DeficitRow, PersonRow, SettlementRow, StatementRow, StatementStateRow
from backend.storage.database import Database

START = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
CLASS_ID = pack("US-CA", 2025, "SIM")
OTHER_CLASS_ID = pack("CN-SC", 2025, "SIM")
POOL, AID = dev_signer(7).address, dev_signer(8).address
ALICE, BOB = dev_signer(10).address, dev_signer(11).address
CHARITY = "0x" + "c" * 40
DEPLOYMENT = Deployment(31337, "0x" + "00" * 32, 0, {"Charity": CHARITY}, {})
NO_REF = bytes(32)
STORY_DIGEST = sha256(b"story")
PROJECTED: tuple[type[SQLModel], ...] = (Campaign, CampaignHolding, CharityListing, Movement, Retirement, SettlementRow)


@dataclass
class ToyChain:
    """One event a block. `apply` and `undo_last` keep the projection in step with the history."""

    database: Database
    projection: GivingProjection = field(default_factory=lambda: GivingProjection(DEPLOYMENT))
    history: list[ChainEvent] = field(default_factory=list)

    def apply(self, contract: str, name: str, **args: Any) -> ChainEvent:
        number = len(self.history) + 1
        event = ChainEvent(
            contract=contract,
            name=name,
            args=args,
            block_number=number,
            block_hash=sha256(b"block%d" % number),
            block_time=START + timedelta(seconds=number),
            tx_hash=sha256(b"tx%d" % number),
            log_index=number % 7,
        )
        with self.database.write() as session:
            self.projection.apply(session, event)
        self.history.append(event)
        return event

    def apply_next(self, contract: str, name: str, **args: Any) -> ChainEvent:
        """In the transaction of the last one, right after it."""
        last = self.history[-1]
        event = replace(last, contract=contract, name=name, args=args, log_index=last.log_index + 1)
        with self.database.write() as session:
            self.projection.apply(session, event)
        self.history.append(event)
        return event

    def undo_last(self) -> None:
        with self.database.write() as session:
            self.projection.undo(session, self.history.pop())

    def replay(self) -> None:
        """Resets and applies the whole history again."""
        with self.database.write() as session:
            self.projection.reset(session)
            for event in self.history:
                self.projection.apply(session, event)

    def opened(
        self,
        campaign_id: int = 1,
        *,
        kind: int = 0,
        funding: int = 0,
        target: int = 1000,
        story_digest: bytes = STORY_DIGEST,
    ) -> ChainEvent:
        return self.apply(
            "Charity",
            "CampaignOpened",
            campaignId=campaign_id,
            charity=AID if kind else POOL,
            kind=kind,
            funding=funding,
            opens=int(START.timestamp()),
            closes=int(START.timestamp()) + 86400,
            target=target,
            storyDigest=story_digest,
        )

    def donated(self, amount: int, *, campaign_id: int = 1, donor: str = ALICE, class_id: int = CLASS_ID) -> ChainEvent:
        args = {"campaignId": campaign_id, "donor": donor, "classId": class_id, "amount": amount}
        return self.apply("Charity", "Donated", **args)

    def refunded(
        self, amount: int, *, campaign_id: int = 1, donor: str = ALICE, class_id: int = CLASS_ID
    ) -> ChainEvent:
        args = {"campaignId": campaign_id, "donor": donor, "classId": class_id, "amount": amount}
        return self.apply("Charity", "Refunded", **args)

    def campaign_retired(self, amount: int, *, campaign_id: int = 1, class_id: int = CLASS_ID) -> ChainEvent:
        return self.apply("Charity", "CampaignRetired", campaignId=campaign_id, classId=class_id, amount=amount)

    def granted(
        self, amount: int, ref: bytes, *, campaign_id: int = 1, class_id: int = CLASS_ID
    ) -> tuple[ChainEvent, ChainEvent]:
        """Both events of a grant, in the order the contracts emit them."""
        args = {"campaignId": campaign_id, "classId": class_id, "amount": amount, "ref": ref}
        first = self.apply("Charity", "Granted", **args)
        return first, self.retired(amount, account=CHARITY, beneficiary=CHARITY, purpose="grant", ref=ref)

    def retired(
        self,
        amount: int,
        *,
        account: str = ALICE,
        beneficiary: str = ALICE,
        purpose: str = "self",
        ref: bytes = NO_REF,
        class_id: int = CLASS_ID,
    ) -> ChainEvent:
        return self.apply(
            "CarbonCredit",
            "Retired",
            account=account,
            beneficiary=beneficiary,
            classId=class_id,
            amount=amount,
            purpose=purpose,
            ref=ref,
        )


def rows_of(database: Database) -> dict[str, list[str]]:
    """Every projected row as text, by table, and the state of every statement."""
    with database.read() as session:
        found = {
            str(table.__tablename__): sorted(
                repr(sorted(row.model_dump(exclude={"id"} if table is SettlementRow else set()).items()))
                for row in session.exec(select(table))
            )
            for table in PROJECTED
        }
        found["states"] = [row.state for row in session.exec(select(StatementRow))]
        return found


def a_document(essential_gco2e: int) -> str:
    """A statement's document with as much over the budget of electricity, and travel well below its own."""
    power = {"budgetGco2e": "100", "footprintGco2e": str(100 + essential_gco2e), "boundGco2e": "0"}
    travel = {"budgetGco2e": "900", "footprintGco2e": "1", "boundGco2e": "0"}
    values: dict[str, Json] = {"category.electricity": dict(power), "category.travel": dict(travel)}
    return document_of(values, lambda: b"d" * 32).text()


def a_deficit(
    session: Session,
    amount_gco2e: int,
    address: str = BOB,
    vintage: int = 2025,
    *,
    essential_gco2e: int | None = None,
    settle_regions: str = "",
) -> bytes:
    """A person of US-CA whose statement of the vintage ended in a deficit; its reference. `essential_gco2e`: how much
    of it comes from electricity; then the statement has a document that says so. `settle_regions`: what its policy
    lists.
    """
    unique = sha256(address.encode() + vintage.to_bytes(2))
    person = PersonRow(
        address=address, region="US-CA", commitment=unique, joined_on=date(2025, 1, 1), registered_at=START
    )
    session.add(person)
    session.flush()
    assert person.id is not None
    statement = StatementRow(
        person_id=person.id,
        vintage=vintage,
        version=1,
        current=True,
        standing=StatementStateRow(digest=unique, state=State.DEFICIT, once_anchored=State.DEFICIT),
        region="US-CA",
        methodology="SIM",
        class_id=CLASS_ID,
        policy_id="policy",
        policy_digest=unique,
        settle_regions=settle_regions,
        factors_digest=unique,
        nullifier=unique,
        digest=unique,
        document="{}" if essential_gco2e is None else a_document(essential_gco2e),
        closed_at=START,
        deficit_gco2e=amount_gco2e,
        budget_gco2e=0,
        footprint_gco2e=amount_gco2e,
        bound_gco2e=amount_gco2e,
        surplus_gco2e=0,
        carried_in_gco2e=0,
        netted_gco2e=0,
        credit_gco2e=0,
        carried_out_gco2e=0,
    )
    session.add(statement)
    session.flush()
    assert statement.id is not None
    reference = deficit_reference(unique, b"s" * 32)
    session.add(
        DeficitRow(
            statement_id=statement.id,
            person_id=person.id,
            region="US-CA",
            vintage=vintage,
            amount_gco2e=amount_gco2e,
            salt=b"s" * 32,
            reference=reference,
        )
    )
    session.flush()
    return reference
