"""An order's JSON read fast: by msgspec, into the same order as the model `views.OrderBody` makes of it.

It takes only what the model takes, and says nothing of what it does not take: the model then reads the body again and
names every fault. A property test holds the two to one answer.
"""

import re
from functools import lru_cache
from operator import attrgetter

import msgspec

from backend.access.wire import ACCOUNT_SIGNATURE_PATTERN, AMOUNT_PATTERN, BYTES32_PATTERN, camel, parse_address
from backend.kernel.mass import UINT256_MAX
from backend.market.instructions import PLAIN, Instructions, SelfTrade, TimeInForce
from backend.market.order import Action, Side, SignedOrder

_AMOUNT = re.compile(AMOUNT_PATTERN).fullmatch
_AMOUNTS = re.compile(f"{AMOUNT_PATTERN[1:-1]}(,{AMOUNT_PATTERN[1:-1]}){{6}}").fullmatch
"""Seven at once: a comma within one of them would make it eight."""
_BYTES32 = re.compile(BYTES32_PATTERN).fullmatch
_SIGNATURE = re.compile(ACCOUNT_SIGNATURE_PATTERN).fullmatch
_ADDRESSES_KEPT = 16_384


class _Raw(msgspec.Struct, rename=camel, forbid_unknown_fields=True):
    maker: str
    beneficiary: str
    class_id: str
    side: Side
    amount_gco2e: str
    price_per_kg: str
    max_fee_bps: str
    expiry: str
    number: str
    epoch: str
    action: Action
    ref: str
    signature: str
    time_in_force: TimeInForce = TimeInForce.GTC
    good_until: str | None = None
    post_only: bool = False
    self_trade: SelfTrade = SelfTrade.CANCEL_NEWEST
    client_order_id: str | None = None
    market: bool = False


_PLAIN = attrgetter("good_until", "post_only", "self_trade", "client_order_id", "market")
_SAYS_NOTHING = (None, False, SelfTrade.CANCEL_NEWEST, None, False)
"""What `_PLAIN` finds in an order without instructions."""

_decode = msgspec.json.Decoder(_Raw).decode


def read_order(body: bytes) -> tuple[SignedOrder, bytes, Instructions] | None:
    """The order, the signature and the instructions of a JSON body; None for a body that the model has to look at."""
    try:
        raw = _decode(body)
        class_id, amount_gco2e, price_per_kg, max_fee_bps, expiry, number, epoch = _amounts(raw)
        maker = _address(raw.maker)
        beneficiary = maker if raw.beneficiary == raw.maker else _address(raw.beneficiary)
        instructions = _instructions(raw)
    except (msgspec.DecodeError, ValueError):  # msgspec's ValidationError is a DecodeError; pydantic's a ValueError
        return None
    if not (amount_gco2e and price_per_kg and _BYTES32(raw.ref) and _SIGNATURE(raw.signature)):
        return None
    order = SignedOrder(
        maker=maker,
        beneficiary=beneficiary,
        class_id=class_id,
        side=raw.side,
        amount_gco2e=amount_gco2e,
        price_per_kg=price_per_kg,
        max_fee_bps=max_fee_bps,
        expiry=expiry,
        number=number,
        epoch=epoch,
        action=raw.action,
        ref=bytes.fromhex(raw.ref[2:]),
    )
    return order, bytes.fromhex(raw.signature[2:]), instructions


def _instructions(raw: _Raw) -> Instructions:
    if raw.time_in_force is TimeInForce.GTC and _PLAIN(raw) == _SAYS_NOTHING:
        return PLAIN
    found = Instructions(
        time_in_force=raw.time_in_force,
        good_until=None if raw.good_until is None else _amount(raw.good_until),
        post_only=raw.post_only,
        self_trade=raw.self_trade,
        client_order_id=raw.client_order_id,
        is_market=raw.market,
    )
    return PLAIN if found == PLAIN else found


def _amounts(raw: _Raw) -> list[int]:
    """The seven of an order. Raises ValueError if one is malformed."""
    texts = (raw.class_id, raw.amount_gco2e, raw.price_per_kg, raw.max_fee_bps, raw.expiry, raw.number, raw.epoch)
    if _AMOUNTS(",".join(texts)) is None:
        raise ValueError(texts)
    found = [int(text) for text in texts]
    if max(found) > UINT256_MAX:
        raise ValueError(texts)
    return found


def _amount(text: str) -> int:
    if _AMOUNT(text) is None or (number := int(text)) > UINT256_MAX:
        raise ValueError(text)
    return number


@lru_cache(_ADDRESSES_KEPT)
def _address(text: str) -> str:
    """EIP-55, remembered: the same makers come again and again, and the checksum is a hash. Raises a ValueError."""
    return parse_address(text)
