"""The commands' client against the real sign-in routes."""

import httpx
import pytest

from backend.access.client import AnswerDiffers, ApiClient, ApiProblem, ServerUnreachable, read_as
from backend.kernel.clock import FixedClock
from backend.storage.database import Database
from tests.api.access_app import ALICE, ORIGIN, Note, a_client, an_app


class ThroughTestClient(httpx.BaseTransport):
    """Carries the client's requests into an app without a socket."""

    def __init__(self, database: Database, clock: FixedClock) -> None:
        self.inner = a_client(an_app(database, clock))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.inner.request(
            request.method, str(request.url), content=request.read(), headers=dict(request.headers)
        )
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


@pytest.fixture
def api(database: Database, clock: FixedClock) -> ApiClient:
    return ApiClient(ORIGIN, transport=ThroughTestClient(database, clock))


def test_client__signed_in__acts_as_the_account_until_signed_out(api: ApiClient) -> None:
    with api:
        api.sign_in(ALICE)
        assert api.get("/private") == {"account": ALICE.address}
        assert api.post("/private", {"amountGco2e": "9"})["amount"] == "9"

        api.sign_out()
        with pytest.raises(ApiProblem) as caught:
            api.get("/private")

    assert (caught.value.status, caught.value.problem_code) == (401, "auth.required")


def test_client__query_parameters__are_sent(api: ApiClient) -> None:
    with pytest.raises(ApiProblem) as caught:
        api.get("/nowhere", class_id=5)

    assert caught.value.problem["path"] == "/nowhere"


def test_client__an_answer_of_another_version__says_where_it_differs() -> None:
    with pytest.raises(AnswerDiffers, match="amountGco2e: Field required") as differs:
        read_as(Note, {"amount": "1"})
    assert differs.value.code == "api.answer_differs"


def test_client__an_answer_without_a_problem_document__is_still_an_error() -> None:
    gateway = httpx.MockTransport(lambda _: httpx.Response(502, text="<html>bad gateway</html>"))

    with pytest.raises(ApiProblem, match="HTTP 502"):
        ApiClient(ORIGIN, transport=gateway).get("/health")


def test_client__nobody_there__says_how_to_start_a_server() -> None:
    with pytest.raises(ServerUnreachable, match="scripts/run"):
        ApiClient("http://127.0.0.1:1").get("/health")
