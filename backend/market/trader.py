"""A trader's side of the market: signs orders with its own key, places, replaces and cancels them at a running server,
and checks what the server answers.

Amounts are integers: lots of 1 kg, base units of the payment token. The server is known by HTTP alone and trusted with
nothing but what it could do anyway: what is signed is made here, and every acknowledgement is checked against the hash
that was signed and the operator's key. Who asks again after a lost answer sends the very same signed message, which the
server takes once.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from http import HTTPStatus
from typing import TypeAlias, TypeVar

from backend.access.client import ApiClient, ApiProblem, read_as
from backend.access.patience import Patience
from backend.chain.keys import Signs
from backend.chain.order_digest import OrderDigest
from backend.chain.typed_data import Domain, sign, sign_digest, typed_data
from backend.kernel.clock import Clock, SystemClock, unix_s
from backend.kernel.digest import to_hex
from backend.kernel.errors import RuleViolated
from backend.kernel.mass import BPS, LOT_GCO2E
from backend.market.account_reader import AccountReader, NobodyToSignIn
from backend.market.acknowledgement import check_acknowledgement
from backend.market.batch_views import ORDERS_MAX, OrderOutcomeOut
from backend.market.buy_plan_client import Sought, check_plan, order_in
from backend.market.buy_plan_views import BoughtOut, BuyPlanOut
from backend.market.cancel_views import CANCELS_MAX, CancelledAllOut, CancelledOut, CancelOutcomeOut, HeartbeatOut
from backend.market.instructions import PLAIN, Instructions
from backend.market.number_stock import NumberStock
from backend.market.numbers import Lease
from backend.market.order import Side, SignedOrder
from backend.market.placement import Placement
from backend.market.terms import DAY_S, Terms
from backend.market.validate_views import VerdictOut
from backend.market.views import AckOut, NumbersOut, OrderFields, OrderOut

NUMBERS_AT_HAND = 16
"""How many order numbers are asked for at a time."""

_UNUSED = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY})
_NUMBER_GONE = frozenset({"market.number_not_leased", "market.number_lease_expired", "market.number_cancelled"})

Consent: TypeAlias = Callable[[SignedOrder], None]
"""Is shown an order before it is signed; raises if it is not to be."""

Item = TypeVar("Item")


class NobodyOffers(RuleViolated):
    """A market order in an empty book: there is no price to be protected from."""

    code = "market.nobody_offers"

    def __init__(self, class_ref: str, side: Side) -> None:
        super().__init__(
            f"nobody stands against a {side} of {class_ref} now; give a price", class_ref=class_ref, side=side
        )


class Trader(AccountReader):
    """One account at one server. `operator`: the address that must sign acknowledgements; without it the first one that
    does must go on doing so. Thread-safe.

    Its errors: ApiProblem with the server's code for what is refused, ServerUnreachable, AcknowledgementWrong,
    NobodyToSignIn where a key is needed and none was given.
    """

    def __init__(
        self,
        client: ApiClient,
        signer: Signs | None = None,
        patience: Patience | None = None,
        *,
        operator: str | None = None,
        clock: Clock | None = None,
        numbers_at_hand: int = NUMBERS_AT_HAND,
    ) -> None:
        super().__init__(client, signer, patience)
        self.operator = operator
        self._clock = clock or SystemClock()
        self._numbers = NumberStock(self.lease_numbers, self._clock, numbers_at_hand)
        self._epoch = 0
        """As far as is known: the server says if it is another on the chain."""

    @property
    def signer(self) -> Signs:
        """Who signs. Raises NobodyToSignIn."""
        if self._signer is None:
            raise NobodyToSignIn
        return self._signer

    @cached_property
    def exchange(self) -> Domain:
        """Where the orders are valid."""
        return self.domain_of("Order", typed_data("Order").type_string)

    @cached_property
    def _digest(self) -> OrderDigest:
        return OrderDigest(self.exchange)

    # --- Orders: from what is wanted to what is acknowledged ---

    def lease_numbers(self, count: int) -> Lease:
        """Order numbers of this account, `first` to `last`, for a day."""
        given = read_as(NumbersOut, self._ask_own("POST", "/orders/numbers", body={"count": count}))
        return Lease(given.from_, given.to, given.expires)

    def order_of(self, terms: Terms, number: int) -> SignedOrder:
        """The order that these terms make under a number, now; not signed."""
        now_s = unix_s(self._clock.now())
        return terms.order(self.signer.address, number=number, epoch=self._epoch, now_s=now_s)

    def sign(self, order: SignedOrder, instructions: Instructions = PLAIN, replaces: bytes | None = None) -> Placement:
        """Signs an order: from here on whoever has the placement may have it matched."""
        order_hash = self._digest(order.message())
        return Placement(order, order_hash, sign_digest(self.signer, order_hash), instructions, replaces)

    def send(self, placement: Placement) -> AckOut:
        """Sends a signed order in; again it gets the first answer. Raises AcknowledgementWrong."""
        ack = read_as(AckOut, self._ask("POST", placement.path, body=placement.body()))
        return self._checked(ack, placement)

    def place(self, terms: Terms, instructions: Instructions = PLAIN, consent: Consent | None = None) -> AckOut:
        """Takes a number, asks `consent`, which raises if it is refused, signs, sends. A refused order's number serves
        the next one; if the account's epoch on the chain is another than was known, it does so once more under that.
        """
        if self._signer is None:
            raise NobodyToSignIn
        number = self._numbers.take()
        try:
            return self.place_under(number.first, terms, instructions, consent)
        except ApiProblem as refusal:
            if refusal.status in _UNUSED and refusal.problem_code not in _NUMBER_GONE:
                self._numbers.give_back(number)
            raise

    def place_under(
        self, number: int, terms: Terms, instructions: Instructions = PLAIN, consent: Consent | None = None
    ) -> AckOut:
        """The same under a number that the account took before."""
        try:
            return self._placed(number, terms, instructions, consent)
        except ApiProblem as refusal:
            if refusal.problem_code != "market.epoch_stale":
                raise
            self._epoch = int(refusal.problem["expected"])
        return self._placed(number, terms, instructions, consent)

    def _placed(self, number: int, terms: Terms, instructions: Instructions, consent: Consent | None) -> AckOut:
        order = self.order_of(terms, number)
        if consent is not None:
            consent(order)
        return self.send(self.sign(order, instructions))

    def place_each(self, wanted: Iterable[tuple[Terms, Instructions]]) -> list[AckOut | ApiProblem]:
        """Places several; each is acknowledged or refused for itself, in the order given."""
        signed = [
            self.sign(self.order_of(terms, self._numbers.take().first), instructions) for terms, instructions in wanted
        ]
        return self.send_each(signed)

    def send_each(self, placements: Sequence[Placement]) -> list[AckOut | ApiProblem]:
        """The same of orders that are signed. They share commits, not a fate."""
        found: list[AckOut | ApiProblem] = []
        for group in _groups(placements, ORDERS_MAX):
            answers = self._ask("POST", "/orders/batch", body={"orders": [each.body() for each in group]})
            for placement, answer in zip(group, answers, strict=True):
                outcome = read_as(OrderOutcomeOut, answer)
                if outcome.accepted is not None:
                    found.append(self._checked(outcome.accepted, placement))
                elif outcome.problem is not None:
                    found.append(ApiProblem(int(outcome.problem["status"]), outcome.problem))
        return found

    def validate(self, placement: Placement) -> VerdictOut:
        """Whether the order would be accepted now, why not, and what it would get at once. The server sees the signed
        order, and is asked to do nothing with it.
        """
        return read_as(VerdictOut, self._ask("POST", "/orders/validate", body=placement.body()))

    def replacing(
        self, order: OrderOut, *, lots: int | None = None, price_per_kg: int | None = None, lifetime_s: int = DAY_S
    ) -> SignedOrder:
        """An order that could take an open one's place, under its number: other lots, another price; not signed."""
        old = SignedOrder(**{name: getattr(order, name) for name in OrderFields.model_fields})
        return replace(
            old,
            amount_gco2e=old.amount_gco2e if lots is None else lots * LOT_GCO2E,
            price_per_kg=old.price_per_kg if price_per_kg is None else price_per_kg,
            expiry=unix_s(self._clock.now()) + lifetime_s,
        )

    def replace(
        self,
        order_hash: bytes,
        *,
        lots: int | None = None,
        price_per_kg: int | None = None,
        instructions: Instructions | None = None,
    ) -> AckOut:
        """Puts an order with other lots or another price in an open one's place: only one of the two can ever fill. It
        has the old one's instructions, but for the name, unless others are given.
        """
        old = self.order(order_hash)
        beside = instructions or replace(old.instructions(), client_order_id=None)
        return self.send(self.sign(self.replacing(old, lots=lots, price_per_kg=price_per_kg), beside, order_hash))

    def plan(self, sought: Sought) -> BuyPlanOut:
        """The best offers of all classes that are meant, as one order a class, each with a number; nothing is placed.
        Raises PlanDiffers if to sign them would allow more than was asked for.
        """
        expiry = unix_s(self._clock.now()) + sought.lifetime_s
        found = read_as(BuyPlanOut, self._ask_own("POST", "/orders/plan", body=sought.body(expiry)))
        check_plan(found, sought, self.signer.address, expiry)
        return found

    def place_plan(self, plan: BuyPlanOut) -> list[AckOut | ApiProblem]:
        """Signs a plan's orders and places them together; each is acknowledged or refused for itself."""
        return self.send_each([self.sign(order_in(each.order), each.order.instructions()) for each in plan.orders])

    def bought(self, reference: str) -> BoughtOut:
        """What became of a plan that was placed."""
        return read_as(BoughtOut, self._ask_own("GET", f"/orders/plan/{reference}"))

    def protected_price(self, class_ref: str, side: Side) -> int:
        """The furthest limit price, a whole number of ticks, with which a market order is protected now. Raises
        NobodyOffers.
        """
        rules, best = self.rules(class_ref).rules, self.best(class_ref)
        opposite = best.ask if side is Side.BUY else best.bid
        if opposite is None:
            raise NobodyOffers(class_ref, side)
        width = opposite.price_per_kg * rules.protection_bps // BPS
        if side is Side.BUY:
            return (opposite.price_per_kg + width) // rules.tick * rules.tick
        return -(-(opposite.price_per_kg - width) // rules.tick) * rules.tick

    def _checked(self, ack: AckOut, placement: Placement) -> AckOut:
        self.operator = check_acknowledgement(ack, placement.order_hash, self.operator)
        return ack

    # --- Taking back ---

    def cancel(self, order_hash: bytes) -> CancelledOut:
        """Takes an order off the book, at once and free. What was matched stands."""
        return read_as(CancelledOut, self._ask_own("DELETE", f"/orders/{to_hex(order_hash)}"))

    def cancel_each(self, order_hashes: Sequence[bytes]) -> list[CancelledOut | ApiProblem]:
        """Takes several off; each has its own outcome, in the order given."""
        found: list[CancelledOut | ApiProblem] = []
        for group in _groups(order_hashes, CANCELS_MAX):
            body = {"orderHashes": [to_hex(each) for each in group]}
            for answer in self._ask_own("POST", "/orders/cancel/batch", body=body):
                outcome = read_as(CancelOutcomeOut, answer)
                if outcome.cancelled is not None:
                    found.append(outcome.cancelled)
                elif outcome.problem is not None:
                    found.append(ApiProblem(int(outcome.problem["status"]), outcome.problem))
        return found

    def cancel_all(self, class_ref: str | None = None) -> CancelledAllOut:
        """Takes every open order off, of one class if it is named."""
        params = None if class_ref is None else {"class": class_ref}
        return read_as(CancelledAllOut, self._ask_own("DELETE", "/orders", params=params))

    def cancel_signed(self, number: int, *, hard: bool = False, deadline: int | None = None) -> CancelledOut:
        """Takes the order under a number off by a signed `Cancel`, which needs no session. With `hard` the chain is
        told too, at no cost: ask again with the same deadline (Unix seconds) to see where that stands.
        """
        until = unix_s(self._clock.now()) + DAY_S if deadline is None else deadline
        message = {"maker": self.signer.address, "number": number, "deadline": until}
        signature = sign(self.signer, "Cancel", self._cancelling, message)
        body = {**{name: str(value) for name, value in message.items()}, "signature": to_hex(signature), "hard": hard}
        return read_as(CancelledOut, self._ask("POST", "/orders/cancel", body=body))

    @cached_property
    def _cancelling(self) -> Domain:
        return self.domain_of("Cancel", typed_data("Cancel").type_string)

    def beat(self, seconds: int) -> HeartbeatOut:
        """The dead-man switch: unless it beats again within `seconds`, all open orders are cancelled. 0 switches it
        off.
        """
        return read_as(HeartbeatOut, self._ask_own("POST", "/orders/heartbeat", body={"seconds": seconds}))


def _groups(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    return (items[at : at + size] for at in range(0, len(items), size))
