"""On the local chain `tanyu up` plays the governor: classes that policies need and the chain lacks are announced at
once, and created when their time has come, while it runs or at a later start.
"""

from collections.abc import Callable
from datetime import timedelta

from backend.issuance.class_opening import GovernorDesk, class_specs, in_words
from backend.kernel.clock import Clock
from backend.kernel.errors import TanyuError
from backend.ledger.policy import shipped_policies

LOOK_EVERY = timedelta(minutes=1)


class ClassOpening:
    """Looks now and then, until nothing is missing; says what is new."""

    def __init__(self, desk: GovernorDesk, clock: Clock, say: Callable[[str], None]) -> None:
        self._desk, self._clock, self._say = desk, clock, say
        self._specs = class_specs(shipped_policies())
        self._look_at = clock.now()
        self._said: list[str] = []
        self.is_done = False

    def step(self) -> None:
        """One look, if it is time for one. A node that is being started again, or a refusal, is said and tried anew."""
        if self.is_done or self._clock.now() < self._look_at:
            return
        self._look_at = self._clock.now() + LOOK_EVERY
        try:
            standings = self._desk.open(self._specs)
        except TanyuError as failure:
            said = [failure.message]
        else:
            self.is_done, said = not standings, in_words(standings)
        for sentence in said:
            if sentence not in self._said:
                self._say(sentence)
        self._said = said
