"""A verifier's accreditation: whom the chain accredits, since when, until when, and who says so.

Governance adds a verifier on the chain, the registrar removes one at once. The chain knows no end of a term, so it is
kept here: a registrar's signed word says until when; without one a term runs from the chain's word. Who is removed
within its term is revoked; who is removed after it has only left.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from backend.access.signed_text import GOOD_FOR, require_signed
from backend.chain.deployment import Deployment
from backend.issuance.tables import VerifierChange
from backend.issuance.verification_rules import shipped_rules
from backend.issuance.verification_tables import AccreditationRow
from backend.kernel.clock import from_unix_s, iso, unix_s
from backend.kernel.errors import Forbidden, InvalidInput


class GrantInvalid(InvalidInput):
    """A term that cannot be granted: it ends before it begins, reaches too far, or was signed at another time."""

    code = "accreditation.invalid"


class GrantorUnfit(Forbidden):
    """Only a registrar grants terms."""

    code = "accreditation.grantor_unfit"

    def __init__(self, grantor: str) -> None:
        super().__init__(f"{grantor} does not hold the registrar's role on the chain", grantor=grantor)


@dataclass(frozen=True)
class Accreditation:
    """An address that is a verifier on the chain, or was."""

    verifier: str
    since_at: datetime
    expires_at: datetime
    granted_by: str | None
    """The registrar who signed the term; None while it runs from the chain's word."""
    signature: bytes | None
    removed_at: datetime | None
    """When the chain was told to hear it no more."""

    @property
    def revoked_at(self) -> datetime | None:
        """When it was removed, if its term was not over: what it did before is in doubt."""
        return self.removed_at if self.removed_at is not None and self.removed_at < self.expires_at else None

    def serves_at(self, at: datetime) -> bool:
        """Whether it is good at a time."""
        return self.removed_at is None and at < self.expires_at


def accreditations(session: Session) -> list[Accreditation]:
    """Everybody who is or was a verifier, by address: its latest time as one."""
    order = (col(VerifierChange.block_number), col(VerifierChange.log_index))
    changes: dict[str, list[VerifierChange]] = defaultdict(list)
    for row in session.exec(select(VerifierChange).order_by(*order)).all():
        changes[row.verifier].append(row)
    grants: dict[str, list[AccreditationRow]] = defaultdict(list)
    for one in session.exec(select(AccreditationRow).order_by(col(AccreditationRow.id))).all():
        grants[one.verifier].append(one)
    return [_view(changes[verifier], grants[verifier]) for verifier in sorted(changes)]


def _view(changes: Sequence[VerifierChange], grants: Sequence[AccreditationRow]) -> Accreditation:
    """A grant made before the chain's latest word for a verifier is of an accreditation that is over; one made after
    the chain's word against it changes nothing of what it was.
    """
    began = next((one for one in reversed(changes) if one.accredited), changes[-1])
    removed_at = None if changes[-1].accredited else changes[-1].changed_at
    fit = [
        one
        for one in grants
        if one.granted_at >= began.changed_at - GOOD_FOR and (removed_at is None or one.granted_at <= removed_at)
    ]
    granted = fit[-1] if fit else None
    return Accreditation(
        verifier=began.verifier,
        since_at=began.changed_at,
        expires_at=granted.expires_at if granted else began.changed_at + shipped_rules().term,
        granted_by=granted.granted_by if granted else None,
        signature=granted.signature if granted else None,
        removed_at=removed_at,
    )


def _second(at: datetime) -> str:
    return iso(from_unix_s(unix_s(at)))


def grant_text(deployment: Deployment, *, verifier: str, granted_by: str, granted_at: datetime, until: datetime) -> str:
    """What a registrar signs (EIP-191); times are cut to the second."""
    return (
        "Tanyu: accredit a verifier until a time.\n\n"
        f"Verifier: {verifier}\n"
        f"Until: {_second(until)}\n"
        f"Registrar: {granted_by}\n"
        f"Chain ID: {deployment.chain_id}\n"
        f"Issuance: {deployment.address('Issuance')}\n"
        f"Signed at: {_second(granted_at)}"
    )


def grant(
    session: Session,
    deployment: Deployment,
    *,
    verifier: str,
    granted_by: str,
    granted_at: datetime,
    until: datetime,
    signature: bytes,
    by_registrar: bool,
    at: datetime,
) -> None:
    """Keeps a registrar's word until when a verifier serves; a later one replaces it, and may shorten it.
    `by_registrar`: whether the chain says now that `granted_by` is one.

    Raises GrantInvalid, SignedTextSignerWrong, GrantorUnfit, SignatureMalformed.
    """
    granted_at, until = from_unix_s(unix_s(granted_at)), from_unix_s(unix_s(until))
    longest = shipped_rules().term
    if abs(at - granted_at) > GOOD_FOR:
        raise GrantInvalid(f"signed at {iso(granted_at)}; sign it within an hour of {iso(at)}", now=iso(at))
    if not granted_at < until <= granted_at + longest:
        latest = iso(granted_at + longest)
        raise GrantInvalid(f"a term ends after {iso(granted_at)} and by {latest}", until=iso(until), latest=latest)
    text = grant_text(deployment, verifier=verifier, granted_by=granted_by, granted_at=granted_at, until=until)
    require_signed(text, signature, granted_by)
    if not by_registrar:
        raise GrantorUnfit(granted_by)
    session.add(
        AccreditationRow(
            verifier=verifier, granted_by=granted_by, granted_at=granted_at, expires_at=until, signature=signature
        )
    )
    session.flush()
