"""A statement's states (DESIGN section 4). No framework.

    open <-> closed -> submitted -> returned (-> closed, a new version)
                                     returned -> appealed -> returned | submitted
                                 -> attested -> issued -> claimed
                                             -> neutral
                                             -> deficit -> partly_settled -> settled

A closing that nobody was shown can be undone; from submitted to attested it is one-way. What comes after is a
projection of the chain, which a reorg may undo, so those steps have a way back.
"""

from enum import StrEnum

from backend.kernel.errors import Conflict


class State(StrEnum):
    """Where a statement stands. `open` is the state of a year nobody has closed: it has no row."""

    OPEN = "open"
    CLOSED = "closed"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPEALED = "appealed"
    ATTESTED = "attested"
    ISSUED = "issued"
    CLAIMED = "claimed"
    NEUTRAL = "neutral"
    DEFICIT = "deficit"
    PARTLY_SETTLED = "partly_settled"
    SETTLED = "settled"


_FORWARD: dict[State, frozenset[State]] = {
    State.OPEN: frozenset({State.CLOSED}),
    State.CLOSED: frozenset({State.OPEN, State.CLOSED, State.SUBMITTED}),
    State.SUBMITTED: frozenset({State.RETURNED, State.ATTESTED}),
    State.RETURNED: frozenset({State.CLOSED, State.APPEALED}),
    State.APPEALED: frozenset({State.RETURNED, State.SUBMITTED}),
    State.ATTESTED: frozenset({State.ISSUED, State.NEUTRAL, State.DEFICIT}),
    State.ISSUED: frozenset({State.CLAIMED}),
    State.CLAIMED: frozenset(),
    State.NEUTRAL: frozenset(),
    State.DEFICIT: frozenset({State.PARTLY_SETTLED, State.SETTLED}),
    State.PARTLY_SETTLED: frozenset({State.SETTLED}),
    State.SETTLED: frozenset(),
}

_BACK: dict[State, frozenset[State]] = {
    State.ISSUED: frozenset({State.ATTESTED}),
    State.CLAIMED: frozenset({State.ISSUED}),
    State.NEUTRAL: frozenset({State.ATTESTED}),
    State.DEFICIT: frozenset({State.ATTESTED}),
    State.PARTLY_SETTLED: frozenset({State.DEFICIT, State.ATTESTED}),
    State.SETTLED: frozenset({State.PARTLY_SETTLED, State.DEFICIT, State.ATTESTED}),
}
"""The ways back: only states read from the chain have one."""

FROZEN = frozenset(_BACK) | {State.SUBMITTED, State.APPEALED, State.ATTESTED}
"""States in which the year's activities can no longer change."""


class StatementStateWrong(Conflict):
    """The step is not one that a statement in this state can take."""

    code = "statement.state_wrong"

    def __init__(self, state: State, to: State) -> None:
        allowed = sorted(_FORWARD[state])
        super().__init__(
            f"a statement that is {state} cannot become {to}; it can become {', '.join(allowed) or 'nothing else'}",
            state=str(state),
            to=str(to),
            allowed=[str(other) for other in allowed],
        )


def step(state: State, to: State) -> State:
    """The next state; raises StatementStateWrong."""
    if to not in _FORWARD[state]:
        raise StatementStateWrong(state, to)
    return to


def once_anchored(credit_gco2e: int, deficit_gco2e: int) -> State:
    """What a statement becomes when its batch is on the chain. With nothing to mint and nothing owed it is neutral."""
    return State.ISSUED if credit_gco2e else State.DEFICIT if deficit_gco2e else State.NEUTRAL


def step_back(state: State, to: State) -> State:
    """Undoes a projected step after a reorg; raises StatementStateWrong for a step that is not the chain's to undo."""
    if to not in _BACK.get(state, frozenset()):
        raise StatementStateWrong(state, to)
    return to
