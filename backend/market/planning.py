"""Planning a buy over several classes: what stands is asked of the sequencer, so that the plan is of one moment; what
became of it is read by the reference that its orders share.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlmodel import Session, col, select

from backend.kernel.mass import LOT_GCO2E
from backend.market.buy_plan import BuyPlan, Part, Wish, plan_of
from backend.market.instructions import Instructions, TimeInForce
from backend.market.listing import all_rules
from backend.market.numbers import Lease
from backend.market.order import SignedOrder
from backend.market.tables import OrderRow
from backend.market.turn import Turn

SEPARATOR = ":"
"""Between the reference and the place of an order in its plan, in the order's clientOrderId."""


@dataclass(frozen=True)
class Planning:
    """What a wish comes to now, for a maker."""

    wish: Wish
    maker: str
    fee_bps: int

    def __call__(self, turn: Turn) -> tuple[BuyPlan, int]:
        """The plan, and the maker's epoch on the Exchange. Writes nothing. Raises PlanNotAtomic."""
        classes = all_rules(turn.session)
        plan = plan_of(self.wish, turn.engine, classes, self.fee_bps, turn.head.sequence)
        return plan, turn.chain.balances.maker_epoch(turn.session, self.maker)


@dataclass(frozen=True)
class PlannedOrder:
    """One order of a plan, to be signed as it is and placed with these instructions."""

    part: Part
    order: SignedOrder
    instructions: Instructions


@dataclass(frozen=True)
class PlannedBuy:
    """A plan, and its orders under one reference."""

    reference: str
    plan: BuyPlan
    orders: tuple[PlannedOrder, ...]


def planned(plan: BuyPlan, specimen: SignedOrder, epoch: int, lease: Lease | None, reference: str) -> PlannedBuy:
    """The orders of a plan: as the specimen, which is of all classes and of none, but for what each class decides. The
    lease has a number for each; none is needed without orders.
    """
    in_force = TimeInForce.FOK if plan.wish.all_or_nothing else TimeInForce.IOC
    orders: list[PlannedOrder] = []
    for at, part in enumerate(plan.taken):
        assert lease is not None
        order = replace(
            specimen,
            class_id=part.rules.class_id,
            amount_gco2e=part.lots * LOT_GCO2E,
            price_per_kg=part.limit_per_kg,
            number=lease.first + at,
            epoch=epoch,
        )
        name = f"{reference}{SEPARATOR}{at + 1}"
        orders.append(PlannedOrder(part, order, Instructions(time_in_force=in_force, client_order_id=name)))
    return PlannedBuy(reference, plan, tuple(orders))


def orders_under(session: Session, maker: str, reference: str) -> Sequence[OrderRow]:
    """What a maker placed of a plan, in the order in which it came in."""
    named = col(OrderRow.client_order_id).startswith(f"{reference}{SEPARATOR}", autoescape=True)
    return session.exec(select(OrderRow).where(OrderRow.maker == maker, named).order_by(col(OrderRow.id))).all()
