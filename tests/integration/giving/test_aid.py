"""Aid on a real chain: bodies vouch, people apply, a block made after the root decides, the charity grants."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from backend.chain.keys import DevRole, Signer, dev_signer, personal_sign
from backend.chain.merkle import verify
from backend.chain.node import LocalNode
from backend.giving.aid import AidRule, Need, awards_of, leaf_of, seed_of, topic_of, turns_of
from backend.giving.aid_application import applications_of
from backend.giving.aid_commands import app as aid_app
from backend.giving.eligibility import eligibility_credential
from backend.giving.kinds import Funding
from backend.kernel.clock import iso, unix_s
from backend.kernel.digest import to_hex
from backend.ledger.access_log import accesses_of
from backend.ledger.deficit import deficit_at
from backend.ledger.person import person_at
from tests.contract.people import CLASS_ID
from tests.integration.giving.served import Place, serving
from tests.integration.giving.world import AID_STORY, POOL_STORY, World
from tests.unit.giving.chain import a_deficit

BODY = dev_signer(90)
CHARITY = dev_signer(DevRole.AID_CHARITY)
SECOND = dev_signer(DevRole.AID_CHARITY_SECOND)
REGISTRAR = dev_signer(DevRole.REGISTRAR)
AUDITOR = dev_signer(91).address
HOUR_S = 3_600
STEP = 500

OWED = {200: (4_000, 3_300), 201: (9_000, 9_000), 202: (1_700, 5_000), 203: (2_000, 700)}
"""Person -> its deficit, and how much of its footprint is over the budget in essential categories."""


def needs(cap: int) -> dict[int, int]:
    return {index: min(owed, essential, cap) // STEP * STEP for index, (owed, essential) in OWED.items()}


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


def person(world: World, index: int) -> Signer:
    return world.people.person(index)


def round_body(world: World, **changed: Any) -> dict[str, Any]:
    body = {
        "classId": str(CLASS_ID),
        "rule": "equal",
        "potGco2e": "6000",
        "capGco2e": "3000",
        "stepGco2e": str(STEP),
        "leastPeople": 3,
        "opensAt": iso(world.clock.at),
        "closesAt": iso(world.clock.at + timedelta(hours=1)),
    }
    return body | changed


def open_round(world: World, campaign_id: int, **changed: Any) -> int:
    body = round_body(world, **changed)
    answer = world.client(CHARITY.address).post(f"/campaigns/{campaign_id}/aid-rounds", json=body)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["roundId"])


def credential(world: World, index: int, *, body: Signer = BODY, at: datetime | None = None) -> str:
    chain_id = world.contracts.deployment.chain_id
    return eligibility_credential(
        body, chain_id=chain_id, account=person(world, index).address, at=at or world.clock.at
    )


def apply(world: World, round_id: int, index: int, **changed: Any) -> Any:
    body = {"credential": credential(world, index), "vintage": 2025} | changed
    return world.client(person(world, index).address).post(f"/aid/rounds/{round_id}/applications", json=body)


def mine(world: World, round_id: int, index: int) -> dict[str, Any]:
    found: dict[str, Any] = (
        world.client(person(world, index).address).get(f"/aid/rounds/{round_id}/applications/mine").json()
    )
    return found


def conclude(world: World, round_id: int) -> dict[str, Any]:
    """Closed, anchored, decided."""
    world.pass_time(HOUR_S)
    world.tend()
    assert told(world, round_id)["concludedAt"] is None, "its root has to be there before its block"
    world.pass_time(61)
    world.tend()
    return told(world, round_id)


def told(world: World, round_id: int) -> dict[str, Any]:
    found: dict[str, Any] = world.client().get(f"/aid/rounds/{round_id}").json()
    return found


def grants(world: World, round_id: int, reader: Signer = CHARITY) -> list[dict[str, str]]:
    found: list[dict[str, str]] = world.client(reader.address).get(f"/aid/rounds/{round_id}/grants").json()
    return found


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
        self, world: World, place: Place, round_id: int, references: dict[int, bytes]
    ) -> None:
        keys = ("--dev", int(DevRole.AID_CHARITY), "--second-dev", int(DevRole.AID_CHARITY_SECOND))
        planned = place.desk(aid_app, "grant", round_id, *keys, "--dry-run")
        assert (planned["grants"], planned["amountGco2e"], planned["transactions"]) == (4, "6000", [])
        sent = place.desk(aid_app, "grant", round_id, *keys)
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


def test_lottery__by_the_seed_of_root_and_block__is_what_anybody_finds(world: World, campaign_id: int) -> None:
    owed = {230: 2_000, 231: 1_000, 232: 1_500, 233: 2_500}
    with world.database.write() as session:
        for index, amount in owed.items():
            a_deficit(session, amount, person(world, index).address, essential_gco2e=amount)
    round_id = open_round(world, campaign_id, rule="lottery", potGco2e="6000")
    for index in owed:
        assert apply(world, round_id, index).status_code == 201

    shown = conclude(world, round_id)

    own = {index: mine(world, round_id, index) for index in owed}
    applied = [Need(bytes.fromhex(one["leaf"][2:]), int(one["needGco2e"])) for one in own.values()]
    seed = bytes.fromhex(shown["seed"][2:])
    expected = awards_of(AidRule.LOTTERY, applied, seed=seed, pot_gco2e=6_000, step_gco2e=STEP)
    awards = {bytes.fromhex(one["leaf"][2:]): int(one["awardGco2e"]) for one in own.values()}
    assert len(expected) >= 3, "whatever the order"
    assert {leaf: grams for leaf, grams in awards.items() if grams} == expected
    assert awards[turns_of(seed, applied)[0].leaf] == turns_of(seed, applied)[0].need_gco2e


def test_too_few_applicants__nothing_is_given_out(world: World, campaign_id: int) -> None:
    with world.database.write() as session:
        a_deficit(session, 2_000, person(world, 240).address, essential_gco2e=2_000)
        a_deficit(session, 2_000, person(world, 241).address, essential_gco2e=2_000)
    round_id = open_round(world, campaign_id)
    for index in (240, 241):
        assert apply(world, round_id, index).status_code == 201

    assert conclude(world, round_id)["concludedAt"] is not None

    assert grants(world, round_id) == []
    assert mine(world, round_id, 240)["awardGco2e"] == "0"


def test_promised_before__a_later_round__does_not_give_it_again(world: World, campaign_id: int) -> None:
    """What a round awarded and the charity has not granted yet is not in the next round's pot."""
    held = int(world.campaign(campaign_id)["total"]["heldGco2e"])
    with world.database.write() as session:
        for index in range(250, 256):
            a_deficit(session, held, person(world, index).address, essential_gco2e=held)
    rounds = []
    for people in (range(250, 253), range(253, 256)):
        cap = held // STEP * STEP
        rounds.append(open_round(world, campaign_id, potGco2e=str(held), capGco2e=str(cap)))
        for index in people:
            assert apply(world, rounds[-1], index).status_code == 201
        conclude(world, rounds[-1])

    given = [sum(int(one["amountGco2e"]) for one in grants(world, round_id)) for round_id in rounds]
    assert sum(given) <= held
    assert given[0] > 0


