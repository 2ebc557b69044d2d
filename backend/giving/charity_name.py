"""What a charity is called: a registrar says so by a signed word; the chain's allow-list holds addresses only."""

from datetime import datetime

from sqlmodel import Session, col, select

from backend.access.signed_text import require_fresh, require_signed
from backend.chain.deployment import Deployment
from backend.giving.charity_tables import CharityNameWord
from backend.giving.public_text import require_public
from backend.issuance.accreditation import GrantorUnfit
from backend.kernel.clock import from_unix_s, iso, unix_s

NAME_CHARS_MAX = 120


def charity_name_text(deployment: Deployment, *, charity: str, name: str, registrar: str, said_at: datetime) -> str:
    """What a registrar signs (EIP-191); the time is cut to the second."""
    return (
        "Tanyu: what a charity is called.\n\n"
        f"Address: {charity}\n"
        f"Name: {name}\n"
        f"Registrar: {registrar}\n"
        f"Chain ID: {deployment.chain_id}\n"
        f"Charity: {deployment.address('Charity')}\n"
        f"Signed at: {iso(from_unix_s(unix_s(said_at)))}"
    )


def name_charity(
    session: Session, deployment: Deployment, word: CharityNameWord, *, by_registrar: bool, at: datetime
) -> None:
    """Keeps a registrar's word about a charity's name; a later one replaces it. `by_registrar`: whether the chain says
    now that its signer is one. Raises SignedTextExpired, SignedTextSignerWrong, GrantorUnfit, SignatureMalformed,
    PublicTextUnfit.
    """
    require_public("name", word.name, longest=NAME_CHARS_MAX)
    word.said_at = from_unix_s(unix_s(word.said_at))
    require_fresh(word.said_at, at)
    text = charity_name_text(
        deployment, charity=word.charity, name=word.name, registrar=word.registrar, said_at=word.said_at
    )
    require_signed(text, word.signature, word.registrar)
    if not by_registrar:
        raise GrantorUnfit(word.registrar)
    session.add(word)
    session.flush()


def charity_names(session: Session) -> dict[str, str]:
    """The latest name of each charity that has one, by address."""
    words = session.exec(select(CharityNameWord).order_by(col(CharityNameWord.id))).all()
    return {word.charity: word.name for word in words}
