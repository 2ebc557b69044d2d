"""Aid rounds beside the plain case: a lottery, too few, promises of earlier rounds, terms, bodies, commands."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from backend.access.terminal import to_json
from backend.chain.keys import DevRole, Signer, dev_signer, personal_sign
from backend.chain.node import LocalNode
from backend.giving.aid import AidRule, Need, awards_of, seed_of, turns_of
from backend.giving.aid_commands import app as aid_app
from backend.giving.aid_concluding import advance_rounds
from backend.giving.kinds import Funding
from backend.issuance.draw_list import day_of
from backend.issuance.draw_record import wrong_with
from backend.issuance.drawing import advance as advance_draws
from backend.issuance.drawing import draw_at, draws, list_of
from backend.issuance.verification_routes import draw_out
from backend.kernel.clock import iso
from backend.kernel.digest import to_hex
from backend.link.named_block import first_block_from
from backend.link.node import Node
from tests.integration.giving.aiding import (
    BODY,
    CHARITY,
    REGISTRAR,
    STEP,
    apply,
    begin_draw,
    commit_all,
    conclude,
    grants,
    mine,
    open_round,
    person,
    reveal_all,
    round_body,
    told,
)
from tests.integration.giving.served import Place, serving
from tests.integration.giving.world import AID_STORY, POOL_STORY, World
from tests.unit.giving.chain import a_deficit

DAY_S = 86_400


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


@pytest.fixture(scope="module", autouse=True)
def registered(place: Place) -> None:
    told = place.run(aid_app, "register", BODY.address, "Social services", "--dev", int(DevRole.REGISTRAR))
    assert (told["body"], told["registered"]) == (BODY.address, True)


def test_lottery__by_the_seed_of_root_and_verifiers_draw__is_what_anybody_finds(world: World, campaign_id: int) -> None:
    owed = {230: 2_000, 231: 1_000, 232: 1_500, 233: 2_500}
    with world.database.write() as session:
        for index, amount in owed.items():
            a_deficit(session, amount, person(world, index).address, essential_gco2e=amount)
    round_id = open_round(world, campaign_id, rule="lottery", potGco2e="6000")
    for index in owed:
        assert apply(world, round_id, index).status_code == 201

    listed = begin_draw(world)
    waiting = told(world, round_id)
    assert listed.roots == (bytes.fromhex(waiting["root"][2:]),), "the root is in the list before anybody commits"
    assert (waiting["seed"], waiting["concludedAt"]) == (None, None), "no block decides it"
    commit_all(world, listed)
    reveal_all(world, listed)
    world.tend()

    shown = told(world, round_id)
    assert (shown["drawDay"], shown["blockHash"]) == (day_of(listed.day).isoformat(), None)
    with world.database.read() as session:
        record = to_json(draw_out(session, draw_at(session, listed.day)))
    assert wrong_with(record) == [], "anybody can repeat the draw from its record"
    assert record["seed"] == shown["drawSeed"]
    root, chance = (bytes.fromhex(shown[name][2:]) for name in ("root", "drawSeed"))
    assert to_hex(seed_of(root, chance)) == shown["seed"]
    own = {index: mine(world, round_id, index) for index in owed}
    applied = [Need(bytes.fromhex(one["leaf"][2:]), int(one["needGco2e"])) for one in own.values()]
    seed = bytes.fromhex(shown["seed"][2:])
    expected = awards_of(AidRule.LOTTERY, applied, seed=seed, pot_gco2e=6_000, step_gco2e=STEP)
    awards = {bytes.fromhex(one["leaf"][2:]): int(one["awardGco2e"]) for one in own.values()}
    assert len(expected) >= 3, "whatever the order"
    assert {leaf: grams for leaf, grams in awards.items() if grams} == expected
    whys = {one["whyNothing"] for one in own.values() if one["awardGco2e"] == "0"}
    assert whys == ({"pot_given_out"} if len(expected) < len(own) else set())
    assert {one["whyNothing"] for one in own.values() if one["awardGco2e"] != "0"} == {None}
    assert awards[turns_of(seed, applied)[0].leaf] == turns_of(seed, applied)[0].need_gco2e


def test_lottery__whose_draws_come_to_nothing__is_listed_again_and_in_the_end_gives_nothing(world: World) -> None:
    campaign_id = world.open(world.aid, "without verifiers", AID_STORY, Funding.KEEP_WHAT_YOU_RAISE, days=200)
    with world.database.write() as session:
        a_deficit(session, 1_000, person(world, 285).address, essential_gco2e=1_000)
    round_id = open_round(world, campaign_id, rule="lottery")
    assert apply(world, round_id, 285).status_code == 201
    first = begin_draw(world)
    commit_all(world, first)

    find_block = partial(first_block_from, Node(world.w3), confirmations=0)
    world.pass_time(3 * DAY_S)
    world.tend()
    with world.database.read() as session:
        assert [list_of(row).roots for row in draws(session) if row.day > first.day] == [], "one draw at a time"
    advance_draws(world.database, find_block, world.clock.at)  # its time to reveal is over: nobody did
    world.tend()
    with world.database.read() as session:
        again = list_of(draws(session)[-1])
    assert (again.roots, again.day > first.day) == (first.roots, True)
    assert told(world, round_id)["concludedAt"] is None

    world.pass_time(30 * DAY_S)
    world.tend()
    shown = told(world, round_id)
    assert (shown["seed"], shown["concludedAt"] is not None) == (None, True)
    assert mine(world, round_id, 285)["awardGco2e"] == "0"
    assert grants(world, round_id) == []


def test_too_few_applicants__nothing_is_given_out(world: World, campaign_id: int) -> None:
    with world.database.write() as session:
        a_deficit(session, 2_000, person(world, 240).address, essential_gco2e=2_000)
        a_deficit(session, 2_000, person(world, 241).address, essential_gco2e=2_000)
    round_id = open_round(world, campaign_id)
    for index in (240, 241):
        assert apply(world, round_id, index).status_code == 201

    assert conclude(world, round_id)["concludedAt"] is not None

    assert grants(world, round_id) == []
    own = mine(world, round_id, 240)
    assert (own["awardGco2e"], own["whyNothing"]) == ("0", "too_few_grants")


def test_charity_removed__before_its_round_is_concluded__promises_nothing(world: World) -> None:
    campaign_id = world.open(world.aid, "of a charity removed", AID_STORY, Funding.KEEP_WHAT_YOU_RAISE, days=200)
    world.give(210, campaign_id, 3_000)
    with world.database.write() as session:
        for index in range(280, 283):
            a_deficit(session, 1_000, person(world, index).address, essential_gco2e=1_000)
    round_id = open_round(world, campaign_id, potGco2e="3000", capGco2e="1000")
    for index in range(280, 283):
        assert apply(world, round_id, index).status_code == 201
    world.people.send("Charity", "delistCharity", CHARITY.address, by=DevRole.REGISTRAR)
    world.index()
    try:
        world.pass_time(3_600)
        advance(world)
        world.pass_time(61)
        advance(world)
        assert mine(world, round_id, 280)["round"]["concludedAt"] is not None
        assert mine(world, round_id, 280)["awardGco2e"] == "0"
        again = world.client(CHARITY.address).post(f"/campaigns/{campaign_id}/aid-rounds", json=round_body(world))
        assert again.json()["code"] == "charity.not_listed"
    finally:
        second = dev_signer(DevRole.AID_CHARITY_SECOND).address
        world.people.send("Charity", "listCharity", CHARITY.address, second, by=DevRole.REGISTRAR)
        world.index()


def advance(world: World) -> None:
    """Aid alone: the campaigns of the charity that is removed for a while are not to be decided."""
    find_block = partial(first_block_from, Node(world.w3), confirmations=0)
    advance_rounds(world.database, world.contracts, find_block, world.clock.at)
    world.relay()


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
    far = world.clock.at + timedelta(days=300)
    assert code(opensAt=iso(far - timedelta(days=1)), closesAt=iso(far)) == "aid.round_invalid", (
        "leftovers are gone then"
    )
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
