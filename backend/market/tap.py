"""Where the sequencer leaves what is durable for whoever follows, and where followers' questions wait. It never waits.

Bounded: lines that find no room are let go. The follower sees the gap in their sequence and reads the journal instead,
as it does after a commit whose answer was lost, and in a process that does not own the books.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Condition
from typing import Generic, TypeVar

from backend.market.journal import Line

Question = TypeVar("Question")

LINES_MAX = 20_000
"""Lines that wait at most; some ten megabytes."""


@dataclass(frozen=True)
class Taken(Generic[Question]):
    """What had come in, each in order."""

    lines: list[Line]
    questions: list[Question]


class Tap(Generic[Question]):
    """Lines and questions on their way to one follower. Thread-safe."""

    def __init__(self, lines_max: int = LINES_MAX) -> None:
        self._lines_max = lines_max
        self._changed = Condition()
        self._lines: deque[Line] = deque()
        self._questions: deque[Question] = deque()
        self._open = True

    def leave(self, lines: Sequence[Line]) -> None:
        """Leaves committed lines, in order; lets everything go that would be too much."""
        with self._changed:
            if len(self._lines) + len(lines) > self._lines_max:
                self._lines.clear()
            else:
                self._lines.extend(lines)
            self._changed.notify()

    def ask(self, question: Question) -> None:
        """Leaves a question. Who asks bounds how many."""
        with self._changed:
            self._questions.append(question)
            self._changed.notify()

    def close(self) -> None:
        """Ends every `take`."""
        with self._changed:
            self._open = False
            self._changed.notify_all()

    def take(self, wait_s: float) -> Taken[Question] | None:  # money-lint: seconds
        """Everything that is there, after a wait if nothing is; None once closed."""
        with self._changed:
            if self._open and not (self._lines or self._questions):
                self._changed.wait(wait_s)
            if not self._open:
                return None
            taken = Taken(list(self._lines), list(self._questions))
            self._lines.clear()
            self._questions.clear()
            return taken
