"""What a trader wants, before it has a number and a signature; and in words what would be signed. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from backend.chain.clear_signing import Reader, sentence
from backend.kernel.clock import from_unix_s
from backend.kernel.errors import InvalidInput
from backend.kernel.mass import LOT_GCO2E, fee_floor
from backend.market.figures import TOKEN, money_text
from backend.market.instructions import Instructions, SelfTrade, TimeInForce
from backend.market.order import FEE_CAP_BPS, ZERO_REF, Action, Side, SignedOrder
from backend.market.rules import LIFETIME_S_MIN
from backend.market.words import ENGLISH, Words

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


def words_of(order: SignedOrder, instructions: Instructions, fee_bps: int, words: Words = ENGLISH) -> list[str]:
    """What a signature under the order allows and what stands beside it, in sentences. `fee_bps`: the rate now."""
    reader = Reader(language=words.language, money=TOKEN)
    said, end = sentence("Order", order.message(), reader), words.says("fullStop")
    found = [f"{said}{end}"]
    if order.side is Side.BUY:
        costs = {"today": most_cost(order, fee_bps), "most": most_cost(order, order.max_fee_bps)}
        found.append(words.says("buyCosts", **_as_money(costs)))
    else:
        brings = {"least": least_proceeds(order, fee_bps), "bound": least_proceeds(order, order.max_fee_bps)}
        found.append(words.says("sellBrings", **_as_money(brings)))
    if order.beneficiary != order.maker:
        found.append(words.says("beneficiary", beneficiary=order.beneficiary))
    return [*found, *_beside(order, instructions, words)]


def _as_money(amounts: Mapping[str, int]) -> dict[str, str]:
    return {name: money_text(amount) for name, amount in amounts.items()}


def _beside(order: SignedOrder, instructions: Instructions, words: Words) -> list[str]:
    if instructions.time_in_force.rests:
        leaves = from_unix_s(instructions.good_until or order.expiry - LIFETIME_S_MIN)
        sentences = [words.says("waitsUntil", until=f"{leaves:%Y-%m-%d %H:%M:%SZ}")]
    else:
        sentences = [words.says("filledWhole" if instructions.time_in_force is TimeInForce.FOK else "givenUp")]
    if instructions.is_market:
        sentences.append(words.says("marketProtection"))
    if instructions.post_only:
        sentences.append(words.says("postOnly"))
    if instructions.self_trade is not SelfTrade.CANCEL_NEWEST:
        sentences.append(words.says("selfTrade", how=words.value(instructions.self_trade)))
    return sentences
