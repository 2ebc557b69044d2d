"""The JSON of several orders at once."""

from typing import Annotated, Any

from pydantic import Field

from backend.access.problems import problem_of
from backend.access.wire import Wire
from backend.kernel.errors import TanyuError
from backend.market.service import Ack
from backend.market.views import AckOut, OrderBody

ORDERS_MAX = 64
"""Orders in one batch."""


class OrderBatchBody(Wire):
    """Signed orders to place."""

    orders: Annotated[tuple[OrderBody, ...], Field(min_length=1, max_length=ORDERS_MAX)]


class OrderOutcomeOut(Wire):
    """What became of one of them: `accepted`, or the problem document that it alone would have got."""

    accepted: AckOut | None
    problem: dict[str, Any] | None

    @classmethod
    def of(cls, found: Ack | TanyuError) -> "OrderOutcomeOut":
        """An outcome in JSON."""
        if isinstance(found, TanyuError):
            return cls(accepted=None, problem=problem_of(found))
        return cls(accepted=AckOut.of(found), problem=None)
