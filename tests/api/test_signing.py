"""`GET /signing/{contract}` and `tanyu words`: what is signed, in words, of the deployment and the classes served."""

import json
from dataclasses import replace
from functools import partial
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from backend import cli
from backend.access.client import ApiClient
from backend.api.app import create_app
from backend.api.signing import signing_of
from backend.chain.artifacts import CONTRACT_NAMES
from backend.chain.class_id import pack
from backend.chain.clear_signing import CLEAR_SIGNING, described
from backend.chain.deployment import Deployment
from backend.kernel.clock import FixedClock
from backend.link.tables import CreditClassTotals
from backend.storage.database import Database
from tests.api.access_app import a_client
from tests.web import TestClient

SCHEMA = Draft202012Validator(json.loads(CLEAR_SIGNING.joinpath("schema.json").read_text()))
US_CA = pack("US-CA", 2025, "SIM")
DEPLOYMENT = Deployment(
    chain_id=31_337,
    genesis_hash="0x" + "11" * 32,
    block_number=1,
    addresses={name: "0x" + f"{index:02x}" * 20 for index, name in enumerate(CONTRACT_NAMES, 16)},
    abi_digests={},
)


@pytest.fixture
def client(database: Database, clock: FixedClock) -> TestClient:
    with database.write() as session:
        session.add(CreditClassTotals(class_id=US_CA, cap_gco2e=10**9, buffer_rate_bps=500))
    return a_client(create_app({"database": database, "clock": clock, "deployment": DEPLOYMENT}, [], {}))


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("contract", described())
def test_words__of_each_contract__are_a_descriptor_of_this_deployment(
    client: TestClient, contract: str, lang: str
) -> None:
    found = client.get(f"/signing/{contract}", params={"lang": lang}).json()

    SCHEMA.validate(found)
    where = [{"chainId": 31_337, "address": DEPLOYMENT.address(contract)}]
    assert found["context"]["eip712"]["deployments"] == where
    assert found["metadata"]["enums"]["creditClass"] == {str(US_CA): "US-CA/2025/SIM"}


def test_words__language__asked_for_or_the_readers(client: TestClient) -> None:
    def heading(**request: Any) -> str:
        formats = client.get("/signing/Exchange", **request).json()["display"]["formats"]
        return str(next(shown["intent"] for key, shown in formats.items() if key.startswith("Order(")))

    assert heading() == "Place an order"
    assert heading(params={"lang": "zh"}) == heading(headers={"Accept-Language": "zh-CN"}) == "下单"


def test_words__of_no_contract_of_ours__is_not_found_and_says_which_there_are(client: TestClient) -> None:
    answer = client.get("/signing/Anchors")

    assert answer.status_code == 404
    problem = answer.json()
    assert problem["code"] == "not_found.descriptor"
    assert problem["expected"] == ["CarbonCredit", "Charity", "Exchange", "Issuance", "RetirementReceipts"]


def test_signing__a_deployment_without_a_later_contract__leaves_its_messages_out(
    database: Database, clock: FixedClock
) -> None:
    addresses = {name: address for name, address in DEPLOYMENT.addresses.items() if name != "RetirementReceipts"}
    old = replace(DEPLOYMENT, addresses=addresses)
    client = a_client(create_app({"database": database, "clock": clock, "deployment": old}, [], {}))

    def told(found: dict[str, Any]) -> set[str]:
        return {message["primaryType"] for message in found["messages"]}

    whole, less = signing_of(DEPLOYMENT).model_dump(by_alias=True), client.get("/signing").json()
    assert told(whole) - told(less) == {"RetirementReceipt"}
    assert "RetirementReceipts" not in less["contracts"]
    refused = client.get("/signing/RetirementReceipts")
    assert (refused.status_code, refused.json()["code"]) == (404, "deployment.contract_absent")
    assert refused.json()["contract"] == "RetirementReceipts"


def test_words_command__for_people_and_for_wallets(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    class IntoApp(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            answer = client.request(request.method, request.url.raw_path.decode())
            return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    monkeypatch.setattr(cli, "ApiClient", partial(ApiClient, transport=IntoApp()))
    runner = CliRunner()

    shown = runner.invoke(cli.app, ["words", "Exchange", "--lang", "zh"])
    raw = runner.invoke(cli.app, ["words", "Exchange", "--json"])

    assert shown.exit_code == raw.exit_code == 0, shown.output + raw.output
    assert "撤销订单" in shown.stdout
    assert "订单编号: {number}" in shown.stdout
    assert json.loads(raw.stdout) == client.get("/signing/Exchange").json()
    assert runner.invoke(cli.app, ["words", "Anchors", "--json"]).exit_code != 0
