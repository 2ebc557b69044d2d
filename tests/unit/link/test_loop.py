"""A loop waits out what is expected, ends on what is not, and stops when told."""

import threading
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from backend.kernel.clock import FixedClock
from backend.link.loop import Loop
from backend.link.node import NodeUnavailable
from tests.patience import until

SOON = timedelta(milliseconds=5)
LONG = timedelta(minutes=5)
PATIENCE = timedelta(seconds=10)


@dataclass
class Moved:
    moved: bool = False


@pytest.mark.parametrize(
    ("failure", "problem"),
    [
        (NodeUnavailable("gone"), "link.node_unavailable: the chain's node cannot serve now: gone"),
        (OperationalError("", {}, Exception("locked")), "link.database_unavailable: locked"),
    ],
)
def test_loop__expected_failure__is_told_and_tried_again_until_it_works(
    clock: FixedClock, failure: Exception, problem: str
) -> None:
    broken = threading.Event()
    broken.set()

    def step() -> Moved:
        if broken.is_set():
            raise failure
        return Moved()

    loop = Loop("test", step, clock, SOON)
    loop.start()
    until(lambda: loop.status().failures >= 2, "the loop")
    during = loop.status()
    broken.clear()
    until(lambda: loop.status().problem is None, "the loop")
    after = loop.status()

    assert loop.stop(PATIENCE)
    assert (during.alive, during.problem, during.last_good_at) == (True, problem, None)
    assert (after.alive, after.failures, after.last_good_at) == (True, 0, clock.now())


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_loop__unexpected_failure__ends_it(clock: FixedClock) -> None:
    def step() -> Moved:
        raise ZeroDivisionError

    loop = Loop("test", step, clock, SOON)
    loop.start()

    until(lambda: not loop.status().alive, "the loop")

    assert loop.stop(PATIENCE)


def test_loop__something_moved__steps_again_without_waiting(clock: FixedClock) -> None:
    steps = 0

    def step() -> Moved:
        nonlocal steps
        steps += 1
        return Moved(steps < 50)

    loop = Loop("test", step, clock, LONG)
    loop.start()
    until(lambda: steps == 50, "the loop")

    assert loop.stop(PATIENCE)


def test_loop__woken__steps_before_its_time(clock: FixedClock) -> None:
    steps = 0

    def step() -> Moved:
        nonlocal steps
        steps += 1
        return Moved()

    loop = Loop("test", step, clock, LONG)
    loop.start()
    until(lambda: steps == 1, "the loop")
    loop.wake()
    until(lambda: steps == 2, "the loop")

    assert loop.stop(PATIENCE)


def test_loop__stopped_in_the_middle_of_a_step__ends_after_it_without_waiting(clock: FixedClock) -> None:
    entered, leave = threading.Event(), threading.Event()

    def step() -> Moved:
        entered.set()
        leave.wait()
        return Moved()

    loop = Loop("test", step, clock, LONG)
    loop.start()
    entered.wait()
    too_early = loop.stop(timedelta(milliseconds=20))
    leave.set()

    assert not too_early
    assert loop.stop(PATIENCE)


def test_loop__while_the_work_is_anothers__stands_by_ready_and_begins_when_it_is_its_turn(clock: FixedClock) -> None:
    ours = threading.Event()
    steps: list[int] = []

    def step() -> Moved:
        steps.append(1)
        return Moved()

    loop = Loop("test", step, clock, LONG, is_ours=ours.is_set)
    loop.start()
    until(lambda: loop.status().standing_by, "the loop")
    before = loop.status()
    assert (before.ready, steps) == (True, [])
    ours.set()
    until(lambda: bool(steps), "the loop")
    until(lambda: not loop.status().standing_by and loop.status().ready, "the loop")

    assert loop.stop(PATIENCE)
    assert not loop.status().ready
