"""INV-06: gifts that did not arrive, exits that are not allowed, credits that leave Charity some other way."""

from typing import Any

import pytest

from backend.audit.timeline import Call
from backend.chain.keccak import keccak
from tests.unit.audit.minting import accredit, mint
from tests.unit.audit.told import ADDRESSES, CLASS_ID, NOBODY, NOW_S, Stage, Told, approved, moved, person

CHARITY = ADDRESSES["Charity"]
HOUSE = person(7).address
"""The charity that opens campaigns."""


def opened(campaign_id: int, kind: int = 0, funding: int = 0, **changed: Any) -> Told:
    window = {"opens": NOW_S, "closes": NOW_S + 1_000, "target": 50_000, "storyDigest": bytes(32)}
    fields = {"campaignId": campaign_id, "charity": HOUSE, "kind": kind, "funding": funding, **window}
    return ("Charity", "CampaignOpened", fields | changed)


def gift(campaign_id: int, grams: int = 20_000, **changed: Any) -> list[Told]:
    """Of person 0."""
    account = person(0).address
    fields = {"campaignId": campaign_id, "donor": account, "classId": CLASS_ID, "amount": grams}
    return [moved(account, CHARITY, grams, operator=CHARITY), ("Charity", "Donated", fields | changed)]


def retirement(event: str, campaign_id: int, grams: int, *, purpose: str, beneficiary: str, ref: bytes) -> list[Told]:
    fields: dict[str, Any] = {"campaignId": campaign_id, "classId": CLASS_ID, "amount": grams}
    if event == "Granted":
        fields["ref"] = ref
    words = {"beneficiary": beneficiary, "classId": CLASS_ID, "amount": grams, "purpose": purpose, "ref": ref}
    return [
        ("Charity", event, fields),
        moved(CHARITY, NOBODY, grams, operator=CHARITY),
        ("CarbonCredit", "Retired", {"account": CHARITY, **words}),
    ]


def retire_held(campaign_id: int, grams: int, caller: str = HOUSE) -> tuple[list[Told], list[Call]]:
    told = retirement(
        "CampaignRetired", campaign_id, grams, purpose="charity", beneficiary=HOUSE, ref=campaign_id.to_bytes(32)
    )
    args = {"campaignId": campaign_id, "classId": CLASS_ID, "amount": grams}
    return told, [Call("Charity", "retireHeld", args, caller)]


def grant(campaign_id: int, grams: int, ref: int, caller: str = HOUSE) -> tuple[list[Told], list[Call]]:
    told = retirement("Granted", campaign_id, grams, purpose="grant", beneficiary=CHARITY, ref=ref.to_bytes(32))
    args = {"campaignId": campaign_id, "classId": CLASS_ID, "amounts": [grams], "refs": [ref.to_bytes(32)]}
    return told, [Call("Charity", "grant", args, caller)]


def refund(campaign_id: int, donor: int, grams: int) -> tuple[list[Told], list[Call]]:
    account = person(donor).address
    fields = {"campaignId": campaign_id, "donor": account, "classId": CLASS_ID, "amount": grams}
    told: list[Told] = [("Charity", "Refunded", fields), moved(CHARITY, account, grams, operator=CHARITY)]
    args = {"campaignId": campaign_id, "classId": CLASS_ID, "donors": [account]}
    return told, [Call("Charity", "refund", args, person(5).address)]


@pytest.fixture
def stage() -> Stage:
    """1: a pool that keeps what it raises; 2: aid that keeps; 3: all or nothing. Person 0 holds 100 kg."""
    made = Stage()
    made.open_class()
    accredit(made)
    mint(made, person(0).address, 100_000, nullifier=1)
    assert made.tell(approved(person(0).address, CHARITY)) == []
    assert made.tell(("Charity", "CharityListed", {"charity": HOUSE, "listed": True})) == []
    assert made.tell(opened(1), opened(2, kind=1), opened(3, funding=1)) == []
    return made


def _tell(stage: Stage, story: tuple[list[Told], list[Call]]) -> list[str]:
    return stage.tell(*story[0], calls=story[1])


@pytest.mark.parametrize(
    "event",
    [
        opened(5),
        opened(4, charity=person(1).address),
        opened(4, closes=NOW_S),
        opened(4, opens=NOW_S + 2_000),
        opened(4, closes=NOW_S + 732 * 86_400),
    ],
)
def test_campaign__out_of_order_unlisted_or_without_window__is_found(stage: Stage, event: Told) -> None:
    assert stage.tell(event) == ["giving.campaign"]


def test_gift__arriving_in_its_window__holds(stage: Stage) -> None:
    assert stage.tell(*gift(1)) == []


def test_gift__without_credits_arriving__breaks_inv_06(stage: Stage) -> None:
    assert stage.tell(gift(1)[1]) == ["giving.gift"]


