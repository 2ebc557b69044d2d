"""Verification over HTTP: who is shown what, what is taken from whom, and what everybody can see."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from backend.access.problems import install_problems
from backend.access.routes import router as access_router
from backend.access.site import Site
from backend.chain.keys import DevRole, Signer, dev_signer, personal_sign
from backend.footprint.kind import Grade
from backend.issuance.accreditation import grant_text
from backend.issuance.attestation import sign_attestation
from backend.issuance.draw import commitment_of, commitment_text
from backend.issuance.draw_record import wrong_with
from backend.issuance.drawing import advance
from backend.issuance.plausibility import shipped_thresholds
from backend.issuance.routes import router
from backend.issuance.task import queue_of
from backend.issuance.verifier_check import batch_signature, secret_of
from backend.kernel.clock import FixedClock, iso, unix_s
from backend.kernel.digest import to_hex
from backend.ledger.privacy_routes import router as privacy_router
from backend.ledger.record import activities_of
from backend.ledger.service import Statement
from backend.storage.database import Database
from tests.api.access_app import ORIGIN
from tests.api.ledger.callers import Caller, problem
from tests.unit.issuance.drawing import RULES, all_drawn, found, opened
from tests.unit.issuance.world import AT, DEPLOYMENT, STRANGER, THRIFTY, VERIFIERS, World
from tests.unit.ledger.people import at_home, keep, power
from tests.web import TestClient

HOLDER, REGISTRAR = dev_signer(11), dev_signer(DevRole.REGISTRAR)
DOMAIN = DEPLOYMENT.domain("Issuance")


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(AT)


@pytest.fixture
def client(world: World, clock: FixedClock) -> TestClient:
    app = FastAPI()
    state = {
        "database": world.database,
        "clock": clock,
        "site": Site.local(8000),
        "deployment": DEPLOYMENT,
        "books": world.books,
        "is_registrar": lambda address: address == REGISTRAR.address,
    }
    for name, value in state.items():
        setattr(app.state, name, value)
    app.include_router(access_router)
    app.include_router(router)
    app.include_router(privacy_router)
    install_problems(app)
    return TestClient(app, base_url=ORIGIN, raise_server_exceptions=False)


@pytest.fixture
def submitted(world: World) -> Statement:
    return world.household(THRIFTY, 11)[0]


def path_of(statement: Statement) -> str:
    return f"/verification/statements/{to_hex(statement.digest)}"


def attestation(statement: Statement, verifier: Signer, **changed: Any) -> dict[str, Any]:
    version = shipped_thresholds().version
    made = sign_attestation(statement, DOMAIN, verifier, rule_version=version, accepted=[], at=AT)
    return {
        "ruleVersion": version,
        "attestedAt": str(unix_s(made.attested_at)),
        "accepted": [],
        "signature": to_hex(made.signature),
    } | changed


def test_queue_and_case__are_the_assigned_verifiers_alone(
    client: TestClient, world: World, submitted: Statement
) -> None:
    own = world.attester(submitted)
    for verifier in VERIFIERS:
        caller = Caller(client, verifier)
        queue = caller.get("/verification/queue").json()
        case = caller.get(path_of(submitted))
        if verifier == own:
            assert [task["statement"] for task in queue] == [to_hex(submitted.digest)]
            assert (queue[0]["work"], queue[0]["creditClass"]) == ("attest", "US-CA/2025/SIM")
            assert case.json()["findings"] == []
            assert len(case.json()["evidence"]) == 12
            assert case.json()["document"]["digest"] == to_hex(submitted.digest)
        else:
            assert queue == []
            assert problem(case) == (403, "verifier.not_assigned")
    assert problem(Caller(client, STRANGER).get("/verification/queue")) == (403, "verifier.unaccredited")
    assert problem(Caller(client, HOLDER).get(path_of(submitted))) == (403, "verifier.unaccredited")
    assert client.get(path_of(submitted)).status_code == 401
    assert problem(Caller(client, own).get("/verification/statements/0x" + "11" * 32)) == (404, "statement.unknown")


def seen_of(client: TestClient, number: int) -> list[tuple[str, str, str, str]]:
    """What a person's access log says."""
    found = Caller(client, dev_signer(number)).get("/accounts/me/access-log").json()["accesses"]
    return [(one["role"], one["reader"], one["what"], one["why"]) for one in found]


