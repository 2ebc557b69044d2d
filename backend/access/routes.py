"""Sign-in over HTTP: ask for a nonce, sign an EIP-4361 message with it, begin a session; look at it; end it."""

from contextlib import suppress
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from backend.access.session import (
    CrossSite,
    NotSignedIn,
    OpenSession,
    SignerWrong,
    cookie_name,
    hand_out_nonce,
    is_cross_site,
    session_of,
    session_of_token,
    sign_in,
    sign_out,
    token_of,
)
from backend.access.siwe import check_siwe, parse_siwe
from backend.access.state import clock_of, database_of, deployment_of, site_of, wallet_accepts_of
from backend.access.wire import AccountSignatureText, AddressText, Iso, Wire
from backend.chain.account_signature import NotTheKeys, key_signature, wallet_signature
from backend.chain.keys import personal_digest

router = APIRouter(tags=["sessions"])

STATEMENT = "Sign in to Tanyu. This signs you in and moves nothing."


class NonceOut(Wire):
    """What to put into the message to sign. `statement` is the sentence our own pages use."""

    nonce: str
    issued_at: Iso
    expires_at: Iso
    domain: str
    uri: str
    chain_id: int
    statement: str


class SignInBody(Wire):
    """The EIP-4361 message exactly as signed, and its EIP-191 signature: the account's key's, or whatever the account's
    code takes for its own (EIP-1271).
    """

    message: str
    signature: AccountSignatureText


class SessionOut(Wire):
    """Who is signed in and until when."""

    address: AddressText
    expires_at: Iso


class TokenOut(SessionOut):
    """The same with the token, shown this once: send it as `Authorization: Bearer <token>`. Browsers use the cookie."""

    token: str


def _refuse_cross_site(request: Request) -> None:
    """Another site may not sign a visitor in as somebody else. Programs without a browser say nothing and may pass."""
    if is_cross_site(request, silent_is_cross=False):
        raise CrossSite


def _require_signed(request: Request, body: SignInBody, account: str) -> None:
    """The account signed: its key, or else its wallet, which the node is asked for: no transaction is open meanwhile.
    Raises SignatureMalformed, SignerWrong, NodeUnavailable.
    """
    digest = personal_digest(body.message)
    try:
        key_signature(account, digest, body.signature, lambda signer: SignerWrong(signer, account))
    except NotTheKeys as failure:
        wallet_signature(failure, body.signature, wallet_accepts_of(request))


@router.post("/sessions/nonce", status_code=201)
def hand_out_a_nonce(request: Request) -> NonceOut:
    """A nonce for one sign-in within five minutes, with the domain, URI and chain id the message must name."""
    origin = site_of(request).origin_at(request.headers.get("host"))
    now = clock_of(request).now()
    with database_of(request).write() as session:
        nonce = hand_out_nonce(session, now)
    return NonceOut(
        nonce=nonce.nonce,
        issued_at=now,
        expires_at=nonce.expires_at,
        domain=origin.partition("://")[2],
        uri=origin,
        chain_id=deployment_of(request).chain_id,
        statement=STATEMENT,
    )


@router.post("/sessions", status_code=201, dependencies=[Depends(_refuse_cross_site)])
def begin_a_session(request: Request, response: Response, body: SignInBody) -> TokenOut:
    """Signs in: the message's signer gets a session of at most twelve hours. A session already carried is ended."""
    now = clock_of(request).now()
    message = parse_siwe(body.message)
    origin = site_of(request).origin_at(request.headers.get("host"))
    check_siwe(message, origin=origin, chain_id=deployment_of(request).chain_id, now=now)
    _require_signed(request, body, message.address)
    with database_of(request).write() as session:
        token, opened = sign_in(session, message, now)
        with suppress(NotSignedIn, CrossSite):
            sign_out(session, session_of_token(session, token_of(request), now).token_digest, now)
    name = cookie_name(request)
    response.set_cookie(
        name,
        token,
        max_age=(opened.expires_at - now) // timedelta(seconds=1),
        path="/",
        secure=name.startswith("__Host-"),
        httponly=True,
        samesite="strict",
    )
    response.headers["Cache-Control"] = "no-store"
    return TokenOut(address=opened.address, expires_at=opened.expires_at, token=token)


@router.get("/sessions/me")
def who_am_i(response: Response, opened: Annotated[OpenSession, Depends(session_of)]) -> SessionOut:
    """The signed-in account."""
    response.headers["Cache-Control"] = "no-store"
    return SessionOut(address=opened.address, expires_at=opened.expires_at)


@router.delete("/sessions", status_code=204)
def end_the_session(request: Request, opened: Annotated[OpenSession, Depends(session_of)]) -> Response:
    """Signs out: the session is revoked on the server and the cookie removed."""
    with database_of(request).write() as session:
        sign_out(session, opened.token_digest, clock_of(request).now())
    name = cookie_name(request)
    response = Response(status_code=204)
    response.delete_cookie(name, path="/", secure=name.startswith("__Host-"), httponly=True, samesite="strict")
    return response
