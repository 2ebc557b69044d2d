"""How a person names an order of its own: by its number, its hash, or the name that it gave the order."""

import re

from backend.kernel.errors import NotFound
from backend.market.trader import Trader
from backend.market.views import OrderOut

_HASH = re.compile(r"0x[0-9a-fA-F]{64}")


class OrderNotNamed(NotFound):
    """The account has no such order."""

    code = "market.order_not_named"

    def __init__(self, ref: str) -> None:
        super().__init__(
            f"no order of yours has the number, hash or name {ref[:80]}: `tanyu trade orders --all` lists them",
            ref=ref[:80],
        )


def order_named(trader: Trader, ref: str) -> OrderOut:
    """The order that is meant; by a number the latest under it, an open one before others. Raises OrderNotNamed."""
    if _HASH.fullmatch(ref):
        return trader.order(bytes.fromhex(ref[2:]))
    for some in (trader.orders(only_open=True), trader.orders()):
        found = [order for order in some if ref in {str(order.number), order.client_order_id}]
        if found:
            return found[-1]
    raise OrderNotNamed(ref)
