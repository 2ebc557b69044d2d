"""Whatever is sent to any endpoint: a problem with a code, never a failure of ours, and nothing remembered of it."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from backend.chain.deployment import Deployment
from backend.chain.node import LocalNode
from tests.adversarial.server import BODIES, TEXTS, Besieged, Operation, operations
from tests.api.access_app import ALICE, token_for
from tests.integration.settlement.conftest import new_tanyu
from tests.patience import until
from tests.web import TestClient

CODE = re.compile(r"[a-z]+(_[a-z]+)*(\.[a-z0-9_]+)?")


@pytest.fixture(scope="session")
def share(request: pytest.FixtureRequest) -> int:
    """Each part of a request meets one in so many of the hostile values; all of them in the long profile."""
    return 1 if request.config.getoption("--full") else 4


@pytest.fixture(scope="module")
def besieged(node: LocalNode, deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Besieged]:
    tanyu = new_tanyu(node.url, deployment, tmp_path_factory.mktemp("besieged"))
    with TestClient(tanyu.app(), base_url=tanyu.settings.base_url, raise_server_exceptions=False) as client:
        server = Besieged(tanyu, client, token_for(client))
        joined = server.client.post(
            "/accounts",
            json={"region": "US-CA", "identity": ALICE.address},
            headers={"Authorization": f"Bearer {server.token}"},
        )
        assert joined.status_code == 201, joined.text
        head = tanyu.w3.eth.block_number
        until(lambda: (tanyu.worker.status().indexed_block or 0) >= head, "the index")
        yield server


def check(operation: Operation, sent: object, answer: Any) -> bool:
    """Fails on a failure of ours; whether the request was refused."""
    shown = repr(sent)[:200]
    assert answer.status_code < 500, f"{operation} {shown}: {answer.status_code} {answer.text[:300]}"
    if answer.status_code < 400:
        return False
    assert answer.headers["content-type"] == "application/problem+json", f"{operation} {shown}"
    problem = answer.json()
    assert CODE.fullmatch(problem["code"]), f"{operation} {shown}: {problem}"
    assert problem["status"] == answer.status_code
    assert problem["detail"]
    return True


def of(besieged: Besieged) -> list[Operation]:
    return operations(besieged.client.get("/openapi.json").json())


def test_operations__of_the_whole_server__are_found(besieged: Besieged) -> None:
    found = {str(operation) for operation in of(besieged)}
    assert {"POST /orders", "POST /activities", "POST /donations", "GET /receipts/{receiptId}"} <= found
    assert len(found) > 40


def test_bodies__hostile_in_any_field__are_refused_and_leave_nothing(besieged: Besieged, share: int) -> None:
    for operation in of(besieged):
        if operation.media != "application/json":
            continue
        before = besieged.memory()
        refusals = [
            check(operation, body, besieged.send(operation.method, operation.plain_path, content=body))
            for body in operation.bodies(share)
        ]
        assert len(refusals) > len(BODIES)
        assert sum(refusals) > len(refusals) // 2, operation
        if all(refusals):
            assert besieged.memory() == before, operation


def test_bodies__of_another_media_type_or_too_large__are_refused(besieged: Besieged) -> None:
    before = besieged.memory()
    for operation in of(besieged):
        if operation.media is None:
            continue
        for media in ("text/plain", "multipart/form-data; boundary=x", "application/xml", "x"):
            answer = besieged.send(operation.method, operation.plain_path, content=b"{}", Content_Type=media)
            assert check(operation, media, answer), (operation, media)
        large = b'{"a": "' + b"x" * 34_000_000 + b'"}'
        answer = besieged.send(operation.method, operation.plain_path, content=large, Content_Type=operation.media)
        assert check(operation, "34 MB", answer)
        assert answer.json()["code"] == "input.too_large"
    assert besieged.memory() == before


def test_csv__that_is_none__is_refused_and_leaves_nothing(besieged: Besieged) -> None:
    operation = next(operation for operation in of(besieged) if operation.media == "text/csv")
    before = besieged.memory()
    header = b"category,kind,quantity,unit,from,to,place,meter,evidence\n"
    rows = [
        f"travel,bus,{text},passenger_km,2025-01-01,2025-01-01,US-CA,,\n".encode(errors="surrogatepass")
        for text in TEXTS
    ]
    quotes = [b'"' * 5_001, b'travel,"bus\n' * 50, b"," * 5_000, b"\0" * 100, b"travel,bus,1\r\r\r\n"]
    for content in (*BODIES, header, *(header + row for row in (*rows, *quotes))):
        answer = besieged.send("POST", "/activities/import", content=content, Content_Type="text/csv")
        assert check(operation, content, answer), content[:200]
    assert besieged.memory() == before


def test_paths_and_queries__hostile_in_any_part__never_fail(besieged: Besieged, share: int) -> None:
    before = besieged.memory()
    texts = [quote(text.encode(errors="surrogatepass"), safe="") for text in TEXTS if len(text) < 6_000]
    for turn, operation in enumerate(of(besieged)):
        if operation.media is not None or operation.path.startswith("/sessions"):
            continue
        for place, (name, where) in enumerate(operation.parameters, turn):
            for text in texts[place % share :: share]:
                path = operation.plain_path + f"?{name}={text}"
                if where == "path":
                    path = operation.path.replace(f"{{{name}}}", text).replace("{vintage}", "2025")
                check(operation, (name, text), besieged.send(operation.method, path))
    assert besieged.memory() == before


def test_control_characters__in_path_or_query__are_refused_before_any_room_asks_its_database(
    besieged: Besieged,
) -> None:
    for target in (
        "/receipts/a%00",
        "/factors/%0d%0aSet-Cookie:x",
        "/factors?kind=%00",
        "/factors?%1b=1",
        "/nowhere%7f",
    ):
        answer = besieged.client.get(target)
        assert (answer.status_code, answer.json()["code"]) == (422, "text.control_character"), target


def test_credentials__of_any_shape__open_nothing(besieged: Besieged) -> None:
    private = [
        operation
        for operation in of(besieged)
        if operation.method == "GET" and besieged.client.get(operation.plain_path).status_code == 401
    ]
    assert len(private) > 5
    tokens = (
        "",
        "x",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer " + "x" * 43,
        "Bearer " + "x" * 9_000,
        "Basic YTpi",
        "\xff",
    )
    for operation in private:
        for token in tokens:
            for header in ("Authorization", "Cookie"):
                value = token if header == "Authorization" else f"tanyu_session={token}"
                answer = besieged.client.get(operation.plain_path, headers={header: value.encode("latin-1")})
                assert check(operation, token, answer)
                assert (answer.status_code, answer.json()["code"]) == (401, "auth.required")


def test_head__of_whatever_get_answers__is_the_same_without_a_body(besieged: Besieged) -> None:
    for path in ("/campaigns", "/health", "/", "/openapi.json", "/nowhere", "/orders", "/campaigns/999"):
        got, asked = besieged.client.get(path), besieged.client.head(path)
        assert (asked.status_code, asked.content) == (got.status_code, b""), path
        assert asked.headers["content-type"] == got.headers["content-type"]


def test_methods__that_a_path_does_not_have__are_refused(besieged: Besieged) -> None:
    described: dict[str, set[str]] = {}
    for operation in of(besieged):
        described.setdefault(operation.plain_path, set()).add(operation.method)
    for path, methods in described.items():
        for method in {"PUT", "PATCH", "TRACE", "POST", "DELETE"} - methods:
            answer = besieged.send(method, path)
            assert 400 <= answer.status_code < 500, (method, path, answer.text)
            assert CODE.fullmatch(answer.json()["code"])
    refused = besieged.client.put("/orders")
    assert refused.json()["code"] == "method.not_allowed"
    assert refused.headers["allow"] == refused.json()["allowed"] == "DELETE, GET, HEAD, POST"
    assert besieged.client.put("/nowhere").json()["code"] == "not_found.route"
