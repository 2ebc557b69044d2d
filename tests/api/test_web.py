"""The pages of `web/`: one document at every address, files for ever and packed, and nothing else of the disk."""

import gzip
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import Response

from backend.api import web
from backend.api.app import create_app
from backend.api.rooms import ROUTERS
from backend.api.web import CSP_AUDIT, CSP_WEB, PAGES, accepts
from backend.kernel.clock import FixedClock
from backend.storage.database import Database
from tests.api.access_app import a_client
from tests.web import TestClient

DOCUMENT = '<!doctype html><title>Tanyu</title><div id="tanyu"></div>'
KEPT = "not for everybody"
VISIT = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
"""What a browser sends when somebody comes to an address."""
SCRIPT = "export const grams = 1000n;" * 100


def _build(dist: Path, **files: bytes) -> None:
    """What a build leaves, with more files of the assets by name."""
    assets = dist / "assets"
    assets.mkdir(parents=True, exist_ok=True)
    (dist / "index.html").write_text(DOCUMENT)
    for name, content in files.items():
        (assets / name).write_bytes(content)


@pytest.fixture
def dist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "dist"
    _build(
        folder,
        **{
            "app-1a.js": SCRIPT.encode(),
            "app-1a.js.gz": gzip.compress(SCRIPT.encode()),
            "app-1a.js.br": b"brotli",
            "tanyu-2b.css": b"p { margin: 0 }",
            "font-3c.woff2": b"wOF2",
            "notes.txt": b"left behind",
        },
    )
    (tmp_path / "secret.js").write_text(KEPT)
    monkeypatch.setattr(web, "DIST", folder)
    return folder


@pytest.fixture
def app(database: Database, clock: FixedClock) -> FastAPI:
    return create_app({"database": database, "clock": clock}, [], {})


@pytest.fixture
def client(app: FastAPI, dist: Path) -> TestClient:  # noqa: ARG001 - a fixture wanted for its effect
    return a_client(app)


def _raw(client: TestClient, path: str, accept_encoding: str) -> Response:
    """Of a file, as it came: the client would unpack what it knows how to."""
    answer: Response
    with client.stream("GET", path, headers={"Accept-Encoding": accept_encoding}) as answer:
        answer.extensions["raw"] = b"".join(answer.iter_raw())
    return answer


class TestDocument:
    @pytest.mark.parametrize("path", ["/", *(f"/{name}{rest}" for name in PAGES for rest in ("", "/", "/a/b%20c"))])
    def test_document__at_every_page_s_address__is_the_one(self, client: TestClient, path: str) -> None:
        answer = client.get(path)

        assert (answer.status_code, answer.text) == (200, DOCUMENT)
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["x-frame-options"] == "DENY"

    def test_document__asked_for_its_head__has_no_body(self, client: TestClient) -> None:
        answer = client.head("/my")

        assert (answer.status_code, answer.content) == (200, b"")
        assert int(answer.headers["content-length"]) == len(DOCUMENT)

    @pytest.mark.parametrize("path", ["/", "/my", "/trade/CN-SC/2025/SIM", "/auditor"])
    def test_policy__of_the_pages__lets_nothing_in_but_our_own_files(self, client: TestClient, path: str) -> None:
        policy = client.get(path).headers["content-security-policy"]

        assert policy == (CSP_WEB if path != "/auditor" else policy)
        assert "unsafe" not in policy
        assert "http" not in policy

    def test_policy__of_the_auditor_s_page__lets_it_ask_any_node_and_load_nothing_more(
        self, client: TestClient
    ) -> None:
        policy = client.get("/audit/CN-SC/2025/SIM").headers["content-security-policy"]

        assert policy == CSP_AUDIT
        said, usual = (set(each.split("; ")) for each in (policy, CSP_WEB))
        assert said - usual == {"connect-src 'self' http: https:"}
        assert usual - said == {"connect-src 'self'"}

    def test_document__not_built__is_a_problem_that_says_what_to_do(self, client: TestClient, dist: Path) -> None:
        (dist / "index.html").unlink()
        answer = client.get("/my")

        assert (answer.status_code, answer.json()["code"]) == (503, "web.not_built")
        assert "scripts/run" in answer.json()["detail"]

    def test_pages__by_their_first_words__take_no_address_of_the_api_s(self, client: TestClient) -> None:
        paths = {route.path.split("/")[1] for router in ROUTERS for route in router.routes if hasattr(route, "path")}
        assert paths & set(PAGES) == set()
        assert client.get("/mine").status_code == 404


