"""Standing pledges on a real chain: a tenth of what is sold, all that is left, and taking one back."""

from typing import Any

import pytest

from backend.chain.keys import DevRole
from backend.giving.kinds import Funding
from backend.giving.pledge_drawing import draw_due
from backend.kernel.clock import unix_s
from backend.kernel.digest import to_hex
from backend.market.order import Side
from tests.contract.people import CLASS_ID, FAR
from tests.integration.giving.world import POOL_STORY, World

DAY_S = 86_400


@pytest.fixture(scope="module")
def pool(world: World) -> int:
    return world.open(world.pool, "pledged to", POOL_STORY, Funding.KEEP_WHAT_YOU_RAISE, days=300)


def body(world: World, index: int, campaign_id: int, **changed: Any) -> dict[str, Any]:
    message: dict[str, Any] = {
        "donor": world.people.person(index).address,
        "campaignId": campaign_id,
        "classId": CLASS_ID,
        "shareBps": 1_000,
        "maxAmountGco2e": 5_000,
        "start": unix_s(world.clock.at) - 1,
        "expiry": FAR,
        "number": next(world.numbers),
    }
    return world.signed(world.people.person(index), "Pledge", "Charity", message | changed)


def pledge(world: World, index: int, campaign_id: int, **changed: Any) -> dict[str, Any]:
    """Kept, as its JSON."""
    answer = world.post("/pledges", body(world, index, campaign_id, **changed))
    assert answer.status_code == 201, answer.text
    kept: dict[str, Any] = answer.json()
    return kept


def sell(world: World, seller: int, buyer: int, lots: int) -> None:
    """A sale that settles on the chain."""
    people = world.people
    buy, sold = people.order(buyer, Side.BUY, lots, 100), people.order(seller, Side.SELL, lots, 100)
    people.settle([(buyer, buy), (seller, sold)], [(0, 1, lots, 100)])
    world.index()


def told(world: World, index: int, number: str) -> dict[str, Any]:
    own = world.client(world.people.person(index).address).get("/pledges").json()
    [found] = [one for one in own if one["number"] == number]
    return dict(found)


def test_pledge__a_tenth_of_sales__is_drawn_by_the_day_up_to_its_maximum(world: World, pool: int) -> None:
    world.donor(100, 100_000)
    world.people.approve(100, "Exchange")
    world.people.pay(101, 10**9)
    kept = pledge(world, 100, pool)
    assert (kept["state"], kept["drawnGco2e"]) == ("standing", "0")
    world.tend()
    assert told(world, 100, kept["number"])["drawnGco2e"] == "0", "nothing is sold yet"

    sell(world, 100, 101, 25)
    world.tend()
    now = told(world, 100, kept["number"])
    assert (now["soldGco2e"], now["drawnGco2e"], now["state"]) == ("25000", "2500", "standing")
    sell(world, 100, 101, 40)
    world.tend()
    assert told(world, 100, kept["number"])["drawnGco2e"] == "2500", "once a day"
    world.pass_time(DAY_S)
    world.tend()

    now = told(world, 100, kept["number"])
    assert (now["soldGco2e"], now["drawnGco2e"], now["state"]) == ("65000", "5000", "drawn")
    world.pass_time(DAY_S)
    assert draw_due(world.database, world.contracts, world.clock.at).draws == ()
    donor = world.people.person(100).address
    assert sum(int(one["amountGco2e"]) for one in world.client(donor).get("/donations").json()) == 5_000
    assert {one["kind"] for one in world.client(donor).get("/relays").json()} == {"pledge-draw"}


def test_pledge__of_all_that_is_left__is_drawn_from_its_start_on(world: World, pool: int) -> None:
    world.donor(102, 7_300)
    start = unix_s(world.clock.at) + DAY_S
    kept = pledge(world, 102, pool, shareBps=10_000, maxAmountGco2e=10**6, start=start)
    assert kept["state"] == "waiting"
    world.tend()
    assert world.people.credits_of(world.people.person(102).address) == 7_300

    world.pass_time(DAY_S)
    world.tend()

    assert world.people.credits_of(world.people.person(102).address) == 0
    assert told(world, 102, kept["number"])["drawnGco2e"] == "7300"