@pytest.mark.parametrize("changed", [{"amount": 19_999}, {"donor": person(4).address}, {"campaignId": 9}])
def test_gift__booked_other_than_it_arrived__breaks_inv_06(stage: Stage, changed: dict[str, Any]) -> None:
    assert "giving.gift" in stage.tell(*gift(1, **changed))


def test_gift__after_the_window__breaks_inv_06(stage: Stage) -> None:
    stage.now_s += 1_000
    assert stage.tell(*gift(1)) == ["giving.gift"]


def test_credits__sent_to_charity_without_a_gift__break_inv_06(stage: Stage) -> None:
    assert stage.tell(gift(1)[0]) == ["giving.gift", "giving.held"]


def test_exit__each_of_the_three__holds(stage: Stage) -> None:
    assert stage.tell(*gift(1), *gift(2)) == []
    assert _tell(stage, retire_held(1, 5_000)) == []
    assert _tell(stage, grant(2, 5_000, ref=8)) == []
    assert stage.tell(*gift(3)) == []
    stage.now_s += 1_000
    assert stage.tell(("Charity", "CampaignFinalised", {"campaignId": 3, "state": 3})) == []
    assert _tell(stage, refund(3, 0, 20_000)) == []


def test_exit__more_than_a_campaign_holds__breaks_inv_06(stage: Stage) -> None:
    assert stage.tell(*gift(1), *gift(2)) == []
    assert "giving.exit" in _tell(stage, retire_held(1, 20_001))


def test_exit__any_other_way__breaks_inv_06(stage: Stage) -> None:
    assert stage.tell(*gift(1)) == []
    broken = stage.tell(moved(CHARITY, person(3).address, 5, operator=CHARITY))
    assert broken == ["giving.exit", "giving.held"]


def test_grant__reference_used_before__breaks_inv_06(stage: Stage) -> None:
    assert stage.tell(*gift(2)) == []
    assert _tell(stage, grant(2, 1_000, ref=8)) == []
    assert _tell(stage, grant(2, 1_000, ref=8)) == ["giving.exit"]


@pytest.mark.parametrize(
    "story", [grant(1, 1_000, ref=8), retire_held(2, 1_000), retire_held(1, 1_000, person(1).address)]
)
def test_exit__of_the_wrong_kind_or_by_the_wrong_caller__breaks_inv_06(
    stage: Stage, story: tuple[list[Told], list[Call]]
) -> None:
    assert stage.tell(*gift(1), *gift(2)) == []
    assert _tell(stage, story) == ["giving.exit"]


def test_exit__of_an_all_or_nothing_campaign_before_its_decision__breaks_inv_06(stage: Stage) -> None:
    assert stage.tell(*gift(3)) == []
    assert _tell(stage, retire_held(3, 1_000)) == ["giving.exit"]
    assert _tell(stage, refund(3, 0, 19_000)) == ["giving.exit"]


@pytest.mark.parametrize("state", [1, 2])
def test_decision__other_than_the_totals_say__is_found(stage: Stage, state: int) -> None:
    stage.now_s += 1_000
    assert stage.tell(("Charity", "CampaignFinalised", {"campaignId": 3, "state": state})) == ["giving.campaign"]


def test_decision__before_the_window_closes__is_found(stage: Stage) -> None:
    assert stage.tell(("Charity", "CampaignFinalised", {"campaignId": 1, "state": 2})) == ["giving.campaign"]


def test_refund__twice_or_of_another_amount__breaks_inv_06(stage: Stage) -> None:
    assert stage.tell(*gift(3), *gift(3)) == []
    stage.now_s += 1_000
    assert stage.tell(("Charity", "CampaignFinalised", {"campaignId": 3, "state": 3})) == []
    assert _tell(stage, refund(3, 0, 20_000)) == ["giving.exit"]
    assert "giving.exit" in _tell(stage, refund(3, 0, 20_000))


def _skip(event: str, error: str, index: int = 0) -> Told:
    return ("Charity", event, {"campaignId": 2, "index": index, "reason": keccak(error.encode())[:4]})


def test_grant_skip__for_a_reason_that_held__holds_and_a_lie_is_found(stage: Stage) -> None:
    assert stage.tell(*gift(2)) == []
    calls = grant(2, 20_001, ref=8)[1]
    held = "HeldInsufficient(uint256,uint256,uint256,uint256)"
    assert stage.tell(_skip("GrantSkipped", held), calls=calls) == []
    assert stage.tell(_skip("GrantSkipped", "AmountZero()"), calls=calls) == ["giving.skips"]
    assert stage.tell(_skip("GrantSkipped", held, index=1), calls=calls) == ["giving.skips"]
    assert stage.tell(calls=calls) == ["giving.skips"]
