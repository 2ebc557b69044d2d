"""Keeps the copy of the local chain's state fresh while the chain runs: a thread of the process that started it."""

import threading
import time
from collections.abc import Callable

from backend.chain.state_file import NS_PER_S, StateFile

POLL_S = 0.1  # money-lint: seconds
REST_S = 1
REST_PER_COPY = 10
"""It rests that many times as long as a copy took, so that a long history or a slow disk is not worn by copying."""


class StateKeeper:
    """Copies the state a moment after it changed. A disk that refuses is said once, and tried again."""

    def __init__(self, state: StateFile, say: Callable[[str], None]) -> None:
        self._state = state
        self._say = say
        self._refused = ""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="chain-state", daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self) -> None:
        """Ends, with a last copy."""
        self._ended.set()
        self._thread.join()
        self._keep()

    def _run(self) -> None:
        rest_s: float = POLL_S  # money-lint: seconds
        while not self._ended.wait(rest_s):
            began_ns = time.monotonic_ns()
            kept = self._keep()
            took_ns = time.monotonic_ns() - began_ns
            rest_s = REST_S + REST_PER_COPY * took_ns // NS_PER_S if kept else POLL_S

    def _keep(self) -> bool:
        try:
            return self._state.keep()
        except OSError as refusal:
            if str(refusal) != self._refused:
                self._refused = str(refusal)
                self._say(f"the local chain's state cannot be copied: {refusal}")
            return False
