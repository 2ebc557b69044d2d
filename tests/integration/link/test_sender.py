"""The sender against a real node: each call executed exactly once, whatever happens to its transaction."""

from datetime import timedelta
from itertools import pairwise

import pytest

from backend.chain.keys import DevRole, dev_signer
from backend.kernel.clock import FixedClock
from backend.link.lease import LeaseHeld
from backend.link.outbox import FILLER_KIND, attempts_of, enqueue, intent_of, intents_in
from backend.link.sender import RESEND_AFTER, STUCK_AFTER, FeesAboveCeiling, OperatorUnfunded, Sender
from backend.link.tables import Attempt, Intent, IntentState
from backend.storage.database import Database
from tests.integration.link.counter import REVERT_DATA, Counter, mined, send_raw, step_until, word

OPERATOR = dev_signer(DevRole.OPERATOR)
ALL = tuple(IntentState)


def enqueue_counts(database: Database, counter: Counter, clock: FixedClock, keys: range) -> None:
    with database.write() as session:
        for key in keys:
            enqueue(
                session,
                kind="count",
                reference=str(key),
                contract=counter.address,
                data=word(key),
                now=clock.now(),
            )


def intent(database: Database, key: int, kind: str = "count") -> Intent:
    with database.read() as session:
        found = intent_of(session, kind, str(key))
    assert found is not None
    return found


def attempts(database: Database, key: int) -> list[Attempt]:
    with database.read() as session:
        return attempts_of(session, intent(database, key).id)


def states(database: Database) -> list[str]:
    with database.read() as session:
        return [found.state for found in intents_in(session, ALL) if found.kind != FILLER_KIND]


def count_directly(counter: Counter, key: int) -> None:
    """Counts without the outbox."""
    mined(counter.w3, send_raw(counter.w3, dev_signer(DevRole.GOVERNOR), to=counter.address, data=word(key)))


def confirm(sender: Sender, database: Database, counter: Counter | None = None) -> None:
    """Steps, mining a block each time if there is a counter, until nothing of the outbox is unfinished."""

    def finished() -> bool:
        if counter is not None:
            mine(counter)
        return not set(states(database)) & {"new", "signed", "mined"}

    step_until(sender, finished)


def hold_mempool(counter: Counter) -> None:
    counter.rpc("evm_setAutomine", False)


def mine(counter: Counter) -> None:
    counter.rpc("evm_mine")


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
