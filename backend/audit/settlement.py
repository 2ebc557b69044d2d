"""INV-04: no order is filled beyond its amount, outside its limit, fee bound or expiry, or after cancellation.

Every settle call is replayed from its calldata against the state before it; each Filled or Skipped must be what the
signed orders allow.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from backend.audit.holdings import NOBODY
from backend.audit.orders import Order, Pair, called_of
from backend.audit.questions import Answers, Question
from backend.audit.report import Check, Verdicts, Where
from backend.audit.signed import is_signed
from backend.audit.timeline import Act
from backend.chain.deployment import Deployment
from backend.chain.events import ChainEvent
from backend.chain.reverts import reason_name
from backend.chain.settle_batch import ACTIONS, SIDES
from backend.kernel.mass import fee_floor

OUTCOMES = Check("INV-04", "settlement.outcomes", "each match called is filled or skipped, once, in order")
ORDERS = Check(
    "INV-04", "settlement.orders", "a filled order is signed by its maker, in time, not cancelled, within its fee"
)
LIMITS = Check(
    "INV-04", "settlement.limits", "a fill is of two orders that may meet, within both limit prices, not zero"
)
FILL = Check("INV-04", "settlement.fill", "a Filled tells the match that was called, and the fee of that time")
LEFT = Check("INV-04", "settlement.left", "no order is filled beyond its amount, and a number serves one order")
SKIPS = Check("INV-04", "settlement.skips", "a match is skipped only for a reason that held")
CALLER = Check("INV-04", "settlement.caller", "the operator settles, not while paused; anyone settles own-space orders")
SETTINGS = Check("INV-04", "settlement.settings", "the fee stays within 1 %, epochs rise")

CHECKS = (OUTCOMES, ORDERS, LIMITS, FILL, LEFT, SKIPS, CALLER, SETTINGS)

FEE_BPS_MAX = 100
EPOCH_STEP_MAX = 1 << 16

_OF_THE_MOMENT = frozenset({"PaymentFailed", "CreditTransferFailed", "ActionFailed", "GasExhausted"})
"""Reasons that depend on funds, approvals and receivers at that moment."""


@dataclass
class Number:
    """What is left of the order that first filled under a number."""

    tag: bytes
    left_gco2e: int
    order: Order


@dataclass
class Group:
    """Matches that settle all or none, and what was told of the first of them: Filled or Skipped."""

    pairs: tuple[Pair, ...]
    outcome: str = ""


@dataclass
class Settlement:
    """Numbers, cancellations, epochs and settings of the Exchange."""

    deployment: Deployment
    verdicts: Verdicts
    answers: Answers
    fee_bps: int = 0
    operator: str = NOBODY
    fee_recipient: str = NOBODY
    paused: bool = False
    cancelled: set[tuple[str, int]] = field(default_factory=set)
    epochs: dict[str, int] = field(default_factory=dict)
    numbers: dict[tuple[str, int], Number] = field(default_factory=dict)
    fills: list[tuple[ChainEvent, Pair]] = field(default_factory=list)
    collisions: int = 0
    _pending: deque[tuple[Pair, Group]] = field(default_factory=deque)
    """Matches called that nothing was told of yet."""

    def __post_init__(self) -> None:
        self._handlers: dict[str, Callable[[ChainEvent, Act], None]] = {
            "FeeSet": self._fee_set,
            "OperatorSet": self._operator_set,
            "FeeRecipientSet": self._fee_recipient_set,
            "Paused": self._set_paused,
            "Unpaused": self._set_paused,
            "NumberCancelled": self._number_cancelled,
            "AllCancelled": self._all_cancelled,
            "Filled": self._filled,
            "Skipped": self._skipped,
        }

    def begin(self, act: Act) -> None:
        """Reads the matches called, and whether their caller may settle."""
        calls = act.calls_of("Exchange", "settle")
        domain = self.deployment.domain("Exchange")
        called = [called_of(call.args["batch"], domain) for call in calls]
        groups = [Group(pairs) for each in called for pairs in each.groups]
        self._pending = deque((pair, group) for group in groups for pair in group.pairs)
        self.fills = []
        outcomes = act.events_of("Exchange", "Filled", "Skipped")
        if self._pending or outcomes:
            self.verdicts.require_equal(
                OUTCOMES, "outcomes of matches", act.where, expected=len(self._pending), found=len(outcomes)
            )
        for call, asked in zip(calls, called, strict=True):
            allowed = (call.caller == self.operator or asked.own_space) and not self.paused
            self.verdicts.require(
                CALLER,
                allowed,
                "settle",
                act.where,
                expected=f"{self.operator}, or only own-space orders; not paused",
                found=f"{call.caller}{', paused' if self.paused else ''}",
            )

    def apply(self, event: ChainEvent, act: Act) -> None:
        """Takes in one event."""
        handler = self._handlers.get(event.name) if event.contract == "Exchange" else None
        if handler is not None:
            handler(event, act)

    def end(self, _act: Act) -> None:
        """Nothing is due at the end of a transaction."""

    def _fee_set(self, event: ChainEvent, _act: Act) -> None:
        self.fee_bps = event.args["feeBps"]
        holds = self.fee_bps <= FEE_BPS_MAX
        self.verdicts.require(
            SETTINGS, holds, "fee", Where.of(event), expected=f"at most {FEE_BPS_MAX}", found=self.fee_bps
        )

    def _operator_set(self, event: ChainEvent, _act: Act) -> None:
        self.operator = event.args["operator"]

    def _fee_recipient_set(self, event: ChainEvent, _act: Act) -> None:
        self.fee_recipient = event.args["feeRecipient"]

    def _set_paused(self, event: ChainEvent, _act: Act) -> None:
        self.paused = event.name == "Paused"

    def _number_cancelled(self, event: ChainEvent, _act: Act) -> None:
        self.cancelled.add((event.args["maker"], event.args["number"]))

    def _all_cancelled(self, event: ChainEvent, _act: Act) -> None:
        maker, epoch = event.args["maker"], event.args["epoch"]
        before, known = event.args["previousEpoch"], self.epochs.get(maker, 0)
        holds = before == known and 0 < epoch - before <= EPOCH_STEP_MAX
        expected, found = f"from {known}, by 1 to {EPOCH_STEP_MAX}", f"from {before} to {epoch}"
        self.verdicts.require(SETTINGS, holds, f"epoch of {maker}", Where.of(event), expected=expected, found=found)
        self.epochs[maker] = epoch

    def _order_faults(self, order: Order, act: Act) -> set[str]:
        against = {
            "OrderMalformed": not order.well_formed,
            "OrderExpired": act.at_s >= order.expiry_s,
            "OrderFeeExceeded": order.max_fee_bps < self.fee_bps,
            "OrderEpochStale": order.epoch != self.epochs.get(order.maker, 0),
            "OrderCancelled": (order.maker, order.number) in self.cancelled,
            "OrderSignatureInvalid": not is_signed(
                self.answers, act.block_number, order.maker, order.order_hash, order.signature
            ),
        }
        return {reason for reason, holds in against.items() if holds}

    def _left_faults(self, order: Order, amount_gco2e: int) -> set[str]:
        number = self.numbers.get(order.number_space)
        if number is None:
            return {"LeftInsufficient"} if amount_gco2e > order.amount_gco2e else set()
        if number.left_gco2e == 0:
            return {"OrderFilled"}
        if number.tag != order.tag:
            return {"OrderNumberTaken"}
        return {"LeftInsufficient"} if amount_gco2e > number.left_gco2e else set()

    def _next(self, event: ChainEvent, buy_hash: bytes, sell_hash: bytes) -> tuple[Pair, Group] | None:
        following = self._pending.popleft() if self._pending else None
        pair = following[0] if following else None
        called = [pair.buy.order_hash, pair.sell.order_hash] if pair else []
        self.verdicts.require_equal(
            OUTCOMES, f"orders of {event.name}", Where.of(event), expected=called, found=[buy_hash, sell_hash]
        )
        if following:
            group = following[1]
            group.outcome = group.outcome or event.name
            self.verdicts.require_equal(
                OUTCOMES, "outcome of a group", Where.of(event), expected=group.outcome, found=event.name
            )
        return following

    def _filled(self, event: ChainEvent, act: Act) -> None:
        args, where = event.args, Where.of(event)
        following = self._next(event, args["buyHash"], args["sellHash"])
        if following is None:
            return
        pair, _ = following
        self.fills.append((event, pair))
        faults = self._order_faults(pair.buy, act) | self._order_faults(pair.sell, act)
        self.verdicts.require(ORDERS, not faults, "orders of a fill", where, expected="no fault", found=sorted(faults))
        faults = pair.mismatches()
        self.verdicts.require(LIMITS, not faults, "match of a fill", where, expected="no fault", found=sorted(faults))
        fee = fee_floor(pair.cost, self.fee_bps)
        expected = [pair.buy.class_id, pair.buy.maker, pair.sell.maker, pair.lots, pair.price_per_kg, fee]
        names = ("classId", "buyer", "seller", "lots", "pricePerKg", "fee", "buyNumber", "sellNumber")
        self.verdicts.require_equal(
            FILL,
            "words of a fill",
            where,
            expected=[*expected, pair.buy.number, pair.sell.number],
            found=[args[name] for name in names],
        )
        for order, name in ((pair.buy, "buyLeftGco2e"), (pair.sell, "sellLeftGco2e")):
            self._take(order, pair.amount_gco2e, args[name], where)

    def _take(self, order: Order, amount_gco2e: int, said_left: int, where: Where) -> None:
        faults = self._left_faults(order, amount_gco2e)
        self.verdicts.require(
            LEFT, not faults, f"number {order.number}", where, expected="room in the order", found=sorted(faults)
        )
        number = self.numbers.setdefault(order.number_space, Number(order.tag, order.amount_gco2e, order))
        left = max(number.left_gco2e - amount_gco2e, 0)
        self.verdicts.require_equal(
            LEFT, f"left of {order.side} order {order.order_hash.hex()}", where, expected=left, found=said_left
        )
        number.left_gco2e = left

    def _skipped(self, event: ChainEvent, act: Act) -> None:
        args, where = event.args, Where.of(event)
        following = self._next(event, args["buyHash"], args["sellHash"])
        if following is None:
            return
        pair, group = following
        faults = self._group_faults(group, act)
        reason = reason_name(args["reason"])
        holds = reason in faults if faults else reason in _OF_THE_MOMENT
        expected = sorted(faults) or sorted(_OF_THE_MOMENT)
        self.verdicts.require(SKIPS, holds, f"match {args['index']}", where, expected=expected, found=reason)
        self.verdicts.require_equal(SKIPS, "index of a skip", where, expected=pair.index, found=args["index"])
        if reason == "OrderNumberTaken":
            self.collisions += 1
            self.verdicts.note(f"number collision (the book handed one number out twice): {where}")

    def _group_faults(self, group: Group, act: Act) -> set[str]:
        """Whatever stands against any match of those that settle all or none, each after the ones before it."""
        faults: set[str] = set()
        taken: dict[tuple[str, int], int] = {}
        for pair in group.pairs:
            faults |= self._order_faults(pair.buy, act) | self._order_faults(pair.sell, act) | pair.mismatches()
            for order in (pair.buy, pair.sell):
                taken[order.number_space] = taken.get(order.number_space, 0) + pair.amount_gco2e
                faults |= self._left_faults(order, taken[order.number_space])
        return faults

    def questions(self, _head_s: int) -> Iterator[Question]:
        """Settings, every cancellation and epoch, and what is left of every order ever filled."""
        yield Question("Exchange", "feeBps", (), (self.fee_bps,))
        yield Question("Exchange", "operator", (), (self.operator,))
        yield Question("Exchange", "feeRecipient", (), (self.fee_recipient,))
        yield Question("Exchange", "paused", (), (self.paused,))
        for maker, number in sorted(self.cancelled):
            yield Question("Exchange", "isCancelled", (maker, number), (True,))
        for maker, epoch in self.epochs.items():
            yield Question("Exchange", "epochOf", (maker,), (epoch,))
        for number_state in self.numbers.values():
            order = number_state.order
            dead = order.epoch != self.epochs.get(order.maker, 0) or (order.maker, order.number) in self.cancelled
            left = 0 if dead else number_state.left_gco2e
            yield Question("Exchange", "leftOf", (_struct(order),), (left,))


def _struct(order: Order) -> tuple[object, ...]:
    return (
        *(order.maker, order.beneficiary, order.class_id, SIDES.index(order.side), order.amount_gco2e),
        *(order.price_per_kg, order.max_fee_bps, order.expiry_s, order.number, order.epoch),
        *(ACTIONS.index(order.action), order.ref),
    )
