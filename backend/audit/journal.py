"""A market's journal as a file: what its operator says was commanded, in order, and which trades came of it.

Believed only as far as it can be recomputed: here the chain of hashes,

    hash = SHA-256(previous hash || canonical JSON of {kind, payload, sequence, time})

which begins with the SHA-256 of the canonical JSON of {chainId, exchange}; in `fairness` the orders and trades.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from backend.audit.blocks import octets
from backend.audit.report import Check, Verdicts, Where
from backend.chain.deployment import Deployment
from backend.kernel.clock import iso, parse_iso
from backend.kernel.digest import Json, canonical_json, digest_of, sha256, to_hex
from backend.kernel.errors import InvalidInput, NotFound, TanyuError

FORMAT = "tanyu-journal/1"

CHAIN = Check(
    "INV-08", "journal.chain", "each line of the journal continues the one before it, from its Exchange's beginning"
)
TIME = Check("INV-08", "journal.time", "time never runs back from one line of the journal to the next")
ENDS = Check("INV-08", "journal.ends", "the journal ends with the line and the trade it says it ends with")

CHECKS = (CHAIN, TIME, ENDS)

_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, TanyuError)

T = TypeVar("T")


class JournalMissing(NotFound):
    """No journal file."""

    code = "audit.journal_missing"

    def __init__(self, path: Path) -> None:
        super().__init__(f"no journal at {path}", path=str(path))


class JournalMalformed(InvalidInput):
    """Not a journal file, from this row of the file on."""

    code = "audit.journal_malformed"

    def __init__(self, path: Path, row: int, why: str) -> None:
        super().__init__(f"{path}, row {row}: {why}", path=str(path), row=row, why=why)


@dataclass(frozen=True)
class Header:
    """Whose journal it is, who signs its acknowledgements, when it was written, and where it then ended."""

    chain_id: int
    exchange: str
    operator: str
    written_at: datetime
    head_sequence: int
    head_hash: bytes
    trades: int

    @property
    def genesis(self) -> bytes:
        """The hash that the first line continues; the topic of the journal's heads at Anchors."""
        return digest_of({"chainId": self.chain_id, "exchange": self.exchange})

    @property
    def covered(self) -> dict[str, int | str]:
        """What a report says of it."""
        return {
            "journalLines": self.head_sequence,
            "journalHead": to_hex(self.head_hash),
            "journalOperator": self.operator,
            "journalWrittenAt": iso(self.written_at),
        }


class JournalForeign(InvalidInput):
    """The journal of another Exchange."""

    code = "audit.journal_foreign"

    def __init__(self, header: Header, deployment: Deployment) -> None:
        exchange = deployment.address("Exchange")
        super().__init__(
            f"a journal of Exchange {header.exchange} on chain {header.chain_id}, "
            f"not of {exchange} on chain {deployment.chain_id}",
            chain_id=header.chain_id,
            exchange=header.exchange,
            expected_chain_id=deployment.chain_id,
            expected_exchange=exchange,
        )


@dataclass(frozen=True, slots=True)
class Trade:
    """Two orders that met. Ids are the sequences of the lines that took the orders in; price per kg in base units."""

    trade_id: int
    buy_id: int
    sell_id: int
    lots: int
    price_per_kg: int

    def __str__(self) -> str:
        return (
            f"trade {self.trade_id}: order {self.buy_id} buys {self.lots} kg of {self.sell_id} at {self.price_per_kg}"
        )


@dataclass(frozen=True, slots=True)
class Line:
    """One command, the hash it is told to have, and the trades it is told to have led to."""

    sequence: int
    time: datetime
    time_text: str
    kind: str
    payload: Mapping[str, Any]
    hash: bytes
    trades: tuple[Trade, ...]

    @property
    def where(self) -> Where:
        """Its place."""
        return Where(line=self.sequence)

    def hash_after(self, previous: bytes) -> bytes | str:
        """Recomputed, or a word that says why it cannot be."""
        body: dict[str, Json] = {"kind": self.kind, "payload": self.payload, "time": self.time_text}
        body["sequence"] = self.sequence
        try:
            return sha256(previous + canonical_json(body))
        except (TypeError, UnicodeEncodeError) as failure:
            return f"not computable: {failure}"


@dataclass(frozen=True, slots=True)
class OrderTold:
    """What is said to have become of an order by the end of the journal."""

    order_id: int
    state: str
    lots_open: int
    lots_matched: int


