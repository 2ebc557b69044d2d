"""A person's own credential over HTTP, and its papers at the terminal: whole, disclosed, tampered with."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlmodel import SQLModel
from typer.testing import CliRunner

from backend.access import signed_in
from backend.access.client import ApiClient
from backend.access.problems import install_problems
from backend.access.routes import router as access_router
from backend.access.site import Site
from backend.chain.keys import DevRole, dev_signer
from backend.cli import app as tanyu
from backend.issuance.credential import DATA_URL
from backend.issuance.credential_routes import router
from backend.issuance.routes import router as issuance
from backend.kernel.clock import FixedClock, SystemClock
from backend.kernel.digest import canonical_json
from backend.ledger.access_log import Role, accesses_of
from backend.ledger.document import disclose, document_of, verify
from backend.ledger.person import join, person_at
from backend.ledger.service import Statement, random_salt, statement_of
from backend.storage.database import Database
from tests.api.access_app import ORIGIN, bearer, token_for
from tests.api.ledger.test_person_commands import IntoApp
from tests.unit.issuance.world import AT, DEPLOYMENT, LAVISH, World
from tests.unit.ledger.erasing import erased
from tests.unit.ledger.people import member
from tests.web import TestClient

HOLDER, OPERATOR = dev_signer(11), dev_signer(DevRole.OPERATOR)
PATH = "/statements/2025/credential"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Three attested statements in a batch that two verifiers signed, and one that is only submitted."""
    database = Database.at(tmp_path_factory.mktemp("credentials") / "tanyu.db")
    SQLModel.metadata.create_all(database.writer)
    made = World(database)
    made.approved()
    made.household(LAVISH, 14)
    yield made
    database.close()


