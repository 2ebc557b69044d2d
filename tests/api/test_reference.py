"""The OpenAPI document and the page made of it: complete, readable without scripts, true about errors."""

import re
from typing import Annotated, Any, Literal

import pytest
from fastapi import APIRouter, Depends, FastAPI, Query

from backend.access.problems import PROBLEM_JSON
from backend.access.session import signed_in
from backend.access.wire import AddressText, Amount, HexBytes, PageAfter, PageLimit, PositiveAmount, Wire
from backend.api.app import create_app
from backend.api.openapi import problem_codes
from backend.api.reference import kind, prose
from backend.kernel.clock import FixedClock
from backend.kernel.errors import RuleViolated
from backend.storage.database import Database
from tests.api.access_app import a_client
from tests.web import TestClient


class Brew(Wire):
    """A brew. Strong `<b>` words stay text."""

    leaf: HexBytes
    side: Literal["green", "black"]
    parts: list[Amount]
    by_name: dict[str, PositiveAmount]
    note: str | None = None


def a_room() -> APIRouter:
    router = APIRouter(tags=["market"])

    @router.get("/brews")
    def _brews(account: AddressText, limit: PageLimit = 50, after: PageAfter = 0) -> list[Brew]:
        """Brews of an account.

        Newest last, `limit` at most.
        """
        raise AssertionError(account, limit, after)

    @router.post("/brews/{brew_id}", status_code=201)
    def _brew(
        brew_id: int, body: Brew, account: Annotated[str, Depends(signed_in)], slow: Annotated[bool, Query()] = False
    ) -> Brew:
        """Brews <script>one</script>."""
        raise AssertionError(brew_id, body, account, slow)

    return router


@pytest.fixture
def app(database: Database, clock: FixedClock) -> FastAPI:
    return create_app({"database": database, "clock": clock}, [a_room()], {})


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return a_client(app)


@pytest.fixture
def document(client: TestClient) -> dict[str, Any]:
    answer: dict[str, Any] = client.get("/openapi.json").json()
    return answer


class TestOpenApi:
    def test_document__has_title_description_and_only_known_tags(self, document: dict[str, Any]) -> None:
        used = {tag for path in document["paths"].values() for operation in path.values() for tag in operation["tags"]}

        assert document["info"]["title"] == "Tanyu 碳余"
        assert "decimal strings" in document["info"]["description"]
        assert used == {"sessions", "market", "service", "signing"}
        assert used <= {tag["name"] for tag in document["tags"]}

    def test_every_operation__documents_problems_and_no_framework_errors(self, document: dict[str, Any]) -> None:
        for path in document["paths"].values():
            for operation in path.values():
                assert "422" not in operation["responses"]
                assert list(operation["responses"]["4XX"]["content"]) == [PROBLEM_JSON]
                assert list(operation["responses"]["5XX"]["content"]) == [PROBLEM_JSON]
        assert "Problem" in document["components"]["schemas"]
        assert "HTTPValidationError" not in document["components"]["schemas"]

    def test_private_operations__say_that_they_need_a_session(self, document: dict[str, Any]) -> None:
        private = {
            f"{method} {path}"
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
            if operation.get("security")
        }

        keys = {"post /api-keys", "get /api-keys", "delete /api-keys/{key_id}"}
        operator = {"get /operations", "post /operations/reconciliation"}
        assert private == {"post /brews/{brew_id}", "get /sessions/me", "delete /sessions"} | keys | operator

    def test_every_reference__resolves(self, client: TestClient, document: dict[str, Any]) -> None:
        named = set(re.findall(r'"#/components/schemas/([^"]+)"', client.get("/openapi.json").text))

        assert named <= document["components"]["schemas"].keys()

    def test_documents_of_two_requests__are_the_same(self, client: TestClient, document: dict[str, Any]) -> None:
        assert client.get("/openapi.json").json() == document


class TestDocs:
    def test_page__shows_every_operation_schema_and_code(self, client: TestClient, document: dict[str, Any]) -> None:
        page = client.get("/docs").text

        for path in document["paths"]:
            assert f"<code>{path}</code>" in page
        for schema in document["components"]["schemas"]:
            assert f'id="schema-{schema}"' in page
        for code in problem_codes():
            assert f'href="/problems/{code}"' in page

    def test_links_within_the_page__lead_somewhere_and_ids_are_unique(self, client: TestClient) -> None:
        page = client.get("/docs").text
        ids = re.findall(r' id="([^"]+)"', page)

        assert len(ids) == len(set(ids))
        assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)

    def test_page__loads_our_stylesheet_and_nothing_else(self, client: TestClient) -> None:
        answer = client.get("/docs")

        assert re.findall(r'(?:src|href)="((?:[a-z]+:|//)[^"]*)"', answer.text) == []
        assert "<script" not in answer.text
        assert " style=" not in answer.text
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")

    def test_docstrings__are_escaped_and_their_code_marked(self, client: TestClient) -> None:
        page = client.get("/docs").text

        assert "Brews &lt;script&gt;one&lt;/script&gt;." in page
        assert "Newest last, <code>limit</code> at most." in page
        assert "Strong <code>&lt;b&gt;</code> words stay text." in page

    def test_parameters__say_where_they_go_and_what_they_take(self, client: TestClient) -> None:
        page = client.get("/docs").text

        assert "at least 1; at most 200; default 50" in page
        assert " in path</span>" in page
        assert "Address in EIP-55, or all lower-case." in page

    @pytest.mark.parametrize(
        ("schema", "words"),
        [
            ({"type": "array", "items": {"type": "string"}}, "list of string"),
            ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "string or null"),
            ({"enum": ["a", "<b>"]}, "<code>&quot;a&quot;</code> or <code>&quot;&lt;b&gt;&quot;</code>"),
            ({"const": "x"}, "<code>&quot;x&quot;</code>"),
            ({"$ref": "#/components/schemas/Brew"}, '<a href="#schema-Brew">Brew</a>'),
            ({"type": "object", "additionalProperties": {"type": "string"}}, "map of string"),
            ({"type": "string", "format": "date-time"}, "string (date-time)"),
            ({}, "any"),
        ],
    )
    def test_kind__of_a_schema__is_in_words(self, schema: dict[str, Any], words: str) -> None:
        assert kind(schema) == words

    def test_prose__paragraphs_and_code__are_all_it_knows(self) -> None:
        assert prose("One `x < y`\nline.\n\nTwo.") == "<p>One <code>x &lt; y</code> line.</p><p>Two.</p>"


class TestProblemPages:
    def test_every_code__has_a_page_that_says_what_it_means(self, client: TestClient) -> None:
        for code, row in problem_codes().items():
            answer = client.get(f"/problems/{code}")
            assert answer.status_code == 200
            assert code in answer.text
            assert row.meaning, code

    def test_type_of_a_problem__is_the_address_of_its_page(self, client: TestClient) -> None:
        problem = client.get("/nowhere").json()

        assert client.get(problem["type"]).status_code == 200

    def test_unknown_code__is_not_found(self, client: TestClient) -> None:
        answer = client.get("/problems/kettle.on_fire")

        assert (answer.status_code, answer.json()["code"]) == (404, "not_found.problem")

    def test_codes__of_tests_are_not_listed_and_families_give_the_status(self) -> None:
        class KettleOnFire(RuleViolated):
            code = "kettle.on_fire"

        codes = problem_codes()

        assert KettleOnFire.code not in codes
        assert (codes["auth.required"].status, codes["input.too_large"].status, codes["internal"].status) == (
            401,
            413,
            500,
        )
        assert "api.problem" not in codes
