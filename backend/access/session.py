"""Sessions: begun by a signed EIP-4361 message, carried by a cookie (browsers) or a bearer token (everyone else).

The token is 256 random bits; the database holds its SHA-256 only. Over https the cookie is `__Host-tanyu_session`
with Secure, so that neither a sibling domain nor plain http can set or read it. Browsers refuse that prefix on plain
http, so a server on this machine's http uses the plain name. An unsafe method that is authenticated by cookie must come
from our own pages: browsers say so in Sec-Fetch-Site, older ones in Origin, and one that says neither is refused.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, TypeAlias

from fastapi import Depends
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from sqlmodel import Session, col, delete, select
from starlette.requests import HTTPConnection, Request

from backend.access.siwe import SiweMessage
from backend.access.state import clock_of, database_of, site_of
from backend.access.tables import NonceRow, SessionRow
from backend.kernel.digest import sha256
from backend.kernel.errors import Forbidden, Unauthenticated

NONCE_LIFETIME = timedelta(minutes=5)
SESSION_LIFETIME = timedelta(hours=12)
COOKIE_HTTP = "tanyu_session"
COOKIE_HTTPS = "__Host-tanyu_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class NotSignedIn(Unauthenticated):
    """No session, or one that ended."""

    code = "auth.required"

    def __init__(self) -> None:
        super().__init__("sign in first: POST /sessions/nonce, sign the message (EIP-4361), POST /sessions")


class NonceUnknown(Unauthenticated):
    """The message's nonce was not handed out here, was used, or is too old."""

    code = "siwe.nonce_unknown"

    def __init__(self) -> None:
        super().__init__("the message's nonce is unknown, used or expired; ask for a new one: POST /sessions/nonce")


class SignerWrong(Unauthenticated):
    """Another key signed the message than the one of its address."""

    code = "siwe.signer_wrong"

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(f"the message names {expected} but {found} signed it", found=found, expected=expected)


class CrossSite(Forbidden):
    """A request with our cookie that another site's page made."""

    code = "access.cross_site"

    def __init__(self) -> None:
        super().__init__("requests that change something must come from our own pages, or carry a bearer token")


@dataclass(frozen=True)
class Nonce:
    """A nonce to sign and when it stops being accepted."""

    nonce: str
    expires_at: datetime


@dataclass(frozen=True)
class OpenSession:
    """Who is signed in, until when. `token_digest` names the session; the token is known to its holder only."""

    address: str
    expires_at: datetime
    token_digest: bytes


def hand_out_nonce(session: Session, now: datetime) -> Nonce:
    """A fresh nonce, good once and for five minutes. Forgets those that ran out."""
    session.exec(delete(NonceRow).where(col(NonceRow.expires_at) <= now))
    row = NonceRow(nonce=secrets.token_hex(16), expires_at=now + NONCE_LIFETIME)
    session.add(row)
    return Nonce(row.nonce, row.expires_at)


def _spend_nonce(session: Session, nonce: str, now: datetime) -> None:
    spent = session.exec(delete(NonceRow).where(col(NonceRow.nonce) == nonce, col(NonceRow.expires_at) > now))
    if spent.rowcount != 1:
        raise NonceUnknown


def sign_in(session: Session, message: SiweMessage, now: datetime) -> tuple[str, OpenSession]:
    """Opens a session for the account that signed a message; returns its token and the session. Ended sessions are
    forgotten. Raises NonceUnknown.
    """
    _spend_nonce(session, message.nonce, now)
    session.exec(delete(SessionRow).where(col(SessionRow.expires_at) <= now))
    token = secrets.token_urlsafe(32)
    latest = now + SESSION_LIFETIME
    row = SessionRow(
        token_digest=sha256(token.encode()),
        address=message.address,
        created_at=now,
        expires_at=min(latest, message.expiration_time or latest),
    )
    session.add(row)
    return token, OpenSession(row.address, row.expires_at, row.token_digest)


def session_of_token(session: Session, token: str, now: datetime) -> OpenSession:
    """The session a token opens. Raises NotSignedIn."""
    row = None
    if _TOKEN.fullmatch(token):
        row = session.exec(select(SessionRow).where(col(SessionRow.token_digest) == sha256(token.encode()))).first()
    if row is None or row.revoked_at is not None or row.expires_at <= now:
        raise NotSignedIn
    return OpenSession(row.address, row.expires_at, row.token_digest)


def sign_out(session: Session, token_digest: bytes, now: datetime) -> None:
    """Revokes a session; a copy of its token opens nothing from now on."""
    row = session.get(SessionRow, token_digest)
    if row is not None and row.revoked_at is None:
        row.revoked_at = now
        session.add(row)


def cookie_name(connection: HTTPConnection) -> str:
    """The session cookie's name for this connection's scheme; the other name is never read."""
    return COOKIE_HTTPS if connection.url.scheme in {"https", "wss"} else COOKIE_HTTP


def _bearer(connection: HTTPConnection) -> str | None:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def is_cross_site(connection: HTTPConnection, *, silent_is_cross: bool) -> bool:
    """Whether another site's page made the request. `silent_is_cross`: what to hold of one that does not say."""
    fetched_from = connection.headers.get("sec-fetch-site")
    if fetched_from is not None:
        return fetched_from not in {"same-origin", "none"}
    origin = connection.headers.get("origin")
    if origin is not None:
        return not (site_of(connection).has(origin) and origin.partition("://")[2] == connection.headers.get("host"))
    return silent_is_cross


def token_of(connection: HTTPConnection) -> str:
    """The token a connection carries: the bearer's, else the cookie's. Raises NotSignedIn, CrossSite.

    A cookie on a WebSocket is checked like an unsafe method: browsers open one across sites without asking.
    """
    bearer = _bearer(connection)
    if bearer is not None:
        return bearer
    cookie = connection.cookies.get(cookie_name(connection))
    if cookie is None:
        raise NotSignedIn
    safe = connection.scope["type"] == "http" and connection.scope["method"] in SAFE_METHODS
    if not safe and is_cross_site(connection, silent_is_cross=True):
        raise CrossSite
    return cookie


class SignInScheme(SecurityBase):
    """Marks a route in the OpenAPI document as needing a session; checks nothing itself."""

    scheme_name = "session"
    model = HTTPBearer(description="The token of POST /sessions. Browsers send the session cookie instead.")

    def __call__(self) -> None:
        """Nothing to check."""


Documented: TypeAlias = Annotated[None, Depends(SignInScheme())]


def session_of(connection: HTTPConnection, _scheme: Documented = None) -> OpenSession:
    """FastAPI dependency: the open session. Raises NotSignedIn, CrossSite."""
    token = token_of(connection)
    with database_of(connection).read() as session:
        return session_of_token(session, token, clock_of(connection).now())


def session_if_any(connection: HTTPConnection) -> OpenSession | None:
    """FastAPI dependency: the open session, None of a visitor. Raises CrossSite."""
    try:
        return session_of(connection)
    except NotSignedIn:
        return None


def signed_in(request: Request, _scheme: Documented = None) -> str:
    """FastAPI dependency: the signed-in account's EIP-55 address. Raises NotSignedIn, CrossSite."""
    return session_of(request).address