def test_access_log__of_who_is_shown__says_which_verifier_saw_what_and_why(client: TestClient, world: World) -> None:
    entered, shares = world.household(THRIFTY, 11, 12)
    readers = {one: world.attester(one).address for one in (entered, shares)}
    for statement in readers:
        for signer in (*VERIFIERS, STRANGER, HOLDER):
            Caller(client, signer).get(path_of(statement))
    attested = ("verifier", readers[shares], "statement 2025", "verification: attest")
    assert seen_of(client, 12) == [attested], "the others were refused and are not in it"
    assert seen_of(client, 11) == [
        ("verifier", readers[entered], "statement 2025", "verification: attest"),
        ("verifier", readers[shares], "documents of what is shared 2025", "verification: attest"),
    ]
    world.attest(entered, shares, *world.household("70", 13))
    root = to_hex(world.plan().root)
    assert Caller(client, VERIFIERS[0]).get(f"/verification/batches/{root}").status_code == 200
    batched = ("verifier", VERIFIERS[0].address, "batched fields 2025", f"verification: batch {root}")
    assert seen_of(client, 13) == [batched]
    assert seen_of(client, 12) == [attested, batched]


def test_refusal__of_an_attestation__tells_nothing_and_notes_nothing(client: TestClient, world: World) -> None:
    world.household(THRIFTY, 11)
    world._shape = 0
    (copy,) = world.household(THRIFTY, 12)
    verifier = world.attester(copy)
    answer = Caller(client, verifier).post(f"{path_of(copy)}/attestation", attestation(copy, verifier))
    assert problem(answer) == (422, "statement.implausible")
    assert answer.json()["rules"] == ["similar_curve"]
    assert "bps" not in answer.text
    assert "0x" not in answer.text
    assert seen_of(client, 12) == []


def test_attestation__signed_elsewhere__is_taken_once(client: TestClient, world: World, submitted: Statement) -> None:
    verifier = world.attester(submitted)
    caller, path = Caller(client, verifier), f"{path_of(submitted)}/attestation"
    answer = caller.post(path, attestation(submitted, verifier))
    assert answer.status_code == 201, answer.text
    assert answer.json()["verifier"] == verifier.address
    assert world.again(submitted).state == "attested"
    assert problem(caller.post(path, attestation(submitted, verifier))) == (409, "statement.state_wrong")
    assert caller.get("/verification/queue").json() == []


def test_attestation__by_another_key_rules_or_time__is_refused(
    client: TestClient, world: World, submitted: Statement
) -> None:
    verifier = world.attester(submitted)
    caller, path = Caller(client, verifier), f"{path_of(submitted)}/attestation"
    late = str(unix_s(AT + timedelta(hours=1)))
    for body in (
        attestation(submitted, STRANGER),
        attestation(submitted, verifier, ruleVersion="tanyu-plausibility/0"),
        attestation(submitted, verifier, attestedAt=late),
        attestation(submitted, verifier, attestedAt="9" * 70),
    ):
        assert problem(caller.post(path, body)) == (422, "attestation.unfit")
    others = [one for one in VERIFIERS if one != verifier]
    for other in others:
        answer = Caller(client, other).post(path, attestation(submitted, other))
        assert problem(answer) == (403, "verifier.not_assigned")
    assert world.again(submitted).state == "submitted"


def test_question_return_and_appeal__go_to_the_person_and_back(
    client: TestClient, world: World, submitted: Statement, clock: FixedClock
) -> None:
    verifier, person = Caller(client, world.attester(submitted)), Caller(client, HOLDER)
    asked = verifier.post(f"{path_of(submitted)}/questions", {"words": "Who lived there in July?"})
    assert asked.status_code == 201
    (question,) = person.get("/statements/2025/questions").json()
    answered = person.post(f"/statements/2025/questions/{question['id']}/answer", {"words": "Nobody"})
    assert answered.json()["answer"] == "Nobody"
    again = person.post(f"/statements/2025/questions/{question['id']}/answer", {"words": "Me"})
    assert problem(again) == (409, "verification.question_answered")
    unknown = person.post("/statements/2025/questions/99/answer", {"words": "Me"})
    assert problem(unknown) == (404, "verification.question_unknown")
    assert verifier.get(path_of(submitted)).json()["questions"][0]["answer"] == "Nobody"
    assert problem(verifier.post(f"{path_of(submitted)}/questions", {"words": " "})) == (
        422,
        "verification.words_missing",
    )
    assert problem(person.post("/statements/2025/appeal", {"words": "no"})) == (422, "appeal.groundless")

    sent_back = verifier.post(f"{path_of(submitted)}/return", {"reasons": ["no July"]})
    assert sent_back.json()["state"] == "returned"
    appeal = person.post("/statements/2025/appeal", {"words": "July is there"})
    assert (appeal.status_code, appeal.json()["against"]) == (201, "return")
    assert problem(person.post("/statements/2025/appeal", {"words": "again"})) == (409, "appeal.exists")
    number = appeal.json()["id"]
    with world.database.read() as session:
        judge = next(one for one in VERIFIERS if queue_of(session, one.address, AT, limit=5))
    assert judge.address != verifier.signer.address
    clock.at = AT + timedelta(days=1)
    deciding = Caller(client, judge)
    assert deciding.get(path_of(submitted)).json()["appealWords"] == "July is there"
    path = f"/verification/appeals/{number}/decision"
    decided = deciding.post(path, {"granted": True, "reasons": "it is"})
    assert decided.json()["state"] == "granted"
    assert problem(deciding.post(path, {"granted": True, "reasons": "it is"})) == (404, "appeal.unknown")
    person.renew()
    assert [one["outcome"] for one in person.get("/appeals").json()] == ["granted"]
    assert world.again(submitted).state == "submitted"


