"""Who may verify: accredited verifiers and how many of them a batch needs, as the chain says, until their term ends;
and whose interests exclude whom (DESIGN section 4).
"""

from datetime import datetime

from sqlmodel import Session, col, select

from backend.issuance.accreditation import Accreditation, accreditations
from backend.issuance.tables import ThresholdChange
from backend.kernel.clock import iso
from backend.kernel.errors import Forbidden
from backend.ledger.service import household_of


class VerifierUnaccredited(Forbidden):
    """Not an accredited verifier, as far as the index has seen the chain."""

    code = "verifier.unaccredited"

    def __init__(self, verifier: str) -> None:
        super().__init__(f"{verifier} is not an accredited verifier", verifier=verifier)


class VerifierExpired(Forbidden):
    """The verifier's accreditation has run out."""

    code = "verifier.expired"

    def __init__(self, accreditation: Accreditation) -> None:
        until = iso(accreditation.expires_at)
        super().__init__(
            f"the accreditation of {accreditation.verifier} ended at {until}; a registrar can grant another term",
            verifier=accreditation.verifier,
            expired_at=until,
        )


class VerifierInterested(Forbidden):
    """A verifier's own statement, or one of its household."""

    code = "verifier.interested"

    def __init__(self, verifier: str, statement_digest: bytes) -> None:
        super().__init__(
            f"statement 0x{statement_digest.hex()} is of {verifier} or its household; another verifier must do it",
            verifier=verifier,
            statement="0x" + statement_digest.hex(),
        )


def accredited(session: Session) -> set[str]:
    """EIP-55 addresses of the accredited verifiers, whether or not their term has ended: those whom the chain hears."""
    return {one.verifier for one in accreditations(session) if one.removed_at is None}


def unrevoked(session: Session) -> set[str]:
    """Those whose attestations stand: nobody removed them before their term was over."""
    return {one.verifier for one in accreditations(session) if one.revoked_at is None}


def serving(session: Session, at: datetime) -> set[str]:
    """Accredited verifiers within their term: those who are given work."""
    return {one.verifier for one in accreditations(session) if one.serves_at(at)}


def threshold_of(session: Session) -> int:
    """How many distinct verifiers a batch needs; 0 before governance has set it, and then nothing can be anchored."""
    order = (col(ThresholdChange.block_number).desc(), col(ThresholdChange.log_index).desc())
    return session.exec(select(ThresholdChange.threshold).order_by(*order).limit(1)).first() or 0


def require_accredited(session: Session, verifier: str, at: datetime) -> None:
    """Raises VerifierUnaccredited, VerifierExpired."""
    for one in accreditations(session):
        if one.verifier == verifier and one.removed_at is None:
            if not one.serves_at(at):
                raise VerifierExpired(one)
            return
    raise VerifierUnaccredited(verifier)


def require_disinterested(session: Session, verifier: str, person_id: int, statement_digest: bytes) -> None:
    """Raises VerifierInterested if the statement is of the verifier or its household."""
    if verifier in household_of(session, person_id):
        raise VerifierInterested(verifier, statement_digest)
