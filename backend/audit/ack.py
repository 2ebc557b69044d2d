"""An acknowledgement against a journal: one signed reply shows that a history was rewritten, or that it was not.

The operator signed (sequence, order hash, journal head) when it took the order in. A journal without that line under
that head is another history than the one it answered from, and its own signature proves it.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from backend.audit.blocks import octets
from backend.audit.journal import CHECKS as JOURNAL_CHECKS
from backend.audit.journal import Journal, checked_lines, whole
from backend.audit.report import Check, Report, Verdicts, Where
from backend.chain.keys import personal_recover
from backend.chain.signature import SignatureMalformed
from backend.kernel.digest import canonical_json, to_hex
from backend.kernel.errors import InvalidInput, NotFound

SIGNED = Check("INV-08", "ack.signed", "the acknowledgement is signed by who signs for this journal")
KEPT = Check("INV-08", "ack.kept", "the journal holds the acknowledged order, in its place and under its head")


class AckMissing(NotFound):
    """No acknowledgement file."""

    code = "audit.ack_missing"

    def __init__(self, path: Path) -> None:
        super().__init__(f"no acknowledgement at {path}", path=str(path))


class AckMalformed(InvalidInput):
    """Not the reply to a placed order."""

    code = "audit.ack_malformed"

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"{path} is not a reply to a placed order (sequence, orderHash, journalHead, signature): {why}",
            path=str(path),
            why=why,
        )


@dataclass(frozen=True)
class Ack:
    """What the operator signed, and its 65-byte EIP-191 signature."""

    sequence: int
    order_hash: bytes
    journal_head: bytes
    signature: bytes

    @classmethod
    def load(cls, path: Path) -> "Ack":
        """Reads a reply of POST /orders as it came. Raises AckMissing, AckMalformed."""
        if not path.is_file():
            raise AckMissing(path)
        try:
            raw = json.loads(path.read_text())
            return cls(
                sequence=whole(raw["sequence"]),
                order_hash=octets(raw["orderHash"]),
                journal_head=octets(raw["journalHead"]),
                signature=octets(raw["signature"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as failure:
            raise AckMalformed(path, repr(failure)) from failure

    @property
    def text(self) -> str:
        """The signed words: canonical JSON of {journalHead, orderHash, sequence}."""
        hashes = {"orderHash": to_hex(self.order_hash), "journalHead": to_hex(self.journal_head)}
        return canonical_json({**hashes, "sequence": self.sequence}).decode()

    @property
    def signer(self) -> str | None:
        """Who signed it, or None if the signature is none."""
        try:
            return personal_recover(self.text, self.signature)
        except SignatureMalformed:
            return None


def check_ack(ack: Ack, journal: Journal) -> Report:
    """Whether the journal keeps what was acknowledged. Raises JournalMalformed."""
    checks = (SIGNED, KEPT, *JOURNAL_CHECKS)
    verdicts = Verdicts(checks)
    verdicts.require_equal(SIGNED, "signer", expected=journal.header.operator, found=ack.signer)
    found: object = "no such line"
    for line in checked_lines(journal, verdicts):
        if line.sequence == ack.sequence:
            found = [line.payload.get("orderHash"), line.hash]
    expected = [to_hex(ack.order_hash), ack.journal_head]
    verdicts.require_equal(KEPT, "acknowledged line", Where(line=ack.sequence), expected=expected, found=found)
    covered: dict[str, int | str] = journal.header.covered
    return Report(checks, verdicts.counts, tuple(verdicts.findings), tuple(verdicts.notes), covered)
