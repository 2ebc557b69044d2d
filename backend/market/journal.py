"""The journal: every command the market took, in order, each line chained to the one before by SHA-256.

    hash = SHA-256(previous hash || canonical JSON of {kind, payload, sequence, time})

The first line's previous hash is the genesis: SHA-256 of the canonical JSON of {chainId, exchange}, so a journal
belongs to one Exchange. Whoever holds one hash can tell whether anything before it was changed.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, col, func, select

from backend.chain.typed_data import Domain
from backend.kernel.clock import iso
from backend.kernel.digest import Json, canonical_json, digest_of, sha256, to_hex
from backend.kernel.errors import Unavailable
from backend.market.tables import JournalRow

_READ_AHEAD = 1000


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


class JournalBroken(Unavailable):
    """The journal does not hold together: nothing is matched on top of it."""

    code = "market.journal_broken"

    def __init__(self, sequence: int, why: str) -> None:
        super().__init__(f"journal line {sequence}: {why}", sequence=sequence, why=why)


@dataclass(frozen=True, slots=True)
class Line:
    """One journal line. `payload` holds JSON values: amounts as decimal strings, bytes as 0x and hex."""

    sequence: int
    """Dense, from 1."""
    time: datetime
    kind: Kind
    payload: Mapping[str, Json]
    previous_hash: bytes
    hash: bytes

    def row(self) -> dict[str, object]:
        """Its columns."""
        return {
            "sequence": self.sequence,
            "time": self.time,
            "kind": self.kind.value,
            "payload": canonical_json(self.payload).decode(),
            "previous_hash": self.previous_hash,
            "hash": self.hash,
        }


@dataclass(frozen=True, slots=True)
class Head:
    """Where the journal ends."""

    sequence: int
    hash: bytes

    def line(self, kind: Kind, payload: Mapping[str, Json], time: datetime) -> Line:
        """The line that comes next."""
        sequence = self.sequence + 1
        return Line(sequence, time, kind, payload, self.hash, line_hash(self.hash, sequence, time, kind, payload))


def line_hash(previous: bytes, sequence: int, time: datetime, kind: Kind, payload: Mapping[str, Json]) -> bytes:
    """32 bytes: the hash of a line after the one with hash `previous`."""
    body: dict[str, Json] = {"kind": kind.value, "payload": payload, "sequence": sequence, "time": iso(time)}
    return sha256(previous + canonical_json(body))


def genesis(exchange: Domain) -> Head:
    """The head of an empty journal."""
    body: dict[str, Json] = {"chainId": exchange.chain_id, "exchange": exchange.verifying_contract}
    return Head(0, digest_of(body))


def read(session: Session, start: Head) -> Iterator[Line]:
    """The lines after a head, in order, each checked against the chain of hashes. Raises JournalBroken."""
    head = start
    while rows := session.exec(
        select(JournalRow)
        .where(col(JournalRow.sequence) > head.sequence)
        .order_by(col(JournalRow.sequence))
        .limit(_READ_AHEAD)
    ).all():
        for row in rows:
            line = _checked(row, head)
            head = Head(line.sequence, line.hash)
            yield line
        session.expunge_all()
    last = session.exec(select(func.max(JournalRow.sequence))).one() or 0
    if last != head.sequence:
        raise JournalBroken(last, f"follows {head.sequence}")


def _checked(row: JournalRow, head: Head) -> Line:
    if row.sequence != head.sequence + 1:
        raise JournalBroken(row.sequence, f"follows {head.sequence}")
    if row.previous_hash != head.hash:
        raise JournalBroken(row.sequence, f"continues {to_hex(row.previous_hash)}, not {to_hex(head.hash)}")
    kind = Kind(row.kind)
    payload: Mapping[str, Json] = json.loads(row.payload)
    found = line_hash(head.hash, row.sequence, row.time, kind, payload)
    if found != row.hash:
        raise JournalBroken(row.sequence, f"hashes to {to_hex(found)}, not {to_hex(row.hash)}")
    return Line(row.sequence, row.time, kind, payload, row.previous_hash, row.hash)
