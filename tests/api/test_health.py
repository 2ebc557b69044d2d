"""Is it up, is it ready, and what every response carries."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from backend.api.app import create_app
from backend.api.health import database_check
from backend.kernel.clock import FixedClock
from backend.kernel.errors import Unavailable
from backend.storage.database import Database
from tests.api.access_app import HTTPS_ORIGIN, a_client
from tests.web import TestClient


class ChainSilent(Unavailable):
    """For the tests."""

    code = "chain.silent"


def failing(error: Exception) -> Callable[[], None]:
    def check() -> None:
        raise error

    return check


def a_server(database: Database, clock: FixedClock, **checks: Callable[[], None]) -> TestClient:
    return a_client(create_app({"database": database, "clock": clock}, [], checks))


def test_health__process_up__says_version_and_whole_seconds_of_uptime(database: Database, clock: FixedClock) -> None:
    server = a_server(database, clock, chain=failing(ChainSilent("gone")))
    clock.at += timedelta(seconds=90, milliseconds=900)

    assert server.get("/health").json() == {
        "status": "ok",
        "version": "0.1.0",
        "startedAt": "2026-01-15T12:00:00Z",
        "uptimeS": 90,
    }


def test_ready__every_part_answers__is_200(database: Database, clock: FixedClock) -> None:
    answer = a_server(database, clock, store=database_check(database), chain=lambda: None).get("/ready")

    assert answer.status_code == 200
    assert {name: part["ok"] for name, part in answer.json()["parts"].items()} == {"store": True, "chain": True}


@pytest.mark.parametrize(
    ("error", "code", "detail"),
    [
        (ChainSilent("the node is gone"), "chain.silent", "the node is gone"),
        (ConnectionRefusedError("10.0.0.7 said no"), "unavailable", "ConnectionRefusedError"),
        (OperationalError("SELECT secret", {}, ValueError("x")), "unavailable", "OperationalError"),
    ],
)
def test_ready__one_part_fails__is_503_and_names_it_without_its_secrets(
    database: Database, clock: FixedClock, error: Exception, code: str, detail: str
) -> None:
    answer = a_server(database, clock, chain=failing(error), index=lambda: None).get("/ready")
    problem = answer.json()

    assert (answer.status_code, problem["code"], problem["failing"]) == (503, "service.not_ready", ["chain"])
    assert problem["parts"] == {
        "chain": {"ok": False, "code": code, "detail": detail},
        "index": {"ok": True, "code": None, "detail": None},
    }
    assert "retry-after" in answer.headers


def test_ready__database_gone__is_503(
    database: Database, clock: FixedClock, tmp_path_factory: pytest.TempPathFactory
) -> None:
    gone = Database.at(tmp_path_factory.mktemp("gone") / "no" / "such" / "folder.db")

    problem = a_server(database, clock, store=database_check(gone)).get("/ready").json()

    assert problem["parts"]["store"]["code"] == "database.unavailable"


@pytest.mark.parametrize("path", ["/health", "/docs", "/nowhere", "/openapi.json"])
def test_headers__every_response__forbids_framing_sniffing_and_loading(
    database: Database, clock: FixedClock, path: str
) -> None:
    headers = a_server(database, clock).get(path).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "strict-transport-security" not in headers


def test_headers__over_https__keep_browsers_there(database: Database, clock: FixedClock) -> None:
    server = a_client(create_app({"database": database, "clock": clock}, [], {}), HTTPS_ORIGIN)

    assert server.get("/health").headers["strict-transport-security"] == "max-age=31536000"


def test_body__larger_than_one_mebibyte__is_refused_by_the_composed_app(database: Database, clock: FixedClock) -> None:
    answer = a_server(database, clock).post("/sessions", content=b" " * (1024 * 1024 + 1))

    assert (answer.status_code, answer.json()["code"]) == (413, "input.too_large")
    assert answer.headers["x-frame-options"] == "DENY"
