"""The packed batch `Exchange.settle` takes: writing one, reading one. The layout: contracts/interfaces/IExchange.sol.

An order is its EIP-712 message, as in contracts/eip712/order.json: `side` and `action` are words, `ref` 32 bytes,
addresses EIP-55; grams, payment-token base units per kg, Unix seconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from backend.chain.signature import SignatureMalformed, canonical_signature, checksum_address, recover
from backend.kernel.errors import InvalidInput
from backend.kernel.mass import LOT_GCO2E, lots_of

SIDES = ("buy", "sell")
ACTIONS = ("hold", "retire", "donate")
OWN_SPACE = 1 << 255
"""Numbers with this bit are their maker's own space."""

ORDERS_MAX = 255
WIDTHS = {"lots": 64, "pricePerKg": 96, "number": 64, "expiry": 40, "maxFeeBps": 16, "epoch": 32, "classId": 128}
"""Bits an order's fields have in a batch. A number's top bit, its space, is kept beside."""

_SELL, _OWN_SPACE, _LONG_SIGNATURE, _FLAGS_MAX = 1, 8, 16, 31
_ORDER_SIZE, _BENEFIT_SIZE, _COMPACT_SIZE, _MATCH_SIZE = 61, 52, 64, 23


class FieldTooWide(InvalidInput):
    """A field of an order or match that a batch has no room for: such an order can never settle."""

    code = "chain.field_too_wide"

    def __init__(self, field: str, value: int, bits: int) -> None:
        super().__init__(
            f"{field} does not fit a settlement", field=field, value=str(value), expected=f"0 to 2**{bits} - 1"
        )


class OrdersNotDistinct(InvalidInput):
    """Two orders under one number in one batch; the contract takes each number once."""

    code = "chain.orders_not_distinct"

    def __init__(self, number: int) -> None:
        super().__init__("two orders of one batch share a number", number=str(number))


class BatchMalformed(InvalidInput):
    """Not a batch the Exchange would read."""

    code = "chain.batch_malformed"

    def __init__(self, position: int) -> None:
        super().__init__("not a settlement batch", position=position, expected="the layout of IExchange.settle")


class WalletSignature(bytes):
    """What a wallet takes for its signature: carried as it is, even where it looks like a key's in canonical form."""

    @classmethod
    def unless_keys(cls, account: str, message_digest: bytes, signature: bytes) -> bytes:
        """The signature, marked as the wallet's if the account's key did not make it."""
        try:
            is_keys = recover(message_digest, signature) == account
        except SignatureMalformed:
            is_keys = False
        return signature if is_keys else cls(signature)


@dataclass(frozen=True)
class BatchMatch:
    """`buy` and `sell` are places of orders in the same batch; lots in kg. Matches of one group that is not 0, and
    that follow each other, settle all or none.
    """

    buy: int
    sell: int
    lots: int
    price_per_kg: int
    group: int = 0


@dataclass(frozen=True)
class SettleBatch:
    """Orders as messages with their signatures, and the matches between them, as they stand in the calldata."""

    orders: tuple[tuple[Mapping[str, Any], bytes], ...]
    matches: tuple[BatchMatch, ...]


def encode(orders: Sequence[tuple[Mapping[str, Any], bytes]], matches: Sequence[BatchMatch]) -> bytes:
    """Packs a batch. Orders may stand in any order: they are put by number, then by maker, and matches follow them.

    Raises FieldTooWide, OrdersNotDistinct, LotMisaligned.
    """
    keys = [(message["number"], int(message["maker"], 16)) for message, _ in orders]
    by_key = sorted(range(len(orders)), key=keys.__getitem__)
    for earlier, later in pairwise(by_key):
        shared = keys[later][0] == keys[earlier][0] and not keys[later][0] & OWN_SPACE
        if shared or keys[later] == keys[earlier]:
            raise OrdersNotDistinct(keys[later][0])
    places = {index: place for place, index in enumerate(by_key)}
    classes = sorted({message["classId"] for message, _ in orders})
    packed = [_uint("classes", len(classes), 8), *(_uint("classId", each, WIDTHS["classId"]) for each in classes)]
    packed.append(_uint("orders", len(orders), 8))
    packed += [_order(*orders[index], classes.index(orders[index][0]["classId"])) for index in by_key]
    packed += [_match(match, places) for match in matches]
    return b"".join(packed)


def _uint(field: str, value: int, bits: int) -> bytes:
    if not 0 <= value < 1 << bits:
        raise FieldTooWide(field, value, bits)
    return value.to_bytes(bits >> 3, "big")


