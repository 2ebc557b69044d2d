"""Reorganisations: afterwards the index holds the very rows that a fresh one holds."""

from collections.abc import Callable
from random import Random  # noqa: TID251 - seeded

import pytest
from web3 import Web3

from backend.chain.keys import DevRole, dev_signer
from backend.kernel.clock import FixedClock
from backend.link.balances import (
    balance_projections,
    payment_balance,
)
from backend.link.index import indexed
from backend.link.indexer import Indexer
from backend.link.outbox import enqueue, intent_of
from backend.link.reconcile import reconcile
from backend.link.rewind import ReorgTooDeep
from backend.link.sender import Sender
from backend.storage.database import Database
from tests.integration.link.acts import Acts, person
from tests.integration.link.counter import step_until
from tests.integration.link.following import an_indexer, catch_up, rows

Fresh = Callable[..., dict[str, list[str]]]


def test_indexer__reorganisation_that_drops_acts__ends_with_the_rows_of_a_fresh_index(
    acts: Acts,
    database: Database,
    fresh_rows: Fresh,
) -> None:
    acts.equip()
    acts.at_random(Random(1), 12)
    indexer = an_indexer(database, acts)
    catch_up(indexer)
    before = rows(database)
    head = acts.w3.eth.block_number
    acts.rpc("anvil_reorg", 10, [])

    rewound_from = catch_up(indexer)

    assert rewound_from == head - 9
    assert rows(database) != before
    assert rows(database) == fresh_rows()
    assert reconcile(database, acts.w3, acts.deployment) == []


def test_indexer__reorganisation_with_other_transactions__ends_with_the_rows_of_a_fresh_index(
    acts: Acts,
    database: Database,
    fresh_rows: Fresh,
) -> None:
    acts.equip()
    indexer = an_indexer(database, acts)
    catch_up(indexer)
    acts.send(person(0), "PaymentToken", "transfer", person(3).address, 500)
    acts.trade(person(1), person(3), 1)
    catch_up(indexer)
    nonce = acts.nonce(person(0)) - 1
    replacement = acts.signed(person(0), nonce, "PaymentToken", "transfer", person(2).address, 999)
    acts.rpc("anvil_reorg", 2, [["0x" + replacement.hex(), 0]])

    catch_up(indexer)

    assert rows(database) == fresh_rows()
    assert reconcile(database, acts.w3, acts.deployment) == []


@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=[pytest.mark.full] if seed > 1 else []) for seed in range(12)]
)
def test_indexer__random_acts_and_reorganisations__always_ends_with_the_rows_of_a_fresh_index(
    acts: Acts,
    database: Database,
    fresh_rows: Fresh,
    seed: int,
) -> None:
    random = Random(seed)
    indexer = an_indexer(database, acts, chunk=7)
    acts.equip()
    for _ in range(4):
        acts.at_random(random, random.randrange(1, 8))
        for _ in range(random.randrange(3)):
            indexer.step()
        depth = random.randrange(1, 6)
        if random.randrange(2):
            acts.rpc("anvil_reorg", depth, [])
        else:
            acts.rpc("anvil_rollback", depth)
        for _ in range(random.randrange(3)):
            indexer.step()
        acts.equip()

    catch_up(indexer)

    assert rows(database) == fresh_rows()
    assert reconcile(database, acts.w3, acts.deployment) == []


def test_indexer__head_below_the_cursor__rewinds_and_tells_whose_funds_changed(acts: Acts, database: Database) -> None:
    told: list[set[str]] = []
    rewinds: list[int] = []
    indexer = Indexer(
        database,
        acts.w3,
        acts.deployment,
        balance_projections(acts.deployment),
        funds_listeners=[lambda _, accounts: told.append(accounts)],
        rewind_listeners=[lambda _, from_block: rewinds.append(from_block)],
    )
    catch_up(indexer)
    told.clear()
    acts.send(person(0), "PaymentToken", "transfer", person(3).address, 500)
    catch_up(indexer)
    head = acts.w3.eth.block_number
    applied = told.copy()
    told.clear()
    acts.rpc("anvil_rollback", 1)

    indexer.step()

    assert applied == told == [{person(0).address, person(3).address}]
    assert rewinds == [head]
    with database.read() as session:
        cursor = indexed(session)
    assert cursor is not None
    assert cursor.number == head - 1


def test_indexer__reorganisation_deeper_than_allowed__stops_and_changes_nothing(acts: Acts, database: Database) -> None:
    indexer = an_indexer(database, acts, reorg_depth_max=3)
    catch_up(indexer)
    before = rows(database)
    acts.rpc("anvil_reorg", 6, [])

    with pytest.raises(ReorgTooDeep) as stopped:
        indexer.step()

    assert stopped.value.code == "link.reorg_too_deep"
    assert stopped.value.fields["depth_max"] == 3
    assert rows(database) == before


def test_sender_and_indexer__confirmed_intent_in_a_reorganised_block__is_sent_again_under_a_free_nonce(
    acts: Acts, database: Database, clock: FixedClock
) -> None:
    """The sender alone would not look at a confirmed intent again: the index tells it that the block is gone."""
    operator = dev_signer(DevRole.OPERATOR)
    indexer = an_indexer(database, acts)
    sender = Sender(database, acts.w3, operator, clock, acts.deployment, confirmations=1)
    receiver = "0x00000000000000000000000000000000000A11cE"
    data = acts.contracts.encode("PaymentToken", "mint", [Web3.to_checksum_address(receiver.lower()), 7])
    with database.write() as session:
        enqueue(session, kind="mint", reference="1", contract="PaymentToken", data=data, now=clock.now())

    def state() -> str:
        with database.read() as session:
            found = intent_of(session, "mint", "1")
        assert found is not None
        return found.state

    step_until(sender, lambda: state() == "mined")
    acts.rpc("evm_mine")
    sender.step()
    not_yet_indexed = state()
    catch_up(indexer)
    sender.step()
    confirmed = state()
    nonce = acts.nonce(operator) - 1
    foreign = {
        "from": operator.address,
        "to": operator.address,
        "nonce": hex(nonce),
        "gas": "0x5208",
        "maxFeePerGas": hex(10**11),
        "maxPriorityFeePerGas": hex(10**9),
    }
    acts.rpc("anvil_reorg", 2, [[foreign, 0]])
    catch_up(indexer)
    unwound = state()

    def confirmed_again() -> bool:
        acts.rpc("evm_mine")
        catch_up(indexer)
        return state() == "confirmed"

    step_until(sender, confirmed_again)

    assert (not_yet_indexed, confirmed, unwound) == ("mined", "confirmed", "signed")
    with database.read() as session:
        assert payment_balance(session, Web3.to_checksum_address(receiver.lower())) == 7
    assert reconcile(database, acts.w3, acts.deployment) == []
