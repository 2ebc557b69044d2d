"""The sequencer rests until those it answered are told, and no longer."""

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet

import pytest

from backend.market import sequencer as sequencer_module
from backend.market.rest import Rest
from tests.unit.market.world import World

WAIT_S = 60
SOON_S = 0.2


def test_wait__nobody_tells__does_not_wait() -> None:
    Rest().wait(WAIT_S)


def test_wait__until_the_last_has_told() -> None:
    rest = Rest()
    for teller in ("one", "other", "one"):
        rest.begin(teller)
    with ThreadPoolExecutor(1) as pool:
        resting = pool.submit(rest.wait, WAIT_S)
        rest.end("one")
        with pytest.raises(NotYet):
            resting.result(SOON_S)
        rest.end("other")
        resting.result(WAIT_S)


def test_wait__who_never_tells__is_waited_for_once() -> None:
    rest = Rest()
    rest.begin("a loop that ended")
    rest.wait(0)
    rest.wait(WAIT_S)


def test_sequencer__while_answers_are_told__begins_no_group(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequencer_module, "REST_MAX_S", WAIT_S)
    sequencer = world.market.sequencer
    sequencer.call(lambda _turn: sequencer.rest.begin("a loop"))

    second = sequencer.submit(lambda turn: turn.now)
    with pytest.raises(NotYet):
        second.result(SOON_S)
    sequencer.rest.end("a loop")
    second.result(WAIT_S)