def _order(message: Mapping[str, Any], signature: bytes, place_of_class: int) -> bytes:
    seal = _compact(signature)
    number = message["number"]
    flags = SIDES.index(message["side"]) | ACTIONS.index(message["action"]) << 1
    flags |= (_OWN_SPACE if number & OWN_SPACE else 0) | (0 if len(seal) == _COMPACT_SIZE else _LONG_SIGNATURE)
    fields = {"lots": lots_of(message["amountGco2e"]), "number": number & ~OWN_SPACE}
    fields |= {name: message[name] for name in ("pricePerKg", "expiry", "maxFeeBps", "epoch")}
    words = [bytes([flags, place_of_class]), bytes.fromhex(message["maker"][2:])]
    words += [
        _uint(name, fields[name], WIDTHS[name])
        for name in ("lots", "pricePerKg", "number", "expiry", "maxFeeBps", "epoch")
    ]
    if message["action"] != "hold":
        words += [bytes.fromhex(message["beneficiary"][2:]), message["ref"]]
    return b"".join([*words, seal if len(seal) == _COMPACT_SIZE else _uint("signature", len(seal), 16) + seal])


def _compact(signature: bytes) -> bytes:
    """The 64 bytes of EIP-2098 if this is a key's signature; a wallet's as it is."""
    if isinstance(signature, WalletSignature):
        return signature
    try:
        canonical = canonical_signature(signature)
    except SignatureMalformed:
        return signature
    s_and_parity = int.from_bytes(canonical[32:64]) | (canonical[64] - 27) << 255
    return canonical[:32] + s_and_parity.to_bytes(32, "big")


def _match(match: BatchMatch, places: Mapping[int, int]) -> bytes:
    return b"".join(
        [
            _uint("buy", places.get(match.buy, match.buy), 8),
            _uint("sell", places.get(match.sell, match.sell), 8),
            _uint("group", match.group, 8),
            _uint("lots", match.lots, WIDTHS["lots"]),
            _uint("pricePerKg", match.price_per_kg, WIDTHS["pricePerKg"]),
        ]
    )


class _Reader:
    """Takes integers and bytes off the front; raises BatchMalformed where the batch ends too early."""

    def __init__(self, batch: bytes) -> None:
        self._batch, self.position = batch, 0

    def take(self, size: int) -> bytes:
        start, self.position = self.position, self.position + size
        if self.position > len(self._batch):
            raise BatchMalformed(start)
        return self._batch[start : self.position]

    def uint(self, bits: int) -> int:
        return int.from_bytes(self.take(bits >> 3))

    @property
    def left(self) -> int:
        return len(self._batch) - self.position


def decode(batch: bytes) -> SettleBatch:
    """Reads a batch. Raises BatchMalformed."""
    reader = _Reader(batch)
    classes = [reader.uint(WIDTHS["classId"]) for _ in range(reader.uint(8))]
    start = reader.position
    if not (order_count := reader.uint(8)):
        raise BatchMalformed(start)
    orders = tuple(_read_order(reader, classes) for _ in range(order_count))
    count, rest = divmod(reader.left, _MATCH_SIZE)
    if rest:
        raise BatchMalformed(reader.position)
    matches = []
    for _ in range(count):
        buy, sell, group = reader.take(3)
        matches.append(BatchMatch(buy, sell, reader.uint(WIDTHS["lots"]), reader.uint(WIDTHS["pricePerKg"]), group))
    return SettleBatch(orders, tuple(matches))


def _read_order(reader: _Reader, classes: Sequence[int]) -> tuple[Mapping[str, Any], bytes]:
    start = reader.position
    flags, place_of_class = reader.take(2)
    action = flags >> 1 & 3
    if flags > _FLAGS_MAX or place_of_class >= len(classes) or action >= len(ACTIONS):
        raise BatchMalformed(start)
    maker = checksum_address(reader.take(20))
    fields = {
        name: reader.uint(WIDTHS[name]) for name in ("lots", "pricePerKg", "number", "expiry", "maxFeeBps", "epoch")
    }
    fields["number"] |= OWN_SPACE if flags & _OWN_SPACE else 0
    message = {
        "maker": maker,
        "beneficiary": checksum_address(reader.take(20)) if action else maker,
        "classId": classes[place_of_class],
        "side": SIDES[flags & _SELL],
        "amountGco2e": fields.pop("lots") * LOT_GCO2E,
        **fields,
        "action": ACTIONS[action],
        "ref": reader.take(32) if action else bytes(32),
    }
    size = reader.uint(16) if flags & _LONG_SIGNATURE else _COMPACT_SIZE
    return message, reader.take(size)