@pytest.fixture(scope="module")
def client(world: World) -> TestClient:
    app = FastAPI()
    app.state.database, app.state.deployment = world.database, DEPLOYMENT
    app.state.clock, app.state.site = FixedClock(SystemClock().now()), Site.local(8000)
    app.state.operator = OPERATOR
    for one in (access_router, router, issuance):
        app.include_router(one)
    install_problems(app)
    return TestClient(app, base_url=ORIGIN, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def statement(world: World) -> Statement:
    with world.database.read() as session:
        found = statement_of(session, person_at(session, HOLDER.address).person_id, 2025)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def texts(client: TestClient, statement: Statement) -> dict[str, str]:
    return {
        "document": statement.document,
        "disclosure": disclose(verify(statement.document), ["creditGco2e", "account"]),
        "credential": json.dumps(get(client, PATH)),
        "claim": json.dumps(get(client, "/statements/2025/claim")),
    }


def get(client: TestClient, path: str) -> Any:
    return client.get(path, headers=bearer(token_for(client, HOLDER))).json()


def test_guardian__asking_for_its_ward__is_noted_before_it_is_answered(client: TestClient, world: World) -> None:
    child = dev_signer(50)
    with world.database.write() as session:
        ward = join(
            session, world.books, address=child.address, region="US-CA", identity="child",
            joined_on=date(2025, 1, 1), at=AT, born_on=date(2020, 1, 1), guardian=HOLDER.address,
        )  # fmt: skip
    assert get(client, f"{PATH}?ward={child.address}")["code"] == "statement.unknown"
    with world.database.read() as session:
        (noted,) = accesses_of(session, ward.person_id)
    assert (noted.role, noted.reader) == (Role.GUARDIAN, HOLDER.address)
    assert noted.what == "GET /statements/{vintage}/credential"


def test_erased__has_no_credential_any_more(client: TestClient, world: World) -> None:
    gone = dev_signer(51)
    with world.database.write() as session:
        person = member(session, world.books, 51)
    erased(world.database, world.books, person, 51)
    answer = client.get(PATH, headers=bearer(token_for(client, gone)))
    assert (answer.status_code, answer.json()["code"]) == (410, "account.erased")


def told(*arguments: str) -> tuple[int, Any]:
    result = CliRunner().invoke(tanyu, ["statement", "verify", *arguments, "--json"])
    return result.exit_code, json.loads(result.stdout)


def test_credential__of_the_signed_in_holder__is_an_enveloped_vc_jwt(client: TestClient) -> None:
    found = get(client, PATH)
    assert found["@context"] == "https://www.w3.org/ns/credentials/v2"
    assert found["type"] == "EnvelopedVerifiableCredential"
    assert found["id"].startswith(DATA_URL + "ey")


@pytest.mark.parametrize(
    ("number", "path", "expected"),
    [
        (14, PATH, (404, "attestation.unknown")),
        (11, "/statements/2024/credential", (404, "statement.unknown")),
        (11, "/statements/1999/credential", (422, "input.invalid")),
        (11, f"{PATH}?subject=friend", (422, "input.invalid")),
        (11, f"{PATH}?audience={'a' * 201}", (422, "input.invalid")),
        (60, PATH, (404, "account.unknown")),
    ],
)
def test_bad_request__signed_in__has_its_code(
    client: TestClient, number: int, path: str, expected: tuple[int, str]
) -> None:
    answer = client.get(path, headers=bearer(token_for(client, dev_signer(number))))
    assert (answer.status_code, answer.json()["code"]) == expected


def test_credential__nobody_signed_in__is_refused(client: TestClient) -> None:
    assert client.get(PATH).status_code == 401


class TestTerminal:
    """`tanyu statement verify` over the files a person has."""

    @pytest.fixture
    def files(self, texts: dict[str, str], tmp_path: Path) -> dict[str, str]:
        for name, text in texts.items():
            (tmp_path / name).write_text(text)
        return {name: str(tmp_path / name) for name in texts}

    def test_all_papers_of_one_statement__hold_and_agree(self, files: dict[str, str], statement: Statement) -> None:
        code, found = told(*files.values(), "--issuer", OPERATOR.address)
        assert (code, found["findings"], found["chain"]) == (0, [], None)
        assert [paper["kind"] for paper in found["papers"]] == list(files)
        assert {paper["digest"] for paper in found["papers"]} == {"0x" + statement.digest.hex()}
        assert found["papers"][0]["recomputed"] == "every field"
        assert found["papers"][2]["issuerAddress"] == OPERATOR.address
        assert found["papers"][2]["subject"].startswith("urn:uuid:")

    def test_subject__by_account__is_the_address_at_a_chain(self, client: TestClient, files: dict[str, str]) -> None:
        path = Path(files["credential"])
        path.write_text(json.dumps(get(client, f"{PATH}?subject=account")))
        assert told(str(path))[1]["papers"][0]["subject"] == f"did:pkh:eip155:31337:{HOLDER.address}"

    def test_issuer__another_than_asked_for__is_refused(self, files: dict[str, str]) -> None:
        code, problem = told(files["credential"], "--issuer", HOLDER.address)
        assert (code, problem["code"]) == (1, "credential.issuer_unexpected")

    def test_forged_line_in_a_document_that_is_whole__is_named(self, files: dict[str, str], tmp_path: Path) -> None:
        """Who makes a document anew has every salt right; its lines are computed again, and its digest is another."""
        values: dict[str, Any] = json.loads(canonical_json(verify(Path(files["document"]).read_text()).values))
        grams = int(values["line.0002"]["gco2e"])
        values["line.0002"]["gco2e"] = str(grams - 1)
        forged = tmp_path / "forged"
        forged.write_text(document_of(values, random_salt).text())

        code, found = told(str(forged), files["credential"])

        assert code == 1
        first, second = found["findings"]
        assert (first["code"], first["field"]) == ("line.miscomputed", "line.0002.gco2e")
        assert first["sentence"] == f"line.0002.gco2e says {grams - 1}, worked out again {grams}"
        assert (second["code"], second["field"]) == ("papers.disagree", "the digest of the credential")

    @pytest.mark.parametrize(
        ("name", "change", "code"),
        [
            ("document", lambda paper: paper["fields"][3].update(value="1"), "document.tampered"),
            ("document", lambda paper: paper["fields"].pop(), "document.tampered"),
            ("disclosure", lambda paper: paper["fields"][1].update(value="990000"), "document.tampered"),
            ("claim", lambda paper: paper["leaf"].update(amountGco2e="990000"), "claim.unproven"),
            ("claim", lambda paper: paper.update(schema="tanyu.claim/2"), "document.malformed"),
            ("credential", lambda paper: paper.update(id=paper["id"][:-8] + "AAAAAAAA"), "credential.forged"),
        ],
    )
    def test_tampered_file__is_refused_by_its_code(
        self, files: dict[str, str], name: str, change: Callable[[dict[str, Any]], object], code: str
    ) -> None:
        path = Path(files[name])
        paper = json.loads(path.read_text())
        change(paper)
        path.write_text(json.dumps(paper))
        assert told(str(path))[1]["code"] == code

    def test_salt_cut_short__is_refused(self, files: dict[str, str]) -> None:
        path = Path(files["document"])
        loaded = json.loads(path.read_text())
        loaded["fields"][0]["salt"] = loaded["fields"][0]["salt"][:32]
        path.write_text(json.dumps(loaded))
        assert told(str(path))[1]["code"] == "document.malformed"

    def test_disclose__from_a_document__is_a_file_that_proves_itself(
        self, files: dict[str, str], tmp_path: Path
    ) -> None:
        shown = CliRunner().invoke(tanyu, ["statement", "verify", files["document"], "--disclose", "boundGco2e"])
        part = tmp_path / "part"
        part.write_text(shown.stdout)
        code, found = told(str(part), files["credential"])
        assert (code, found["findings"]) == (0, [])
        assert set(found["papers"][0]) == {"kind", "digest", "boundGco2e"}

    def test_factors_and_policy__given_as_files__are_used(self, files: dict[str, str], world: World) -> None:
        factors, policy = Path(files["document"] + ".factors"), Path(files["document"] + ".policy")
        factors.write_bytes(canonical_json(world.books.factors_for(2025).content()))
        policy.write_text(json.dumps(dict(world.books.policies.policy("us-ca-home-electricity-2025").source)))
        code, found = told(files["document"], "--factors", str(factors), "--policy", str(policy))
        assert (code, found["findings"]) == (0, [])


def test_me_credential__prints_the_file(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(client.app, FastAPI)
    monkeypatch.setattr(signed_in, "ApiClient", partial(ApiClient, transport=IntoApp(client.app)))
    wanted = ["me", "--dev", "11", "credential", "2025", "--audience", "a bank", "--json"]

    result = CliRunner().invoke(tanyu, wanted)

    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["type"] == "EnvelopedVerifiableCredential"
