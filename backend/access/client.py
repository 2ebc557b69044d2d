"""A small client of a running Tanyu, for commands: signs in with a key, and raises the server's problems as errors."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Any, BinaryIO, Self, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from backend.access.sender_proof import Proving, SenderProof, SessionToken
from backend.access.siwe import SiweMessage
from backend.chain.keys import Signs, personal_sign
from backend.kernel.clock import parse_iso
from backend.kernel.digest import to_hex
from backend.kernel.errors import Conflict, TanyuError, Unavailable

TIMEOUT_S = 30


class ServerUnreachable(Unavailable):
    """Nothing answers there."""

    code = "api.unreachable"

    def __init__(self, base_url: str) -> None:
        super().__init__(f"no Tanyu answers at {base_url}; start it with scripts/run", base_url=base_url)


class ApiProblem(TanyuError):
    """What the server answered instead of a result: an RFC 9457 problem document."""

    code = "api.problem"

    def __init__(self, status: int, problem: Mapping[str, Any], retry_after_s: int | None = None) -> None:
        self.status = status
        self.problem = dict(problem)
        self.retry_after_s = retry_after_s
        """After how many seconds to ask again, if that is right (Retry-After)."""
        super().__init__(str(self.problem.get("detail", f"HTTP {status}")), problem_code=self.problem_code)

    @property
    def problem_code(self) -> str:
        """The server's code, such as `order.expired`."""
        return str(self.problem.get("code", self.code))


class AnswerDiffers(Conflict):
    """An answer of another form than this program knows."""

    code = "api.answer_differs"

    def __init__(self, expected: str, why: str) -> None:
        super().__init__(
            f"the server's answer is no {expected} as this program knows it: their versions differ ({why})",
            expected=expected,
            why=why,
        )


Model = TypeVar("Model", bound=BaseModel)


def read_as(model: type[Model], found: Any) -> Model:
    """The JSON of an answer as the model it was written by. Raises AnswerDiffers."""
    try:
        return model.model_validate_json(json.dumps(found))
    except ValidationError as failure:
        first = failure.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise AnswerDiffers(model.__name__, f"{where}: {first['msg']}") from failure


def _problem(response: httpx.Response) -> ApiProblem:
    after = response.headers.get("retry-after", "")
    retry_after_s = int(after) if after.isdecimal() else None
    if response.headers.get("content-type", "").startswith("application/problem+json"):
        return ApiProblem(response.status_code, response.json(), retry_after_s)
    detail = f"HTTP {response.status_code} without a problem document"
    problem = {"code": ApiProblem.code, "detail": detail, "status": response.status_code}
    return ApiProblem(response.status_code, problem, retry_after_s)


def message_to_sign(nonce: Mapping[str, Any], address: str) -> str:
    """The EIP-4361 message by which an account signs in with an answer of `POST /sessions/nonce`."""
    return SiweMessage(
        domain=nonce["domain"],
        address=address,
        statement=nonce["statement"],
        uri=nonce["uri"],
        chain_id=nonce["chainId"],
        nonce=nonce["nonce"],
        issued_at=parse_iso(nonce["issuedAt"]),
    ).text()


class ApiClient:
    """Requests to one server. A context manager; sign_in() or prove_by() makes later requests those of an account."""

    def __init__(self, base_url: str, transport: httpx.BaseTransport | None = None) -> None:
        self.base_url = base_url.rstrip("/")
        self.proof: SenderProof | None = None
        """By which the server knows whose the requests are."""
        self.http = httpx.Client(base_url=self.base_url, timeout=TIMEOUT_S, transport=transport, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    def request(
        self, method: str, path: str, *, params: Mapping[str, str | int] | None = None, body: object = None
    ) -> Any:
        """The JSON of an answer, None if it has no body. Raises ApiProblem, ServerUnreachable."""
        try:
            response = self.http.request(method, path, params=params, json=body)
        except httpx.TransportError as failure:
            raise ServerUnreachable(self.base_url) from failure
        if response.is_error:
            raise _problem(response)
        return response.json() if response.content else None

    def send(
        self, path: str, pieces: Iterable[bytes], media_type: str, *, params: Mapping[str, str | list[str]]
    ) -> Any:
        """POST of a file as its pieces come; the JSON of the answer. Raises ApiProblem, ServerUnreachable."""
        headers = {"Content-Type": media_type}
        try:
            response = self.http.post(path, content=pieces, headers=headers, params=params)
        except httpx.TransportError as failure:
            raise ServerUnreachable(self.base_url) from failure
        if response.is_error:
            raise _problem(response)
        return response.json()

    def file(self, path: str, body: object) -> bytes:
        """POST with a JSON body that a file answers. Raises ApiProblem, ServerUnreachable."""
        try:
            response = self.http.post(path, json=body)
        except httpx.TransportError as failure:
            raise ServerUnreachable(self.base_url) from failure
        if response.is_error:
            raise _problem(response)
        return response.content

    def save(self, path: str, file: BinaryIO, *, params: Mapping[str, str | int] | None = None) -> bytes:
        """GET of something large, into a file as its pieces come; its SHA-256. Raises ApiProblem, ServerUnreachable."""
        digest = hashlib.sha256()
        try:
            with self.http.stream("GET", path, params=params) as response:
                if response.is_error:
                    response.read()
                    raise _problem(response)
                for piece in response.iter_bytes():
                    digest.update(piece)
                    file.write(piece)
        except httpx.TransportError as failure:
            raise ServerUnreachable(self.base_url) from failure
        return digest.digest()

    def get(self, path: str, **params: str | int) -> Any:
        """GET with query parameters."""
        return self.request("GET", path, params=params)

    def post(self, path: str, body: object = None) -> Any:
        """POST with a JSON body."""
        return self.request("POST", path, body=body)

    def put(self, path: str, body: object = None, **params: str | int) -> Any:
        """PUT with a JSON body and query parameters."""
        return self.request("PUT", path, params=params, body=body)

    def delete(self, path: str, body: object = None) -> Any:
        """DELETE, with a JSON body if one is given."""
        return self.request("DELETE", path, body=body)

    def prove_by(self, proof: SenderProof) -> None:
        """Makes later requests those of the account that the proof is of."""
        self.proof = proof
        self.http.auth = Proving(proof)

    def sign_in(self, signer: Signs) -> None:
        """Begins a session for the signer's account by EIP-4361; later requests carry its bearer token."""
        message = message_to_sign(self.post("/sessions/nonce"), signer.address)
        signature = to_hex(personal_sign(signer, message))
        opened = self.post("/sessions", {"message": message, "signature": signature})
        self.prove_by(SessionToken(opened["token"]))

    def sign_out(self) -> None:
        """Ends the session; one that has ended already (an erased account's) is no failure."""
        try:
            self.delete("/sessions")
        except ApiProblem as problem:
            if problem.status != HTTPStatus.UNAUTHORIZED:
                raise
        finally:
            self.proof, self.http.auth = None, httpx.Auth()
