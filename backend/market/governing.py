"""What governance decides of a class's market: its rules, its first reference price, when it stops and goes on."""

from dataclasses import dataclass

from backend.kernel.errors import Conflict, RuleViolated
from backend.market.admission import phase_of
from backend.market.journal import Kind
from backend.market.listing import keep_rules
from backend.market.phase import Phase
from backend.market.reference import BY_GOVERNANCE, refer
from backend.market.rules import ClassRules, PriceOffTick
from backend.market.schedule import STOPPED
from backend.market.turn import Turn, phase_payload


class PhaseNotGovernances(RuleViolated):
    """A phase that the calendar begins, not governance."""

    code = "market.phase_not_governances"

    def __init__(self, phase: Phase) -> None:
        super().__init__(
            f"governance does not begin phase {phase}: it stops a class, and lets it go on",
            phase=phase,
            expected=[stopped.value for stopped in STOPPED],
        )


class NotStopped(Conflict):
    """There is nothing to go on from."""

    code = "market.not_stopped"

    def __init__(self, phase: Phase) -> None:
        super().__init__(f"the class is in phase {phase}: it was not stopped", phase=phase)


@dataclass(frozen=True)
class SettingRules:
    """A class gets these rules from now on, and its band with them. Orders in the book stay."""

    rules: ClassRules

    def __call__(self, turn: Turn) -> int:
        """Journals and keeps them; returns the journal sequence. Raises RulesInconsistent."""
        self.rules.require_consistent()
        line, _ = turn.write(Kind.RULES, {"classId": str(self.rules.class_id), "rules": self.rules.payload()})
        keep_rules(turn.session, self.rules, turn.now)
        book = turn.engine.books.get(self.rules.class_id)
        if book is not None and book.reference is not None:
            refer(turn, self.rules, book.reference, BY_GOVERNANCE)
        return line.sequence


@dataclass(frozen=True)
class SettingReference:
    """A class gets a reference price, base units per kg, and with it a band."""

    rules: ClassRules
    price_per_kg: int

    def __call__(self, turn: Turn) -> int:
        """Journals it; returns the sequence. Raises PriceOffTick."""
        if self.price_per_kg < self.rules.tick or self.price_per_kg % self.rules.tick:
            raise PriceOffTick(self.price_per_kg, self.rules.tick)
        refer(turn, self.rules, self.price_per_kg, BY_GOVERNANCE)
        return turn.head.sequence


@dataclass(frozen=True)
class Stopping:
    """A class takes no orders until it is told to go on: `halted`, or `cancel_only`: there orders may still shrink."""

    class_id: int
    phase: Phase

    def __call__(self, turn: Turn) -> int:
        """Journals it; returns the sequence. Raises PhaseNotGovernances."""
        if self.phase not in STOPPED:
            raise PhaseNotGovernances(self.phase)
        turn.write(Kind.PHASE, phase_payload(self.class_id, self.phase, turn.now_s, BY_GOVERNANCE))
        return turn.head.sequence


@dataclass(frozen=True)
class GoingOn:
    """A class that was stopped goes on, through a call: nobody trades on what was known before the stop."""

    rules: ClassRules

    def __call__(self, turn: Turn) -> int:
        """Journals it; returns the sequence. Raises NotStopped."""
        phase = phase_of(turn.engine, self.rules)
        if phase not in STOPPED:
            raise NotStopped(phase)
        payload = phase_payload(self.rules.class_id, Phase.VOLATILITY_CALL, turn.now_s, BY_GOVERNANCE)
        turn.write(Kind.PHASE, payload)
        return turn.head.sequence