def test_award__settled_by_its_person_since__needs_no_grant(world: World) -> None:
    campaign_id = world.open(world.aid, "a campaign of its own", AID_STORY, Funding.KEEP_WHAT_YOU_RAISE, days=200)
    world.give(210, campaign_id, 3_000)
    with world.database.write() as session:
        refs = [a_deficit(session, 1_000, person(world, i).address, essential_gco2e=1_000) for i in range(260, 263)]
    round_id = open_round(world, campaign_id, potGco2e="3000", capGco2e="1000")
    for index in range(260, 263):
        assert apply(world, round_id, index).status_code == 201
    conclude(world, round_id)
    assert len(grants(world, round_id)) == 3
    world.people.mint(260, 700)
    world.index()
    retire = world.retire_body(260, 700, purpose="deficit", ref=refs[0])
    assert world.post("/retirements", retire).status_code == 202
    world.relay()

    assert {one["reference"] for one in grants(world, round_id)} == {to_hex(ref) for ref in refs[1:]}


def test_round__with_terms_that_cannot_be_kept__is_refused(world: World, campaign_id: int) -> None:
    def code(as_account: str = CHARITY.address, campaign: int = campaign_id, **changed: Any) -> str:
        path = f"/campaigns/{campaign}/aid-rounds"
        return str(world.client(as_account).post(path, json=round_body(world, **changed)).json()["code"])

    assert code(capGco2e="700") == "aid.round_invalid"
    assert code(leastPeople=2) == "aid.round_invalid"
    assert code(potGco2e="1000") == "aid.round_invalid"
    assert code(closesAt=iso(world.clock.at)) == "aid.round_invalid"
    assert code(opensAt=iso(world.clock.at - timedelta(seconds=1))) == "aid.round_invalid"
    assert code(person(world, 200).address) == "campaign.not_yours"
    assert code(campaign=999) == "campaign.unknown"
    pool = world.open(world.pool, "a pool", POOL_STORY, Funding.KEEP_WHAT_YOU_RAISE)
    assert code(dev_signer(DevRole.POOL_CHARITY).address, pool) == "campaign.kind_wrong"


