"""The sender against a real node: each call executed exactly once, in order, or refused with its reason."""

from datetime import timedelta

import pytest

from backend.kernel.clock import FixedClock
from backend.link.lease import LeaseHeld
from backend.link.outbox import enqueue
from backend.storage.database import Database
from tests.integration.link.counter import REVERT_DATA, Counter, step_until, word
from tests.integration.link.outbox import (
    confirm,
    count_directly,
    enqueue_counts,
    hold_mempool,
    intent,
    mine,
    states,
)


def test_sender__many_intents__are_executed_once_each_in_order(
    counter: Counter, database: Database, clock: FixedClock
) -> None:
    enqueue_counts(database, counter, clock, range(1, 21))
    sender = counter.sender(database, clock)

    confirm(sender, database)

    assert counter.counts(range(1, 21)) == [1] * 20
    assert states(database) == ["confirmed"] * 20
    assert [intent(database, key).nonce for key in range(1, 21)] == list(range(20))
    assert intent(database, 1).first_sent_at == clock.now()


def test_sender__mined_but_shallow__is_confirmed_only_at_depth(
    counter: Counter, database: Database, clock: FixedClock
) -> None:
    enqueue_counts(database, counter, clock, range(1, 2))
    sender = counter.sender(database, clock, confirmations=2)

    step_until(sender, lambda: states(database) == ["mined"])
    mine(counter)
    sender.step()
    shallow = states(database)
    mine(counter)
    sender.step()

    assert shallow == ["mined"]
    assert states(database) == ["confirmed"]


def test_sender__call_that_would_revert__is_refused_with_its_reason_and_spends_no_nonce(
    counter: Counter, database: Database, clock: FixedClock
) -> None:
    with database.write() as session:
        for reference, data in (("1", word(1) + word(9)), ("2", word(2))):
            enqueue(session, kind="count", reference=reference, contract=counter.address, data=data, now=clock.now())
    sender = counter.sender(database, clock)

    confirm(sender, database)

    refused, done = intent(database, 1), intent(database, 2)
    assert (refused.state, refused.nonce, refused.revert_data) == ("reverted", None, REVERT_DATA)
    assert refused.revert_reason == "0xdeadbeef()"
    assert (done.state, done.nonce) == ("confirmed", 0)
    assert counter.counts(range(1, 3)) == [0, 1]


def test_sender__call_that_builds_on_one_in_flight__waits_for_it_instead_of_being_refused(
    counter: Counter, database: Database, clock: FixedClock
) -> None:
    hold_mempool(counter)
    with database.write() as session:
        for reference, data in (("1", word(9)), ("2", word(2) + word(9))):
            enqueue(session, kind="count", reference=reference, contract=counter.address, data=data, now=clock.now())
    sender = counter.sender(database, clock)

    sender.step()
    waiting = states(database)
    mine(counter)
    sender.step()
    mine(counter)
    sender.step()

    assert waiting == ["signed", "new"]
    assert states(database) == ["confirmed", "confirmed"]
    assert counter.count(2) == 1


def test_sender__transaction_that_reverts_when_mined__is_reverted_with_the_contracts_reason(
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

    reverted = intent(database, 1)
    assert (reverted.state, reverted.nonce, reverted.revert_data) == ("reverted", 0, REVERT_DATA)
    assert counter.count(1) == 0


def test_sender__second_sender__is_refused_while_the_first_lives_and_takes_over_after_it(
    counter: Counter, database: Database, clock: FixedClock
) -> None:
    first, second = counter.sender(database, clock), counter.sender(database, clock)
    first.step()

    with pytest.raises(LeaseHeld) as refused:
        second.step()
    first.close()
    enqueue_counts(database, counter, clock, range(1, 2))
    confirm(second, database)

    assert refused.value.code == "link.lease_held"
    assert counter.count(1) == 1


def test_sender__lapsed_lease__is_taken_over(counter: Counter, database: Database, clock: FixedClock) -> None:
    counter.sender(database, clock).step()
    clock.at += timedelta(seconds=16)

    counter.sender(database, clock).step()

    with pytest.raises(LeaseHeld):
        counter.sender(database, clock).step()