class TestUnknownAddress:
    def test_address__of_no_page__shows_a_browser_the_page_that_says_so(self, client: TestClient) -> None:
        answer = client.get("/ledger", headers=VISIT)

        assert (answer.status_code, answer.text) == (404, DOCUMENT)
        assert answer.headers["content-security-policy"] == CSP_WEB
        assert (answer.headers["cache-control"], answer.headers["vary"]) == ("no-cache", "Accept")

    @pytest.mark.parametrize(("method", "accept"), [("GET", "application/json"), ("GET", "*/*"), ("POST", "text/html")])
    def test_address__of_no_page__is_a_problem_to_a_program(self, client: TestClient, method: str, accept: str) -> None:
        answer = client.request(method, "/ledger", headers={"Accept": accept})

        assert (answer.status_code, answer.json()["code"]) == (404, "not_found.route")

    def test_address__while_nothing_is_built__is_a_problem_to_a_browser_too(
        self, client: TestClient, dist: Path
    ) -> None:
        (dist / "index.html").unlink()

        assert client.get("/ledger", headers=VISIT).json()["code"] == "not_found.route"


class TestAssets:
    @pytest.mark.parametrize(
        ("name", "media_type"),
        [
            ("app-1a.js", "text/javascript; charset=utf-8"),
            ("tanyu-2b.css", "text/css; charset=utf-8"),
            ("font-3c.woff2", "font/woff2"),
        ],
    )
    def test_asset__of_the_build__has_its_type_and_is_kept_for_ever(
        self, client: TestClient, dist: Path, name: str, media_type: str
    ) -> None:
        answer = client.get(f"/assets/{name}", headers={"Accept-Encoding": "identity"})

        assert answer.content == (dist / "assets" / name).read_bytes()
        assert answer.headers["content-type"] == media_type
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["vary"] == "Accept-Encoding"
        assert "content-encoding" not in answer.headers

    @pytest.mark.parametrize(
        ("accepted", "encoding"),
        [
            ("gzip, deflate, br, zstd", "br"),
            ("gzip", "gzip"),
            ("GZIP;q=0.5", "gzip"),
            ("br;q=0, gzip", "gzip"),
            ("br;q=0,gzip;q=0.000", None),
            ("", None),
            ("*", None),
        ],
    )
    def test_asset__packed__comes_as_the_browser_takes_it(
        self, client: TestClient, dist: Path, accepted: str, encoding: str | None
    ) -> None:
        answer = _raw(client, "/assets/app-1a.js", accepted)

        end = {"br": ".br", "gzip": ".gz", None: ""}[encoding]
        assert answer.headers.get("content-encoding") == encoding
        assert answer.extensions["raw"] == (dist / "assets" / f"app-1a.js{end}").read_bytes()
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert answer.headers["vary"] == "Accept-Encoding"

    def test_asset__not_packed__comes_plain(self, client: TestClient) -> None:
        assert "content-encoding" not in _raw(client, "/assets/tanyu-2b.css", "br, gzip").headers

    @pytest.mark.parametrize(
        "path",
        [
            *("/assets/nothing.js", "/assets/notes.txt", "/assets/app-1a.js.br", "/assets/..%2Findex.html"),
            *("/assets/../../secret.js", "/assets/%2e%2e%2f%2e%2e%2fsecret.js", "/assets/..%5c..%5csecret.js"),
            *("/assets/app-1a.js%00", "/assets/", "/assets//app-1a.js", "/assets/./app-1a.js/", "/dist/index.html"),
        ],
    )
    def test_asset__of_no_build__is_a_problem(self, client: TestClient, path: str) -> None:
        answer = client.get(path)

        assert answer.status_code in {404, 422}
        assert answer.headers["content-type"] == "application/problem+json"
        assert KEPT not in answer.text

    def test_asset__unknown__says_to_load_the_page_anew(self, client: TestClient) -> None:
        assert client.get("/assets/app-0z.js").json()["code"] == "web.asset_unknown"

    def test_assets__built_again_under_a_running_server__are_the_new_ones(self, client: TestClient, dist: Path) -> None:
        assert client.get("/assets/app-1a.js").status_code == 200
        (dist / "assets" / "app-1a.js").unlink()
        _build(dist, **{"app-9f.js": b"new"})

        assert client.get("/assets/app-9f.js").content == b"new"
        assert client.get("/assets/app-1a.js").status_code == 404

    def test_assets__without_a_build__are_none(self, client: TestClient, dist: Path) -> None:
        dist.rename(dist.with_name("elsewhere"))

        assert client.get("/assets/app-1a.js").status_code == 404


@pytest.mark.parametrize(
    ("header", "answer"), [("br", True), ("x-br", False), ("gzip, BR ;q=0.001", True), ("br;q=no", False)]
)
def test_accepts__by_the_header__is_what_the_browser_says(header: str, answer: bool) -> None:
    assert accepts(header, "br") is answer
