"""Both loops in threads: they send and index by themselves, survive the node's absence, and stop when told."""

from datetime import timedelta

from backend.chain.keys import DevRole, dev_signer
from backend.kernel.clock import FixedClock
from backend.link.balances import balance_projections, payment_balance
from backend.link.indexer import Indexer
from backend.link.outbox import enqueue
from backend.link.sender import Sender
from backend.link.worker import Worker
from backend.storage.database import Database
from tests.integration.link.acts import Acts
from tests.patience import until

RECEIVER = dev_signer(41).address


def test_worker__intent_enqueued__is_sent_indexed_and_confirmed_and_then_it_stops(
    acts: Acts, database: Database, clock: FixedClock
) -> None:
    sender = Sender(database, acts.w3, dev_signer(DevRole.OPERATOR), clock, acts.deployment, confirmations=0)
    indexer = Indexer(database, acts.w3, acts.deployment, balance_projections(acts.deployment), confirmations=0)
    worker = Worker(database, sender, indexer, clock, poll=timedelta(milliseconds=50))
    before = worker.status()
    data = acts.contracts.encode("PaymentToken", "mint", [RECEIVER, 7])

    worker.start()
    until(lambda: worker.status().ready and worker.status().lag_blocks == 0, "the worker")
    with database.write() as session:
        enqueue(session, kind="mint", reference="1", contract="PaymentToken", data=data, now=clock.now())
    waiting = worker.status().unfinished_intents
    worker.wake()
    until(lambda: worker.status().unfinished_intents == 0, "the mint")
    stopped = worker.stop()

    assert (before.ready, before.lag_blocks, waiting) == (False, None, 1)
    with database.read() as session:
        assert payment_balance(session, RECEIVER) == 7
    assert stopped
    after = worker.status()
    assert (after.ready, after.sender.alive, after.indexer.alive) == (False, False, False)
    assert after.sender.last_good_at == clock.now()