@dataclass(frozen=True)
class Journal:
    """A journal file; rows are read as they are asked for, so that it may be larger than memory."""

    path: Path
    header: Header

    @classmethod
    def load(cls, path: Path) -> "Journal":
        """Opens the file; raises JournalMissing or JournalMalformed."""
        if not path.is_file():
            raise JournalMissing(path)
        with path.open(encoding="utf-8") as file:
            return cls(path, _read(path, 1, file.readline(), _header))

    def require_of(self, deployment: Deployment) -> None:
        """Raises JournalForeign unless it is the journal of this Exchange."""
        header = self.header
        if (header.chain_id, header.exchange) != (deployment.chain_id, deployment.address("Exchange")):
            raise JournalForeign(header, deployment)

    def lines(self) -> Iterator[Line]:
        """The lines in the order of the file; raises JournalMalformed."""
        return self._rows("sequence", _line)

    def orders(self) -> Iterator[OrderTold]:
        """What is said of each order at the end; raises JournalMalformed."""
        return self._rows("orderId", _order)

    def _rows(self, key: str, parse: Callable[[dict[str, Any]], T]) -> Iterator[T]:
        with self.path.open(encoding="utf-8") as file:
            for row, text in enumerate(file, 1):
                raw = _read(self.path, row, text, _object)
                if key in raw and row > 1:
                    yield _read(self.path, row, raw, parse)


def checked_lines(journal: Journal, verdicts: Verdicts) -> Iterator[Line]:
    """The lines, each held against the one before it; what does not follow is a finding."""
    sequence, previous, time = 0, journal.header.genesis, None
    trades = 0
    for line in journal.lines():
        found = [line.sequence, line.hash_after(previous)]
        verdicts.require_equal(CHAIN, line.kind, line.where, expected=[sequence + 1, line.hash], found=found)
        if time is not None:
            verdicts.require(TIME, line.time >= time, "time", line.where, expected=f"from {time}", found=str(line.time))
        sequence, previous, time = line.sequence, line.hash, line.time
        trades += len(line.trades)
        yield line
    header = journal.header
    expected = [header.head_sequence, header.head_hash, header.trades]
    verdicts.require_equal(
        ENDS, "end of the journal", Where(line=sequence), expected=expected, found=[sequence, previous, trades]
    )


def _read(path: Path, row: int, raw: Any, parse: Callable[[Any], T]) -> T:
    try:
        return parse(raw)
    except _UNREADABLE as failure:
        raise JournalMalformed(path, row, f"{type(failure).__name__}: {failure}") from failure


def _object(text: str) -> dict[str, Any]:
    raw = json.loads(text)
    if not isinstance(raw, dict):
        raise TypeError("expected a JSON object")
    return raw


def _header(text: str) -> Header:
    raw = _object(text)
    if raw["format"] != FORMAT:
        raise ValueError(f"format {raw['format']!r}, expected {FORMAT!r}")
    return Header(
        chain_id=whole(raw["chainId"]),
        exchange=str(raw["exchange"]),
        operator=str(raw["operator"]),
        written_at=parse_iso(raw["writtenAt"]),
        head_sequence=whole(raw["head"]["sequence"]),
        head_hash=octets(raw["head"]["hash"]),
        trades=whole(raw["head"]["trades"]),
    )


def _line(raw: Mapping[str, Any]) -> Line:
    return Line(
        sequence=whole(raw["sequence"]),
        time=parse_iso(raw["time"]),
        time_text=raw["time"],
        kind=str(raw["kind"]),
        payload=raw["payload"],
        hash=octets(raw["hash"]),
        trades=tuple(_trade(trade) for trade in raw["trades"]),
    )


def _trade(raw: Mapping[str, Any]) -> Trade:
    return Trade(
        trade_id=whole(raw["tradeId"]),
        buy_id=whole(raw["buyId"]),
        sell_id=whole(raw["sellId"]),
        lots=amount(raw["lots"]),
        price_per_kg=amount(raw["pricePerKg"]),
    )


def _order(raw: Mapping[str, Any]) -> OrderTold:
    return OrderTold(whole(raw["orderId"]), str(raw["state"]), amount(raw["lotsOpen"]), amount(raw["lotsMatched"]))


def whole(value: Any) -> int:
    """A JSON integer, not negative. Raises TypeError."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise TypeError(f"{value!r} is not a whole number")
    return value


def amount(value: Any) -> int:
    """A decimal string. Raises TypeError."""
    if not isinstance(value, str) or not value.isascii() or not value.isdigit():
        raise TypeError(f"{value!r} is not a decimal string")
    return int(value)
