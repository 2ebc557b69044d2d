"""Waiting for what other threads and processes bring about: for the thing itself, never for a while."""

import time
from collections.abc import Callable

PATIENCE_S = 240
"""Generous: what takes two seconds takes two minutes on a machine that does twenty other things."""

_POLL_S = 0.02


def until(condition: Callable[[], bool], what: str, wait_s: float = PATIENCE_S) -> None:
    """Returns once the condition holds; fails with `what` if it never does."""
    deadline = time.monotonic() + wait_s
    while not condition():
        assert time.monotonic() < deadline, f"waited {wait_s} s for {what}"
        time.sleep(_POLL_S)