def test_batch__signed_elsewhere__is_approved_by_two(client: TestClient, world: World) -> None:
    world.three_attested()
    root = world.plan().root
    path = f"/verification/batches/{to_hex(root)}"
    assert problem(Caller(client, STRANGER).get(path)) == (403, "verifier.unaccredited")
    for verifier, state in zip(VERIFIERS[:2], ("planned", "approved"), strict=True):
        caller = Caller(client, verifier)
        signature = batch_signature(
            caller.get(path).json(), DOMAIN, verifier, root=root, attesters={one.address for one in VERIFIERS}, now=AT
        )
        forged = Caller(client, VERIFIERS[2]).post(f"{path}/approval", {"signature": to_hex(signature)})
        assert problem(forged) == (422, "batch.approval_unfit")
        answer = caller.post(f"{path}/approval", {"signature": to_hex(signature)})
        assert (answer.status_code, answer.json()["state"]) == (201, state)
    world.anchor_event(world.approve(root, *VERIFIERS[:2]))
    assert problem(Caller(client, VERIFIERS[2]).get(path)) == (409, "batch.state_wrong")


def test_batch__with_a_household_statement_of_the_verifier__is_not_shown_to_it(
    client: TestClient, world: World
) -> None:
    statements = world.household(THRIFTY, int(DevRole.VERIFIER_A), 11)
    world.attest(*statements, *world.household("70", 12))
    path = f"/verification/batches/{to_hex(world.plan().root)}"
    assert problem(Caller(client, VERIFIERS[0]).get(path)) == (403, "verifier.interested")
    assert seen_of(client, 12) == [], "nothing of the batch was shown"
    assert Caller(client, VERIFIERS[1]).get(path).status_code == 200


def test_draw__from_list_to_finding__is_public_and_names_nobody(
    client: TestClient, world: World, clock: FixedClock
) -> None:
    statements = world.three_attested()
    listed = opened(world)
    day = listed.document()["day"]
    for verifier in VERIFIERS:
        secret = secret_of(listed, verifier)
        commitment = commitment_of(listed.digest, verifier.address, secret)
        body = {
            "commitment": to_hex(commitment),
            "signature": to_hex(personal_sign(verifier, commitment_text(listed, verifier.address, commitment))),
        }
        assert Caller(client, verifier).post(f"/verification/draws/{day}/commitment", body).status_code == 201
    clock.at = AT + RULES.block_after + timedelta(minutes=1)
    early = Caller(client, VERIFIERS[0])
    told = early.post(f"/verification/draws/{day}/reveal", {"secret": to_hex(secret_of(listed, VERIFIERS[0]))})
    assert problem(told) == (409, "draw.not_now")
    advance(world.database, found, clock.at)
    for verifier in VERIFIERS:
        secret = secret_of(listed, verifier)
        answer = Caller(client, verifier).post(f"/verification/draws/{day}/reveal", {"secret": to_hex(secret)})
        assert answer.status_code == 200, answer.text
    record = client.get(f"/verification/draws/{day}").json()
    assert wrong_with(record) == []
    (summary,) = client.get("/verification/draws").json()
    assert (summary["listed"], summary["committed"], summary["revealed"]) == (3, 3, 3)
    assert (summary["seed"], summary["drawn"], summary["decided"]) == (record["seed"], len(record["drawn"]), 0)
    assert problem(client.get("/verification/draws/2020-01-01")) == (404, "draw.unknown")
    text = client.get(f"/verification/draws/{day}").text.lower()
    for statement in statements:
        assert statement.account.lower() not in text
        assert statement.nullifier.hex() not in text


