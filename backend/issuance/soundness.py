"""Whether a batch is what it should be before a verifier signs it: read in pages, so that a million leaves fit.

Every document is verified against its row, every attestation against its statement, and the totals and the root are
worked out again from them.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial

from sqlmodel import Session

from backend.chain.deployment import Deployment
from backend.chain.typed_data import Domain
from backend.issuance.attestation import Attestation, attestations_of
from backend.issuance.batch import Entry, plan_of
from backend.issuance.reading import (
    PAGE,
    StatementInconsistent,
    chunks_of,
    entry_of,
    held_by,
    row_at,
    statements_of_batch,
    totals_of,
)
from backend.issuance.tables import BatchRow
from backend.issuance.verifier import VerifierInterested, unrevoked
from backend.kernel.errors import RuleViolated
from backend.ledger.document import DocumentMalformed, DocumentTampered
from backend.ledger.service import Statement, households_with
from backend.ledger.state import State

Near = Callable[[str], set[int]]
"""The persons in whose households an address is."""

FINDINGS_MOST = 1_000
"""A batch with so many is not looked into further."""


def require_no_interest(session: Session, root: bytes, verifier: str) -> None:
    """Raises VerifierInterested if the batch holds a statement of the verifier or its household."""
    for people in chunks_of(sorted(households_with(session, verifier)), PAGE):
        for found in held_by(session, root, people):
            raise VerifierInterested(verifier, found)


def erased_among(statements: Iterable[Statement]) -> list[str]:
    """Why a batch cannot be signed any more: a database brought back from a backup knew nothing of an erasure."""
    return [_erased(one.digest) for one in statements if one.is_erased]


def _erased(digest: bytes) -> str:
    return f"statement 0x{digest.hex()} is of somebody who was erased since; wait and plan the batch anew"


def findings_in(session: Session, deployment: Deployment, root: bytes) -> list[str]:
    """What is wrong with a batch, as sentences; empty if it is exactly what its attested statements give.

    Raises BatchUnknown.
    """
    row = row_at(session, root)
    found: list[str] = []
    wrong = _wrong_totals(row, _entries(session, deployment.domain("Issuance"), root, found))
    return found or wrong


def _entries(session: Session, domain: Domain, root: bytes, found: list[str]) -> Iterator[Entry]:
    """What each statement of the batch gives; what is wrong with it goes to `found`."""
    verifiers = unrevoked(session)
    near = cache(partial(households_with, session))
    for statements in statements_of_batch(session, root):
        attestations = attestations_of(session, [statement.digest for statement in statements])
        for statement in statements:
            if statement.is_erased:
                found.append(_erased(statement.digest))
                continue
            attestation = attestations.get(statement.digest)
            found += _wrong_with(statement, attestation, domain, verifiers, near)
            try:
                yield entry_of(statement)
            except (DocumentMalformed, DocumentTampered, StatementInconsistent) as failure:
                found.append(failure.message)
        if len(found) >= FINDINGS_MOST:
            return


def _wrong_with(
    statement: Statement, attestation: Attestation | None, domain: Domain, verifiers: set[str], near: Near
) -> list[str]:
    name = f"statement 0x{statement.digest.hex()}"
    if attestation is None:
        return [f"{name} has no attestation"]
    checks = {
        "is not attested or past it": statement.state is not State.ATTESTED,
        "is not what was attested": not attestation.is_of(statement),
        f"was not signed by {attestation.verifier}": not attestation.is_signed(domain),
        f"was attested by {attestation.verifier}, who is not accredited": attestation.verifier not in verifiers,
        "was attested in its own household": statement.person_id in near(attestation.verifier),
    }
    return [f"{name} {what}" for what, wrong in checks.items() if wrong]


def _wrong_totals(row: BatchRow, entries: Iterator[Entry]) -> list[str]:
    totals = totals_of(row)
    try:
        plan = plan_of(entries, class_id=row.class_id, deadline_s=totals.deadline_s, minimum_people=1)
    except RuleViolated as failure:
        return [failure.message]
    ours, shown = plan.message(), totals.message()
    return [f"{name} is {shown[name]!r}, worked out again {ours[name]!r}" for name in ours if ours[name] != shown[name]]
