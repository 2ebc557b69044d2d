"""The rules of a class's market, and what an order must keep to be taken into its book: tick, size, price, lifetime,
number of open orders, position. Pure.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from backend.kernel.digest import Json
from backend.kernel.errors import NotFound, RuleViolated
from backend.kernel.mass import BPS
from backend.market.figures import money_text
from backend.market.order import OrderFieldOutOfRange, SignedOrder
from backend.market.trading_day import ALWAYS, DAY_S, Mode, TradingDay

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
            f"{money_text(price_per_kg)} per kg is not a multiple of the tick, {money_text(tick)}",
            price_per_kg=price_per_kg,
            tick=tick,
        )


class PriceTooHigh(RuleViolated):
    """A price above what the book takes."""

    code = "market.price_too_high"

    def __init__(self, price_per_kg: int, price_max: int) -> None:
        super().__init__(
            f"{money_text(price_per_kg)} per kg is above the highest price, {money_text(price_max)}",
            price_per_kg=price_per_kg,
            price_max=price_max,
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


class PositionExceeded(RuleViolated):
    """A buy after which the account could hold more of the class than it may."""

    code = "market.position_exceeded"

    def __init__(self, lots: int, room: int, lots_held_max: int) -> None:
        super().__init__(
            f"{lots} kg to buy, but beside what the account holds and may get it has room for {room} kg of "
            f"{lots_held_max} kg",
            lots=lots,
            room=room,
            lots_held_max=lots_held_max,
        )


class RulesInconsistent(RuleViolated):
    """Market rules that contradict themselves."""

    code = "market.rules_inconsistent"

    def __init__(self, field: str, value: object, expected: str) -> None:
        super().__init__(f"{field} is {value}; expected {expected}", field=field, value=str(value), expected=expected)


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
    lots_held_max: int | None = None
    """The most that one account may hold and have on order to buy, if there is such a limit."""
    band_bps: int = 1_000
    """How far from the reference price a fill may be in a matching phase; no band before there is a reference."""
    protection_bps: int = 500
    """How far beyond the best opposite price the limit of a market order may lie."""
    resale_next_day: bool = False
    """Whether what was bought on a day of UTC is for sale from the next day on (`resale`)."""
    mode: Mode = Mode.CONTINUOUS
    mode_pinned: bool = True
    """Whether the mode is governance's word. If not, the class earns it by its spread, and loses it (`earning`)."""
    day: TradingDay = ALWAYS

    def payload(self) -> dict[str, Json]:
        """The JSON form, in journals and tables: all but the class. Prices and lots as decimal strings."""
        return {
            "tick": str(self.tick),
            "lotsMin": str(self.lots_min),
            "lotsMax": str(self.lots_max),
            "priceMax": str(self.price_max),
            "openOrdersMax": self.open_orders_max,
            "lotsHeldMax": None if self.lots_held_max is None else str(self.lots_held_max),
            "bandBps": self.band_bps,
            "protectionBps": self.protection_bps,
            "resaleNextDay": self.resale_next_day,
            "mode": self.mode.value,
            "modePinned": self.mode_pinned,
            "day": self.day.payload(),
        }

    @classmethod
    def from_payload(cls, class_id: int, payload: Mapping[str, Any]) -> "ClassRules":
        """The rules of a form that `payload` wrote. Older forms do not say whether the mode is pinned (it was), nor
        when what was bought may be sold.
        """
        held = payload["lotsHeldMax"]
        return cls(
            class_id=class_id,
            tick=int(payload["tick"]),
            lots_min=int(payload["lotsMin"]),
            lots_max=int(payload["lotsMax"]),
            price_max=int(payload["priceMax"]),
            open_orders_max=payload["openOrdersMax"],
            lots_held_max=None if held is None else int(held),
            band_bps=payload["bandBps"],
            protection_bps=payload["protectionBps"],
            resale_next_day=payload.get("resaleNextDay", False),
            mode=Mode(payload["mode"]),
            mode_pinned=payload.get("modePinned", True),
            day=TradingDay.from_payload(payload["day"]),
        )

    def band(self, reference: int) -> tuple[int, int]:
        """The least and the most a fill may cost per kg in a matching phase, base units, both included."""
        width = reference * self.band_bps // BPS
        return reference - width, reference + width

    def protection(self, best: int, *, is_buy: bool) -> int:
        """The limit price (base units per kg) beyond which a market order is not protected."""
        width = best * self.protection_bps // BPS
        return best + width if is_buy else best - width

    def require_consistent(self) -> None:
        """Whether these are rules that a market can keep. Raises RulesInconsistent."""
        if self.tick < 1 or self.price_max < self.tick:
            most = f"above 0, at most the highest price, {money_text(self.price_max)}"
            raise RulesInconsistent("tick", money_text(self.tick), most)
        if not 1 <= self.lots_min <= self.lots_max:
            raise RulesInconsistent("lotsMin", self.lots_min, f"1 to lotsMax {self.lots_max}")
        if self.lots_max * self.price_max >= 1 << 63:
            raise RulesInconsistent("priceMax", money_text(self.price_max), "lotsMax * priceMax below 2**63 base units")
        for name, bps in (("bandBps", self.band_bps), ("protectionBps", self.protection_bps)):
            if not 0 < bps < BPS:
                raise RulesInconsistent(name, bps, f"1 to {BPS - 1} basis points")
        day = self.day
        if not all(0 <= second <= DAY_S for second in day.seconds()):
            raise RulesInconsistent("day", day, f"seconds of a day: 0 to {DAY_S}")
        if day.opens_s >= day.closes_s:
            raise RulesInconsistent("opensS", day.opens_s, f"before closesS {day.closes_s}")
        gap = day.collect_s + day.random_end_s
        if any(later - call <= gap for call, later in pairwise(day.calls)):
            raise RulesInconsistent("calls", day.calls, f"rising, more than {gap} s apart")
        if not day.calls and not (self.mode is Mode.CONTINUOUS and self.mode_pinned):
            why = f"the mode is {self.mode}" if self.mode_pinned else "the mode may become call"
            raise RulesInconsistent("calls", "none", f"at least one: {why}")

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

    def require_position(self, lots: int, held: Callable[[], int]) -> None:
        """Raises PositionExceeded if the account, that holds or may get `held` lots, may not buy so many more."""
        if self.lots_held_max is not None and (had := held()) + lots > self.lots_held_max:
            raise PositionExceeded(lots, max(self.lots_held_max - had, 0), self.lots_held_max)


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
