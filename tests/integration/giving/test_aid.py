"""Aid on a real chain: bodies vouch, people apply, a block made after the root decides, the charity grants."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from backend.chain.keys import DevRole, dev_signer
from backend.chain.merkle import verify
from backend.chain.node import LocalNode
from backend.giving.aid import leaf_of, seed_of, topic_of
from backend.giving.aid_application import applications_of
from backend.giving.aid_commands import app as aid_app
from backend.giving.kinds import Funding
from backend.giving.second_commands import app as campaign
from backend.kernel.clock import unix_s
from backend.kernel.digest import to_hex
from backend.ledger.access_log import accesses_of
from backend.ledger.deficit import deficit_at
from backend.ledger.person import person_at
from tests.contract.people import CLASS_ID
from tests.integration.giving.aiding import (
    AUDITOR,
    BODY,
    CHARITY,
    HOUR_S,
    SECOND,
    STEP,
    apply,
    conclude,
    credential,
    grants,
    mine,
    open_round,
    person,
    round_body,
    told,
)
from tests.integration.giving.served import Place, serving
from tests.integration.giving.world import AID_STORY, World
from tests.unit.giving.chain import a_deficit

OWED = {200: (4_000, 3_300), 201: (9_000, 9_000), 202: (1_700, 5_000), 203: (2_000, 700)}
"""Person -> its deficit, and how much of its footprint is over the budget in essential categories."""


@pytest.fixture(scope="module")
def place(world: World, node: LocalNode, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with serving(world, node, tmp_path_factory.mktemp("deployment")) as served:
        yield served


@pytest.fixture(scope="module")
def campaign_id(world: World) -> int:
    opened = world.open(world.aid, "aid by rounds", AID_STORY, Funding.KEEP_WHAT_YOU_RAISE, days=200)
    world.donor(210, 100_000)
    world.give(210, opened, 20_000)
    return opened


@pytest.fixture(scope="module")
def references(world: World) -> dict[int, bytes]:
    with world.database.write() as session:
        return {
            index: a_deficit(session, owed, person(world, index).address, essential_gco2e=essential)
            for index, (owed, essential) in OWED.items()
        }


@pytest.fixture(scope="module", autouse=True)
def registered(place: Place) -> None:
    told = place.run(aid_app, "register", BODY.address, "Social services", "--dev", int(DevRole.REGISTRAR))
    assert (told["body"], told["registered"]) == (BODY.address, True)


class TestRound:
    """One round from its opening to the settled deficits."""

    @pytest.fixture(scope="class")
    def round_id(self, world: World, campaign_id: int, references: dict[int, bytes]) -> int:
        assert references
        opened = open_round(world, campaign_id)
        for index in (200, 201, 202):
            answer = apply(world, opened, index)
            assert answer.status_code == 201, answer.text
        assert apply(world, opened, 203, auditor=AUDITOR).status_code == 201
        return opened

    def test_application__before_the_close__shows_its_need_and_no_proof_yet(self, world: World, round_id: int) -> None:
        own = mine(world, round_id, 201)
        assert (own["needGco2e"], own["proof"], own["awardGco2e"], own["grant"]) == ("3000", [], "0", None)
        assert world.client(person(world, 201).address).get("/aid/applications").json() == [own]
        assert mine(world, round_id, 200)["needGco2e"] == "3000"
        assert (mine(world, round_id, 202)["needGco2e"], mine(world, round_id, 203)["needGco2e"]) == ("1500", "500")
        shown = told(world, round_id)
        assert (shown["applications"], shown["root"], shown["seed"]) == (None, None, None)

    def test_database__holds_no_application_in_clear(self, world: World, round_id: int, references: Any) -> None:
        with world.database.read() as session:
            rows = session.connection().exec_driver_sql("SELECT * FROM giving_aid_application").all()
        text = repr([tuple(row) for row in rows])
        assert all(ref.hex() not in text and repr(ref)[2:-1] not in text for ref in references.values())

    def test_second_application__and_those_that_cannot_be__are_refused(
        self, world: World, round_id: int, references: dict[int, bytes]
    ) -> None:
        assert references

        def code(index: int, **changed: Any) -> str:
            return str(apply(world, round_id, index, **changed).json()["code"])

        assert code(200) == "aid.applied_already"
        with world.database.write() as session:
            a_deficit(session, 5_000, person(world, 220).address, essential_gco2e=STEP - 1)
            a_deficit(session, 5_000, person(world, 221).address, vintage=2023, essential_gco2e=900)
        assert code(220) == "aid.need_too_small"
        assert code(220, vintage=2024) == "aid.nothing_owed"
        assert code(221, vintage=2023) == "deficit.credit_unfit"
        assert code(220, credential=credential(world, 200)) == "eligibility.unfit"
        assert code(220, credential=credential(world, 220, body=dev_signer(92))) == "aid.body_unregistered"
        late = world.clock.at - timedelta(days=181)
        assert code(220, credential=credential(world, 220, at=late)) == "eligibility.unfit"
        head, body, signature = credential(world, 220).split(".")
        assert code(220, credential=".".join((head, body, signature[::-1]))).startswith("eligibility.")
        assert code(220, credential="nonsense") == "eligibility.malformed"
        assert code(222) == "account.unknown"
        assert apply(world, 999, 200).json()["code"] == "aid.round_unknown"
        nobody = world.client(person(world, 220).address)
        assert nobody.get(f"/aid/rounds/{round_id}/applications/mine").json()["code"] == "aid.application_unknown"
        assert nobody.get("/aid/applications").json() == []

    def test_round__while_it_runs__no_other_of_its_campaign_opens(self, world: World, campaign_id: int) -> None:
        client = world.client(CHARITY.address)
        refused = client.post(f"/campaigns/{campaign_id}/aid-rounds", json=round_body(world))
        assert refused.json()["code"] == "aid.round_runs"

    def test_conclusion__root_first_then_block__gives_by_the_rule(self, world: World, round_id: int) -> None:
        shown = conclude(world, round_id)

        assert (shown["applications"], shown["concludedAt"] is not None) == (4, True)
        deployment = world.contracts.deployment
        topic = topic_of(deployment.chain_id, deployment.address("Charity"), round_id)
        day = unix_s(datetime.fromisoformat(shown["closesAt"])) // 86_400
        assert to_hex(world.contracts.named("Anchors").functions.digestOf(topic, day).call()) == shown["root"]
        block = world.w3.eth.get_block(shown["blockNumber"])
        [anchored] = (
            world.contracts.named("Anchors").events.Anchored().get_logs(from_block=0, argument_filters={"topic": topic})
        )
        assert anchored["blockNumber"] < shown["blockNumber"]
        assert to_hex(bytes(block["hash"])) == shown["blockHash"]
        root, block_hash = bytes.fromhex(shown["root"][2:]), bytes.fromhex(shown["blockHash"][2:])
        assert to_hex(seed_of(root, block_hash)) == shown["seed"]

        awards = {index: int(mine(world, round_id, index)["awardGco2e"]) for index in OWED}
        assert awards[203] == 500, "all it needs"
        assert sum(awards.values()) == 6_000
        assert max(awards.values()) - min(awards[index] for index in (200, 201, 202)) <= STEP

    def test_application__is_provably_in_the_root(self, world: World, round_id: int) -> None:
        root = bytes.fromhex(told(world, round_id)["root"][2:])
        for index in OWED:
            own = mine(world, round_id, index)
            salt, reference = (bytes.fromhex(own[name][2:]) for name in ("salt", "reference"))
            leaf = leaf_of(salt=salt, round_id=round_id, reference=reference, need_gco2e=int(own["needGco2e"]))
            assert to_hex(leaf) == own["leaf"]
            assert verify(root, leaf, [bytes.fromhex(node[2:]) for node in own["proof"]])

    def test_awards__the_charity_and_its_second_signer__see_references_and_nothing_else(
        self, world: World, round_id: int, references: dict[int, bytes]
    ) -> None:
        due = grants(world, round_id)
        assert sorted(one["reference"] for one in due) == sorted(to_hex(one) for one in references.values())
        assert all(set(one) == {"reference", "amountGco2e"} for one in due)
        assert grants(world, round_id, SECOND) == due
        for stranger in (person(world, 200), dev_signer(DevRole.POOL_CHARITY)):
            refused = world.client(stranger.address).get(f"/aid/rounds/{round_id}/grants")
            assert (refused.status_code, refused.json()["code"]) == (403, "campaign.not_yours")

    def test_auditor__sees_who_consented__and_they_see_the_auditor(self, world: World, round_id: int) -> None:
        path = f"/aid/rounds/{round_id}/applications/readable"
        [found] = world.client(AUDITOR).get(path).json()
        assert found["account"] == person(world, 203).address
        assert world.client(person(world, 200).address).get(path).json() == []

        def readers(index: int) -> list[str | None]:
            with world.database.read() as session:
                person_id = person_at(session, person(world, index).address).person_id
                return [access.reader for access in accesses_of(session, person_id)]

        assert AUDITOR in readers(203)
        assert AUDITOR not in readers(200)

    def test_grants__by_both_signers_in_one_batch__settle_and_touch_no_address(
        self, world: World, place: Place, round_id: int, references: dict[int, bytes], tmp_path: Path
    ) -> None:
        keys = ("--dev", int(DevRole.AID_CHARITY), "--second-dev", int(DevRole.AID_CHARITY_SECOND))
        planned = place.desk(aid_app, "grant", round_id, *keys, "--dry-run")
        assert (planned["grants"], planned["amountGco2e"], planned["transactions"]) == (4, "6000", [])
        word = tmp_path / "word.json"
        assert place.desk(aid_app, "grant", round_id, *keys[:2], "--ask", word)["file"] == str(word)
        place.offline(campaign, "countersign", word, *place.chain[2:], "--dev", keys[3], "--yes")
        sent = place.desk(aid_app, "grant", round_id, *keys[:2], "--word", word)
        assert len(sent["transactions"]) == 1
        world.index()
        assert place.desk(aid_app, "grant", round_id, *keys)["grants"] == 0, "nothing is left to grant"

        for index, reference in references.items():
            own = mine(world, round_id, index)
            assert own["settledGco2e"] == own["awardGco2e"]
            assert own["grantTxHash"] == sent["transactions"][0]
            with world.database.read() as session:
                owed = OWED[index][0] - int(own["awardGco2e"])
                assert deficit_at(session, reference).outstanding_gco2e == owed
            address = person(world, index).address
            assert world.people.credits_of(address) == 0
            assert world.contracts.credit.functions.retiredOf(address, CLASS_ID).call() == 0

    def test_file__of_a_person__has_the_proof_of_what_was_settled(self, world: World, round_id: int) -> None:
        address = person(world, 200).address
        with world.database.read() as session:
            [own] = applications_of(session, person_at(session, address).person_id, [address])
        assert isinstance(own, dict)
        shown = mine(world, round_id, 200)
        assert (own["root"], own["proof"], own["salt"]) == (shown["round"]["root"], shown["proof"], shown["salt"])
        assert (own["grantTxHash"], own["settledGco2e"]) == (shown["grantTxHash"], shown["settledGco2e"])

    def test_granted__once__cannot_apply_for_the_same_deficit_again(
        self, world: World, round_id: int, campaign_id: int
    ) -> None:
        again = open_round(world, campaign_id)
        assert apply(world, again, 201).json()["code"] == "grant.ref_used"
        world.pass_time(HOUR_S)
        world.tend()
        shown = told(world, again)
        assert (shown["applications"], shown["root"], shown["concludedAt"] is not None) == (0, None, True)
        assert apply(world, again, 201).json()["code"] == "aid.round_closed"
