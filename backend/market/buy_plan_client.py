"""One buy over several classes, as its buyer has it: what is asked, and whether a plan is no more than that. Pure."""

from dataclasses import dataclass

from backend.chain.class_id import unpack
from backend.kernel.digest import Json, to_hex
from backend.kernel.errors import Unauthenticated
from backend.kernel.mass import lots_of
from backend.market.buy_plan import Criteria
from backend.market.buy_plan_views import BuyPlanOut, UnsignedOrder
from backend.market.figures import money_text
from backend.market.order import FEE_CAP_BPS, ZERO_REF, Action, Side, SignedOrder
from backend.market.terms import DAY_S
from backend.market.views import OrderFields


class PlanDiffers(Unauthenticated):
    """A plan that holds another order than was asked for: it is not signed."""

    code = "market.plan_differs"

    def __init__(self, what: str, found: object, expected: object) -> None:
        super().__init__(
            f"the plan's {what} is {found}; asked for was {expected}: nothing of it is signed",
            what=what,
            found=str(found),
            expected=str(expected),
        )


@dataclass(frozen=True)
class Sought:
    """What to buy of which classes; a criterion that is not given asks nothing. Price in base units per kg."""

    lots: int
    limit_per_kg: int
    regions: tuple[str, ...] = ()
    vintages: tuple[int, ...] = ()
    methodology: str | None = None
    action: Action = Action.HOLD
    beneficiary: str | None = None
    ref: bytes = ZERO_REF
    max_fee_bps: int = FEE_CAP_BPS
    lifetime_s: int = DAY_S
    all_or_nothing: bool = False
    reference: str | None = None
    """The name that the orders share; the server makes one if it is not given."""

    @property
    def criteria(self) -> Criteria:
        """Which classes will do."""
        return Criteria(frozenset(self.regions), frozenset(self.vintages), self.methodology)

    def body(self, expiry: int) -> dict[str, Json]:
        """The JSON that `POST /orders/plan` takes."""
        return {
            "regions": list(self.regions),
            "vintages": list(self.vintages),
            "methodology": self.methodology,
            "lots": str(self.lots),
            "limitPerKg": str(self.limit_per_kg),
            "maxFeeBps": str(self.max_fee_bps),
            "expiry": str(expiry),
            "action": self.action.value,
            "beneficiary": self.beneficiary,
            "ref": to_hex(self.ref),
            "allOrNothing": self.all_or_nothing,
            "reference": self.reference,
        }


def order_in(unsigned: UnsignedOrder) -> SignedOrder:
    """The order that a plan hands out to sign."""
    return SignedOrder(**{name: getattr(unsigned, name) for name in OrderFields.model_fields})


def check_plan(plan: BuyPlanOut, sought: Sought, maker: str, expiry: int) -> None:
    """Whether signing all of a plan's orders allows no more than was asked for. Raises PlanDiffers."""
    lots = 0
    for planned in plan.orders:
        order = order_in(planned.order)
        expected = {
            "maker": maker,
            "beneficiary": sought.beneficiary or maker,
            "side": Side.BUY,
            "max_fee_bps": sought.max_fee_bps,
            "expiry": expiry,
            "action": sought.action,
            "ref": sought.ref,
        }
        for name, value in expected.items():
            if getattr(order, name) != value:
                raise PlanDiffers(name, getattr(order, name), value)
        missed = sought.criteria.missed(unpack(order.class_id))
        if missed is not None:
            raise PlanDiffers("class", planned.class_code, f"one that meets the {missed} asked for")
        if order.price_per_kg > sought.limit_per_kg:
            most = f"at most {money_text(sought.limit_per_kg)}"
            raise PlanDiffers("price_per_kg", money_text(order.price_per_kg), most)
        if planned.order.instructions().time_in_force.rests:
            raise PlanDiffers("time_in_force", planned.order.time_in_force, "ioc or fok")
        lots += lots_of(order.amount_gco2e)
    if lots > sought.lots:
        raise PlanDiffers("lots", lots, f"at most {sought.lots}")
