"""From submitted statements to credits on a real chain: the whole way, without the operator, undone and repeated.

The tests are one story in their order; each also works alone, from what its fixtures make.
"""

import json
from collections.abc import Mapping

import pytest
from sqlmodel import SQLModel, select

from backend.chain.class_id import pack
from backend.chain.keys import DevRole
from backend.chain.typed_data import digest
from backend.issuance import service
from backend.issuance.checked import checked, disagreements, on_chain
from backend.issuance.reading import BatchState, batch_at, batches
from backend.issuance.service import RootSuspended
from backend.issuance.tables import AnchoringRow, MintRow
from backend.kernel.mass import share_ceil
from backend.ledger.service import Statement
from backend.ledger.sources import Sources
from backend.ledger.state import State
from backend.link.balances import credit_balance, credit_class
from backend.link.outbox import intent_of
from backend.link.tables import IntentState
from tests.contract.people import People, Reverted
from tests.integration.issuance.desk import Desk

US, CN = pack("US-CA", 2025, "SIM"), pack("CN-SC", 2025, "SIM")
BUFFER_BPS = 500
ANYBODY = DevRole.FEE_RECIPIENT
EARNING = {"coastal-1", "coastal-2", "coastal-3"}
EARNING_CN = {"chengdu-flat-1", "leshan-family-1", "leshan-family-2", "zigong-couple-1", "zigong-couple-2"}


@pytest.fixture(scope="module")
def people(desk: Desk) -> People:
    return People(desk.contracts.w3, desk.contracts)


@pytest.fixture(scope="module")
def roots(desk: Desk) -> dict[int, bytes]:
    desk.all_attested()
    return {class_id: desk.batch(class_id).root for class_id in (US, CN)}


@pytest.fixture(scope="module")
def anchored(desk: Desk, roots: dict[int, bytes]) -> dict[int, bytes]:
    for root in roots.values():
        desk.anchored(root)
    return roots


@pytest.fixture(scope="module")
def claimed(desk: Desk, anchored: dict[int, bytes]) -> dict[int, bytes]:
    for root in anchored.values():
        desk.claimed(root)
        desk.claimed(root)
    return anchored


def held(desk: Desk, statement: Statement) -> int:
    """What the chain says that the account holds."""
    return int(desk.contracts.credit.functions.balanceOf(statement.account, statement.class_id).call())


def projected(desk: Desk) -> list[str]:
    """Every row of the projection, and the statements' states."""
    tables: tuple[type[SQLModel], ...] = (AnchoringRow, MintRow)
    with desk.database.read() as session:
        rows = [sorted(row.model_dump().items()) for table in tables for row in session.exec(select(table))]
    return [*sorted(map(repr, rows)), *(f"{key} {state}" for key, state in sorted(desk.states().items()))]


def claim_by_file(people: People, file: Mapping[str, object]) -> None:
    """What anybody can do with a claim file and the contract alone."""
    leaf, proof = file["leaf"], file["proof"]
    assert isinstance(leaf, dict)
    assert isinstance(proof, list)
    values = (
        leaf["account"],
        int(leaf["classId"]),
        int(leaf["amountGco2e"]),
        bytes.fromhex(leaf["statementDigest"][2:]),
        bytes.fromhex(leaf["nullifier"][2:]),
    )
    people.send("Issuance", "claim", file["root"], values, [bytes.fromhex(one[2:]) for one in proof], by=ANYBODY)


def test_contract__hashes_a_batch__as_the_verifiers_signed_it(desk: Desk, roots: dict[int, bytes]) -> None:
    with desk.database.read() as session:
        batch = batch_at(session, roots[US])
    from_chain = desk.contracts.issuance.functions.hashBatch(tuple(batch.totals.message().values())).call()
    assert from_chain == digest("Batch", desk.deployment.domain("Issuance"), batch.totals.message())
    assert batch.state is BatchState.APPROVED


def test_anchor__both_classes__are_on_the_chain_with_their_budgets(desk: Desk, anchored: dict[int, bytes]) -> None:
    with desk.database.read() as session:
        for class_id, root in anchored.items():
            intent, batch = intent_of(session, "anchor", "0x" + root.hex()), batch_at(session, root)
            assert intent is not None
            assert intent.state == IntentState.CONFIRMED
            assert batch.state is BatchState.ANCHORED
            known = credit_class(session, class_id)
            assert known is not None
            assert (known.budgets_gco2e, known.surpluses_gco2e) == (
                batch.totals.budgets_gco2e,
                batch.totals.surpluses_gco2e,
            )
    states = desk.states()
    assert {key for key, state in states.items() if state is State.ISSUED} == EARNING | EARNING_CN
    assert {key for key, state in states.items() if state is State.DEFICIT} == {
        key for key in desk.people if desk.statement(key).deficit_gco2e
    }
    assert states["leshan-family-3"] is State.NEUTRAL


