"""API keys over HTTP: made, shown once, used for what they may do and nothing else, revoked."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from sqlmodel import select

from backend.access.api_key import KEYS_MAX, WINDOW_S, ApiKeys, SignedRequest, request_signature
from backend.access.authority import Canceller, Reader
from backend.access.key_routes import router as key_router
from backend.access.limits import BURST_S, Limits
from backend.access.session import signed_in
from backend.access.tables import ApiKeyRow, TakenRequestRow
from backend.kernel.clock import FixedClock, iso, unix_s
from backend.kernel.errors import Unavailable
from backend.storage.database import Database
from tests.api.access_app import ALICE, BOB, a_client, an_app, bearer, token_for
from tests.web import TestClient

MASTER = b"\x07" * 32


@pytest.fixture
def app(database: Database, clock: FixedClock) -> FastAPI:
    app = an_app(database, clock)
    app.state.api_keys = ApiKeys(MASTER)
    app.include_router(key_router)

    @app.get("/mine")
    def _read(account: Reader) -> dict[str, str]:
        return {"account": account}

    @app.post("/mine/end")
    def _cancel(account: Canceller) -> dict[str, str]:
        return {"account": account}

    @app.get("/diary")
    def _diary(account: Annotated[str, Depends(signed_in)]) -> dict[str, str]:
        return {"account": account}

    return app


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return a_client(app)


def a_key(client: TestClient, *scopes: str, name: str = "bot") -> dict[str, Any]:
    headers = bearer(token_for(client, ALICE))
    answer = client.post("/api-keys", json={"name": name, "scopes": list(scopes)}, headers=headers)
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    made: dict[str, Any] = answer.json()
    return made


def signed_headers(
    key: dict[str, Any], at_s: int, method: str, path: str, body: bytes = b"", **changes: str
) -> dict[str, str]:
    asked = SignedRequest(key["keyId"], str(at_s), "", method, path, body)
    found = {
        "Tanyu-Key": key["keyId"],
        "Tanyu-Timestamp": str(at_s),
        "Tanyu-Signature": request_signature(key["secret"], asked),
    }
    return found | changes


def refused(answer: Any, status: int, code: str) -> dict[str, Any]:
    found: dict[str, Any] = answer.json()
    assert (answer.status_code, found["code"]) == (status, code), answer.text
    return found


def test_key__made__reads_as_its_account(client: TestClient, clock: FixedClock) -> None:
    key = a_key(client, "read")

    answer = client.get("/mine?limit=2", headers=signed_headers(key, unix_s(clock.now()), "GET", "/mine?limit=2"))

    assert answer.json() == {"account": ALICE.address}
    assert (key["scopes"], key["name"], key["revokedAt"]) == (["read"], "bot", None)


def test_key__its_secret__is_in_no_list_and_no_row(client: TestClient, database: Database) -> None:
    key = a_key(client, "read", "trade")
    listed = client.get("/api-keys", headers=bearer(token_for(client, ALICE))).json()

    assert [row["keyId"] for row in listed] == [key["keyId"]]
    assert "secret" not in listed[0]
    with database.read() as session:
        row = session.exec(select(ApiKeyRow)).one()
    assert key["secret"] not in str(row.model_dump())
    assert ApiKeys(b"\x08" * 32).secret_of(key["keyId"]) != key["secret"], "the database alone signs nothing"


@pytest.mark.parametrize(
    ("method", "path", "body", "changes"),
    [
        ("GET", "/mine?limit=3", b"", {}),
        ("POST", "/mine", b"", {}),
        ("GET", "/mine", b"x", {}),
        ("GET", "/mine", b"", {"Tanyu-Signature": "00" * 32}),
        ("GET", "/mine", b"", {"Tanyu-Signature": "é"}),
        ("GET", "/mine", b"", {"Tanyu-Signature": ""}),
        ("GET", "/mine", b"", {"Tanyu-Key": "ab" * 16}),
    ],
)
def test_request__not_the_one_that_was_signed__is_refused(
    client: TestClient, clock: FixedClock, *, method: str, path: str, body: bytes, changes: dict[str, str]
) -> None:
    headers = signed_headers(a_key(client, "read"), unix_s(clock.now()), method, path, body)
    sent = [(name, (changes.get(name, value)).encode()) for name, value in headers.items()]
    refused(client.get("/mine", headers=sent), 401, "api_key.wrong")


@pytest.mark.parametrize("seconds", [-WINDOW_S - 1, WINDOW_S + 1])
def test_request__outside_the_window__is_refused(client: TestClient, clock: FixedClock, seconds: int) -> None:
    key = a_key(client, "read")
    at_s = unix_s(clock.now()) + seconds
    refused(client.get("/mine", headers=signed_headers(key, at_s, "GET", "/mine")), 401, "api_key.time_wrong")


@pytest.mark.parametrize("text", ["", "now", "1e9", "9" * 13, "-5"])
def test_request__with_a_time_that_is_none__is_refused(client: TestClient, clock: FixedClock, text: str) -> None:
    headers = signed_headers(a_key(client, "read"), unix_s(clock.now()), "GET", "/mine") | {"Tanyu-Timestamp": text}
    refused(client.get("/mine", headers=headers), 401, "api_key.time_wrong")


def test_request__that_changes_something__is_taken_once_in_its_window(client: TestClient, clock: FixedClock) -> None:
    key = a_key(client, "cancel")
    headers = signed_headers(key, unix_s(clock.now()), "POST", "/mine/end", b"{}")

    assert client.post("/mine/end", content=b"{}", headers=headers).status_code == 200
    refused(client.post("/mine/end", content=b"{}", headers=headers), 401, "api_key.replayed")
    clock.at += timedelta(seconds=2 * WINDOW_S + 2)
    refused(client.post("/mine/end", content=b"{}", headers=headers), 401, "api_key.time_wrong")
    again = signed_headers(key, unix_s(clock.now()), "POST", "/mine/end", b"{}")
    assert client.post("/mine/end", content=b"{}", headers=again).status_code == 200


def test_request__that_changes_something__is_taken_once_whichever_process_it_comes_to(
    app: FastAPI, client: TestClient, clock: FixedClock
) -> None:
    headers = signed_headers(a_key(client, "cancel"), unix_s(clock.now()) + WINDOW_S, "POST", "/mine/end")
    assert client.post("/mine/end", headers=headers).status_code == 200
    app.state.api_keys = ApiKeys(MASTER)
    clock.at += timedelta(seconds=2 * WINDOW_S)
    refused(client.post("/mine/end", headers=headers), 401, "api_key.replayed")


def test_request__sent_to_many_at_once__is_taken_once(client: TestClient, clock: FixedClock) -> None:
    headers = signed_headers(a_key(client, "cancel"), unix_s(clock.now()), "POST", "/mine/end")
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: client.post("/mine/end", headers=headers).status_code, range(4)))
    assert sorted(answers) == [200, 401, 401, 401]


def test_requests__that_left_their_window__are_forgotten(
    client: TestClient, clock: FixedClock, database: Database
) -> None:
    key = a_key(client, "cancel")
    for _ in range(3):
        clock.at += timedelta(seconds=2 * WINDOW_S + 2)
        client.post("/mine/end", headers=signed_headers(key, unix_s(clock.now()), "POST", "/mine/end"))
        with database.read() as session:
            assert [row.taken_at for row in session.exec(select(TakenRequestRow)).all()] == [clock.now()]


def test_key__without_the_scope__is_refused_and_told_its_scopes(client: TestClient, clock: FixedClock) -> None:
    key = a_key(client, "trade", "read")
    headers = signed_headers(key, unix_s(clock.now()), "POST", "/mine/end")

    found = refused(client.post("/mine/end", headers=headers), 403, "api_key.scope_missing")

    assert (found["expected"], found["scopes"]) == ("cancel", ["read", "trade"])


def test_key__on_a_route_for_sessions_alone__opens_nothing(client: TestClient, clock: FixedClock) -> None:
    key = a_key(client, "read", "trade", "cancel")
    for path in ("/diary", "/api-keys"):
        headers = signed_headers(key, unix_s(clock.now()), "GET", path)
        refused(client.get(path, headers=headers), 401, "auth.required")


def test_key__revoked__opens_nothing_from_now_on(client: TestClient, clock: FixedClock) -> None:
    key = a_key(client, "read")
    mine = bearer(token_for(client, ALICE))
    refused(client.delete(f"/api-keys/{key['keyId']}", headers=bearer(token_for(client, BOB))), 404, "api_key.unknown")

    ended = client.delete(f"/api-keys/{key['keyId']}", headers=mine).json()

    assert ended["revokedAt"] == iso(clock.now())
    refused(client.get("/mine", headers=signed_headers(key, unix_s(clock.now()), "GET", "/mine")), 401, "api_key.wrong")
    clock.at += timedelta(hours=1)
    assert client.delete(f"/api-keys/{key['keyId']}", headers=mine).json() == ended
    refused(client.delete("/api-keys/nothing", headers=mine), 404, "api_key.unknown")


def test_key__used__says_when_to_the_minute(client: TestClient, clock: FixedClock) -> None:
    key = a_key(client, "read")
    mine = bearer(token_for(client, ALICE))
    seen = []
    for seconds in (0, 10, 60):
        clock.at += timedelta(seconds=seconds)
        client.get("/mine", headers=signed_headers(key, unix_s(clock.now()), "GET", "/mine"))
        seen.append(client.get("/api-keys", headers=mine).json()[0]["lastUsedAt"])
    assert seen[0] == seen[1] != seen[2] == iso(clock.now())


def test_keys__as_many_as_an_account_may_have__and_no_more(client: TestClient) -> None:
    headers = bearer(token_for(client, ALICE))
    body = {"name": "bot", "scopes": ["read"]}
    made = [client.post("/api-keys", json=body, headers=headers).json()["keyId"] for _ in range(KEYS_MAX)]
    refused(client.post("/api-keys", json=body, headers=headers), 422, "api_key.too_many")
    client.delete(f"/api-keys/{made[0]}", headers=headers)
    assert client.post("/api-keys", json=body, headers=headers).status_code == 201


@pytest.mark.parametrize(
    "body", [{"name": "", "scopes": ["read"]}, {"name": "a", "scopes": []}, {"name": "a", "scopes": ["withdraw"]}]
)
def test_key__without_a_name_or_a_scope__is_not_made(client: TestClient, body: dict[str, Any]) -> None:
    refused(client.post("/api-keys", json=body, headers=bearer(token_for(client, ALICE))), 422, "input.invalid")


def test_key__used_too_often__is_told_when_to_come_back(app: FastAPI, client: TestClient, clock: FixedClock) -> None:
    app.state.limits = Limits.of(address_points_per_s=10_000, account_points_per_s=1, now_ms=lambda: 0)
    key = a_key(client, "read")
    headers = signed_headers(key, unix_s(clock.now()), "GET", "/mine")
    assert [client.get("/mine", headers=headers).status_code for _ in range(BURST_S)] == [200] * BURST_S
    answer = client.get("/mine", headers=headers)
    refused(answer, 429, "access.too_many_requests")
    assert int(answer.headers["retry-after"]) == 1


def test_master_secret__of_a_file__is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "api-keys.secret"
    assert ApiKeys.at(path).secret_of("a") == ApiKeys.at(path).secret_of("a")
    assert path.stat().st_mode & 0o077 == 0
    path.write_text("short")
    with pytest.raises(Unavailable):
        ApiKeys.at(path)