class TestBodies:
    def word(self, world: World, signer: Signer, **changed: Any) -> Any:
        fields = {
            "body": dev_signer(93).address,
            "name": "A parish",
            "registered": True,
            "registrar": signer.address,
            "saidAt": iso(world.clock.at),
        } | changed
        asked = {name: str(value).lower() if isinstance(value, bool) else value for name, value in fields.items()}
        text = world.client().get("/aid/bodies/text", params=asked).json()["text"]
        signed = {"signature": to_hex(personal_sign(signer, text))}
        return world.post("/aid/bodies", fields | signed)

    def test_register_and_take_back__the_latest_word_holds(self, world: World) -> None:
        assert self.word(world, REGISTRAR).status_code == 201
        assert self.word(world, REGISTRAR, registered=False).status_code == 201

        words = [one for one in world.client().get("/aid/bodies").json() if one["body"] == dev_signer(93).address]
        assert [one["registered"] for one in words] == [True, False]

    def test_word__of_who_is_no_registrar_or_too_old__is_refused(self, world: World) -> None:
        assert self.word(world, person(world, 200)).json()["code"] == "accreditation.grantor_unfit"
        stale = iso(world.clock.at - timedelta(hours=2))
        assert self.word(world, REGISTRAR, saidAt=stale).json()["code"] == "signed_text.expired"
        hidden = self.word(world, REGISTRAR, name="\u202eeman")
        assert hidden.json()["code"] == "public_text.unfit"


class TestCommands:
    def test_vouch_apply_and_mine__from_the_command_line(
        self, world: World, place: Place, campaign_id: int, tmp_path: Path
    ) -> None:
        with world.database.write() as session:
            a_deficit(session, 2_000, person(world, 270).address, essential_gco2e=2_000)
        file = tmp_path / "yes.jwt"
        told = place.offline(aid_app, "vouch", person(world, 270).address, file, "--dev", 90)
        assert told["body"] == BODY.address
        opens = world.clock.at + timedelta(seconds=30)
        terms = ("--rule", "equal", "--pot", 6_000, "--cap", 3_000, "--step", STEP, "--dev", int(DevRole.AID_CHARITY))
        window = ("--opens", _cli(opens), "--closes", _cli(opens + timedelta(hours=1)))
        planned = place.run(aid_app, "open", campaign_id, "US-CA/2025/SIM", *terms, *window, "--dry-run")
        assert planned["wouldPostTo"] == f"/campaigns/{campaign_id}/aid-rounds"
        opened = place.run(aid_app, "open", campaign_id, "US-CA/2025/SIM", *terms, *window)
        world.pass_time(30)
        applying = ("apply", opened["roundId"], 2025, "--credential", file, "--dev", 370)
        assert place.run(aid_app, *applying, "--dry-run")["body"]["vintage"] == 2025
        assert place.run(aid_app, *applying)["needGco2e"] == "2000"

        assert place.run(aid_app, "mine", opened["roundId"], "--dev", 370)["needGco2e"] == "2000"
        assert place.run(aid_app, "readable", opened["roundId"], "--dev", 91) == []
        assert opened["roundId"] in [one["roundId"] for one in place.run(aid_app, "rounds")]
        assert BODY.address in {one["body"] for one in place.run(aid_app, "bodies")}
        missing = place.run(aid_app, *applying[:3], "--credential", tmp_path / "none", "--dev", 370, code=2)
        assert missing["code"] == "eligibility.malformed"


def _cli(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
