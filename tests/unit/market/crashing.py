"""A process that places orders one after the other and says on stdout what was acknowledged; for tests that kill it.

Arguments: database URL, index of the first order, crash point ("" for none), orders before the point is armed.
"""

import os
import sys

from backend.market.order import Side
from backend.storage.database import Database
from tests.unit.market.world import ANA, BO, World

ORDERS = 400


def main() -> None:
    """Alternates sells and buys that cross, and cancels every seventh."""
    url, first, point, armed_after = sys.argv[1:]
    world = World(Database(url), is_listed=True)
    world.start()
    for at in range(int(first), ORDERS):
        if point and at - int(first) == int(armed_after):
            os.environ["TANYU_CRASH_AT"] = point
        maker, side = ((ANA, Side.SELL), (BO, Side.BUY))[at % 2]
        order = world.order(maker, side, 1 + at % 4, 100 + at % 3)
        sys.stdout.write(f"try {at} {order.number}\n")
        sys.stdout.flush()
        accepted = world.place(maker, order).accepted
        filled = sum(lots for _, lots, _ in accepted.fills)
        sys.stdout.write(
            f"ack {accepted.sequence} {accepted.order_hash.hex()} {accepted.journal_head.hex()} {filled}\n"
        )
        sys.stdout.flush()
        if at % 7 == 6 and accepted.lots_open:
            cancelled = world.market.cancel(maker.address, accepted.order_hash)
            sys.stdout.write(f"cancelled {cancelled.sequence} {accepted.order_hash.hex()}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