def test_reaudit__overstated__is_told_to_the_person_and_to_the_registrar(
    client: TestClient, world: World, clock: FixedClock
) -> None:
    earning = world.three_attested()[0]
    all_drawn(world)
    batch = world.approve(world.plan().root)
    world.anchor_event(batch)
    world.mint_event(batch, world.again(earning))
    clock.at = AT + RULES.block_after + timedelta(hours=1)
    callers = [Caller(client, verifier) for verifier in VERIFIERS]
    own = next(one for one in callers if one.get(path_of(earning)).status_code == 200)
    body = {"outcome": "overstated", "amountGco2e": "1000", "reasons": "a second meter"}
    assert own.post(f"{path_of(earning)}/reaudit", body).json()["state"] == "overstated"
    assert problem(own.post(f"{path_of(earning)}/reaudit", body)) == (403, "verifier.not_assigned")
    (told,) = Caller(client, HOLDER).get("/corrections").json()
    assert (told["kind"], told["amountGco2e"], told["reason"]) == ("debt", "1000", "a second meter")
    (due,) = client.get("/verification/reversals").json()
    assert due == {
        "reference": told["reference"],
        "classId": str(earning.class_id),
        "creditClass": "US-CA/2025/SIM",
        "amountGco2e": "1000",
        "recorded": False,
    }


def test_accreditations__are_public_and_a_registrar_sets_their_end(client: TestClient) -> None:
    verifier, until = VERIFIERS[0].address, AT + timedelta(days=30)
    own = REGISTRAR.address
    text = grant_text(DEPLOYMENT, verifier=verifier, granted_by=own, granted_at=AT, until=until)
    body = {
        "verifier": verifier,
        "grantedBy": own,
        "grantedAt": iso(AT),
        "until": iso(until),
        "signature": to_hex(personal_sign(REGISTRAR, text)),
    }
    forged = body | {"signature": to_hex(personal_sign(STRANGER, text))}
    assert problem(client.post("/verification/accreditations", json=forged)) == (401, "signed_text.signer_wrong")
    assert client.post("/verification/accreditations", json=body).status_code == 201
    shown = {one["verifier"]: one for one in client.get("/verification/accreditations").json()}
    assert set(shown) == {one.address for one in VERIFIERS}
    assert (shown[verifier]["grantedBy"], shown[verifier]["serves"]) == (own, True)
    assert shown[VERIFIERS[1].address]["grantedBy"] is None


def test_inspection__asked_by_the_person__makes_documented_activities_earn(
    client: TestClient, world: World, clock: FixedClock
) -> None:
    clock.at = AT
    with world.database.write() as session:
        home, (person,) = at_home(session, world.books, 11)
        kept = [keep(session, world.books, person, power(month, "60", Grade.S), home) for month in (1, 2, 3)]
    asking = Caller(client, HOLDER)
    asked = asking.post("/statements/2025/inspection")
    assert asked.status_code == 201
    assert problem(asking.post("/statements/2025/inspection")) == (409, "inspection.exists")
    assert asking.get("/statements/2025/inspections").json() == [asked.json()]
    path = f"/verification/inspections/{asked.json()['id']}"
    callers = [Caller(client, verifier) for verifier in VERIFIERS]
    own = next(one for one in callers if one.get("/verification/inspections").json())
    assert [one.get(path).status_code for one in callers].count(200) == 1
    assert [one["grade"] for one in own.get(path).json()] == ["S", "S", "S"]
    other = next(one for one in callers if one is not own)
    body = {"documented": kept[:2], "words": "the utility's bills of January and February"}
    assert problem(other.post(f"{path}/decision", body)) == (404, "inspection.unknown")
    assert problem(own.post(f"{path}/decision", body | {"documented": [999]})) == (404, "activity.unknown")
    assert own.post(f"{path}/decision", body).json()["inspected"] == 2
    (told,) = asking.get("/statements/2025/inspections").json()
    assert (told["inspected"], told["words"]) == (2, body["words"])
    assert told["decidedAt"] is not None
    assert problem(own.post(f"{path}/decision", body)) == (404, "inspection.unknown")
    assert seen_of(client, 11) == [("verifier", own.signer.address, "activities 2025", "verification: inspect")] * 2
    with world.database.read() as session:
        assert [row.grade for row in activities_of(session, person.person_id)] == ["D", "D", "S"]
