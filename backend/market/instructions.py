"""What a maker says beside the signed order: how long it may wait, and what becomes of it when it comes in. Pure.

Instructions are not signed, because they only narrow what the signature allows: an order that is killed, leaves early
or is refused has done nothing that its maker did not put a name to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from backend.kernel.digest import Json
from backend.kernel.errors import InvalidInput
from backend.market.order import SignedOrder
from backend.market.rules import LIFETIME_S_MIN

CLIENT_ORDER_ID_MAX = 64
"""Characters, each visible ASCII (0x21 to 0x7e)."""


class TimeInForce(StrEnum):
    """How long an order may wait: until its expiry, until a time before it, or not at all."""

    GTC = "gtc"
    """Good till cancelled: until it expires."""
    GTD = "gtd"
    """Good till date: until `goodUntil`."""
    IOC = "ioc"
    """Immediate or cancel: takes what is there, the rest is killed."""
    FOK = "fok"
    """Fill or kill: all of it at once, or nothing."""

    @property
    def rests(self) -> bool:
        """Whether what is not filled at once waits in the book."""
        return self in {TimeInForce.GTC, TimeInForce.GTD}


class SelfTrade(StrEnum):
    """What happens when an order would meet one of its own maker's."""

    CANCEL_NEWEST = "cancel_newest"
    """The incoming order stops there."""
    CANCEL_OLDEST = "cancel_oldest"
    """The resting order leaves and the incoming one goes on."""
    CANCEL_BOTH = "cancel_both"


class InstructionOutOfPlace(InvalidInput):
    """An instruction that contradicts the order or another instruction."""

    code = "market.instruction_out_of_place"

    def __init__(self, field: str, value: object, expected: str) -> None:
        super().__init__(f"{field} is {value}; expected {expected}", field=field, value=str(value), expected=expected)


@dataclass(frozen=True, slots=True)
class Instructions:
    """What stands beside a signed order. `check_instructions` says whether it makes sense."""

    time_in_force: TimeInForce = TimeInForce.GTC
    good_until: int | None = None
    """Unix seconds, for `gtd` only: the order leaves the book then."""
    post_only: bool = False
    """Refused if it would take from the book."""
    self_trade: SelfTrade = SelfTrade.CANCEL_NEWEST
    client_order_id: str | None = None
    """The maker's own name for the order: one order a name."""
    is_market: bool = False
    """An `ioc` whose limit price is only its protection: refused if that lies far from the market."""

    def payload(self) -> dict[str, Json]:
        """The JSON form, in journals and over HTTP: only what differs from a plain order."""
        named: dict[str, tuple[Json, Json]] = {
            "timeInForce": (self.time_in_force.value, TimeInForce.GTC.value),
            "goodUntil": (self.good_until, None),
            "postOnly": (self.post_only, False),
            "selfTrade": (self.self_trade.value, SelfTrade.CANCEL_NEWEST.value),
            "clientOrderId": (self.client_order_id, None),
            "market": (self.is_market, False),
        }
        return {name: value for name, (value, usual) in named.items() if value != usual}

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> "Instructions":
        """The instructions of a form that `payload` wrote."""
        if not payload:
            return PLAIN
        return cls(
            time_in_force=TimeInForce(payload.get("timeInForce", TimeInForce.GTC)),
            good_until=payload.get("goodUntil"),
            post_only=payload.get("postOnly", False),
            self_trade=SelfTrade(payload.get("selfTrade", SelfTrade.CANCEL_NEWEST)),
            client_order_id=payload.get("clientOrderId"),
            is_market=payload.get("market", False),
        )


PLAIN = Instructions()
"""A limit order good till cancelled, and nothing else."""


def check_instructions(order: SignedOrder, instructions: Instructions) -> None:
    """Whether these instructions can stand beside this order. Raises InstructionOutOfPlace."""
    in_force, until = instructions.time_in_force, instructions.good_until
    if in_force is TimeInForce.GTD and (until is None or not 0 < until < order.expiry):
        found = "missing" if until is None else until
        raise InstructionOutOfPlace("goodUntil", found, f"a time before the signed expiry {order.expiry}, for gtd")
    if in_force is not TimeInForce.GTD and until is not None:
        raise InstructionOutOfPlace("goodUntil", until, f"none: timeInForce is {in_force}, not gtd")
    if instructions.post_only and not in_force.rests:
        raise InstructionOutOfPlace("postOnly", True, f"false: timeInForce {in_force} never rests in the book")
    if instructions.is_market and in_force is not TimeInForce.IOC:
        raise InstructionOutOfPlace("timeInForce", in_force, "ioc, since market is true")
    name = instructions.client_order_id
    if name is not None and not (
        1 <= len(name) <= CLIENT_ORDER_ID_MAX and all("!" <= letter <= "~" for letter in name)
    ):
        raise InstructionOutOfPlace("clientOrderId", name[:100], f"1 to {CLIENT_ORDER_ID_MAX} visible ASCII characters")


def book_expiry(order: SignedOrder, instructions: Instructions) -> int:
    """The expiry by which the book reckons, Unix seconds: the order leaves LIFETIME_S_MIN before it."""
    if instructions.good_until is None:
        return order.expiry
    return min(order.expiry, instructions.good_until + LIFETIME_S_MIN)
