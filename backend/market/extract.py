"""What the engine takes of a stretch of journal lines, in columns: a replay then takes little longer than the matching.

Most lines place or cancel a plain order. Of those an extract has only what `Engine.place` and `Engine.remove` are
called with; every other line it has as it is, for `replay.apply`. Pure. A property test holds the outcome equal to
`apply` of every line.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import compress, count, repeat
from typing import Self, cast

import msgspec

from backend.kernel.mass import lots_of
from backend.market.book import Entry
from backend.market.journal import Kind
from backend.market.matching import Engine
from backend.market.order import Side, SignedOrder
from backend.market.replay import apply, entry_of

_NAMES = {
    "class_id": "classId",
    "amount_gco2e": "amountGco2e",
    "price_per_kg": "pricePerKg",
    "max_fee_bps": "maxFeeBps",
}


class _Terms(msgspec.Struct, rename=_NAMES, gc=False):
    """What of a signed order `entry_of` looks at."""

    maker: str
    class_id: int
    side: Side
    amount_gco2e: int
    price_per_kg: int
    max_fee_bps: int
    expiry: int

    @property
    def lots(self) -> int:
        """The amount in kg."""
        return lots_of(self.amount_gco2e)


class _Place(msgspec.Struct, gc=False):
    order: _Terms
    owner: str


class _Cancel(msgspec.Struct, rename={"order_id": "orderId"}, gc=False):
    order_id: int


_place = msgspec.json.Decoder(_Place, strict=False).decode
_cancel = msgspec.json.Decoder(_Cancel).decode
_any = msgspec.json.Decoder().decode
_KINDS = {kind.value: kind for kind in Kind}

_CANCELLED, _PLACED, _OTHER = range(3)
_OTHERS = bytes([_OTHER])
_ONLY_PLACED = bytes(verb == _PLACED for verb in range(256))
_SIDES = (Side.BUY, Side.SELL)

_new = cast("Callable[[type[Entry], Iterable[object]], Entry]", tuple.__new__)
"""As `Entry._make`, in less than half of its time."""


class Extract(msgspec.Struct, array_like=True, gc=False):
    """Lines in order. Class ids, accounts and owners are places in `words`; the n-th of each column from `class_ids` to
    `fee_bounds_bps` is of the n-th order that was placed, as in `Entry`.
    """

    words: list[str]
    verbs: bytes
    """One a line."""
    class_ids: list[int]
    accounts: list[int]
    owners: list[int]
    are_sells: list[bool]
    lots: list[int]
    prices_per_kg: list[int]
    expiries: list[int]
    fee_bounds_bps: list[int]
    cancelled: list[int]
    """Ids of the orders that were cancelled."""
    others: list[tuple[str, str]]
    """(kind, payload's canonical JSON) of every other line."""

    @classmethod
    def of(cls, lines: Iterable[tuple[int, str, str]]) -> Self:
        """The extract of lines: (sequence, kind, payload's canonical JSON) of each."""
        verbs, entries = bytearray(), list[Entry]()
        cancelled, others = list[int](), list[tuple[str, str]]()
        for sequence, kind, payload in lines:
            if kind == "place" and '"instructions":' not in payload:
                line = _place(payload)
                entries.append(entry_of(cast(SignedOrder, line.order), sequence, line.owner))
                verbs.append(_PLACED)
            elif kind == "cancel":
                cancelled.append(_cancel(payload).order_id)
                verbs.append(_CANCELLED)
            else:
                others.append((kind, payload))
                verbs.append(_OTHER)
        words: dict[str, int] = {}
        return cls(
            verbs=bytes(verbs),
            class_ids=[words.setdefault(str(entry.class_id), len(words)) for entry in entries],
            accounts=[words.setdefault(entry.account, len(words)) for entry in entries],
            owners=[words.setdefault(entry.owner, len(words)) for entry in entries],
            are_sells=[entry.side is Side.SELL for entry in entries],
            lots=[entry.lots for entry in entries],
            prices_per_kg=[entry.price_per_kg for entry in entries],
            expiries=[entry.expiry for entry in entries],
            fee_bounds_bps=[entry.fee_bound_bps for entry in entries],
            cancelled=cancelled,
            others=others,
            words=list(words),
        )

    @classmethod
    def unpacked(cls, content: bytes) -> "Extract":
        """The extract of its bytes. Raises msgspec.DecodeError for what `packed` did not write."""
        return _unpack(content)

    def packed(self) -> bytes:
        """As MessagePack."""
        return msgspec.msgpack.encode(self)

    def carry_out(self, engine: Engine, first: int) -> None:
        """Does on an engine what the lines say, the first of which has the sequence `first`."""
        place, remove = engine.place, engine.remove
        entry, cancelled, other = self._entries(first).__next__, iter(self.cancelled).__next__, iter(self.others)
        sequence = first
        for stretch in self.verbs.split(_OTHERS):
            if sequence > first:
                kind, payload = next(other)
                apply(engine, sequence - 1, _KINDS[kind], _any(payload))
            for placed in stretch:
                if placed:
                    place(entry())
                else:
                    remove(cancelled())
            sequence += len(stretch) + 1

    def _entries(self, first: int) -> Iterator[Entry]:
        # One string for one word, whichever extract it stands in: the engine tells accounts from owners by identity.
        words = [sys.intern(word) for word in self.words]
        class_ids = {at: int(words[at]) for at in set(self.class_ids)}
        columns = zip(
            compress(count(first), self.verbs.translate(_ONLY_PLACED)),
            [class_ids[at] for at in self.class_ids],
            [words[at] for at in self.accounts],
            [words[at] for at in self.owners],
            [_SIDES[is_sell] for is_sell in self.are_sells],
            self.lots,
            self.prices_per_kg,
            self.expiries,
            self.fee_bounds_bps,
            strict=True,
        )
        return map(_new, repeat(Entry), columns)


_unpack = msgspec.msgpack.Decoder(Extract).decode
