"""A certificate against the chain alone: what its file says of a deed, and what the deed's own transaction did.

The deed, a retirement, donation or grant, is read here anew: nothing of the operator's code or database has a word.
What is printed on a sheet is for its reader to compare; a PDF's own token says which deed it is of, under which words.
"""

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.audit.blocks import octets
from backend.audit.history import BlockBody
from backend.kernel.digest import sha256
from backend.kernel.errors import InvalidInput, NotFound

_TOKEN = re.compile(rb"tanyu-certificate-1-([A-Za-z0-9_-]{1,4000})")
_ID = re.compile(r"(0x[0-9a-f]{64})-([0-9]{1,9})")
_WORDS_TAG = b"\x05"

_NOT_READ = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError)


class CertificateMissing(NotFound):
    """No certificate file."""

    code = "audit.certificate_missing"

    def __init__(self, path: Path) -> None:
        super().__init__(f"no certificate at {path}", path=str(path))


class CertificateMalformed(InvalidInput):
    """Neither a certificate's PDF nor its JSON, or not the file of words that belongs to one."""

    code = "audit.certificate_malformed"

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"{path} is no certificate's PDF, no JSON of `tanyu retire show ID --json` and no file of --keep: {why}",
            path=str(path),
            why=why,
        )


@dataclass(frozen=True)
class Words:
    """What a retirement is dedicated with; without its salt nobody can check it."""

    text: str
    salt: bytes | None

    @property
    def digest(self) -> bytes | None:
        """SHA-256(0x05 || salt || UTF-8 words), which the chain holds as the retirement's `ref`."""
        return None if self.salt is None else sha256(_WORDS_TAG + self.salt + self.text.encode())


@dataclass(frozen=True)
class Certificate:
    """What a file says. `claims` by the fields of the JSON; a PDF makes none that a program could read."""

    deed_id: str
    transaction: bytes
    log_index: int
    claims: Mapping[str, Any]
    words: Words | None
    is_sheet: bool

    @classmethod
    def load(cls, path: Path, kept: Path | None = None) -> "Certificate":
        """Reads a certificate; `kept`: the file of words and salt that belongs to it. Raises CertificateMissing,
        CertificateMalformed.
        """
        if not path.is_file():
            raise CertificateMissing(path)
        try:
            content = path.read_bytes()
            is_sheet = content.startswith(b"%PDF")
            said = _token(content) if is_sheet else _deed(json.loads(content))
            deed_id = said["id" if is_sheet else "deedId"]
            place = _ID.fullmatch(deed_id)
            words = _words(said)
        except _NOT_READ as failure:
            raise CertificateMalformed(path, repr(failure)) from failure
        if place is None:
            raise CertificateMalformed(path, f"its id is {str(deed_id)[:80]!r}")
        return cls(
            deed_id=deed_id,
            transaction=octets(place[1]),
            log_index=int(place[2]),
            claims={} if is_sheet else said,
            words=words if kept is None else _kept(kept),
            is_sheet=is_sheet,
        )


def _token(content: bytes) -> Mapping[str, Any]:
    found = _TOKEN.search(content)
    if found is None:
        raise ValueError("it carries no token")
    told: Mapping[str, Any] = json.loads(urlsafe_b64decode(found[1] + b"=" * (-len(found[1]) % 4)))
    return told


def _deed(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """The deed itself: alone, or within a verdict on a file."""
    found: Mapping[str, Any] = told.get("deed", told)
    return found


def _words(said: Mapping[str, Any]) -> Words | None:
    if said.get("words") is None:
        return None
    salt = said.get("salt")
    return Words(str(said["words"]), None if salt is None else octets(salt))


def _kept(path: Path) -> Words:
    try:
        told = json.loads(path.read_text("utf-8"))
        return Words(str(told["words"]), octets(told["salt"]))
    except _NOT_READ as failure:
        raise CertificateMalformed(path, repr(failure)) from failure


@dataclass(frozen=True)
class Mined:
    """The block that a transaction is in, whole, and the head it was asked up to."""

    header: Mapping[str, Any]
    body: BlockBody
    head_number: int
    head_hash: str


def logs_of(mined: Mined, transaction: bytes) -> Sequence[Mapping[str, Any]]:
    """A transaction's logs as its block's receipts have them, each with its place in the block."""
    found, index = [], 0
    for receipt in mined.body.receipts:
        is_its = octets(receipt["transactionHash"]) == transaction
        for log in receipt["logs"]:
            if is_its:
                found.append(
                    {
                        "address": log["address"],
                        "topics": [octets(topic) for topic in log["topics"]],
                        "data": octets(log["data"]),
                        "blockNumber": mined.body.number,
                        "blockHash": octets(mined.header["hash"]),
                        "transactionHash": transaction,
                        "logIndex": index,
                    }
                )
            index += 1
    return found
