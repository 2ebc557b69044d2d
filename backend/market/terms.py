"""What a trader wants, before it has a number and a signature; and in words what would be signed. Pure."""

from dataclasses import dataclass

from backend.chain.clear_signing import Reader, sentence
from backend.kernel.clock import from_unix_s
from backend.kernel.errors import InvalidInput
from backend.kernel.mass import LOT_GCO2E, fee_floor
from backend.market.figures import TOKEN, money_text
from backend.market.instructions import Instructions, SelfTrade, TimeInForce
from backend.market.order import FEE_CAP_BPS, ZERO_REF, Action, Side, SignedOrder
from backend.market.rules import LIFETIME_S_MIN

DAY_S = 24 * 3600
CAMPAIGN_ID_MAX = 2**256 - 1


class CampaignIdOutOfRange(InvalidInput):
    """No campaign has that number."""

    code = "market.campaign_id_out_of_range"

    def __init__(self, campaign_id: int) -> None:
        super().__init__(f"campaign {campaign_id}; expected 0 to 2**256 - 1", campaign_id=str(campaign_id))


@dataclass(frozen=True)
class Terms:
    """A limit order to be. Lots of 1 kg, price in payment-token base units per kg."""

    side: Side
    class_id: int
    lots: int
    price_per_kg: int
    action: Action = Action.HOLD
    """What a buy does with the credits."""
    beneficiary: str | None = None
    """For whom a buy retires or donates, EIP-55; the maker if not given."""
    ref: bytes = ZERO_REF
    max_fee_bps: int = FEE_CAP_BPS
    """The highest fee rate to accept, in basis points of cost."""
    lifetime_s: int = DAY_S
    """Seconds from signing to the signed expiry."""

    def order(self, maker: str, *, number: int, epoch: int, now_s: int) -> SignedOrder:
        """The order as it would be signed now."""
        return SignedOrder(
            maker=maker,
            beneficiary=self.beneficiary or maker,
            class_id=self.class_id,
            side=self.side,
            amount_gco2e=self.lots * LOT_GCO2E,
            price_per_kg=self.price_per_kg,
            max_fee_bps=self.max_fee_bps,
            expiry=now_s + self.lifetime_s,
            number=number,
            epoch=epoch,
            action=self.action,
            ref=self.ref,
        )


def campaign_ref(campaign_id: int) -> bytes:
    """The `ref` of a buy that donates to a campaign. Raises CampaignIdOutOfRange."""
    if not 0 <= campaign_id <= CAMPAIGN_ID_MAX:
        raise CampaignIdOutOfRange(campaign_id)
    return campaign_id.to_bytes(32)


def most_cost(order: SignedOrder, fee_bps: int) -> int:
    """The most a buy can cost at a fee rate, in base units: every lot at its limit price, with the fee."""
    cost = order.lots * order.price_per_kg
    return cost + fee_floor(cost, fee_bps)


def least_proceeds(order: SignedOrder, fee_bps: int) -> int:
    """The least a sell that is wholly filled brings at a fee rate, in base units."""
    cost = order.lots * order.price_per_kg
    return cost - fee_floor(cost, fee_bps)


def words_of(order: SignedOrder, instructions: Instructions, fee_bps: int) -> list[str]:
    """What a signature under the order allows and what stands beside it, in sentences. `fee_bps`: the rate now."""
    found = [f"{sentence('Order', order.message(), Reader(money=TOKEN))}."]
    if order.side is Side.BUY:
        at_most = money_text(most_cost(order, order.max_fee_bps))
        found.append(
            f"It costs at most {money_text(most_cost(order, fee_bps))} at today's fee, {at_most} at its bound."
        )
    else:
        at_least = money_text(least_proceeds(order, order.max_fee_bps))
        today = money_text(least_proceeds(order, fee_bps))
        found.append(f"Wholly filled it brings at least {today} at today's fee, {at_least} at its bound.")
    if order.beneficiary != order.maker:
        found.append(f"What is bought is for {order.beneficiary}.")
    return [*found, *_beside(order, instructions)]


def _beside(order: SignedOrder, instructions: Instructions) -> list[str]:
    in_force = instructions.time_in_force
    leaves = instructions.good_until or order.expiry - LIFETIME_S_MIN
    waits = f"What is not filled at once waits in the book until {from_unix_s(leaves):%Y-%m-%d %H:%M:%SZ}."
    found = {
        TimeInForce.GTC: waits,
        TimeInForce.GTD: waits,
        TimeInForce.IOC: "What is not filled at once is given up.",
        TimeInForce.FOK: "It is filled at once as a whole, or not at all.",
    }
    sentences = [found[in_force]]
    if instructions.is_market:
        sentences.append("Its price is only its protection: it is refused if that is far from the best offer.")
    if instructions.post_only:
        sentences.append("It is refused if it would meet an order at once.")
    if instructions.self_trade is not SelfTrade.CANCEL_NEWEST:
        sentences.append(f"Should it meet an order of your own: {instructions.self_trade.replace('_', ' ')}.")
    return sentences
