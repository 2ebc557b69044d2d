"""The JSON of a validation."""

from typing import Any

from backend.access.problems import problem_of
from backend.access.wire import Amount, Wire
from backend.market.validate import Verdict


class VerdictOut(Wire):
    """Whether an order would be accepted, as of the journal's line `sequence`; if not, the problem it would get.

    What the book has for it, whether it would be accepted or not: `lotsFillable` kg from `orders` resting ones, the
    last of them at `worstPerKg`, for `cost` payment-token base units before the fee. `ownSequences`: the maker's own
    orders that it would meet. `whyNotAll`: collecting (the class matches nothing now), or the `reason` with which the
    order would be accepted; null if all of it would be filled, or the rest would wait.
    """

    accepted: bool
    problem: dict[str, Any] | None
    lots_fillable: Amount
    orders: int
    worst_per_kg: Amount | None
    cost: Amount
    own_sequences: tuple[int, ...]
    why_not_all: str | None
    sequence: int

    @classmethod
    def of(cls, verdict: Verdict) -> "VerdictOut":
        """A verdict in JSON."""
        reach = verdict.fillable.reach
        return cls(
            accepted=verdict.refusal is None,
            problem=None if verdict.refusal is None else problem_of(verdict.refusal),
            lots_fillable=reach.lots,
            orders=reach.orders,
            worst_per_kg=reach.worst_per_kg,
            cost=reach.cost,
            own_sequences=reach.own,
            why_not_all=verdict.fillable.why_not_all,
            sequence=verdict.sequence,
        )
