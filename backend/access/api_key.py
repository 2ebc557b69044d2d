"""API keys, for programs: made and revoked by a person who is signed in, never by a key.

A request proves that its sender knows the key's secret, without sending it: HMAC-SHA256 over time, method, path and
body. The secret is not stored. It is derived from the key's id by a master secret that lies in a file beside the
database: whoever steals the database alone can sign nothing, and neither can who reads what is sent. Whoever has the
file, or this process's memory, can sign for every key.
"""

import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from sqlmodel import Session, col, delete, func, select

from backend.access.tables import ApiKeyRow, TakenRequestRow
from backend.kernel.clock import iso, unix_s
from backend.kernel.errors import Forbidden, NotFound, RuleViolated, Unauthenticated
from backend.storage.keys import secret_file

WINDOW_S = 30
"""Seconds that a request's time may be from ours."""

KEYS_MAX = 20
"""Keys an account may have that are not revoked."""

TOUCH_EVERY = timedelta(minutes=1)
"""How exactly the last use is kept: writing it for each request would cost more than the request."""

KEY_HEADER, TIME_HEADER, SIGNATURE_HEADER = "tanyu-key", "tanyu-timestamp", "tanyu-signature"

_TIME = re.compile(r"[0-9]{1,12}")


class Scope(StrEnum):
    """What a key may do: see what is the account's own on the market; ask for order numbers; cancel."""

    READ = "read"
    TRADE = "trade"
    CANCEL = "cancel"


class ApiKeyWrong(Unauthenticated):
    """No such key, a revoked one, or another secret's signature: which of them is not told."""

    code = "api_key.wrong"

    def __init__(self) -> None:
        super().__init__(
            f"the key is unknown or revoked, or {SIGNATURE_HEADER} is not the HMAC-SHA256, by the key's secret, of "
            "timestamp, method, path with query, and body, each but the last followed by a line feed"
        )


class ApiKeyTimeWrong(Unauthenticated):
    """A request that was signed too long ago, or for later."""

    code = "api_key.time_wrong"

    def __init__(self, now: datetime) -> None:
        super().__init__(
            f"{TIME_HEADER} must be within {WINDOW_S} s of {iso(now)}, in Unix seconds",
            now=iso(now),
        )


class ApiKeyReplayed(Unauthenticated):
    """The very same signed request came before."""

    code = "api_key.replayed"

    def __init__(self) -> None:
        super().__init__("this signed request came before; sign it again with another timestamp")


class ApiKeyScopeMissing(Forbidden):
    """The key may not do that."""

    code = "api_key.scope_missing"

    def __init__(self, scope: Scope, scopes: Sequence[str]) -> None:
        super().__init__(
            f"the key has the scopes {', '.join(scopes)}; this needs {scope}", expected=scope, scopes=list(scopes)
        )


class ApiKeyUnknown(NotFound):
    """The account has no such key."""

    code = "api_key.unknown"

    def __init__(self, key_id: str) -> None:
        super().__init__("no key of yours has that id: GET /api-keys lists them", key_id=key_id[:64])


class ApiKeysExceeded(RuleViolated):
    """The account has as many keys as it may."""

    code = "api_key.too_many"

    def __init__(self) -> None:
        super().__init__(f"at most {KEYS_MAX} keys: revoke one that you do not use", keys_max=KEYS_MAX)


@dataclass(frozen=True)
class SignedRequest:
    """What the headers of a request claim, and what they are about. `path` with its query, as it was sent."""

    key_id: str
    timestamp: str
    signature: str
    method: str
    path: str
    body: bytes


