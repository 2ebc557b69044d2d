"""API keys over HTTP. Only a session makes, lists and revokes them: a key that leaks cannot make itself another."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from backend.access.api_key import Scope, keys_of, revoke
from backend.access.authority import keys_of_app
from backend.access.session import signed_in
from backend.access.state import clock_of, database_of
from backend.access.tables import ApiKeyRow
from backend.access.wire import Iso, Wire

router = APIRouter(tags=["sessions"])

Account = Annotated[str, Depends(signed_in)]


class ApiKeyBody(Wire):
    """What the key is called, and what it may do: `read`, `trade` (get order numbers), `cancel`."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1, max_length=len(Scope))]


class ApiKeyOut(Wire):
    """A key of the account. `lastUsedAt` to the minute."""

    key_id: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: Iso
    last_used_at: Iso | None
    revoked_at: Iso | None

    @classmethod
    def fields_of(cls, row: ApiKeyRow) -> dict[str, object]:
        """The model's fields from a row."""
        return {
            "key_id": row.id,
            "name": row.name,
            "scopes": tuple(Scope(scope) for scope in row.scopes.split()),
            "created_at": row.created_at,
            "last_used_at": row.last_used_at,
            "revoked_at": row.revoked_at,
        }


class NewApiKeyOut(ApiKeyOut):
    """The same with the secret, shown this once: 32 bytes in hex."""

    secret: str


@router.post("/api-keys", status_code=201)
def make_a_key(request: Request, response: Response, account: Account, body: ApiKeyBody) -> NewApiKeyOut:
    """Makes an API key. Its secret signs requests and is never sent; it is shown once and cannot be shown again."""
    with database_of(request).write() as session:
        made = keys_of_app(request).make(session, account, body.name, body.scopes, clock_of(request).now())
    row, secret = made
    response.headers["Cache-Control"] = "no-store"
    return NewApiKeyOut.model_validate(ApiKeyOut.fields_of(row) | {"secret": secret})


@router.get("/api-keys")
def my_keys(request: Request, account: Account) -> list[ApiKeyOut]:
    """The account's keys, revoked ones too, oldest first."""
    with database_of(request).read() as session:
        return [ApiKeyOut.model_validate(ApiKeyOut.fields_of(row)) for row in keys_of(session, account)]


@router.delete("/api-keys/{key_id}")
def revoke_a_key(request: Request, account: Account, key_id: str) -> ApiKeyOut:
    """Revokes a key, at once and for good."""
    with database_of(request).write() as session:
        row = revoke(session, account, key_id, clock_of(request).now())
    return ApiKeyOut.model_validate(ApiKeyOut.fields_of(row))
