"""Transactions that leave the chain, and nonces that others take: the call is still executed exactly once."""

from backend.chain.keys import DevRole, dev_signer
from backend.kernel.clock import FixedClock
from backend.link.outbox import FILLER_KIND, enqueue, intents_in
from backend.link.tables import IntentState
from backend.storage.database import Database
from tests.integration.link.counter import Counter, mined, send_raw, step_until, word
from tests.integration.link.outbox import (
    attempts,
    confirm,
    count_directly,
    enqueue_counts,
    hold_mempool,
    intent,
    mine,
    states,
)

OPERATOR = dev_signer(DevRole.OPERATOR)
ALL = tuple(IntentState)


def test_sender__nonce_taken_by_a_foreign_transaction__call_is_signed_again_only_when_that_is_final(
    counter: Counter, database: Database, clock: FixedClock
) -> None:
    hold_mempool(counter)
    enqueue_counts(database, counter, clock, range(1, 2))
    sender = counter.sender(database, clock, confirmations=2)
    sender.step()
    counter.rpc("anvil_dropTransaction", "0x" + attempts(database, 1)[0].tx_hash.hex())
    send_raw(counter.w3, OPERATOR, to=OPERATOR.address)
    mine(counter)

    sender.step()
    undecided = (states(database), len(attempts(database, 1)))
    mine(counter)
    mine(counter)
    confirm(sender, database, counter)

    assert undecided == (["signed"], 1)
    assert [attempt.nonce for attempt in attempts(database, 1)] == [0, 1]
    assert counter.count(1) == 1


def test_sender__reorganisation_without_our_transactions__the_same_bytes_are_sent_again(
    counter: Counter, database: Database, clock: FixedClock
) -> None:
    enqueue_counts(database, counter, clock, range(1, 6))
    sender = counter.sender(database, clock, confirmations=1)
    step_until(sender, lambda: states(database)[4] == "mined")
    before = [attempts(database, key)[0].raw for key in range(1, 6)]
    counter.rpc("anvil_reorg", 3, [])
    lost = counter.counts(range(1, 6))

    confirm(sender, database, counter)

    assert lost == [1, 1, 0, 0, 0]
    assert counter.counts(range(1, 6)) == [1] * 5
    assert [attempts(database, key)[0].raw for key in range(1, 6)] == before
    assert [len(attempts(database, key)) for key in range(1, 6)] == [1] * 5
    assert states(database) == ["confirmed"] * 5


def test_sender__reorganisation_that_gives_our_nonce_to_another__call_moves_to_a_new_nonce(
    counter: Counter, database: Database, clock: FixedClock
) -> None:
    enqueue_counts(database, counter, clock, range(1, 4))
    sender = counter.sender(database, clock, confirmations=3)
    step_until(sender, lambda: states(database)[2] == "mined")
    foreign = {
        "from": OPERATOR.address,
        "to": OPERATOR.address,
        "value": "0x1",
        "nonce": "0x1",
        "gas": "0x5208",
        "maxFeePerGas": hex(10**11),
        "maxPriorityFeePerGas": hex(10**9),
    }
    counter.rpc("anvil_reorg", 2, [[foreign, 0]])
    lost = counter.counts(range(1, 4))

    confirm(sender, database, counter)

    assert lost == [1, 0, 0]
    assert counter.counts(range(1, 4)) == [1, 1, 1]
    assert states(database) == ["confirmed"] * 3
    assert len({intent(database, key).nonce for key in range(1, 4)}) == 3


def test_sender__foreign_transaction_vanishes_below_ours__the_hole_is_filled(
    counter: Counter, database: Database, clock: FixedClock
) -> None:
    mined(counter.w3, send_raw(counter.w3, OPERATOR, to=OPERATOR.address))
    enqueue_counts(database, counter, clock, range(1, 3))
    sender = counter.sender(database, clock)
    confirm(sender, database)
    counter.rpc("anvil_rollback", 3)
    lost = counter.counts(range(1, 3))

    sender.step()
    confirm(sender, database)

    with database.read() as session:
        fillers = [found for found in intents_in(session, ALL) if found.kind == FILLER_KIND]
    assert lost == [0, 0]
    assert [(filler.nonce, filler.state) for filler in fillers] == [(0, "confirmed")]
    assert counter.counts(range(1, 3)) == [1, 1]
    assert states(database) == ["confirmed", "confirmed"]


def test_sender__reverted_intent_whose_block_vanished__is_never_executed_later(
    counter: Counter, database: Database, clock: FixedClock
) -> None:
    count_directly(counter, 9)
    hold_mempool(counter)
    with database.write() as session:
        data = word(1) + word(9)
        enqueue(session, kind="count", reference="1", contract=counter.address, data=data, now=clock.now())
    sender = counter.sender(database, clock)
    sender.step()
    counter.rpc("anvil_setStorageAt", counter.address, "0x" + word(9).hex(), "0x" + word(0).hex())
    mine(counter)
    sender.step()
    told = states(database)
    counter.rpc("anvil_rollback", 1)
    counter.rpc("anvil_setStorageAt", counter.address, "0x" + word(9).hex(), "0x" + word(1).hex())

    for _ in range(3):
        sender.step()
        mine(counter)

    assert told == states(database) == ["reverted"]
    assert counter.count(1) == 0
    assert counter.nonce(OPERATOR.address) == 1


def test_sender__old_transaction_of_a_moved_call_comes_back__its_new_nonce_is_filled_with_nothing(
    counter: Counter, database: Database, clock: FixedClock
) -> None:
    hold_mempool(counter)
    enqueue_counts(database, counter, clock, range(1, 2))
    sender = counter.sender(database, clock)
    sender.step()
    old = attempts(database, 1)[0]
    counter.rpc("anvil_dropTransaction", "0x" + old.tx_hash.hex())
    send_raw(counter.w3, OPERATOR, to=OPERATOR.address)
    mine(counter)
    sender.step()
    moved_to = intent(database, 1).nonce
    counter.rpc("anvil_rollback", 1)
    counter.rpc("anvil_dropAllTransactions")
    counter.w3.eth.send_raw_transaction(old.raw)
    mine(counter)

    sender.step()
    confirm(sender, database, counter)
    mine(counter)

    assert moved_to == 1
    assert (intent(database, 1).nonce, intent(database, 1).tx_hash) == (0, old.tx_hash)
    assert counter.count(1) == 1
    with database.read() as session:
        fillers = [found for found in intents_in(session, ALL) if found.kind == FILLER_KIND]
    assert [filler.nonce for filler in fillers] == [1]
    assert counter.nonce(OPERATOR.address) == 2
