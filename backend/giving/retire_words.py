"""What a person is told before it signs a retirement: what will be gone, for what, and what that is not. Pure."""

from collections.abc import Sequence

from backend.access.figures import decimal_text, kg_text
from backend.access.language import Language
from backend.chain.class_id import SIMULATED, unpack
from backend.giving.certificate import words_of
from backend.giving.deed import DeedKind
from backend.giving.kinds import RetirementPurpose
from backend.giving.retirement import Retire
from backend.kernel.clock import from_unix_s, iso
from backend.kernel.digest import to_hex
from backend.kernel.mass import fee_floor
from backend.market.order import SignedOrder

_SAYS: dict[Language, dict[str, str]] = {
    "en": {
        "gone": "You retire {kg} kg of {code}, for ever: nobody can use, sell or give them again.",
        RetirementPurpose.SELF: "It serves yourself.",
        RetirementPurpose.ANOTHER: "It serves the account {beneficiary}.",
        RetirementPurpose.EVENT: "It serves an occasion.",
        RetirementPurpose.DEFICIT: "It settles the deficit {ref}.",
        "words": "The chain keeps a salted digest of the words “{words}”, not the words.",
        "receipt": "You get a receipt: a token at your address for ever, which everybody sees and nobody can move.",
        "public": "Amount and addresses are public on the chain.",
    },
    "zh": {
        "gone": "您将永久注销 {kg} kg {code}：任何人都不能再使用、出售或捐赠。",
        RetirementPurpose.SELF: "用途：为自己。",
        RetirementPurpose.ANOTHER: "用途：为账户 {beneficiary}。",
        RetirementPurpose.EVENT: "用途：为一项活动。",
        RetirementPurpose.DEFICIT: "用途：结清赤字 {ref}。",
        "words": "链上只保存题词“{words}”的加盐摘要，不保存题词本身。",
        "receipt": "您将获得一枚凭证：永远留在您的地址上的代币，人人可见，任何人都不能转移。",
        "public": "数量与地址在链上公开。",
    },
}


def retire_words(retire: Retire, words: str | None, language: Language, *, receipt: bool = False) -> Sequence[str]:
    """Sentences, in order. `words`: of its dedication. `receipt`: whether one is asked for."""
    says, credit = _SAYS[language], unpack(retire.class_id)
    served = says[retire.purpose].format(beneficiary=retire.beneficiary, ref=to_hex(retire.ref))
    found = [says["gone"].format(kg=kg_text(retire.amount_gco2e), code=credit.code), served]
    if words is not None:
        found.append(says["words"].format(words=words))
    if receipt:
        found.append(says["receipt"])
    certificate = words_of(language)
    found += [says["public"], certificate["honest"][DeedKind.RETIREMENT]]
    return [*found, certificate["simulated"]] if credit.methodology == SIMULATED else found


_BUYS: dict[Language, str] = {
    "en": "You buy {kg} kg of {code} at no more than {price} a kg: at most {cost}, and {fee} of fee on top.",
    "zh": "您将以每 kg 不超过 {price} 的价格买入 {kg} kg {code}：最多 {cost}，另加手续费最多 {fee}。",
}
_ON_FILL: dict[Language, str] = {
    "en": "What is bought is retired at once, for ever, to settle the deficit {ref}. The order ends at {expiry}.",
    "zh": "买入后立即永久注销，用于结清赤字 {ref}。订单于 {expiry} 失效。",
}
PAYMENT_DECIMALS = 6
"""Of the payment token."""


def buy_words(order: SignedOrder, language: Language) -> Sequence[str]:
    """The same before a buy is signed that retires on fill. Money in payment tokens."""
    credit, cost = unpack(order.class_id), order.lots * order.price_per_kg
    certificate = words_of(language)
    money = {
        "price": order.price_per_kg,
        "cost": cost,
        "fee": fee_floor(cost, order.max_fee_bps),
    }
    told = {name: decimal_text(units, PAYMENT_DECIMALS) for name, units in money.items()}
    found = [
        _BUYS[language].format(kg=kg_text(order.amount_gco2e), code=credit.code, **told),
        _ON_FILL[language].format(ref=to_hex(order.ref), expiry=iso(from_unix_s(order.expiry))),
        certificate["honest"][DeedKind.RETIREMENT],
    ]
    return [*found, certificate["simulated"]] if credit.methodology == SIMULATED else found