def test_pledge__withdrawn__is_drawn_no_more_by_anybody(world: World, pool: int) -> None:
    world.donor(103, 5_000)
    kept = pledge(world, 103, pool, shareBps=10_000, maxAmountGco2e=10**6)
    person = world.people.person(103)
    message = {"account": person.address, "number": int(kept["number"]), "deadline": FAR}
    withdrawal = world.signed(person, "UseNumber", "Charity", message)

    assert world.post("/pledges/withdrawals", withdrawal).status_code == 202
    world.relay()
    world.tend()

    assert told(world, 103, kept["number"])["state"] == "withdrawn"
    assert world.people.credits_of(person.address) == 5_000
    unknown = world.signed(person, "UseNumber", "Charity", message | {"number": 7})
    assert world.post("/pledges/withdrawals", unknown).json()["code"] == "pledge.unknown"
    again = body(world, 103, pool, number=int(kept["number"]))
    assert world.post("/pledges", again).json()["code"] == "act.number_used"


def test_pledge__without_the_approval__waits_for_it(world: World, pool: int) -> None:
    world.people.mint(104, 3_000)
    world.index()
    kept = pledge(world, 104, pool, shareBps=10_000)
    world.tend()
    assert told(world, 104, kept["number"])["drawnGco2e"] == "0"

    world.people.approve(104, "Charity")
    world.index()
    world.tend()

    assert told(world, 104, kept["number"])["drawnGco2e"] == "3000"


def test_pledge__whose_draw_the_chain_refuses__is_tried_again_an_hour_later(world: World, pool: int) -> None:
    """While the contract is paused nothing can be drawn; the pledge stands."""
    world.donor(105, 3_000)
    kept = pledge(world, 105, pool, shareBps=10_000)
    world.people.send("Charity", "pause", by=DevRole.PAUSER)
    world.tend()
    world.tend()
    assert told(world, 105, kept["number"])["drawnGco2e"] == "0"
    world.people.send("Charity", "unpause", by=DevRole.PAUSER)
    world.pass_time(3_600)
    world.tend()

    assert told(world, 105, kept["number"])["drawnGco2e"] == "3000"


def test_pledge__that_cannot_be__is_refused_with_its_own_code(world: World, pool: int) -> None:
    world.people.mint(106, 1_000)
    world.index()

    def code(**changed: Any) -> str:
        return str(world.post("/pledges", body(world, 106, pool, **changed)).json()["code"])

    assert code(shareBps=0) == "pledge.invalid"
    assert code(shareBps=10_001) == "pledge.invalid"
    assert code(expiry=unix_s(world.clock.at) - 1) == "pledge.invalid"
    assert code(start=1, expiry=2) == "act.expired"
    assert code(maxAmountGco2e=2**64) == "pledge.invalid"
    assert code(campaignId=999) == "campaign.unknown"
    assert code(classId=1) == "act.class_unknown"
    stolen = body(world, 106, pool) | {"donor": world.people.person(107).address}
    assert world.post("/pledges", stolen).json()["code"] == "act.signer_wrong"
    garbled = body(world, 106, pool) | {"signature": to_hex(b"\x01" * 66)}
    assert world.post("/pledges", garbled).json()["code"] == "signature.malformed"

    first = body(world, 106, pool, number=4_242)
    assert world.post("/pledges", first).status_code == 201
    assert world.post("/pledges", first).status_code == 201, "the same again is the same"
    assert code(number=4_242, shareBps=2) == "pledge.number_taken"
    for _ in range(19):
        pledge(world, 106, pool, shareBps=1)
    assert code() == "pledge.too_many"
