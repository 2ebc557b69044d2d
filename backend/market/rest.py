"""When the sequencer gives way. Between two groups it rests until those it answered have their answers and whoever came
meanwhile stands before it: its thread and the event loops share one interpreter, and what they do at once takes both of
them longer than one after the other (docs/adr/0029).
"""

from threading import Condition


class Rest:
    """Who is telling answers. Thread-safe."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._telling: set[object] = set()
        self.begun = 0
        """How often somebody had answers to tell."""

    def begin(self, teller: object) -> None:
        """A teller has answers to tell; as often as it likes."""
        with self._changed:
            self.begun += 1
            self._telling.add(teller)

    def end(self, teller: object) -> None:
        """It has told them."""
        with self._changed:
            self._telling.discard(teller)
            self._changed.notify_all()

    def wait(self, most_s: float) -> None:  # money-lint: seconds
        """Until nobody has anything to tell. Whoever has not told by then is not waited for again: its loop may have
        ended.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: not self._telling, most_s):
                self._telling.clear()
