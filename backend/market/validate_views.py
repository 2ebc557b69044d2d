"""The JSON of a validation."""

from typing import Any

from backend.access.problems import problem_of
from backend.access.wire import Amount, Wire
from backend.market.validate import Verdict


class FillableOut(Wire):
    """Lots that would be filled at one price."""

    price_per_kg: Amount
    lots: Amount


class VerdictOut(Wire):
    """Whether an order would be accepted, as of the journal's line `sequence`; if not, the problem it would get.

    `fills`: what the book has for it, best price first, whether it would be accepted or not; `lotsFillable` and `cost`
    are their sums, in kg and payment-token base units before the fee.
    """

    accepted: bool
    problem: dict[str, Any] | None
    fills: tuple[FillableOut, ...]
    lots_fillable: Amount
    cost: Amount
    sequence: int

    @classmethod
    def of(cls, verdict: Verdict) -> "VerdictOut":
        """A verdict in JSON."""
        return cls(
            accepted=verdict.refusal is None,
            problem=None if verdict.refusal is None else problem_of(verdict.refusal),
            fills=tuple(FillableOut(price_per_kg=each.price_per_kg, lots=each.lots) for each in verdict.fills),
            lots_fillable=sum(each.lots for each in verdict.fills),
            cost=sum(each.lots * each.price_per_kg for each in verdict.fills),
            sequence=verdict.sequence,
        )
