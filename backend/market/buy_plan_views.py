"""The JSON of a buy over several classes."""

from collections.abc import Sequence
from typing import Annotated, TypeAlias

from pydantic import Field, StringConstraints

from backend.access.wire import AddressText, Amount, HexBytes32, PositiveAmount, Wire
from backend.chain.class_id import SIMULATED, class_code, unpack
from backend.kernel.mass import LOT_GCO2E, fee_floor
from backend.market.buy_plan import Criteria, Wish
from backend.market.order import ZERO_REF, Action, Side, SignedOrder
from backend.market.planning import PlannedBuy, PlannedOrder
from backend.market.tables import OrderRow, TradeRow, TradeState
from backend.market.views import InstructionFields, OrderFields, OrderWithTradesOut, TradeOut

Reference: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[!-9;-~]{1,40}$")]
"""The name that the orders of a plan share: 1 to 40 visible ASCII characters, no colon."""

CRITERIA_MAX = 64


class BuyBody(Wire):
    """What to buy of which classes. `regions`, `vintages`, `methodology`: criteria; one that is not given asks nothing,
    and a country's region stands for all its regions. `lots` kg at no more than `limitPerKg` each. The rest is as in an
    order. `allOrNothing`: all of it, which only one class can give.
    """

    regions: Annotated[tuple[str, ...], Field(max_length=CRITERIA_MAX)] = ()
    vintages: Annotated[tuple[int, ...], Field(max_length=CRITERIA_MAX)] = ()
    methodology: str | None = None
    lots: PositiveAmount
    limit_per_kg: PositiveAmount
    max_fee_bps: Amount
    expiry: Amount
    action: Action = Action.HOLD
    beneficiary: AddressText | None = None
    ref: HexBytes32 = ZERO_REF
    all_or_nothing: bool = False
    reference: Reference | None = None

    def wish(self, owner: str) -> Wish:
        """What is wanted, for whom nobody's own offers are met."""
        criteria = Criteria(frozenset(self.regions), frozenset(self.vintages), self.methodology)
        return Wish(owner, self.lots, self.limit_per_kg, criteria, self.all_or_nothing)

    def specimen(self, maker: str) -> SignedOrder:
        """The order for all of it, of no class yet."""
        return SignedOrder(
            maker=maker,
            beneficiary=self.beneficiary or maker,
            class_id=0,
            side=Side.BUY,
            amount_gco2e=self.lots * LOT_GCO2E,
            price_per_kg=self.limit_per_kg,
            max_fee_bps=self.max_fee_bps,
            expiry=self.expiry,
            number=0,
            epoch=0,
            action=self.action,
            ref=self.ref,
        )


class UnsignedOrder(InstructionFields, OrderFields):
    """An order ready to be signed: with its signature it is what `POST /orders` and `POST /orders/batch` take."""


class PlannedOrderOut(Wire):
    """An order of a plan. It would take `lotsFillable` kg for `cost` and `fee` payment-token base units. `isSimulated`:
    of a class of no real credits.
    """

    order: UnsignedOrder
    class_code: str
    is_simulated: bool
    lots_fillable: Amount
    cost: Amount
    fee: Amount

    @classmethod
    def of(cls, planned: PlannedOrder) -> "PlannedOrderOut":
        """A planned order in JSON."""
        order, part = planned.order, planned.part
        signed = {name: getattr(order, name) for name in OrderFields.model_fields}
        beside = planned.instructions
        return cls(
            order=UnsignedOrder(**signed, time_in_force=beside.time_in_force, client_order_id=beside.client_order_id),
            class_code=class_code(order.class_id),
            is_simulated=_is_simulated(order.class_id),
            lots_fillable=part.lots,
            cost=part.cost,
            fee=part.fee,
        )


class PlannedClassOut(Wire):
    """What a class has to do with a plan: `lots` kg of it. `matches`: whether it meets the criteria. `why` nothing is
    taken of it: region, vintage, methodology (the criterion that it does not meet); no_offers, above_limit, dearer,
    outside_band, own_order, below_minimum, collecting, closed, cancel_only, halted.
    """

    class_code: str
    is_simulated: bool
    matches: bool
    lots: Amount
    why: str | None


class BuyPlanOut(Wire):
    """What to order now, as of the journal's line `sequence`: `lotsFillable` of `lotsWanted` kg for `cost`, and `fee`
    at today's rate; `feeAtMost` at the rate that the orders allow. Payment-token base units. Sign each order and place
    them together (`POST /orders/batch`); each settles by itself. `isSimulated`: whether any is of a class of no real
    credits.
    """

    reference: str
    sequence: int
    lots_wanted: Amount
    lots_fillable: Amount
    cost: Amount
    fee: Amount
    fee_at_most: Amount
    is_simulated: bool
    orders: tuple[PlannedOrderOut, ...]
    classes: tuple[PlannedClassOut, ...]

    @classmethod
    def of(cls, planned: PlannedBuy) -> "BuyPlanOut":
        """A plan in JSON."""
        plan, orders = planned.plan, tuple(PlannedOrderOut.of(order) for order in planned.orders)
        cost = sum(part.cost for part in plan.parts)
        return cls(
            reference=planned.reference,
            sequence=plan.sequence,
            lots_wanted=plan.wish.lots,
            lots_fillable=plan.lots,
            cost=cost,
            fee=sum(part.fee for part in plan.parts),
            fee_at_most=sum(fee_floor(order.cost, order.order.max_fee_bps) for order in orders),
            is_simulated=any(order.is_simulated for order in orders),
            orders=orders,
            classes=(
                *(_class_out(part.rules.class_id, part.lots, part.why, matches=True) for part in plan.parts),
                *(_class_out(class_id, 0, why, matches=False) for class_id, why in plan.missed.items()),
            ),
        )


class BoughtOut(Wire):
    """What became of a plan: the orders that were placed under its reference, oldest first, and their sums: kg ordered,
    matched and still open, and payment-token base units for what was matched, before the fee. A busted trade does not
    count.
    """

    reference: str
    lots_ordered: Amount
    lots_matched: Amount
    lots_open: Amount
    cost: Amount
    orders: tuple[OrderWithTradesOut, ...]

    @classmethod
    def of(cls, reference: str, orders: Sequence[tuple[OrderRow, Sequence[TradeRow]]]) -> "BoughtOut":
        """Orders with their trades in JSON."""
        standing = [trade for _, trades in orders for trade in trades if trade.state != TradeState.BUSTED]
        return cls(
            reference=reference,
            lots_ordered=sum(row.lots for row, _ in orders),
            lots_matched=sum(row.lots_matched for row, _ in orders),
            lots_open=sum(row.lots_open for row, _ in orders),
            cost=sum(trade.lots * trade.price_per_kg for trade in standing),
            orders=tuple(
                OrderWithTradesOut.model_validate(
                    OrderWithTradesOut.fields_of(row) | {"trades": tuple(TradeOut.of(trade) for trade in trades)}
                )
                for row, trades in orders
            ),
        )


def _class_out(class_id: int, lots: int, why: str | None, *, matches: bool) -> PlannedClassOut:
    return PlannedClassOut(
        class_code=class_code(class_id), is_simulated=_is_simulated(class_id), matches=matches, lots=lots, why=why
    )


def _is_simulated(class_id: int) -> bool:
    return unpack(class_id).methodology == SIMULATED
