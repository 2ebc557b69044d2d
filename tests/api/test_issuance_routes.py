"""Batches and claim files over HTTP: what the public sees, what only the holder gets, and bad requests by code."""

import json
import stat
from functools import partial
from pathlib import Path

import pytest
from fastapi import FastAPI
from typer.testing import CliRunner

from backend.access import signed_in
from backend.access.client import ApiClient
from backend.access.problems import install_problems
from backend.access.routes import router as access_router
from backend.access.site import Site
from backend.chain.keys import dev_signer
from backend.chain.merkle import claim_leaf, verify
from backend.issuance.routes import router
from backend.issuance.statement_commands import me
from backend.kernel.clock import FixedClock
from backend.kernel.digest import to_hex
from backend.ledger.service import Statement
from backend.storage.database import Database
from tests.api.access_app import ORIGIN, bearer, token_for
from tests.api.ledger.test_person_commands import IntoApp
from tests.unit.issuance.world import AT, CLASS_ID, DEPLOYMENT, LAVISH, VERIFIERS, World
from tests.web import TestClient

HOLDER, NEUTRAL, OWING = dev_signer(11), dev_signer(12), dev_signer(13)


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


@pytest.fixture
def client(world: World) -> TestClient:
    app = FastAPI()
    app.state.database = world.database
    app.state.clock = FixedClock(AT)
    app.state.site = Site.local(8000)
    app.state.deployment = DEPLOYMENT
    app.include_router(access_router)
    app.include_router(router)
    install_problems(app)
    return TestClient(app, base_url=ORIGIN, raise_server_exceptions=False)


@pytest.fixture
def statements(world: World) -> list[Statement]:
    return world.three_attested()


def test_batches__none_yet__is_an_empty_list(client: TestClient) -> None:
    assert client.get("/batches").json() == []


def test_batch__approved__shows_totals_and_who_signed(
    client: TestClient, world: World, statements: list[Statement]
) -> None:
    batch = world.approve(world.plan().root)
    totals = batch.totals

    shown = client.get(f"/batches/{to_hex(batch.root)}")

    assert shown.status_code == 200
    assert shown.json() == {
        "id": 1,
        "root": to_hex(batch.root),
        "state": "approved",
        "classId": str(CLASS_ID),
        "creditClass": "US-CA/2025/SIM",
        "people": 3,
        "budgetsGco2e": str(sum(one.budget_gco2e for one in statements)),
        "footprintsGco2e": str(sum(one.footprint_gco2e for one in statements)),
        "surplusesGco2e": str(totals.surpluses_gco2e),
        "deficitsGco2e": str(sum(one.deficit_gco2e for one in statements)),
        "policy": "us-ca-home-electricity-2025",
        "policyDigest": to_hex(statements[0].policy_digest),
        "factorsDigest": to_hex(statements[0].factors_digest),
        "deadline": "2026-02-14T12:00:00Z",
        "plannedAt": "2026-01-15T12:00:00.400000Z",
        "verifiers": sorted((one.address for one in VERIFIERS[:2]), key=lambda address: int(address, 16)),
        "threshold": 2,
        "claims": 1,
        "minted": 0,
        "suspended": False,
        "anchoredAt": None,
        "txHash": None,
    }
    assert client.get("/batches").json() == [shown.json()]
    assert client.get("/batches", params={"after": 1}).json() == []


def test_batch__anchored_minted_and_suspended__says_so(
    client: TestClient, world: World, statements: list[Statement]
) -> None:
    batch = world.approve(world.plan().root)
    world.anchor_event(batch)
    world.mint_event(batch, statements[0])
    world.event("CarbonCredit", "RootSuspended", root=batch.root, suspended=True)

    shown = client.get(f"/batches/{to_hex(batch.root)}").json()

    assert (shown["state"], shown["minted"], shown["suspended"]) == ("anchored", 1, True)
    assert shown["anchoredAt"] is not None
    assert len(shown["txHash"]) == 66