def test_claim_file__without_the_operator__mints_once(desk: Desk, anchored: dict[int, bytes], people: People) -> None:
    own = desk.statement("coastal-1")
    with desk.database.read() as session:
        file = service.claim_file(session, desk.deployment, own.digest)

    claim_by_file(people, file)
    desk.follow()

    assert held(desk, own) == own.credit_gco2e == 80_000
    assert desk.statement("coastal-1").state is State.CLAIMED
    with pytest.raises(Reverted, match="NullifierUsed"):
        claim_by_file(people, file)
    assert desk.statement("coastal-2").state is State.ISSUED
    with desk.database.read() as session:
        assert (batch_at(session, anchored[US]).minted, batch_at(session, anchored[US]).claims) == (1, 3)


@pytest.mark.usefixtures("anchored")
def test_claim_file__of_a_statement_that_earned_nothing__mints_nothing(desk: Desk, people: People) -> None:
    with desk.database.read() as session:
        file = service.claim_file(session, desk.deployment, desk.statement("desert-flat-1").digest)
    with pytest.raises(Reverted, match="AmountZero"):
        claim_by_file(people, file)


@pytest.mark.usefixtures("anchored")
def test_claim_file__with_a_larger_amount__is_no_proof(desk: Desk, people: People) -> None:
    with desk.database.read() as session:
        file = dict(service.claim_file(session, desk.deployment, desk.statement("coastal-2").digest))
    leaf = file["leaf"]
    assert isinstance(leaf, dict)
    with pytest.raises(Reverted, match="ProofInvalid"):
        claim_by_file(people, file | {"leaf": leaf | {"amountGco2e": "80001"}})


def test_suspended_root__is_neither_sent_nor_claimable_until_resumed(
    desk: Desk, anchored: dict[int, bytes], people: People
) -> None:
    people.send("CarbonCredit", "suspendRoot", anchored[CN], True, by=DevRole.REGISTRAR)
    desk.follow()
    with desk.database.write() as session, pytest.raises(RootSuspended):
        service.claim(session, desk.contracts, anchored[CN], desk.now)
    people.send("CarbonCredit", "suspendRoot", anchored[CN], False, by=DevRole.REGISTRAR)
    desk.follow()


@pytest.mark.usefixtures("claimed")
def test_claims__through_the_outbox__mint_every_credit_once(desk: Desk) -> None:
    earning = {key: desk.statement(key) for key in EARNING | EARNING_CN}
    with desk.database.read() as session:
        for statement in earning.values():
            assert statement.state is State.CLAIMED
            assert held(desk, statement) == statement.credit_gco2e
            assert credit_balance(session, statement.account, statement.class_id) == statement.credit_gco2e
        for class_id in (US, CN):
            minted = [one.credit_gco2e for one in earning.values() if one.class_id == class_id]
            known = credit_class(session, class_id)
            assert known is not None
            # INV-01: the surplus anchored is exactly what the claims and the buffer took.
            assert known.issued_gco2e == sum(amount + share_ceil(amount, BUFFER_BPS) for amount in minted)
            assert known.issued_gco2e == known.surpluses_gco2e
        assert all(batch.minted == batch.claims for batch in batches(session, limit=10))


@pytest.mark.usefixtures("claimed")
def test_reindex__all_events_again__makes_the_same_rows(desk: Desk) -> None:
    before = projected(desk)
    desk.indexer.reindex()
    assert projected(desk) == before


def test_reorganisation__that_drops_every_batch__takes_statements_back_and_the_outbox_brings_them_again(
    desk: Desk, claimed: dict[int, bytes], people: People
) -> None:
    with desk.database.read() as session:
        intents = [intent_of(session, "anchor", "0x" + root.hex()) for root in claimed.values()]
    first = min(intent.block_number or 0 for intent in intents if intent is not None)
    depth = desk.contracts.w3.eth.block_number - first + 1
    people.w3.provider.make_request("anvil_reorg", [depth, []])  # type: ignore[arg-type]  # anvil's own method
    while desk.indexer.step().moved:
        pass

    states = desk.states()
    assert set(states.values()) == {State.ATTESTED}
    with desk.database.read() as session:
        assert not session.exec(select(MintRow)).all()
        assert not session.exec(select(AnchoringRow)).all()
        assert {batch.state for batch in batches(session, limit=10)} == {BatchState.SENT}

    desk.follow()
    for root in claimed.values():
        desk.claimed(root)

    assert {key for key, state in desk.states().items() if state is State.CLAIMED} == EARNING | EARNING_CN
    for key in EARNING | EARNING_CN:
        assert held(desk, desk.statement(key)) == desk.statement(key).credit_gco2e


def test_papers__asked_of_the_chain__say_whether_the_root_stands_and_what_minted(
    desk: Desk, claimed: dict[int, bytes]
) -> None:
    own = desk.statement("zigong-couple-1")
    with desk.database.read() as session:
        file = service.claim_file(session, desk.deployment, own.digest)
    papers = [checked(text, Sources(), desk.now) for text in (json.dumps(file), own.document)]
    assert papers[0].root == claimed[CN]
    assert disagreements(papers) == []
    assert on_chain(papers, desk.contracts) == {"rootAnchored": True, "rootSuspended": False, "minted": True}
