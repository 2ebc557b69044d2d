"""A readable model of `Exchange.settle`: slow, plain, written from the promises rather than from the contract."""

from dataclasses import dataclass, field

from backend.market.order import Action, Side, SignedOrder

BPS = 10_000
UINT128_MAX = 2**128 - 1


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
    fee_bps: int = 30
    fee_recipient: str = ""

    def why_not(self, order: SignedOrder, signed: bool, now: int) -> str:
        """Why an order cannot fill at all, or nothing."""
        whole = 0 < order.amount_gco2e <= UINT128_MAX and order.amount_gco2e % 1000 == 0
        priced = 0 < order.price_per_kg <= UINT128_MAX
        plain = order.beneficiary == order.maker and not any(order.ref)
        shaped = plain if order.action is Action.HOLD else order.side is Side.BUY
        if not (whole and priced and shaped):
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
    def mismatch(  # noqa: PLR0911 - one reason a line, in the contract's order
        buy: SignedOrder, sell: SignedOrder, lots: int, price: int
    ) -> str:
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
        if lots * 1000 > min(buy.amount_gco2e, sell.amount_gco2e):
            return "LeftInsufficient"
        return ""

    def _unfillable(self, order: SignedOrder, order_hash: bytes, grams: int) -> str:
        tag, left = self.taken.get(order.number, (order_hash, order.amount_gco2e))
        if left == 0:
            return "OrderFilled"
        if tag != order_hash:
            return "OrderNumberTaken"
        return "LeftInsufficient" if grams > left else ""

    def settle_one(
        self, buy: SignedOrder, sell: SignedOrder, hashes: tuple[bytes, bytes], lots: int, price: int
    ) -> str:
        """Executes one match of good orders, or says why not and changes nothing."""
        grams, cost = lots * 1000, lots * price
        fee = cost * self.fee_bps // BPS
        for order, order_hash in zip((buy, sell), hashes, strict=True):
            reason = self._unfillable(order, order_hash, grams)
            if reason:
                return reason
        if self.money.get(buy.maker, 0) < cost + fee:
            return "PaymentFailed"
        campaign = int.from_bytes(buy.ref)
        poor = self.credits.get((sell.maker, sell.class_id), 0) < grams
        if buy.action is Action.HOLD and poor:
            return "CreditTransferFailed"
        if buy.action is not Action.HOLD and (poor or (buy.action is Action.DONATE and campaign not in self.donated)):
            return "ActionFailed"
        for order, order_hash in zip((buy, sell), hashes, strict=True):
            left = self.taken.get(order.number, (order_hash, order.amount_gco2e))[1]
            self.taken[order.number] = (order_hash, left - grams)
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

    @staticmethod
    def _add(book: dict[tuple[str, int], int], key: tuple[str, int], amount: int) -> None:
        book[key] = book.get(key, 0) + amount

    @staticmethod
    def _move(book: dict[str, int], giver: str, taker: str, amount: int) -> None:
        book[giver] -= amount
        book[taker] = book.get(taker, 0) + amount
