"""A signed order on its way in, with what stands beside it: sent twice it is still one order."""

from dataclasses import dataclass

from backend.kernel.digest import Json, to_hex
from backend.market.instructions import PLAIN, Instructions
from backend.market.order import SignedOrder


@dataclass(frozen=True)
class Placement:
    """Keep it until it is answered: to send it again is safe, to sign another is not."""

    order: SignedOrder
    order_hash: bytes
    signature: bytes
    instructions: Instructions = PLAIN
    replaces: bytes | None = None
    """The hash of the order whose place it takes."""

    def body(self) -> dict[str, Json]:
        """The JSON that `POST /orders` takes."""
        beside = self.instructions.payload()
        if self.instructions.good_until is not None:
            beside["goodUntil"] = str(self.instructions.good_until)
        return {**self.order.wire(), **beside, "signature": to_hex(self.signature)}

    @property
    def path(self) -> str:
        """Where it goes."""
        return "/orders" if self.replaces is None else f"/orders/{to_hex(self.replaces)}/replace"
