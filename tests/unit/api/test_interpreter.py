"""The collector comes while the market answers nobody, and only then."""

import gc
from collections.abc import Iterator

import pytest

from backend.api.interpreter import COLLECT_WORTH, YOUNG_COLLECTIONS, Collector
from backend.market.rest import Rest


class Cycle:
    """Garbage once it is let go, and nobody but the collector finds it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def collected() -> Iterator[list[int]]:
    """The generations that were collected, in order; nobody else collects."""
    found: list[int] = []

    def note(phase: str, said: dict[str, int]) -> None:
        if phase == "stop":
            found.append(said["generation"])

    gc.collect()
    gc.disable()
    gc.callbacks.append(note)
    yield found
    gc.callbacks.remove(note)
    gc.enable()


def make_garbage() -> None:
    for _ in range(2 * COLLECT_WORTH):
        Cycle()


def test_look__in_a_pause__collects_what_is_worth_it(collected: list[int]) -> None:
    collector = Collector(Rest())
    collector.look()
    collected.clear()
    make_garbage()
    collector.look()
    assert collected == [0]
    assert not [left for left in gc.get_objects() if type(left) is Cycle]
    collector.look()
    assert collected == [0]  # nothing new


def test_look__after_the_market_answered__waits_for_a_pause(collected: list[int]) -> None:
    rest = Rest()
    collector = Collector(rest)
    make_garbage()
    for _ in range(3):
        rest.begin("an answer")
        collector.look()
    assert collected == []
    collector.look()
    assert collected == [0]


def test_looks__every_few__go_over_what_the_others_left(collected: list[int]) -> None:
    collector = Collector(Rest())
    gc.collect(1)
    collected.clear()
    for _ in range(YOUNG_COLLECTIONS + 1):
        make_garbage()
        collector.look()
    assert collected == [0] * YOUNG_COLLECTIONS + [1]
