"""`kill -9` of the sending process between any two steps: nothing lost, nothing doubled."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random  # noqa: TID251 - seeded

import pytest

from backend.chain.keys import DevRole, dev_signer
from backend.kernel.clock import FixedClock
from backend.link.outbox import attempts_of, intents_in
from backend.link.tables import IntentState
from backend.storage.database import Database
from tests.integration.link.counter import Counter
from tests.integration.link.outbox import enqueue_counts

KEYS = range(1, 31)
POINTS = ("link.before_sign", "link.after_sign", "link.after_broadcast", "link.after_receipt")
RUN_TIMEOUT_S = 60


def start(database: Database, counter: Counter, crash_at: str | None = None) -> subprocess.Popen[bytes]:
    environment = dict(os.environ)
    environment.pop("TANYU_CRASH_AT", None)
    if crash_at is not None:
        environment["TANYU_CRASH_AT"] = crash_at
    command = [sys.executable, "-m", "tests.integration.link.sending", database.url, counter.url, "0"]
    return subprocess.Popen(command, env=environment, cwd=Path(__file__).parents[3], stderr=subprocess.DEVNULL)


def require_each_once(database: Database, counter: Counter) -> None:
    """Every key counted once; every intent confirmed under one nonce and one signature; no nonce wasted."""
    with database.read() as session:
        intents = intents_in(session, IntentState)
        signatures = [len(attempts_of(session, intent.id)) for intent in intents]
    assert counter.counts(KEYS) == [1] * len(KEYS)
    assert [intent.state for intent in intents] == ["confirmed"] * len(KEYS)
    assert [intent.nonce for intent in intents] == list(range(len(KEYS)))
    assert signatures == [1] * len(KEYS)
    assert counter.nonce(dev_signer(DevRole.OPERATOR).address) == len(KEYS)


@pytest.mark.parametrize("crash_at", POINTS)
def test_sender__killed_at_a_named_point_three_times__each_call_is_executed_once(
    crash_at: str, counter: Counter, database: Database, clock: FixedClock
) -> None:
    enqueue_counts(database, counter, clock, KEYS)

    ends = [start(database, counter, crash_at).wait(RUN_TIMEOUT_S) for _ in range(3)]
    last = start(database, counter).wait(RUN_TIMEOUT_S)

    assert (ends, last) == ([137, 137, 137], 0)
    require_each_once(database, counter)


def kill_at_random(counter: Counter, database: Database, random: Random, kills: int) -> None:
    """Kills the sender after it has been at work for 0 to 150 ms, again and again; at last lets it finish."""
    for _ in range(kills):
        process = start(database, counter)
        before = counter.nonce(dev_signer(DevRole.OPERATOR).address)
        deadline = time.monotonic() + RUN_TIMEOUT_S
        while process.poll() is None and counter.nonce(dev_signer(DevRole.OPERATOR).address) == before:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        time.sleep(random.uniform(0, 0.15))
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert start(database, counter).wait(RUN_TIMEOUT_S) == 0


def test_sender__killed_at_random__each_call_is_executed_once(
    counter: Counter, database: Database, clock: FixedClock
) -> None:
    enqueue_counts(database, counter, clock, KEYS)

    kill_at_random(counter, database, Random(20250118), kills=4)

    require_each_once(database, counter)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(8))
def test_sender__killed_at_random_many_times__each_call_is_executed_once(
    seed: int, counter: Counter, database: Database, clock: FixedClock
) -> None:
    enqueue_counts(database, counter, clock, KEYS)

    kill_at_random(counter, database, Random(seed), kills=5)

    require_each_once(database, counter)
