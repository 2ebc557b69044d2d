"""Counting through the outbox, and what became of it."""

from backend.chain.keys import DevRole, dev_signer
from backend.kernel.clock import FixedClock
from backend.link.outbox import FILLER_KIND, attempts_of, enqueue, intent_of, intents_in
from backend.link.sender import Sender
from backend.link.tables import Attempt, Intent, IntentState
from backend.storage.database import Database
from tests.integration.link.counter import Counter, mined, send_raw, step_until, word

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
