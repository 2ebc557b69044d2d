"""The rules an order must keep to be taken into a class's book: tick, size, price, lifetime, number of open orders.
Pure.
"""

from dataclasses import dataclass

from backend.kernel.errors import NotFound, RuleViolated
from backend.kernel.mass import BPS
from backend.market.order import OrderFieldOutOfRange, SignedOrder

LIFETIME_S_MIN = 60
"""Seconds before its expiry at which an order leaves the book, so that a fill has time to reach the chain."""

LIFETIME_S_MAX = 366 * 24 * 3600
"""Seconds: the longest an order may stand."""


class ClassUnknown(NotFound):
    """No market for that credit class."""

    code = "market.class_unknown"

    def __init__(self, class_ref: str) -> None:
        super().__init__(f"no market for class {class_ref}: GET /market/classes lists them", class_ref=class_ref)


class PriceOffTick(RuleViolated):
    """A price between two ticks."""

    code = "market.price_off_tick"

    def __init__(self, price_per_kg: int, tick: int) -> None:
        super().__init__(
            f"price {price_per_kg} per kg is not a multiple of the tick {tick}", price_per_kg=price_per_kg, tick=tick
        )


class PriceTooHigh(RuleViolated):
    """A price above what the book takes."""

    code = "market.price_too_high"

    def __init__(self, price_per_kg: int, price_max: int) -> None:
        super().__init__(
            f"price {price_per_kg} per kg is above {price_max}", price_per_kg=price_per_kg, price_max=price_max
        )


class AmountOutOfRange(RuleViolated):
    """An order smaller or larger than the class takes."""

    code = "market.amount_out_of_range"

    def __init__(self, lots: int, rules: "ClassRules") -> None:
        super().__init__(
            f"{lots} kg is not between {rules.lots_min} and {rules.lots_max} kg",
            lots=lots,
            lots_min=rules.lots_min,
            lots_max=rules.lots_max,
        )


class ExpiryTooSoon(RuleViolated):
    """An order that would leave the book at once."""

    code = "market.expiry_too_soon"

    def __init__(self, expiry: int, now_s: int) -> None:
        super().__init__(
            f"expiry {expiry} must be more than {LIFETIME_S_MIN} s after {now_s}",
            expiry=expiry,
            earliest=now_s + LIFETIME_S_MIN + 1,
        )


class ExpiryTooLate(RuleViolated):
    """An order that would stand longer than the book allows."""

    code = "market.expiry_too_late"

    def __init__(self, expiry: int, now_s: int) -> None:
        super().__init__(
            f"expiry {expiry} is more than {LIFETIME_S_MAX} s after {now_s}",
            expiry=expiry,
            latest=now_s + LIFETIME_S_MAX,
        )


class FeeBoundTooLow(RuleViolated):
    """An order that could not settle at today's fee."""

    code = "market.fee_bound_too_low"

    def __init__(self, max_fee_bps: int, fee_bps: int) -> None:
        super().__init__(
            f"maxFeeBps {max_fee_bps} is below the fee of {fee_bps} basis points",
            max_fee_bps=max_fee_bps,
            fee_bps=fee_bps,
        )


class OpenOrdersExceeded(RuleViolated):
    """The account has as many open orders in the class as it may."""

    code = "market.open_orders_exceeded"

    def __init__(self, open_orders: int, open_orders_max: int) -> None:
        super().__init__(
            f"{open_orders} orders are open; the class allows {open_orders_max} an account",
            open_orders=open_orders,
            open_orders_max=open_orders_max,
        )


@dataclass(frozen=True, slots=True)
class ClassRules:
    """The market rules of one credit class. Prices in payment-token base units per kg, lots of 1 kg."""

    class_id: int
    tick: int = 1
    """Prices are multiples of this."""
    lots_min: int = 1
    lots_max: int = 1_000_000
    """1,000 t in one order."""
    price_max: int = 10**12
    """With lots_max it keeps every cost below 2**63."""
    open_orders_max: int = 200
    """Of one account in this class."""

    def check(self, order: SignedOrder) -> None:
        """Raises PriceOffTick, PriceTooHigh, AmountOutOfRange or OrderFieldOutOfRange. The shape is checked before."""
        if order.price_per_kg % self.tick:
            raise PriceOffTick(order.price_per_kg, self.tick)
        if order.price_per_kg > self.price_max:
            raise PriceTooHigh(order.price_per_kg, self.price_max)
        if not self.lots_min <= order.lots <= self.lots_max:
            raise AmountOutOfRange(order.lots, self)
        if order.max_fee_bps > BPS:
            raise OrderFieldOutOfRange("maxFeeBps", order.max_fee_bps, f"0 to {BPS} basis points")

    def require_room(self, open_orders: int) -> None:
        """Raises OpenOrdersExceeded if the account has no room for one more."""
        if open_orders >= self.open_orders_max:
            raise OpenOrdersExceeded(open_orders, self.open_orders_max)


def check_lifetime(order: SignedOrder, now_s: int) -> None:
    """Raises ExpiryTooSoon or ExpiryTooLate."""
    if order.expiry <= now_s + LIFETIME_S_MIN:
        raise ExpiryTooSoon(order.expiry, now_s)
    if order.expiry > now_s + LIFETIME_S_MAX:
        raise ExpiryTooLate(order.expiry, now_s)


def check_fee(order: SignedOrder, fee_bps: int) -> None:
    """Raises FeeBoundTooLow."""
    if order.max_fee_bps < fee_bps:
        raise FeeBoundTooLow(order.max_fee_bps, fee_bps)
