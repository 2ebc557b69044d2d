"""What an audit says: how often each check was made, and each finding: what was expected, what was found, where."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from backend.chain.events import ChainEvent
from backend.kernel.digest import to_hex

SCHEMA = "tanyu-audit/1"


@dataclass(frozen=True)
class Check:
    """One rule. `invariant` is its promise in DESIGN section 5, or EVIDENCE for what makes the rest believable."""

    invariant: str
    name: str
    says: str


@dataclass(frozen=True)
class Where:
    """A place in the history: block number, transaction hash, log index within the block; or a line of a journal. What
    is not known is None.
    """

    block: int | None = None
    transaction: bytes | None = None
    log_index: int | None = None
    line: int | None = None

    @classmethod
    def of(cls, event: ChainEvent) -> "Where":
        """The place of an event."""
        return cls(event.block_number, event.tx_hash, event.log_index)

    def __str__(self) -> str:
        parts = []
        if self.block is not None:
            parts.append(f"block {self.block}")
        if self.transaction is not None:
            parts.append(f"tx {to_hex(self.transaction)}")
        if self.log_index is not None:
            parts.append(f"log {self.log_index}")
        if self.line is not None:
            parts.append(f"journal line {self.line}")
        return " ".join(parts) or "head"

    def to_json(self) -> dict[str, object]:
        """`line` is told of places in a journal only."""
        transaction = None if self.transaction is None else to_hex(self.transaction)
        place: dict[str, object] = {"block": self.block, "transaction": transaction, "logIndex": self.log_index}
        return place if self.line is None else {**place, "line": self.line}


HEAD: Final = Where()


@dataclass(frozen=True)
class Finding:
    """One thing that does not hold. `subject` names it in words; `expected` and `found` are texts."""

    invariant: str
    check: str
    subject: str
    expected: str
    found: str
    where: Where

    def to_json(self) -> dict[str, object]:
        """The form of `tanyu audit --json`."""
        return {
            "invariant": self.invariant,
            "check": self.check,
            "subject": self.subject,
            "expected": self.expected,
            "found": self.found,
            "where": self.where.to_json(),
        }


def shown(value: object) -> str:
    """A value as text: integers in full, bytes as 0x-hex, lists and mappings item by item."""
    if isinstance(value, bytes):
        return to_hex(value)
    if isinstance(value, bool | None):
        return {True: "true", False: "false", None: "none"}[value]
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{shown(key)}: {shown(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(shown(item) for item in value) + "]"
    return str(value)


@dataclass
class Verdicts:
    """Collects verdicts while a history is replayed: how often each check was made, and the findings in order."""

    checks: Sequence[Check]
    counts: dict[str, int] = field(init=False)
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.counts = {check.name: 0 for check in self.checks}

    def require(
        self, check: Check, holds: bool, subject: str, where: Where = HEAD, *, expected: object, found: object
    ) -> bool:
        """Counts one verdict and keeps a finding unless it holds; returns whether it holds."""
        self.counts[check.name] += 1
        if not holds:
            self.findings.append(Finding(check.invariant, check.name, subject, shown(expected), shown(found), where))
        return holds

    def require_equal(
        self, check: Check, subject: str, where: Where = HEAD, *, expected: object, found: object
    ) -> bool:
        """The commonest verdict: two values are the same."""
        return self.require(check, expected == found, subject, where, expected=expected, found=found)

    def note(self, text: str) -> None:
        """Something a reader should know that breaks no promise."""
        self.notes.append(text)


@dataclass(frozen=True)
class Report:
    """The outcome of an audit. `covered` says what was read: chain, blocks, head hash, transactions, events."""

    checks: tuple[Check, ...]
    counts: dict[str, int]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    covered: dict[str, int | str]

    @property
    def holds(self) -> bool:
        """Whether every check held."""
        return not self.findings

    def only(self, checks: Collection[Check]) -> "Report":
        """The part of it that is about some checks."""
        kept = tuple(check for check in self.checks if check in checks)
        names = {check.name for check in kept}
        return replace(self, checks=kept, findings=tuple(one for one in self.findings if one.check in names))

    def to_json(self) -> dict[str, object]:
        """The form of `tanyu audit --json`; the schema named in `format` never changes under one name."""
        by_check: dict[str, int] = {}
        for finding in self.findings:
            by_check[finding.check] = by_check.get(finding.check, 0) + 1
        return {
            "format": SCHEMA,
            "holds": self.holds,
            "covered": {name: str(value) for name, value in self.covered.items()},
            "checks": [
                {
                    "invariant": check.invariant,
                    "name": check.name,
                    "says": check.says,
                    "checked": self.counts[check.name],
                    "findings": by_check.get(check.name, 0),
                }
                for check in self.checks
            ],
            "findings": [finding.to_json() for finding in self.findings],
            "notes": list(self.notes),
        }
