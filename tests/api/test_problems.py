"""Every failure is an RFC 9457 problem document with its own code, and nothing of ours leaks in it."""

import logging
from collections.abc import Iterator
from datetime import date

import pytest
from fastapi import FastAPI
from starlette.exceptions import HTTPException

from backend.access.problems import PROBLEM_JSON, RETRY_AFTER_S, problem_of, status_of
from backend.kernel.clock import FixedClock
from backend.kernel.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    RuleViolated,
    TanyuError,
    Unauthenticated,
    Unavailable,
)
from backend.ledger.accrual import NotAMember
from backend.storage.database import Database
from tests.api.access_app import a_client, an_app, bearer, token_for
from tests.web import TestClient

MEMBERS = {"type", "title", "status", "detail", "code"}


class KettleTooSmall(RuleViolated):
    """A rule for the tests."""

    code = "kettle.too_small"


@pytest.fixture
def app(database: Database, clock: FixedClock) -> FastAPI:
    made = an_app(database, clock)
    families = {
        "invalid": InvalidInput("no"),
        "rule": KettleTooSmall("too small", amount_gco2e=2**200, of_whom=["a"], empty=None, full=False, status=9),
        "conflict": Conflict("no"),
        "not-found": NotFound("no"),
        "unauthenticated": Unauthenticated("no"),
        "forbidden": Forbidden("no"),
        "unavailable": Unavailable("no"),
        "bug": KeyError("the-secret-detail"),
        "teapot": HTTPException(418, "short and stout"),
        "surrogate": InvalidInput("\ud800 is half a letter", text="\ud800"),
    }

    @made.get("/fail/{family}")
    def _fail(family: str) -> None:
        raise families[family]

    return made


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with a_client(app) as opened:
        yield opened


@pytest.mark.parametrize(
    ("family", "status", "code"),
    [
        ("invalid", 422, "input.invalid"),
        ("rule", 422, "kettle.too_small"),
        ("conflict", 409, "conflict"),
        ("not-found", 404, "not_found"),
        ("unauthenticated", 401, "auth.required"),
        ("forbidden", 403, "auth.forbidden"),
        ("unavailable", 503, "unavailable"),
        ("bug", 500, "internal"),
        ("teapot", 418, "http.418"),
    ],
)
def test_problem__each_family__has_its_status_and_the_error_its_code(
    client: TestClient, family: str, status: int, code: str
) -> None:
    answer = client.get(f"/fail/{family}")
    problem = answer.json()

    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert problem["type"] == f"/problems/{code}"
    assert problem.keys() >= MEMBERS
    assert answer.headers["content-type"] == PROBLEM_JSON
    assert answer.headers["cache-control"] == "no-store"


def test_problem__fields_of_the_error__are_camel_case_with_amounts_as_strings() -> None:
    problem = problem_of(KettleTooSmall("too small", amount_gco2e=2**200, of_whom=["a"], empty=None, full=False))

    assert problem == {
        "type": "/problems/kettle.too_small",
        "title": "Kettle too small",
        "status": 422,
        "detail": "too small",
        "code": "kettle.too_small",
        "amountGco2e": str(2**200),
        "ofWhom": ["a"],
        "empty": None,
        "full": False,
    }


def test_problem__a_field_named_like_a_standard_member__does_not_replace_it(client: TestClient) -> None:
    assert client.get("/fail/rule").json()["status"] == 422


def test_problem__an_error_of_no_family__is_ours() -> None:
    assert status_of(TanyuError("?")) == 500


def test_problem__unavailable__says_when_to_try_again(client: TestClient) -> None:
    assert client.get("/fail/unavailable").headers["retry-after"] == str(RETRY_AFTER_S)


def test_problem__a_bug__shows_an_id_the_log_explains(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="tanyu.access"):
        answer = client.get("/fail/bug")

    assert "the-secret-detail" not in answer.text
    assert answer.json()["errorId"] in caplog.text
    assert "the-secret-detail" in caplog.text


def test_problem__text_that_is_not_unicode__is_still_a_document(client: TestClient) -> None:
    assert client.get("/fail/surrogate").json()["detail"] == "? is half a letter"


def test_problem__no_such_route__is_not_found(client: TestClient) -> None:
    answer = client.get("/nowhere")

    assert (answer.status_code, answer.json()["code"], answer.json()["path"]) == (404, "not_found.route", "/nowhere")


