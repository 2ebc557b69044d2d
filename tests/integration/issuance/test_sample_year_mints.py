"""From submitted statements to credits on a real chain: the whole way, its undoing, and its repetition."""

from sqlmodel import select

from backend.chain.class_id import pack
from backend.chain.merkle import claim_leaf, verify
from backend.issuance import service
from backend.issuance.reading import BatchState, batch_at, batches
from backend.issuance.tables import AnchoringRow, ClaimRow, MintRow
from backend.kernel.mass import share_ceil
from backend.ledger.state import State
from backend.link.balances import credit_balance, credit_class
from backend.link.outbox import intent_of
from backend.link.tables import IntentState
from tests.integration.issuance.desk import VERIFIERS, Desk

US, CN = pack("US-CA", 2025, "SIM"), pack("CN-SC", 2025, "SIM")
BUFFER_BPS = 500


def tables(desk: Desk) -> dict[str, list[str]]:
    """Everything the projection writes, and the statements' states."""
    with desk.database.read() as session:
        found = {
            str(table.__tablename__): sorted(
                repr(sorted(row.model_dump().items())) for row in session.exec(select(table))
            )
            for table in (AnchoringRow, MintRow, ClaimRow)
        }
    return found | {"states": [f"{key} {state}" for key, state in sorted(desk.states().items())]}


def test_sample_year__attested_batched_anchored_and_claimed__every_credit_is_on_the_chain_once(desk: Desk) -> None:
    desk.all_attested()
    roots = []
    for class_id in (US, CN):
        batch = desk.batch(class_id)
        assert batch.state is BatchState.APPROVED
        desk.anchored(batch.root)
        desk.claimed(batch.root)
        roots.append(batch.root)

    earning = {key: desk.statement(key) for key in desk.people if desk.statement(key).credit_gco2e}
    assert len(earning) == 8
    with desk.database.read() as session:
        for statement in earning.values():
            held = desk.contracts.credit.functions.balanceOf(statement.account, statement.class_id).call()
            assert held == statement.credit_gco2e == credit_balance(session, statement.account, statement.class_id)
        for class_id in (US, CN):
            minted = [one.credit_gco2e for one in earning.values() if one.class_id == class_id]
            totals = credit_class(session, class_id)
            assert totals is not None
            assert totals.issued_gco2e == sum(amount + share_ceil(amount, BUFFER_BPS) for amount in minted)
            assert totals.issued_gco2e == totals.surpluses_gco2e
        assert [batch.root for batch in batches(session, limit=10)] == roots
        assert all(
            batch.state is BatchState.ANCHORED and batch.minted == batch.claims for batch in batches(session, limit=10)
        )
    states = desk.states()
    assert {key for key, state in states.items() if state is State.CLAIMED} == set(earning)
    assert {key for key, state in states.items() if state is State.DEFICIT} == {
        key for key in desk.people if desk.statement(key).deficit_gco2e
    }
    assert states["leshan-family-3"] is State.NEUTRAL
