"""On whose authority a request acts: a session's, which may do everything of its account, or an API key's, which may do
what its scopes say. Routes that do not ask by these dependencies take sessions alone: a key reads nobody's diary.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeAlias, cast

from fastapi import Depends
from fastapi.openapi.models import APIKey, APIKeyIn
from fastapi.security.base import SecurityBase
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request

from backend.access.api_key import (
    KEY_HEADER,
    SIGNATURE_HEADER,
    TIME_HEADER,
    TOUCH_EVERY,
    ApiKeys,
    Scope,
    SignedRequest,
    standing,
    take_once,
    touch,
)
from backend.access.limits import cost_of
from backend.access.session import Documented, NotSignedIn, session_of, token_of
from backend.access.state import clock_of, database_of, limits_of

__all__ = ["Canceller", "Reader", "Scope", "Trader", "account_of", "is_nobodys", "require_standing"]


def keys_of_app(connection: HTTPConnection) -> ApiKeys:
    """The API keys (`state.api_keys`)."""
    return cast(ApiKeys, connection.app.state.api_keys)


class KeyScheme(SecurityBase):
    """Marks a route in the OpenAPI document as taking API keys; checks nothing itself."""

    scheme_name = "apiKey"
    model = APIKey(
        **{"in": APIKeyIn.header},
        name="Tanyu-Key",
        description="An API key's id, with Tanyu-Timestamp (Unix seconds) and Tanyu-Signature: the HMAC-SHA256, by the "
        "key's secret, of timestamp, method, path with query and body, each but the last followed by a line feed; hex.",
    )

    def __call__(self) -> None:
        """Nothing to check."""


KeyDocumented: TypeAlias = Annotated[None, Depends(KeyScheme())]


def account_of(connection: HTTPConnection, scope: Scope, body: bytes = b"") -> str:
    """The account on whose authority a connection acts, if it may do what needs this scope. `body`: of the request.

    Raises NotSignedIn, CrossSite, what `ApiKeys.account_of` raises, TooManyRequests. A WebSocket signs its handshake as
    a GET.
    """
    account = _proven(connection, scope, body)
    limits = limits_of(connection)
    if limits is not None:
        limits.take_account(account, cost_of(connection.scope.get("method", "GET"), connection.scope["path"]))
    return account


def is_nobodys(connection: HTTPConnection) -> bool:
    """Whether a connection names neither a key nor a session. Raises CrossSite."""
    if KEY_HEADER in connection.headers:
        return False
    try:
        token_of(connection)
    except NotSignedIn:
        return True
    return False


def require_standing(connection: HTTPConnection, scope: Scope) -> None:
    """For a connection that outlives its handshake, whose signature is too old by now: whether the key or the session
    that opened it still stands. Raises NotSignedIn, CrossSite, ApiKeyWrong, ApiKeyScopeMissing.
    """
    key_id = connection.headers.get(KEY_HEADER)
    if key_id is None:
        session_of(connection)
        return
    with database_of(connection).read() as session:
        standing(session, key_id, scope)


def _proven(connection: HTTPConnection, scope: Scope, body: bytes) -> str:
    key_id = connection.headers.get(KEY_HEADER)
    if key_id is None:
        return session_of(connection).address
    query = connection.url.query
    claimed = SignedRequest(
        key_id=key_id,
        timestamp=connection.headers.get(TIME_HEADER, ""),
        signature=connection.headers.get(SIGNATURE_HEADER, ""),
        method=connection.scope.get("method", "GET"),
        path=connection.scope["path"] + (f"?{query}" if query else ""),
        body=body,
    )
    now, database = clock_of(connection).now(), database_of(connection)
    with database.read() as session:
        row = keys_of_app(connection).account_of(session, claimed, scope, now)
    changes = scope is not Scope.READ
    is_news = row.last_used_at is None or now - row.last_used_at >= TOUCH_EVERY
    if changes or is_news:
        with database.write() as session:
            if changes:
                take_once(session, claimed, now)
            if is_news:
                touch(session, row.id, now)
    return row.account


def _needing(scope: Scope) -> Callable[..., Awaitable[str]]:
    async def authorised(request: Request, _scheme: Documented = None, _key: KeyDocumented = None) -> str:
        return await run_in_threadpool(account_of, request, scope, await request.body())

    return authorised


Reader: TypeAlias = Annotated[str, Depends(_needing(Scope.READ))]
"""The account of a session, or of a key that may read."""

Trader: TypeAlias = Annotated[str, Depends(_needing(Scope.TRADE))]
"""The account of a session, or of a key that may trade."""

Canceller: TypeAlias = Annotated[str, Depends(_needing(Scope.CANCEL))]
"""The account of a session, or of a key that may cancel."""
