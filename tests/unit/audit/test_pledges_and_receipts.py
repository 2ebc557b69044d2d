"""Pledges drawn past what was signed or sold; receipts that are nobody's, out of order, or moved."""

from typing import Any

import pytest

from backend.audit.pledges import Sales
from backend.audit.timeline import Call
from backend.chain.keys import Signer
from backend.chain.typed_data import sign, struct_hash
from tests.unit.audit.minting import accredit, mint
from tests.unit.audit.test_giving import CHARITY, DOMAIN, HOUSE, SECOND, gift, opened, opening
from tests.unit.audit.told import CLASS_ID, NOBODY, NOW_S, Stage, Told, approved, person
from tests.unit.audit.trading import a_buy, a_sell, open_market, settle_call

DONOR = person(0)


@pytest.fixture
def stage() -> Stage:
    """Campaign 1 takes gifts; person 0 holds 100 kg and sold 10 of them."""
    made = Stage()
    made.open_class()
    accredit(made)
    mint(made, DONOR.address, 100_000, nullifier=1)
    market = open_market(made)
    assert made.tell(approved(DONOR.address, CHARITY)) == []
    listed = {"charity": HOUSE, "listed": True, "secondSigner": SECOND.address}
    assert made.tell(("Charity", "CharityListed", listed)) == []
    told = opened(1, closes=NOW_S + 10_000)
    assert made.tell(told, calls=[opening(told)]) == []
    buy, sell = a_buy(), a_sell()
    call = settle_call([(buy, sell, 10, 95)])
    assert made.tell(*market.filled(buy, sell, 10, 95), calls=[call]) == []
    return made


def a_pledge(**changed: Any) -> dict[str, Any]:
    """A tenth of what person 0 sells, at most 5 kg."""
    fields = {"donor": DONOR.address, "campaignId": 1, "classId": CLASS_ID, "shareBps": 1_000}
    return fields | {"maxAmountGco2e": 5_000, "start": NOW_S, "expiry": NOW_S + 5_000, "number": 9} | changed


def drawn(pledge: dict[str, Any], grams: int, signer: Signer = DONOR) -> tuple[list[Told], list[Call]]:
    hashed = struct_hash("Pledge", pledge)
    event = {"donor": pledge["donor"], "number": pledge["number"], "structHash": hashed, "amount": grams}
    args = {"pledge": pledge, "amount": grams, "signature": sign(signer, "Pledge", DOMAIN, pledge)}
    return [*gift(1, grams), ("Charity", "PledgeDrawn", event)], [Call("Charity", "drawPledge", args, HOUSE)]


def tell(stage: Stage, story: tuple[list[Told], list[Call]]) -> list[str]:
    return stage.tell(*story[0], calls=story[1])


def test_draws__up_to_the_share_of_what_was_sold__hold_and_a_gram_more_is_found(stage: Stage) -> None:
    assert tell(stage, drawn(a_pledge(), 600)) == []
    assert tell(stage, drawn(a_pledge(), 400)) == []
    assert tell(stage, drawn(a_pledge(), 1)) == ["pledges.share"]


def test_draw__of_all_that_is_left__is_bound_by_its_maximum_alone(stage: Stage) -> None:
    pledge = a_pledge(shareBps=10_000)
    assert tell(stage, drawn(pledge, 5_000)) == []
    assert tell(stage, drawn(pledge, 1)) == ["pledges.draw"]


def test_draw__what_was_sold_before_its_start__does_not_count(stage: Stage) -> None:
    stage.now_s += 10
    assert tell(stage, drawn(a_pledge(start=NOW_S + 1), 1)) == ["pledges.share"]


@pytest.mark.parametrize("changed", [{"start": NOW_S + 1}, {"expiry": NOW_S}])
def test_draw__outside_its_time__is_found(stage: Stage, changed: dict[str, Any]) -> None:
    assert "pledges.signed" in tell(stage, drawn(a_pledge(**changed), 1))


def test_draw__not_signed_by_the_donor__is_found(stage: Stage) -> None:
    assert tell(stage, drawn(a_pledge(), 1, signer=person(3))) == ["pledges.signed"]


def test_draw__under_a_voided_number__is_found(stage: Stage) -> None:
    assert stage.tell(("Charity", "NumberUsed", {"account": DONOR.address, "number": 9})) == []
    assert tell(stage, drawn(a_pledge(), 1)) == ["pledges.draw"]


def test_draw__of_a_second_pledge_under_the_number__is_found(stage: Stage) -> None:
    assert tell(stage, drawn(a_pledge(), 1)) == []
    assert tell(stage, drawn(a_pledge(maxAmountGco2e=6_000), 1)) == ["pledges.draw"]


def test_draw__without_its_gift_or_its_call__is_found(stage: Stage) -> None:
    told, calls = drawn(a_pledge(), 1)
    assert "pledges.draw" in stage.tell(told[-1], calls=calls)
    assert "pledges.draw" in stage.tell(*told)
    assert "pledges.draw" in stage.tell(*gift(1, 2), told[-1], calls=calls)


def test_sales__since_a_time__count_from_that_second_on() -> None:
    sales = Sales()
    assert sales.since(0) == 0
    for at_s, grams in ((10, 1), (10, 2), (20, 4)):
        sales.add(at_s, grams)
    assert [sales.since(at_s) for at_s in (9, 10, 11, 20, 21)] == [7, 7, 4, 4, 0]


def receipt(serial: int = 1, **changed: Any) -> list[Told]:
    token = {"tokenId": 1 << 192 | CLASS_ID << 64 | serial}
    issued = {"from": NOBODY, "to": DONOR.address} | token | changed
    return [("Charity", "Transfer", issued), ("Charity", "Locked", {"tokenId": issued["tokenId"]})]


def test_receipts__each_after_its_gift_and_in_order__hold(stage: Stage) -> None:
    assert stage.tell(*gift(1, 5), *receipt(1)) == []
    assert stage.tell(*gift(1, 5), *receipt(2)) == []


@pytest.mark.parametrize(
    "told",
    [
        receipt(1),
        [*gift(1, 5), *receipt(2)],
        [*gift(1, 5), *receipt(1, to=person(3).address)],
        [*gift(1, 5), *receipt(1, **{"from": person(3).address})],
        [*gift(1, 5), receipt(1)[0]],
        [*gift(1, 5), receipt(1)[1]],
    ],
    ids=["no gift", "out of order", "another's", "moved", "not locked", "a lock of nothing"],
)
def test_receipt__any_other__is_found(stage: Stage, told: list[Told]) -> None:
    assert set(stage.tell(*told)) == {"giving.receipt"}
