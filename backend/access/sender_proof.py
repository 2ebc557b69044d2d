"""What a request proves its sender by: a session's token, or an API key that signs each request by a secret unsent."""

import json
from collections.abc import Generator, Mapping
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Protocol

import httpx

from backend.access.api_key import KEY_HEADER, SIGNATURE_HEADER, TIME_HEADER, SignedRequest, request_signature
from backend.kernel.clock import Clock, SystemClock, unix_s
from backend.kernel.errors import InvalidInput


class ApiKeyFileUnreadable(InvalidInput):
    """No API key in the file, or no file."""

    code = "key.api_key_unreadable"

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"{file} holds no API key: `tanyu trade api-key make` writes one, a JSON object of keyId and secret",
            file=str(file),
        )


class SenderProof(Protocol):
    """Whatever makes the headers by which a server knows whose a request is."""

    def headers(self, method: str, path: str, body: bytes) -> Mapping[str, str]:
        """Of one request. `path` with its query, as it is sent."""
        ...


class SessionToken:
    """A session's bearer token."""

    def __init__(self, token: str) -> None:
        self.token = token

    def headers(self, method: str, path: str, body: bytes) -> Mapping[str, str]:
        """The same for every request."""
        return {"Authorization": f"Bearer {self.token}"}


class ApiKey:
    """An API key with its secret, as `POST /api-keys` shows it once. Thread-safe."""

    def __init__(self, key_id: str, secret: str, clock: Clock | None = None) -> None:
        self.key_id = key_id
        self._secret = secret
        self._clock = clock or SystemClock()
        self._lock = Lock()
        self._last: dict[bytes, int] = {}
        """By request, the second it was last signed for."""

    @classmethod
    def load(cls, file: Path) -> "ApiKey":
        """The key of a file that holds what `POST /api-keys` answered. Raises ApiKeyFileUnreadable."""
        try:
            raw = json.loads(file.read_text("utf-8"))
            bytes.fromhex(raw["secret"])
            return cls(str(raw["keyId"]), raw["secret"])
        except (OSError, ValueError, KeyError, TypeError) as failure:
            raise ApiKeyFileUnreadable(file) from failure

    def headers(self, method: str, path: str, body: bytes) -> Mapping[str, str]:
        """Signs a request. A server takes a signed request that changes something once, so what is asked again within a
        second is signed for the next one.
        """
        at = self._second(sha256(f"{method}\n{path}\n".encode() + body).digest())
        unsigned = SignedRequest(self.key_id, str(at), "", method, path, body)
        signature = request_signature(self._secret, unsigned)
        return {KEY_HEADER: self.key_id, TIME_HEADER: str(at), SIGNATURE_HEADER: signature}

    def _second(self, request: bytes) -> int:
        now = unix_s(self._clock.now())
        with self._lock:
            self._last = {each: last for each, last in self._last.items() if last >= now}
            self._last[request] = at = max(now, self._last.get(request, 0) + 1)
        return at


class Proving(httpx.Auth):
    """httpx asks it for the headers of each request."""

    requires_request_body = True

    def __init__(self, proof: SenderProof) -> None:
        self._proof = proof

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """One request, proven."""
        query = request.url.query.decode("ascii")
        path = request.url.path + (f"?{query}" if query else "")
        request.headers.update(self._proof.headers(request.method, path, request.content))
        yield request
