"""The whole life of a campaign of each kind on a real chain: opened, given to, decided in its second, spent."""

from datetime import timedelta

import pytest

from backend.chain.keys import DevRole, dev_signer
from backend.giving.charity_desk import DeskActRefused
from backend.giving.deciding import LEFTOVER_TERM
from backend.giving.grant import Grant
from backend.giving.kinds import Funding
from backend.kernel.clock import unix_s
from backend.link.outbox import intents_in
from backend.link.tables import IntentState
from tests.contract.people import CLASS_ID
from tests.integration.giving.world import AID_STORY, POOL_STORY, World
from tests.unit.giving.chain import a_deficit

KEEP, ALL_OR_NOTHING = Funding.KEEP_WHAT_YOU_RAISE, Funding.ALL_OR_NOTHING


def held(world: World, campaign_id: int) -> int:
    return int(world.campaign(campaign_id)["total"]["heldGco2e"])


def test_pool__reaches_its_target__and_retires_all_it_holds_by_itself(world: World) -> None:
    campaign_id = world.open(world.pool, "life of a pool", POOL_STORY, ALL_OR_NOTHING, hours=1)
    world.donor(70, 20_000)
    world.give(70, campaign_id, POOL_STORY.target_gco2e)
    assert (world.campaign(campaign_id)["phase"], world.campaign(campaign_id)["progressBps"]) == ("collecting", 10_000)
    world.tend()
    assert world.campaign(campaign_id)["state"] == "open", "its window is not over"

    world.pass_time(3600)
    world.tend()
    assert world.campaign(campaign_id)["state"] == "succeeded"
    world.tend()

    total = world.campaign(campaign_id)["total"]
    assert (total["heldGco2e"], total["retiredGco2e"]) == ("0", "10000")
    donor = world.people.person(70).address
    [trail] = world.client(donor).get("/donations/trails").json()
    assert [(part["fate"], part["amountGco2e"]) for part in trail["parts"]] == [("retirement", "10000")]
    receipt = world.client().get(f"/receipts/{trail['parts'][0]['receiptId']}").json()
    assert (receipt["kind"], receipt["txHash"]) == ("campaign-retirement", trail["parts"][0]["txHash"])


def test_campaign__over_on_a_chain_without_a_block_since__is_decided_and_refunded_at_once(world: World) -> None:
    campaign_id = world.open(world.pool, "over in silence", POOL_STORY, ALL_OR_NOTHING, hours=1)
    world.donor(74, 1_000)
    world.give(74, campaign_id, 1_000)

    world.pass_time_without_a_block(3600)
    world.tend()

    assert world.campaign(campaign_id)["state"] == "failed"
    donor = world.people.person(74).address
    assert world.client().post(f"/campaigns/{campaign_id}/refunds", json={"donor": donor}).status_code == 202
    world.relay()
    assert held(world, campaign_id) == 0


