"""Who may vouch that somebody needs aid: bodies that a registrar registered, and the public history of that."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from backend.access.signed_text import require_fresh, require_signed
from backend.chain.deployment import Deployment
from backend.giving.aid_tables import AidBodyWord
from backend.giving.public_text import require_public
from backend.issuance.accreditation import GrantorUnfit
from backend.kernel.clock import from_unix_s, iso, unix_s
from backend.kernel.errors import RuleViolated

NAME_CHARS_MAX = 120


class BodyUnregistered(RuleViolated):
    """The body that vouches is not registered, or not any more."""

    code = "aid.body_unregistered"

    def __init__(self, body: str) -> None:
        super().__init__(f"{body} is not registered to vouch for needs; GET /aid/bodies lists who is", body=body)


def body_text(
    deployment: Deployment, *, body: str, name: str, registered: bool, registrar: str, said_at: datetime
) -> str:
    """What a registrar signs (EIP-191); the time is cut to the second."""
    return (
        f"Tanyu: a body that {'may' if registered else 'may no longer'} vouch for needs.\n\n"
        f"Body: {body}\n"
        f"Name: {name}\n"
        f"Registrar: {registrar}\n"
        f"Chain ID: {deployment.chain_id}\n"
        f"Charity: {deployment.address('Charity')}\n"
        f"Signed at: {iso(from_unix_s(unix_s(said_at)))}"
    )


def say(session: Session, deployment: Deployment, word: AidBodyWord, *, by_registrar: bool, at: datetime) -> None:
    """Keeps a registrar's word about a body; a later one replaces it. `by_registrar`: whether the chain says now that
    its signer is one. Raises SignedTextExpired, SignedTextSignerWrong, GrantorUnfit, SignatureMalformed,
    PublicTextUnfit.
    """
    require_public("name", word.name, longest=NAME_CHARS_MAX)
    word.said_at = from_unix_s(unix_s(word.said_at))
    require_fresh(word.said_at, at)
    text = body_text(
        deployment,
        body=word.body,
        name=word.name,
        registered=word.registered,
        registrar=word.registrar,
        said_at=word.said_at,
    )
    require_signed(text, word.signature, word.registrar)
    if not by_registrar:
        raise GrantorUnfit(word.registrar)
    session.add(word)
    session.flush()


def body_words(session: Session) -> Sequence[AidBodyWord]:
    """Everything that registrars ever said of bodies, oldest first."""
    return session.exec(select(AidBodyWord).order_by(col(AidBodyWord.id))).all()


def require_registered(session: Session, body: str) -> None:
    """Raises BodyUnregistered."""
    latest = select(AidBodyWord.registered).where(AidBodyWord.body == body).order_by(col(AidBodyWord.id).desc())
    if not session.exec(latest).first():
        raise BodyUnregistered(body)
