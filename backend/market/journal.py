"""The journal: every command the market took, in order, each line chained to the one before by SHA-256.

    hash = SHA-256(previous hash || canonical JSON of {kind, payload, sequence, time})

The first line's previous hash is the genesis: SHA-256 of the canonical JSON of {chainId, exchange}, so a journal
belongs to one Exchange. Whoever holds one hash can tell whether anything before it was changed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple, cast

import msgspec
from sqlalchemy import String, select, type_coerce
from sqlmodel import Session, SQLModel, col, func
from sqlmodel import select as select_rows

from backend.chain.typed_data import Domain
from backend.kernel.clock import iso, parse_iso
from backend.kernel.digest import Json, canonical_json, digest_of, sha256, to_hex
from backend.kernel.errors import Unavailable
from backend.market.tables import JournalRow

_READ_AHEAD = 1000

_WHOLE_SECOND = ".000000Z"
"""How the time of a whole second ends in the table; ISO-8601 in the journal leaves the fraction out then."""


_TABLE = SQLModel.metadata.tables["market_journal"]
_COLUMNS = select(
    _TABLE.c.sequence,
    type_coerce(_TABLE.c.time, String),  # as it is kept: a million times need no parsing
    _TABLE.c.kind,
    _TABLE.c.payload,
    _TABLE.c.previous_hash,
    _TABLE.c.hash,
).order_by(_TABLE.c.sequence)


_iso = lru_cache(1)(iso)
"""All lines of a group are of one time."""


class Kind(StrEnum):
    """What a journal line commands."""

    PLACE = "place"
    REPLACE = "replace"
    """Another signed order under the number of one that rests."""
    CANCEL = "cancel"
    CANCEL_ALL = "cancel_all"
    HEARTBEAT = "heartbeat"
    """Until when an account keeps its orders without another one."""
    FUNDING = "funding"
    """The chain took funds, epoch or number away: orders shrink or leave."""
    EXPIRE = "expire"
    BUST = "bust"
    """The chain skipped a trade, or a group of trades."""
    RULES = "rules"
    """Governance's word on a class's rules: the engine takes no notice, an auditor does."""
    PHASE = "phase"
    AUCTION = "auction"
    """A class's collected orders meet at one price, and its next phase begins."""
    REFERENCE = "reference"
    """A class's reference price, and the band around it."""
    SPREAD = "spread"
    """The best prices that stood in the classes that earn their mode."""
    REVIEW = "review"
    """A class's trading day is over: what its spread was."""


class JournalBroken(Unavailable):
    """The journal does not hold together: nothing is matched on top of it."""

    code = "market.journal_broken"

    def __init__(self, sequence: int, why: str) -> None:
        super().__init__(f"journal line {sequence}: {why}", sequence=sequence, why=why)


class Line(NamedTuple):
    """One journal line."""

    sequence: int
    """Dense, from 1."""
    time: datetime
    kind: Kind
    previous_hash: bytes
    hash: bytes
    payload_text: str
    """The payload's canonical JSON, as it is hashed and kept."""

    @property
    def payload(self) -> Mapping[str, Json]:
        """What the text says, read now: JSON values, amounts as decimal strings, bytes as 0x and hex."""
        return cast("Mapping[str, Json]", msgspec.json.decode(self.payload_text))

    def row(self) -> dict[str, object]:
        """Its columns."""
        return {
            "sequence": self.sequence,
            "time": self.time,
            "kind": self.kind.value,
            "payload": self.payload_text,
            "previous_hash": self.previous_hash,
            "hash": self.hash,
        }


class Head(NamedTuple):
    """Where the journal ends."""

    sequence: int
    hash: bytes

    def line(self, kind: Kind, payload: Mapping[str, Json], time: datetime) -> Line:
        """The line that comes next."""
        return self.line_of(kind, canonical_json(payload).decode(), time)

    def line_of(self, kind: Kind, text: str, time: datetime) -> Line:
        """The same, by whom has the payload's canonical JSON already."""
        sequence = self.sequence + 1
        found = _hash(self.hash, sequence, _iso(time), kind.value, text)
        return Line(sequence, time, kind, self.hash, found, text)


def line_hash(previous: bytes, sequence: int, time: datetime, kind: Kind, payload: Mapping[str, Json]) -> bytes:
    """32 bytes: the hash of a line after the one with hash `previous`."""
    return _hash(previous, sequence, iso(time), kind.value, canonical_json(payload).decode())


def _hash(previous: bytes, sequence: int, time: str, kind: str, payload: str) -> bytes:
    """The same, of texts: written out, since the canonical form of the four fields is no more than this."""
    body = f'{{"kind":"{kind}","payload":{payload},"sequence":{sequence},"time":"{time}"}}'
    return sha256(previous + body.encode())


def genesis(exchange: Domain) -> Head:
    """The head of an empty journal."""
    body: dict[str, Json] = {"chainId": exchange.chain_id, "exchange": exchange.verifying_contract}
    return Head(0, digest_of(body))


@dataclass(frozen=True, slots=True)
class Page:
    """Lines in order, found to continue each other: (sequence, kind, payload's canonical JSON) of each. `head` is where
    the last one leaves the journal; `hashes` and `times` (ISO-8601) are of the same lines.
    """

    lines: list[tuple[int, str, str]]
    hashes: list[bytes]
    times: list[str]
    head: Head


def pages(session: Session, start: Head, size: int = _READ_AHEAD) -> Iterator[Page]:
    """The lines after a head, checked against the chain of hashes and no further looked at; at most `size` of them to a
    page. Raises JournalBroken.
    """
    sequence, head = start.sequence, start.hash
    connection = session.connection()
    while rows := connection.execute(_COLUMNS.where(_TABLE.c.sequence > sequence).limit(size)).all():
        lines: list[tuple[int, str, str]] = []
        hashes: list[bytes] = []
        times: list[str] = []
        for found, written_at, kind, payload, previous, told in rows:
            sequence += 1
            if found != sequence:
                raise JournalBroken(found, f"follows {sequence - 1}")
            if previous != head:
                raise JournalBroken(sequence, f"continues {to_hex(previous)}, not {to_hex(head)}")
            time = written_at.replace(_WHOLE_SECOND, "Z")
            head = _hash(head, sequence, time, kind, payload)
            if head != told:
                raise JournalBroken(sequence, f"hashes to {to_hex(head)}, not {to_hex(told)}")
            lines.append((sequence, kind, payload))
            hashes.append(told)
            times.append(time)
        yield Page(lines, hashes, times, Head(sequence, head))
    last = session.exec(select_rows(func.max(JournalRow.sequence))).one() or 0
    if last != sequence:
        raise JournalBroken(last, f"follows {sequence}")


def read(session: Session, start: Head) -> Iterator[Line]:
    """The lines after a head, in order, each checked against the chain of hashes. Raises JournalBroken."""
    previous = start.hash
    for page in pages(session, start):
        for (sequence, kind, text), found, time in zip(page.lines, page.hashes, page.times, strict=True):
            yield Line(sequence, parse_iso(time), Kind(kind), previous, found, text)
            previous = found


def last_time(session: Session) -> datetime | None:
    """When the last line was written; None without any."""
    return session.exec(select_rows(JournalRow.time).order_by(col(JournalRow.sequence).desc()).limit(1)).first()