def test_aid__grants__and_retires_what_is_left_ninety_days_after_its_close(world: World) -> None:
    campaign_id = world.open(world.aid, "life of aid", AID_STORY, KEEP, hours=1)
    world.donor(71, 20_000)
    world.give(71, campaign_id, 9_000)
    with world.database.write() as session:
        reference = a_deficit(session, 4_000, world.people.person(72).address)
    world.pass_time(3600)
    world.tend()
    assert world.campaign(campaign_id)["state"] == "succeeded"
    world.aid.grant("after the close", campaign_id, CLASS_ID, [Grant(reference, 4_000)])
    world.index()
    world.tend()
    assert held(world, campaign_id) == 5_000, "it waits for grants"

    closes = world.campaign(campaign_id)["closesAt"]
    world.pass_time(LEFTOVER_TERM // timedelta(seconds=1) - 60)
    world.tend()
    assert held(world, campaign_id) == 5_000, f"{closes} is not 90 days ago"
    world.pass_time(60)
    world.tend()

    total = world.campaign(campaign_id)["total"]
    assert (total["heldGco2e"], total["grantedGco2e"], total["retiredGco2e"]) == ("0", "4000", "5000")
    [trail] = world.client(world.people.person(71).address).get("/donations/trails").json()
    assert [(part["fate"], part["amountGco2e"]) for part in trail["parts"]] == [
        ("grant", "4000"),
        ("retirement", "5000"),
    ]


def test_window__its_last_second_and_the_next__the_contract_and_we_say_the_same(world: World) -> None:
    campaign_id = world.open(world.pool, "to the second", POOL_STORY, KEEP, minutes=10)
    world.donor(73, 1_000)
    closes = unix_s(world.clock.at) + 600
    charity = world.contracts.charity.functions

    def at_second(second: int) -> tuple[str, bool, bool]:
        """What we say, and whether the contract books a gift and lets itself be asked for a decision then."""
        block = {"time": hex(second)}
        return world.campaign(campaign_id)["phase"], gives(block), decides(block)

    def gives(block: dict[str, str]) -> bool:
        donor = world.people.person(73).address
        return _works(world, charity.donate(campaign_id, CLASS_ID, 1, False), donor, block)

    def decides(block: dict[str, str]) -> bool:
        return _works(world, charity.finalise(campaign_id), world.people.person(73).address, block)

    for second, expected in (
        (closes - 1, ("collecting", True, False)),
        (closes, ("closed", False, True)),
        (closes + 1, ("closed", False, True)),
    ):
        world.clock.at += timedelta(seconds=second - unix_s(world.clock.at))
        assert at_second(second) == expected, second


def _works(world: World, call: object, sender: str, block: dict[str, str]) -> bool:
    """Whether a call would succeed in a block of that time (`eth_call` with block overrides)."""
    data = call._encode_transaction_data()  # type: ignore[attr-defined]  # web3's own, for a call without sending it
    question = {"from": sender, "to": world.contracts.charity.address, "data": data}
    answer = world.w3.provider.make_request("eth_call", [question, "latest", {}, block])  # type: ignore[arg-type]
    return "error" not in answer


def test_charity__closes_early__at_the_second_of_its_block(world: World) -> None:
    campaign_id = world.open(world.pool, "early", POOL_STORY, KEEP)
    world.donor(74, 1_000)
    world.give(74, campaign_id, 1_000)

    first = world.pool.close_early("enough", campaign_id)
    assert world.pool.close_early("enough", campaign_id) == first
    world.index()
    world.pass_time(1)
    assert world.campaign(campaign_id)["phase"] == "closed"
    with pytest.raises(DeskActRefused, match="NotCharityOf"):
        world.aid.close_early("another's", campaign_id)
    world.tend()
    world.tend()

    assert world.campaign(campaign_id)["total"]["retiredGco2e"] == "1000"


def test_tending__again_and_again__sends_everything_once(world: World) -> None:
    campaign_id = world.open(world.pool, "once", POOL_STORY, ALL_OR_NOTHING, minutes=1)
    world.pass_time(60)
    world.tend()
    assert world.campaign(campaign_id)["state"] == "failed"

    with world.database.read() as session:
        before = len(intents_in(session, list(IntentState)))
    for _ in range(3):
        world.tend()

    with world.database.read() as session:
        assert len(intents_in(session, list(IntentState))) == before


def test_charities__as_the_registrar_lists_them__are_public_with_their_history(world: World) -> None:
    found = {one["charity"]: one for one in world.client().get("/charities").json()}
    aid, second = (dev_signer(role).address for role in (DevRole.AID_CHARITY, DevRole.AID_CHARITY_SECOND))

    assert (found[aid]["listed"], found[aid]["secondSigner"]) == (True, second)
    [word] = found[aid]["history"]
    assert (word["listed"], len(word["txHash"])) == (True, 66)
    stranger = world.people.person(75).address
    assert world.client().get(f"/charities/{stranger}").json()["code"] == "charity.unknown"
