"""Asking again: who was told to come later does, and who heard nothing, within a bound. For what may be asked twice."""

from collections.abc import Callable
from time import sleep
from typing import TypeVar

from backend.access.client import ApiProblem, ServerUnreachable

Answer = TypeVar("Answer")


class Patience:
    """Waits `wait_s_max` seconds in all for one answer, then gives up."""

    def __init__(self, wait_s_max: int, wait: Callable[[int], None] = sleep) -> None:
        self.wait_s_max = wait_s_max
        self._wait = wait

    def until_answered(self, ask: Callable[[], Answer]) -> Answer:
        """What it answers in the end. Raises its ApiProblem or ServerUnreachable if that will not change by waiting, or
        not within the bound.
        """
        left, pause_s = self.wait_s_max, 1
        while True:
            try:
                return ask()
            except (ApiProblem, ServerUnreachable) as failure:
                told_s = failure.retry_after_s if isinstance(failure, ApiProblem) else pause_s
                if told_s is None or told_s > left:
                    raise
                pause_s = max(told_s, 1)
            self._wait(pause_s)
            left, pause_s = left - pause_s, 2 * pause_s