class ApiKeys:
    """Checks and makes keys. `master`: 32 secret bytes that never change. Thread-safe."""

    def __init__(self, master: bytes) -> None:
        self._master = master

    @classmethod
    def at(cls, path: Path) -> "ApiKeys":
        """With the master secret of a file, made on first use. Losing it makes every key useless."""
        return cls(secret_file(path))

    def secret_of(self, key_id: str) -> str:
        """The secret of a key: 64 hex digits, shown to its owner once."""
        return hmac.new(self._master, b"tanyu api key " + key_id.encode(), sha256).hexdigest()

    def make(
        self, session: Session, account: str, name: str, scopes: Sequence[Scope], now: datetime
    ) -> tuple[ApiKeyRow, str]:
        """A new key and its secret. Raises ApiKeysExceeded."""
        mine = select(func.count()).where(ApiKeyRow.account == account, col(ApiKeyRow.revoked_at).is_(None))
        if session.exec(mine).one() >= KEYS_MAX:
            raise ApiKeysExceeded
        ordered = " ".join(scope for scope in Scope if scope in scopes)
        row = ApiKeyRow(id=secrets.token_hex(16), account=account, name=name, scopes=ordered, created_at=now)
        session.add(row)
        return row, self.secret_of(row.id)

    def account_of(self, session: Session, request: SignedRequest, scope: Scope, now: datetime) -> ApiKeyRow:
        """The key that signed a request, if it may do what needs this scope.

        Raises ApiKeyTimeWrong, ApiKeyWrong, ApiKeyScopeMissing, ApiKeyReplayed.
        """
        if not _TIME.fullmatch(request.timestamp) or abs(int(request.timestamp) - unix_s(now)) > WINDOW_S:
            raise ApiKeyTimeWrong(now)
        expected = request_signature(self.secret_of(request.key_id), request)
        if not hmac.compare_digest(expected.encode(), request.signature.lower().encode()):
            raise ApiKeyWrong
        row = standing(session, request.key_id, scope)
        if scope is not Scope.READ:
            _require_new(session, request)
        return row


def request_signature(secret: str, request: SignedRequest) -> str:
    """64 hex digits: what a key signs of a request. Its `signature` is not looked at."""
    head = f"{request.timestamp}\n{request.method}\n{request.path}\n".encode()
    return hmac.new(bytes.fromhex(secret), head + request.body, sha256).hexdigest()


def standing(session: Session, key_id: str, scope: Scope) -> ApiKeyRow:
    """A key that is not revoked and may do what needs this scope. Raises ApiKeyWrong, ApiKeyScopeMissing."""
    row = session.get(ApiKeyRow, key_id)
    if row is None or row.revoked_at is not None:
        raise ApiKeyWrong
    if scope not in row.scopes.split():
        raise ApiKeyScopeMissing(scope, row.scopes.split())
    return row


def take_once(session: Session, request: SignedRequest, now: datetime) -> None:
    """Notes a signed request that changes something: in its window no other process takes it again, nor does this one
    after a restart. Raises ApiKeyReplayed.
    """
    _require_new(session, request)
    session.add(TakenRequestRow(signature=bytes.fromhex(request.signature), taken_at=now))


def _require_new(session: Session, request: SignedRequest) -> None:
    if session.get(TakenRequestRow, bytes.fromhex(request.signature)) is not None:
        raise ApiKeyReplayed


def keys_of(session: Session, account: str) -> list[ApiKeyRow]:
    """An account's keys, revoked ones too, oldest first."""
    mine = select(ApiKeyRow).where(ApiKeyRow.account == account)
    return list(session.exec(mine.order_by(col(ApiKeyRow.created_at), col(ApiKeyRow.id))).all())


def revoke(session: Session, account: str, key_id: str, now: datetime) -> ApiKeyRow:
    """Ends a key of an account, for good; a second time changes nothing. Raises ApiKeyUnknown."""
    row = session.get(ApiKeyRow, key_id)
    if row is None or row.account != account:
        raise ApiKeyUnknown(key_id)
    row.revoked_at = row.revoked_at or now
    session.add(row)
    return row


def touch(session: Session, key_id: str, now: datetime) -> None:
    """Notes that a key was used; forgets signed requests, whosever, that left their window."""
    forgotten = now - timedelta(seconds=2 * WINDOW_S + 1)
    session.exec(delete(TakenRequestRow).where(col(TakenRequestRow.taken_at) < forgotten))
    row = session.get_one(ApiKeyRow, key_id)
    row.last_used_at = now
    session.add(row)
