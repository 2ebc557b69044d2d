"""From meter readings to minted credits. Every scene may be played again from its beginning."""

from typing import Any

from sqlmodel import Session

from backend.api.sample.stage import CALIFORNIA, SICHUAN, Stage
from backend.chain.class_id import parse_code
from backend.issuance.approval import approve
from backend.issuance.reading import BatchState, batch_at
from backend.issuance.service import anchor, attest, claim, plan_batch, review
from backend.issuance.task import attester_of
from backend.ledger.closing import close, submit
from backend.ledger.home import found_home, move_in
from backend.ledger.person import AccountUnknown, join, person_at
from backend.ledger.record import import_csv, inspect
from backend.ledger.sample import SAMPLE_VINTAGE, SampleHousehold, play_vehicle, sample_households
from backend.ledger.service import statement_of, statements_in
from backend.ledger.state import State

VERIFIERS = ("verifier-a", "verifier-b", "verifier-c")


def people_join(stage: Stage) -> None:
    """Households join, register their homes and import their year."""
    verifier = stage.actor("verifier-a").signer.address
    for household in sample_households():
        with stage.database.write() as session:
            try:
                person_at(session, stage.actor(household.people[0].key).signer.address)
            except AccountUnknown:
                _household_joins(stage, session, household, verifier)


def _household_joins(stage: Stage, session: Session, household: SampleHousehold, verifier: str) -> None:
    """One household, whole or not at all; a verifier inspects the documents behind its CSVs."""
    now, code, kept, ids = stage.clock.now(), "", list[int](), list[int]()
    for sample in household.people:
        person = join(
            session,
            stage.books,
            address=stage.actor(sample.key).signer.address,
            region=household.region,
            identity=sample.identity,
            joined_on=sample.joined_on,
            at=now,
            born_on=sample.born_on,
            guardian=None if sample.guardian is None else stage.actor(sample.guardian).signer.address,
        )
        own: dict[str, Any] = {"person_id": person.person_id}
        ids.append(person.person_id)
        if code:
            move_in(session, code, since_on=sample.joined_on, **own)
        else:
            area = household.grid_area
            home = found_home(
                session, region=household.region, since_on=sample.joined_on, at=now, grid_area=area, **own
            )
            code = home.code
            for text in household.csv_texts:
                kept += import_csv(session, stage.books, text=text, home=code, at=now, **own)
        for text in sample.csv_texts:
            kept += import_csv(session, stage.books, text=text, home=None, at=now, **own)
    kept += play_vehicle(session, stage.books, household, ids, now)
    inspect(session, verifier=verifier, activity_ids=kept, at=now)


def statements_close(stage: Stage) -> None:
    """Everybody closes the year and submits the statement."""
    with stage.database.write() as session:
        for household in sample_households():
            for sample in household.people:
                person = person_at(session, stage.actor(sample.key).signer.address)
                found = statement_of(session, person.person_id, SAMPLE_VINTAGE)
                own: dict[str, Any] = {"person_id": person.person_id, "vintage": SAMPLE_VINTAGE}
                if found is None:
                    close(session, stage.books, at=stage.clock.now(), **own)
                if found is None or found.state is State.CLOSED:
                    submit(session, stage.books, at=stage.clock.now(), **own)


def verifiers_attest(stage: Stage) -> None:
    """The verifier whose turn it is looks into each statement's findings and attests it."""
    signers = {signer.address: signer for signer in (stage.actor(key).signer for key in VERIFIERS)}
    deployment = stage.contracts.deployment
    with stage.database.write() as session:
        for statement in statements_in(session, State.SUBMITTED):
            looked_into = {finding.rule for finding in review(session, statement.digest)}
            now = stage.clock.now()
            verifier = signers[attester_of(session, statement, now) or ""]
            attest(session, deployment, statement.digest, verifier, now, accepted=looked_into)


def batches_are_anchored(stage: Stage) -> None:
    """Two of three verifiers sign each batch; its root is anchored."""
    deployment = stage.contracts.deployment
    for code in (CALIFORNIA, SICHUAN):
        if f"root {code}" not in stage.notes:
            batch = plan_batch(stage.database, stage.books, parse_code(code), stage.clock.now())
            stage.notes[f"root {code}"] = batch.root.hex()
        root = bytes.fromhex(stage.notes[f"root {code}"])
        with stage.database.read() as session:
            if batch_at(session, root).state is BatchState.ANCHORED:
                continue
        for key in ("verifier-a", "verifier-c"):
            approve(stage.database, deployment, root, stage.actor(key).signer, stage.clock.now())
        with stage.database.write() as session:
            anchor(session, stage.contracts, root, stage.clock.now())

    def none_attested() -> bool:
        with stage.database.read() as session:
            return not statements_in(session, State.ATTESTED)

    stage.until(none_attested, "the batches to be anchored")


def credits_are_minted(stage: Stage) -> None:
    """Claims mint every credit."""
    with stage.database.write() as session:
        for code in (CALIFORNIA, SICHUAN):
            root = bytes.fromhex(stage.notes[f"root {code}"])
            claim(session, stage.contracts, root, stage.clock.now())

    def none_unclaimed() -> bool:
        with stage.database.read() as session:
            return not statements_in(session, State.ISSUED)

    stage.until(none_unclaimed, "the claims to mint")
