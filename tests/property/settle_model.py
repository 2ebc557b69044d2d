"""A readable model of `Exchange.settle`: slow, plain, written from the promises rather than from the contract."""

from copy import deepcopy
from dataclasses import dataclass, field

from backend.market.order import Action, Side, SignedOrder

BPS = 10_000


@dataclass
class Model:
    """The world before and after a batch. Balances by account; `left` by (order hash)."""

    credits: dict[tuple[str, int], int]
    """Grams by (account, class)."""
    money: dict[str, int]
    retired: dict[tuple[str, int], int] = field(default_factory=dict)
    donated: dict[int, int] = field(default_factory=dict)
    """Grams by open campaign."""
    epochs: dict[str, int] = field(default_factory=dict)
    cancelled: set[tuple[str, int]] = field(default_factory=set)
    taken: dict[int, tuple[bytes, int]] = field(default_factory=dict)
    """Number -> the order that began to fill under it, and the grams left of it."""
    before: dict[int, tuple[bytes, int]] = field(default_factory=dict)
    """The same when the batch began."""
    fee_bps: int = 30
    fee_recipient: str = ""

    def begin(self) -> None:
        """A batch begins: what is used up by now is known of every order at once."""
        self.before = dict(self.taken)

    def why_not(  # noqa: PLR0911 - one reason a line, in the contract's order
        self, order: SignedOrder, order_hash: bytes, signed: bool, now: int
    ) -> str:
        """Why an order cannot fill at all, or nothing."""
        tag, left = self.before.get(order.number, (order_hash, order.amount_gco2e))
        if order.number in self.before and left == 0:
            return "OrderFilled"
        if tag != order_hash:
            return "OrderNumberTaken"
        if order.side is Side.SELL and order.action is not Action.HOLD:
            return "OrderMalformed"
        if now >= order.expiry:
            return "OrderExpired"
        if order.max_fee_bps < self.fee_bps:
            return "OrderFeeExceeded"
        if order.epoch != self.epochs.get(order.maker, 0):
            return "OrderEpochStale"
        if (order.maker, order.number) in self.cancelled:
            return "OrderCancelled"
        return "" if signed else "OrderSignatureInvalid"

    @staticmethod
    def mismatch(buy: SignedOrder, sell: SignedOrder, lots: int, price: int) -> str:
        """Why two good orders cannot meet so, or nothing."""
        if (buy.side, sell.side) != (Side.BUY, Side.SELL):
            return "SidesMismatched"
        if buy.class_id != sell.class_id:
            return "ClassesMismatched"
        if buy.maker == sell.maker:
            return "SelfMatch"
        if lots == 0:
            return "LotsZero"
        if not sell.price_per_kg <= price <= buy.price_per_kg:
            return "PriceOutsideLimit"
        return ""

    def _unfillable(self, order: SignedOrder, order_hash: bytes, grams: int) -> str:
        left = self.taken.get(order.number, (order_hash, order.amount_gco2e))[1]
        if grams <= left:
            return ""
        return "OrderFilled" if left == 0 else "LeftInsufficient"

    def short(self, buy: SignedOrder, sell: SignedOrder, hashes: tuple[bytes, bytes], lots: int) -> str:
        """Why not so much is left of both, or nothing."""
        for order, order_hash in zip((buy, sell), hashes, strict=True):
            reason = self._unfillable(order, order_hash, lots * 1000)
            if reason:
                return reason
        return ""

    def take(self, buy: SignedOrder, sell: SignedOrder, hashes: tuple[bytes, bytes], lots: int) -> None:
        """Takes the lots from what is left of both."""
        for order, order_hash in zip((buy, sell), hashes, strict=True):
            left = self.taken.get(order.number, (order_hash, order.amount_gco2e))[1]
            self.taken[order.number] = (order_hash, left - lots * 1000)

    def pay_and_deliver(self, buy: SignedOrder, sell: SignedOrder, lots: int, price: int) -> str:
        """Moves money, then credits; says why not if it cannot."""
        grams, cost = lots * 1000, lots * price
        fee = cost * self.fee_bps // BPS
        if self.money.get(buy.maker, 0) < cost + fee:
            return "PaymentFailed"
        campaign = int.from_bytes(buy.ref)
        poor = self.credits.get((sell.maker, sell.class_id), 0) < grams
        if buy.action is Action.HOLD and poor:
            return "CreditTransferFailed"
        if buy.action is not Action.HOLD and (poor or (buy.action is Action.DONATE and campaign not in self.donated)):
            return "ActionFailed"
        self._move(self.money, buy.maker, sell.maker, cost - fee)
        self._move(self.money, buy.maker, self.fee_recipient, 2 * fee)
        self.credits[sell.maker, sell.class_id] -= grams
        if buy.action is Action.HOLD:
            self._add(self.credits, (buy.maker, buy.class_id), grams)
        elif buy.action is Action.RETIRE:
            self._add(self.retired, (buy.beneficiary, buy.class_id), grams)
        else:
            self.donated[campaign] += grams
        return ""

    def saved(self) -> "Model":
        """A copy to go back to."""
        return deepcopy(self)

    def restore(self, saved: "Model") -> None:
        """Goes back to a copy."""
        self.__dict__.update(deepcopy(saved).__dict__)

    @staticmethod
    def _add(book: dict[tuple[str, int], int], key: tuple[str, int], amount: int) -> None:
        book[key] = book.get(key, 0) + amount

    @staticmethod
    def _move(book: dict[str, int], giver: str, taker: str, amount: int) -> None:
        book[giver] -= amount
        book[taker] = book.get(taker, 0) + amount