def test_batches__nothing_personal__is_in_them(client: TestClient, world: World, statements: list[Statement]) -> None:
    world.approve(world.plan().root)
    text = client.get("/batches").text.lower()
    for statement in statements:
        assert statement.account.lower() not in text
        assert statement.digest.hex() not in text
        assert statement.nullifier.hex() not in text


def test_claim_file__of_the_signed_in_holder__leads_to_the_root(
    client: TestClient, world: World, statements: list[Statement]
) -> None:
    batch = world.approve(world.plan().root)

    answer = client.get("/statements/2025/claim", headers=bearer(token_for(client, HOLDER)))

    assert answer.status_code == 200
    found = answer.json()
    leaf = found["leaf"]
    assert leaf == {
        "account": HOLDER.address,
        "classId": str(CLASS_ID),
        "amountGco2e": str(statements[0].credit_gco2e),
        "statementDigest": to_hex(statements[0].digest),
        "nullifier": to_hex(statements[0].nullifier),
    }
    hashed = claim_leaf(
        HOLDER.address, CLASS_ID, statements[0].credit_gco2e, statements[0].digest, statements[0].nullifier
    )
    assert verify(batch.root, hashed, [bytes.fromhex(one[2:]) for one in found["proof"]])
    assert (found["schema"], found["state"], found["chainId"]) == ("tanyu.claim/1", "open", 31337)
    assert found["issuance"] == DEPLOYMENT.address("Issuance")


@pytest.mark.usefixtures("statements")
def test_claim_file__at_the_terminal__is_saved_once_and_for_its_holder_alone(
    client: TestClient, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(client.app, FastAPI)
    monkeypatch.setattr(signed_in, "ApiClient", partial(ApiClient, transport=IntoApp(client.app)))
    file = tmp_path / "claim.json"
    early = CliRunner().invoke(me, ["claim", "2025", str(file), "--dev", "11", "--json"])
    assert json.loads(early.stdout)["code"] == "claim.unknown"
    assert not file.exists()
    world.approve(world.plan().root)

    told = CliRunner().invoke(me, ["claim", "2025", str(file), "--dev", "11", "--json"])
    again = CliRunner().invoke(me, ["claim", "2025", str(file), "--dev", "11", "--json"])

    assert told.exit_code == 0, told.output
    assert json.loads(file.read_text())["leaf"]["account"] == HOLDER.address
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (again.exit_code, json.loads(again.stdout)["code"]) == (2, "file.unusable")


def test_claim_file__of_somebody_who_owes__proves_the_place_and_mints_nothing(
    client: TestClient, world: World, statements: list[Statement]
) -> None:
    assert statements[2].account == OWING.address
    world.plan()
    found = client.get("/statements/2025/claim", headers=bearer(token_for(client, OWING))).json()
    assert (found["state"], found["leaf"]["amountGco2e"]) == ("nothing to mint", "0")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"/batches/0x{'07' * 32}", 404, "batch.unknown"),
        ("/batches/0x07", 422, "input.invalid"),
        ("/batches/root", 422, "input.invalid"),
        ("/batches?limit=0", 422, "input.invalid"),
        ("/batches?after=-1", 422, "input.invalid"),
        ("/statements/2025/claim", 401, "auth.required"),
    ],
)
def test_bad_request__nobody_signed_in__has_its_code(client: TestClient, path: str, status: int, code: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.usefixtures("statements")
@pytest.mark.parametrize(
    ("number", "path", "expected"),
    [
        (14, "/statements/2025/claim", (404, "claim.unknown")),
        (11, "/statements/2024/claim", (404, "statement.unknown")),
        (11, "/statements/1999/claim", (422, "input.invalid")),
        (60, "/statements/2025/claim", (404, "account.unknown")),
        (11, f"/statements/2025/claim?ward={NEUTRAL.address}", (404, "account.ward_unknown")),
    ],
)
def test_bad_request__signed_in__has_its_code(
    client: TestClient, world: World, number: int, path: str, expected: tuple[int, str]
) -> None:
    world.plan()
    world.household(LAVISH, 14)
    answer = client.get(path, headers=bearer(token_for(client, dev_signer(number))))
    assert (answer.status_code, answer.json()["code"]) == expected
