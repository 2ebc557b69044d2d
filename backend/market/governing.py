"""What governance decides of a class's market: its rules, its first reference price, when it stops and goes on. Each
act says who and why, in the journal and in a history that anybody reads; each can be tried first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from sqlmodel import Session, col, select

from backend.kernel.digest import Json, canonical_json
from backend.kernel.errors import Conflict, RuleViolated
from backend.market.admission import phase_of
from backend.market.governing_tables import GovernedAct
from backend.market.journal import Kind
from backend.market.listing import keep_rules, rules_of
from backend.market.phase import Phase
from backend.market.reference import BY_GOVERNANCE, refer
from backend.market.rules import ClassRules, PriceOffTick
from backend.market.schedule import STOPPED
from backend.market.turn import Turn, phase_payload

Changes: TypeAlias = dict[str, tuple[Json, Json]]
"""Field -> what it was, and what it is then; as JSON names them. Only what differs."""


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
class Word:
    """Who governs (an account; None: nobody, the rules themselves do), and why."""

    by: str | None
    why: str

    def payload(self) -> dict[str, Json]:
        """As it stands in a line of the journal."""
        return {"why": self.why} if self.by is None else {"by": self.by, "why": self.why}


UNSAID = Word(None, "")
"""Of acts that nobody has to answer for: a market made for a test, or for the sample year."""


@dataclass(frozen=True)
class Governed:
    """An act that is done: its line of the journal, and what it changed."""

    sequence: int
    changes: Changes


class Act(Protocol):
    """An act of governance."""

    def changes(self, turn: Turn) -> Changes:
        """What it would change; raises what keeps it from being done."""
        ...

    def __call__(self, turn: Turn) -> Governed:
        """Does it. Raises as `changes`."""
        ...


@dataclass(frozen=True)
class SettingRules:
    """A class gets these rules from now on, and its band with them. Orders in the book stay."""

    rules: ClassRules
    word: Word = UNSAID

    def changes(self, turn: Turn) -> Changes:
        """Raises RulesInconsistent."""
        self.rules.require_consistent()
        return _differences(_flat(rules_of(turn.session, self.rules.class_id)), _flat(self.rules))

    def __call__(self, turn: Turn) -> Governed:
        """Journals and keeps them. Raises RulesInconsistent."""
        changes = self.changes(turn)
        payload: dict[str, Json] = {"classId": str(self.rules.class_id), "rules": self.rules.payload()}
        line, _ = turn.write(Kind.RULES, payload | self.word.payload())
        keep_rules(turn.session, self.rules, turn.now)
        done = _keep(turn, self.rules.class_id, line.sequence, changes, self.word)
        book = turn.engine.books.get(self.rules.class_id)
        if book is not None and book.reference is not None:
            refer(turn, self.rules, book.reference, BY_GOVERNANCE)
        return done


@dataclass(frozen=True)
class SettingReference:
    """A class gets a reference price, base units per kg, and with it a band."""

    rules: ClassRules
    price_per_kg: int
    word: Word = UNSAID

    def changes(self, turn: Turn) -> Changes:
        """Raises PriceOffTick."""
        if self.price_per_kg < self.rules.tick or self.price_per_kg % self.rules.tick:
            raise PriceOffTick(self.price_per_kg, self.rules.tick)
        book = turn.engine.books.get(self.rules.class_id)
        before = None if book is None or book.reference is None else str(book.reference)
        return _differences({"referencePerKg": before}, {"referencePerKg": str(self.price_per_kg)})

    def __call__(self, turn: Turn) -> Governed:
        """Journals it. Raises PriceOffTick."""
        changes = self.changes(turn)
        refer(turn, self.rules, self.price_per_kg, BY_GOVERNANCE, self.word.payload())
        return _keep(turn, self.rules.class_id, turn.head.sequence, changes, self.word)


@dataclass(frozen=True)
class Stopping:
    """A class takes no orders until it is told to go on: `halted`, or `cancel_only`: there orders may still shrink."""

    rules: ClassRules
    phase: Phase
    word: Word = UNSAID

    def changes(self, turn: Turn) -> Changes:
        """Raises PhaseNotGovernances."""
        if self.phase not in STOPPED:
            raise PhaseNotGovernances(self.phase)
        return _differences({"phase": phase_of(turn.engine, self.rules).value}, {"phase": self.phase.value})

    def __call__(self, turn: Turn) -> Governed:
        """Journals it. Raises PhaseNotGovernances."""
        return _begin(turn, self.rules, self.phase, self.changes(turn), self.word)


@dataclass(frozen=True)
class GoingOn:
    """A class that was stopped goes on, through a call: nobody trades on what was known before the stop."""

    rules: ClassRules
    word: Word = UNSAID

    def changes(self, turn: Turn) -> Changes:
        """Raises NotStopped."""
        phase = phase_of(turn.engine, self.rules)
        if phase not in STOPPED:
            raise NotStopped(phase)
        return _differences({"phase": phase.value}, {"phase": Phase.VOLATILITY_CALL.value})

    def __call__(self, turn: Turn) -> Governed:
        """Journals it. Raises NotStopped."""
        return _begin(turn, self.rules, Phase.VOLATILITY_CALL, self.changes(turn), self.word)


def history(session: Session, class_id: int, limit: int, before: int | None = None) -> list[GovernedAct]:
    """A class's acts, newest first; only those before a journal sequence if one is given."""
    query = select(GovernedAct).where(GovernedAct.class_id == class_id).order_by(col(GovernedAct.sequence).desc())
    if before is not None:
        query = query.where(GovernedAct.sequence < before)
    return list(session.exec(query.limit(limit)).all())


def _begin(turn: Turn, rules: ClassRules, phase: Phase, changes: Changes, word: Word) -> Governed:
    payload = phase_payload(rules.class_id, phase, turn.now_s, BY_GOVERNANCE) | word.payload()
    line, _ = turn.write(Kind.PHASE, payload)
    return _keep(turn, rules.class_id, line.sequence, changes, word)


def _keep(turn: Turn, class_id: int, sequence: int, changes: Changes, word: Word) -> Governed:
    told: dict[str, Json] = {field: list(values) for field, values in changes.items()}
    turn.session.add(
        GovernedAct(
            sequence=sequence,
            class_id=class_id,
            by_account=word.by,
            why=word.why,
            changes=canonical_json(told).decode(),
            at=turn.now,
        )
    )
    return Governed(sequence, changes)


def _flat(rules: ClassRules) -> dict[str, Json]:
    """The rules, those of the day among the others."""
    told = rules.payload()
    day = told.pop("day")
    assert isinstance(day, dict)
    return told | day


def _differences(before: Mapping[str, Json], after: Mapping[str, Json]) -> Changes:
    return {field: (before[field], after[field]) for field in after if before[field] != after[field]}
