"""The list that a draw draws from: which statements, at which chances, and every rule of the draw. No framework.

Its digest is anchored before anybody commits to a secret, so that neither list nor rules can follow the seed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from backend.kernel.digest import Json, digest_of, sha256, to_hex

DRAW_TOPIC = sha256(b"tanyu.draw")
"""The topic of the lists' digests at Anchors, which takes one a day: there is no second list to choose from."""

LIST_SCHEMA = "tanyu.draw-list/1"

_EPOCH = date(1970, 1, 1)


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - _EPOCH).days


def day_of(number: int) -> date:
    """The day of a number of days since 1970-01-01."""
    return _EPOCH + timedelta(days=number)


@dataclass(frozen=True)
class Candidate:
    """A statement that may be drawn, by its digest, with its chance in basis points."""

    statement_digest: bytes
    chance_bps: int


@dataclass(frozen=True)
class DrawList:
    """What is anchored. Times in Unix seconds."""

    day: int
    chain_id: int
    anchors: str
    """Where its digest is published."""
    rules: str
    """Version of the rules that gave the chances."""
    commit_until_s: int
    block_from_s: int
    """The first block of this time or later is part of the seed."""
    reveal_until_s: int
    least_drawn: int
    least_secrets: int
    verifiers: tuple[str, ...]
    """Who may have a part in the seed."""
    candidates: tuple[Candidate, ...]
    roots: tuple[bytes, ...] = ()
    """Of other lists that this draw's seed is for too."""

    def document(self) -> dict[str, Json]:
        """The JSON whose digest is anchored; entries in the order of their digests."""
        entries: list[Json] = [
            {"statement": to_hex(one.statement_digest), "chanceBps": one.chance_bps}
            for one in sorted(self.candidates, key=lambda one: one.statement_digest)
        ]
        document: dict[str, Json] = {
            "schema": LIST_SCHEMA,
            "day": day_of(self.day).isoformat(),
            "chainId": self.chain_id,
            "anchors": self.anchors,
            "rules": self.rules,
            "commitUntil": self.commit_until_s,
            "blockFrom": self.block_from_s,
            "revealUntil": self.reveal_until_s,
            "leastDrawn": self.least_drawn,
            "leastSecrets": self.least_secrets,
            "verifiers": sorted(self.verifiers),
            "entries": entries,
        }
        return document | ({"roots": [to_hex(root) for root in sorted(self.roots)]} if self.roots else {})

    @property
    def digest(self) -> bytes:
        """SHA-256 of the canonical JSON."""
        return digest_of(self.document())


def draw_list_of(document: Mapping[str, Json]) -> DrawList:
    """The list of a document; raises KeyError, TypeError, ValueError for what is none."""
    if document["schema"] != LIST_SCHEMA:
        raise ValueError(f"its schema is not {LIST_SCHEMA}")
    entries, verifiers, roots = document["entries"], document["verifiers"], document.get("roots", [])
    if not isinstance(entries, list) or not isinstance(verifiers, list) or not isinstance(roots, list):
        raise TypeError("entries, verifiers and roots are lists")
    return DrawList(
        day=day_number(date.fromisoformat(str(document["day"]))),
        chain_id=_whole(document["chainId"]),
        anchors=str(document["anchors"]),
        rules=str(document["rules"]),
        commit_until_s=_whole(document["commitUntil"]),
        block_from_s=_whole(document["blockFrom"]),
        reveal_until_s=_whole(document["revealUntil"]),
        least_drawn=_whole(document["leastDrawn"]),
        least_secrets=_whole(document["leastSecrets"]),
        verifiers=tuple(str(one) for one in verifiers),
        candidates=tuple(
            Candidate(bytes.fromhex(one["statement"].removeprefix("0x")), _whole(one["chanceBps"])) for one in entries
        ),
        roots=tuple(bytes.fromhex(str(one).removeprefix("0x")) for one in roots),
    )


def _whole(value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{value!r} is no whole number")
    return value
