"""Where the sequencer leaves lines: in order, bounded, and without ever waiting."""

import threading
from datetime import UTC, datetime

from backend.market.journal import Head, Kind, Line
from backend.market.tap import Tap

AT = datetime(2026, 1, 15, tzinfo=UTC)


def lines(count: int, after: int = 0) -> list[Line]:
    head = Head(after, b"\0" * 32)
    found = []
    for _ in range(count):
        line = head.line(Kind.EXPIRE, {"before": 1}, AT)
        head = Head(line.sequence, line.hash)
        found.append(line)
    return found


def test_take__gives_everything_once_in_order() -> None:
    tap: Tap[str] = Tap()
    tap.leave(lines(2))
    tap.leave(lines(1, after=2))
    tap.ask("one")

    taken = tap.take(60)
    assert taken is not None
    assert [line.sequence for line in taken.lines] == [1, 2, 3]
    assert taken.questions == ["one"]
    again = tap.take(0)
    assert again is not None
    assert (again.lines, again.questions) == ([], [])


def test_leave__more_than_there_is_room_for__lets_go_of_what_waits() -> None:
    tap: Tap[str] = Tap(lines_max=3)
    tap.leave(lines(2))
    tap.leave(lines(2, after=2))
    tap.leave(lines(1, after=4))

    taken = tap.take(0)
    assert taken is not None
    assert [line.sequence for line in taken.lines] == [5], "the gap tells that some were let go"


def test_close__ends_a_take_that_waits() -> None:
    tap: Tap[str] = Tap()
    found: list[object] = []
    waiting = threading.Thread(target=lambda: found.append(tap.take(600)))
    waiting.start()
    tap.close()
    waiting.join(60)

    assert found == [None]
    assert tap.take(600) is None