def test_problem__wrong_method__names_those_allowed(client: TestClient) -> None:
    answer = client.put("/sessions/nonce")

    assert (answer.status_code, answer.json()["code"]) == (405, "method.not_allowed")
    assert answer.headers["allow"] == answer.json()["allowed"] == "POST"


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b'{"message": "\xff"}', b"[" * 30, b"nul"])
def test_problem__malformed_json__is_not_json(client: TestClient, body: bytes) -> None:
    answer = client.post("/sessions", content=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (400, "input.not_json")


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_problem__a_body_not_declared_as_json__is_an_unsupported_media_type(
    client: TestClient, media_type: str
) -> None:
    answer = client.post("/sessions", content=b'{"message":"m"}', headers={"Content-Type": media_type})

    assert (answer.status_code, answer.json()["code"]) == (415, "input.media_type")


def test_problem__several_bad_fields__are_all_listed_and_none_is_echoed(client: TestClient) -> None:
    body = {"signature": "my-private-note", "surprise": 1}
    answer = client.post("/sessions", json=body)
    problem = answer.json()

    assert (answer.status_code, problem["code"]) == (422, "input.invalid")
    assert {(row["at"], row["code"]) for row in problem["errors"]} == {
        ("body.message", "input.invalid"),
        ("body.signature", "signature.unreadable"),
        ("body.surprise", "input.invalid"),
    }
    assert all(row["message"] for row in problem["errors"])
    assert "my-private-note" not in answer.text


class TestBodyLimit:
    """The app takes 4096 bytes, /private 512, /private/large 2048."""

    def note(self, size: int) -> bytes:
        head, tail = b'{"amountGco2e":"1"', b"}"
        return head + b" " * (size - len(head) - len(tail)) + tail

    def post(self, client: TestClient, content: bytes | Iterator[bytes], path: str = "/private") -> tuple[int, str]:
        headers = bearer(token_for(client)) | {"Content-Type": "application/json"}
        answer = client.post(path, content=content, headers=headers)
        return answer.status_code, answer.json().get("code", "")

    def test_body_at_the_limit__is_read(self, client: TestClient) -> None:
        assert self.post(client, self.note(512)) == (200, "")

    def test_body_one_byte_larger__is_too_large(self, client: TestClient) -> None:
        assert self.post(client, self.note(513)) == (413, "input.too_large")

    def test_body_in_chunks_of_no_declared_length__is_counted_as_it_comes(self, client: TestClient) -> None:
        def chunks(size: int) -> Iterator[bytes]:
            whole = self.note(size)
            yield from (whole[at : at + 100] for at in range(0, size, 100))

        assert self.post(client, chunks(512)) == (200, "")
        assert self.post(client, chunks(513)) == (413, "input.too_large")

    def test_declared_length_beyond_the_limit__is_refused_unread(self, client: TestClient) -> None:
        headers = bearer(token_for(client)) | {"Content-Type": "application/json", "Content-Length": "513"}

        sent: list[bytes] = []

        def body() -> Iterator[bytes]:
            sent.append(b" " * 513)
            yield sent[-1]

        assert client.post("/private", content=body(), headers=headers).status_code == 413
        assert sent == []

    def test_body_that_nests_too_deep__is_refused_before_it_is_parsed(self, client: TestClient) -> None:
        assert self.post(client, b"[" * 33) == (422, "input.too_deep")
        assert self.post(client, iter([b"[" * 20, b"[" * 20])) == (422, "input.too_deep")
        assert self.post(client, b"[" * 33, "/nowhere") == (422, "input.too_deep")

    def test_longest_prefix__gives_the_limit(self, client: TestClient) -> None:
        assert self.post(client, self.note(2048), "/private/large")[0] == 404
        assert self.post(client, self.note(2049), "/private/large")[0] == 413
        assert self.post(client, self.note(4096), "/sessions/nonce")[0] == 201
        assert self.post(client, self.note(4097), "/sessions/nonce")[0] == 413


def test_title__of_an_error_with_a_word_of_one_letter__has_it_apart() -> None:
    assert problem_of(NotAMember(2025, date(2026, 1, 1), None))["title"] == "Not a member"
