"""Transactions that are dropped, stuck, too cheap or replaced: the call is still executed exactly once."""

from itertools import pairwise

import pytest

from backend.chain.keys import DevRole, dev_signer
from backend.kernel.clock import FixedClock
from backend.link.outbox import enqueue
from backend.link.sender import RESEND_AFTER, STUCK_AFTER, FeesAboveCeiling, OperatorUnfunded, Sender
from backend.storage.database import Database
from tests.integration.link.counter import Counter, word
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


def test_sender__transaction_dropped_from_the_pool__is_offered_again(
    counter: Counter, database: Database, clock: FixedClock
) -> None:
    hold_mempool(counter)
    enqueue_counts(database, counter, clock, range(1, 4))
    sender = counter.sender(database, clock)
    sender.step()
    for key in range(1, 4):
        counter.rpc("anvil_dropTransaction", "0x" + attempts(database, key)[0].tx_hash.hex())

    sender.step()
    mine(counter)
    unseen = counter.counts(range(1, 4))
    clock.at += RESEND_AFTER
    sender.step()
    mine(counter)
    sender.step()

    assert unseen == [0, 0, 0]
    assert counter.counts(range(1, 4)) == [1, 1, 1]
    assert [len(attempts(database, key)) for key in range(1, 4)] == [1, 1, 1]
    assert states(database) == ["confirmed"] * 3


def test_sender__stuck_transaction__is_replaced_for_an_eighth_more_under_the_same_nonce_and_all_hashes_are_kept(
    counter: Counter, database: Database, clock: FixedClock
) -> None:
    hold_mempool(counter)
    enqueue_counts(database, counter, clock, range(1, 3))
    sender = counter.sender(database, clock)
    sender.step()

    for _ in range(2):
        clock.at += STUCK_AFTER
        sender.step()

    tried = attempts(database, 1)
    assert len(tried) == 3
    assert {attempt.nonce for attempt in tried} == {0}
    for earlier, later in pairwise(tried):
        assert later.max_fee_wei * 8 >= earlier.max_fee_wei * 9
        assert later.priority_fee_wei * 8 >= earlier.priority_fee_wei * 9
    assert len(attempts(database, 2)) == 1, "only the first in line is stuck"
    mine(counter)
    sender.step()
    assert counter.counts(range(1, 3)) == [1, 1]
    assert intent(database, 1).tx_hash == tried[-1].tx_hash
    assert states(database) == ["confirmed", "confirmed"]


def test_sender__earlier_attempt_mined_instead_of_the_dearer__is_recognised(
    counter: Counter, database: Database, clock: FixedClock
) -> None:
    hold_mempool(counter)
    enqueue_counts(database, counter, clock, range(1, 2))
    sender = counter.sender(database, clock)
    sender.step()
    clock.at += STUCK_AFTER
    sender.step()
    cheap, dear = attempts(database, 1)
    counter.rpc("anvil_dropTransaction", "0x" + dear.tx_hash.hex())
    counter.w3.eth.send_raw_transaction(cheap.raw)
    mine(counter)

    sender.step()

    assert intent(database, 1).tx_hash == cheap.tx_hash
    assert states(database) == ["confirmed"]
    assert counter.count(1) == 1


def test_sender__stuck_call_that_could_no_longer_succeed__is_replaced_by_nothing_and_leaves_no_hole(
    counter: Counter, database: Database, clock: FixedClock
) -> None:
    count_directly(counter, 9)
    hold_mempool(counter)
    with database.write() as session:
        for reference, data in (("1", word(1) + word(9)), ("2", word(2))):
            enqueue(session, kind="count", reference=reference, contract=counter.address, data=data, now=clock.now())
    sender = counter.sender(database, clock)
    sender.step()
    counter.rpc("anvil_setStorageAt", counter.address, "0x" + word(9).hex(), "0x" + word(0).hex())

    clock.at += STUCK_AFTER
    sender.step()
    mine(counter)
    sender.step()

    given_up = intent(database, 1)
    assert (given_up.state, given_up.revert_reason) == ("reverted", "0xdeadbeef()")
    assert [attempt.void for attempt in attempts(database, 1)] == [False, True]
    assert states(database) == ["reverted", "confirmed"]
    assert counter.counts(range(1, 3)) == [0, 1]


def test_sender__account_without_ether__says_so_and_loses_nothing(
    counter: Counter, database: Database, clock: FixedClock
) -> None:
    poor = dev_signer(50)
    enqueue_counts(database, counter, clock, range(1, 2))
    sender = Sender(database, counter.w3, poor, clock, counter.deployment, confirmations=0, await_index=False)

    with pytest.raises(OperatorUnfunded) as refused:
        sender.step()
    counter.rpc("anvil_setBalance", poor.address, hex(10**18))
    clock.at += RESEND_AFTER
    confirm(sender, database)

    assert refused.value.fields == {"account": poor.address}
    assert counter.count(1) == 1
    assert len(attempts(database, 1)) == 1


def test_sender__fees_above_the_ceiling__nothing_is_sent(
    counter: Counter, database: Database, clock: FixedClock
) -> None:
    enqueue_counts(database, counter, clock, range(1, 2))
    sender = Sender(
        database,
        counter.w3,
        OPERATOR,
        clock,
        counter.deployment,
        confirmations=0,
        await_index=False,
        fee_ceiling_wei=10**6,
    )

    with pytest.raises(FeesAboveCeiling):
        sender.step()

    assert states(database) == ["new"]
    assert counter.count(1) == 0


def test_sender__base_fee_rises_above_the_offer__more_is_offered_at_once(
    counter: Counter, database: Database, clock: FixedClock
) -> None:
    hold_mempool(counter)
    enqueue_counts(database, counter, clock, range(1, 2))
    sender = counter.sender(database, clock)
    sender.step()
    counter.rpc("anvil_dropTransaction", "0x" + attempts(database, 1)[0].tx_hash.hex())
    counter.rpc("anvil_setNextBlockBaseFeePerGas", hex(50 * 10**9))
    mine(counter)
    clock.at += RESEND_AFTER

    sender.step()
    sender.step()
    mine(counter)
    sender.step()

    assert counter.count(1) == 1
    assert attempts(database, 1)[-1].max_fee_wei >= 50 * 10**9


def test_sender__transaction_no_block_can_hold_any_more__is_replaced_by_nothing_with_the_nodes_words(
    counter: Counter, database: Database, clock: FixedClock
) -> None:
    hold_mempool(counter)
    enqueue_counts(database, counter, clock, range(1, 3))
    sender = counter.sender(database, clock)
    sender.step()
    counter.rpc("anvil_dropTransaction", "0x" + attempts(database, 1)[0].tx_hash.hex())
    counter.rpc("anvil_dropTransaction", "0x" + attempts(database, 2)[0].tx_hash.hex())
    counter.rpc("evm_setBlockGasLimit", hex(60_000))
    mine(counter)
    clock.at += RESEND_AFTER

    sender.step()
    sender.step()
    confirm(sender, database, counter)

    given_up = intent(database, 1)
    assert given_up.state == "reverted"
    assert "gas" in (given_up.revert_reason or "")
    assert [attempt.void for attempt in attempts(database, 1)] == [False, True]
    assert counter.counts(range(1, 3)) == [0, 0]
    assert counter.nonce(dev_signer(DevRole.OPERATOR).address) == 2
