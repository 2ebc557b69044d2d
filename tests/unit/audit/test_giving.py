"""INV-06: gifts that did not arrive, exits that are not allowed, credits that leave Charity some other way."""

from typing import Any

import pytest

from backend.audit.spending import grants_digest
from backend.audit.timeline import Call
from backend.chain.keccak import keccak
from backend.chain.keys import Signer
from backend.chain.typed_data import sign
from tests.unit.audit.minting import accredit, mint
from tests.unit.audit.told import ADDRESSES, CLASS_ID, DEPLOYMENT, NOBODY, NOW_S, Stage, Told, approved, moved, person

CHARITY = ADDRESSES["Charity"]
HOUSE = person(7).address
SECOND = person(6)
"""The charity that opens campaigns."""


DOMAIN = DEPLOYMENT.domain("Charity")


def second_word(type_name: str, message: dict[str, object], signer: Signer = SECOND) -> dict[str, Any]:
    """What a charity's second signer adds to a call."""
    message = message | {"number": 5, "deadline": NOW_S + 10**6}
    return {"number": 5, "deadline": NOW_S + 10**6, "signature": sign(signer, type_name, DOMAIN, message)}


def opened(campaign_id: int, kind: int = 0, funding: int = 0, **changed: Any) -> Told:
    window = {"opens": NOW_S, "closes": NOW_S + 1_000, "target": 50_000, "storyDigest": bytes(32)}
    fields = {"campaignId": campaign_id, "charity": HOUSE, "kind": kind, "funding": funding, **window}
    return ("Charity", "CampaignOpened", fields | changed)


def opening(told: Told, *, signer: Signer = SECOND, **signed: Any) -> Call:
    """The call that an opening follows from, with the second signer's word; `signed`: what it says otherwise."""
    terms = {name: value for name, value in told[2].items() if name not in {"campaignId", "charity"}}
    message: dict[str, object] = {
        "charity": told[2]["charity"],
        "kind": ("retire-pool", "aid")[terms["kind"]],
        "funding": ("keep-what-you-raise", "all-or-nothing")[terms["funding"]],
        "opens": terms["opens"],
        "closes": terms["closes"],
        "targetGco2e": terms["target"],
        "storyDigest": terms["storyDigest"],
    }
    second = second_word("OpenCampaign", message | signed, signer)
    return Call("Charity", "openCampaign", {**terms, "second": second}, told[2]["charity"])


def closing(campaign_id: int, caller: str = HOUSE, *, signer: Signer = SECOND) -> Call:
    second = second_word("CloseEarly", {"campaignId": campaign_id}, signer)
    return Call("Charity", "closeEarly", {"campaignId": campaign_id, "second": second}, caller)


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


def retire_held(
    campaign_id: int, grams: int, caller: str = HOUSE, *, early: bool = True, signer: Signer = SECOND
) -> tuple[list[Told], list[Call]]:
    told = retirement(
        "CampaignRetired", campaign_id, grams, purpose="charity", beneficiary=HOUSE, ref=campaign_id.to_bytes(32)
    )
    args: dict[str, Any] = {"campaignId": campaign_id, "classId": CLASS_ID, "amount": grams}
    if not early:
        return told, [Call("Charity", "retireHeld", args, caller)]
    message: dict[str, object] = {"campaignId": campaign_id, "classId": CLASS_ID, "amountGco2e": grams}
    args["second"] = second_word("RetireEarly", message, signer)
    return told, [Call("Charity", "retireEarly", args, caller)]


def grant(
    campaign_id: int, grams: int, ref: int, caller: str = HOUSE, *, signer: Signer = SECOND
) -> tuple[list[Told], list[Call]]:
    told = retirement("Granted", campaign_id, grams, purpose="grant", beneficiary=CHARITY, ref=ref.to_bytes(32))
    args = {"campaignId": campaign_id, "classId": CLASS_ID, "amounts": [grams], "refs": [ref.to_bytes(32)]}
    message: dict[str, object] = {
        "campaignId": campaign_id,
        "classId": CLASS_ID,
        "totalGco2e": grams,
        "grantsDigest": grants_digest([grams], [ref.to_bytes(32)]),
    }
    args["second"] = second_word("Grant", message, signer)
    return told, [Call("Charity", "grant", args, caller)]


def refund(campaign_id: int, donor: int, grams: int, to: int | None = None) -> tuple[list[Told], list[Call]]:
    account = person(donor).address
    receiver = account if to is None else person(to).address
    fields = {"campaignId": campaign_id, "donor": account, "classId": CLASS_ID, "amount": grams}
    told: list[Told] = [("Charity", "Refunded", fields)]
    if grams:
        told.append(moved(CHARITY, receiver, grams, operator=CHARITY))
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
    assert (
        made.tell(("Charity", "CharityListed", {"charity": HOUSE, "listed": True, "secondSigner": SECOND.address}))
        == []
    )
    for told in (opened(1), opened(2, kind=1), opened(3, funding=1)):
        assert made.tell(told, calls=[opening(told)]) == []
    return made


def _tell(stage: Stage, story: tuple[list[Told], list[Call]]) -> list[str]:
    return stage.tell(*story[0], calls=story[1])


@pytest.mark.parametrize(
    "event",
    [
        opened(5),
        opened(4, closes=NOW_S),
        opened(4, opens=NOW_S + 2_000),
        opened(4, closes=NOW_S + 732 * 86_400),
    ],
)
def test_campaign__out_of_order_or_without_window__is_found(stage: Stage, event: Told) -> None:
    assert stage.tell(event, calls=[opening(event)]) == ["giving.campaign"]


def test_campaign__of_nobody_listed__is_found_twice(stage: Stage) -> None:
    event = opened(4, charity=person(1).address)
    assert stage.tell(event, calls=[opening(event)]) == ["spending.second", "giving.campaign"]


def test_campaign__that_its_charity_did_not_open__is_found(stage: Stage) -> None:
    assert stage.tell(opened(4)) == ["giving.campaign"]


@pytest.mark.parametrize(
    "signed",
    [
        {"signer": person(1)},
        {"charity": person(1).address},
        {"kind": "aid"},
        {"funding": "all-or-nothing"},
        {"opens": NOW_S - 1},
        {"closes": NOW_S + 999},
        {"targetGco2e": 50_001},
        {"storyDigest": b"\x01" * 32},
    ],
)
def test_campaign__without_its_second_signers_word_for_its_terms__breaks_inv_06(
    stage: Stage, signed: dict[str, Any]
) -> None:
    assert stage.tell(opened(4), calls=[opening(opened(4), **signed)]) == ["spending.second"]


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
    ("story", "broken"),
    [
        (grant(1, 1_000, ref=8), ["giving.exit"]),
        (retire_held(2, 1_000), ["giving.exit"]),
        (retire_held(1, 1_000, person(1).address), ["spending.second", "giving.exit"]),
        (retire_held(1, 1_000, early=False), ["giving.exit"]),
        (retire_held(1, 1_000, signer=person(1)), ["spending.second"]),
        (grant(2, 1_000, ref=8, signer=person(1)), ["spending.second"]),
    ],
)
def test_exit__of_the_wrong_kind_or_without_both_signers__breaks_inv_06(
    stage: Stage, story: tuple[list[Told], list[Call]], broken: list[str]
) -> None:
    assert stage.tell(*gift(1), *gift(2)) == []
    assert _tell(stage, story) == broken


DELISTED: Told = ("Charity", "CharityListed", {"charity": HOUSE, "listed": False, "secondSigner": NOBODY})


def _failed(campaign_id: int) -> Told:
    return ("Charity", "CampaignFinalised", {"campaignId": campaign_id, "state": 3})


def test_delisted__its_open_campaign_fails_at_any_time_and_spends_nothing(stage: Stage) -> None:
    assert stage.tell(*gift(1)) == []
    assert stage.tell(_failed(1)) == ["giving.campaign"]


def test_delisted__donors_share_what_is_left_and_the_last_gram_goes_too(stage: Stage) -> None:
    assert stage.tell(approved(person(1).address, CHARITY)) == []
    mint(stage, person(1).address, 10, nullifier=2)
    other = [
        moved(person(1).address, CHARITY, 10, operator=CHARITY),
        ("Charity", "Donated", gift(1, 10)[1][2] | {"donor": person(1).address}),
    ]
    assert stage.tell(*gift(1, 20)) == []
    assert stage.tell(*other) == []
    assert _tell(stage, retire_held(1, 14)) == []
    assert stage.tell(DELISTED) == []
    assert stage.tell(_failed(1)) == []
    assert _tell(stage, refund(1, 0, 10)) == []
    assert _tell(stage, refund(1, 1, 6)) == []


def test_delisted__a_refund_of_another_share__breaks_inv_06(stage: Stage) -> None:
    assert stage.tell(*gift(1, 20)) == []
    assert _tell(stage, retire_held(1, 14)) == []
    assert stage.tell(DELISTED) == []
    assert stage.tell(_failed(1)) == []
    assert _tell(stage, refund(1, 0, 5)) == ["giving.exit"]


def test_delisted__spending__breaks_inv_06(stage: Stage) -> None:
    assert stage.tell(*gift(1), *gift(2)) == []
    assert stage.tell(DELISTED) == []
    assert _tell(stage, grant(2, 1_000, ref=8)) == ["spending.second", "giving.exit"]
    assert _tell(stage, retire_held(1, 1_000)) == ["spending.second", "giving.exit"]


@pytest.mark.parametrize(("to", "broken"), [(3, []), (None, ["giving.exit"])])
def test_refund__directed_to_another_wallet__goes_there(stage: Stage, to: int | None, broken: list[str]) -> None:
    assert stage.tell(*gift(3)) == []
    assert stage.tell(("Charity", "RefundDirected", {"donor": person(0).address, "to": person(3).address})) == []
    stage.now_s += 1_000
    assert stage.tell(_failed(3)) == []
    assert _tell(stage, refund(3, 0, 20_000, to)) == broken


def test_early_close__by_its_charity_now__holds_and_ends_gifts(stage: Stage) -> None:
    stage.now_s += 500
    event: Told = ("Charity", "CampaignClosedEarly", {"campaignId": 3, "closes": stage.now_s})
    assert stage.tell(event, calls=[closing(3)]) == []
    assert stage.tell(*gift(3)) == ["giving.gift"]
    assert stage.tell(_failed(3)) == []


def test_early_close__by_another_or_at_another_time__is_found(stage: Stage) -> None:
    event: Told = ("Charity", "CampaignClosedEarly", {"campaignId": 3, "closes": stage.now_s + 1})
    assert stage.tell(event, calls=[closing(3)]) == ["giving.campaign"]
    event = ("Charity", "CampaignClosedEarly", {"campaignId": 1, "closes": stage.now_s})
    assert stage.tell(event, calls=[closing(1, person(3).address)]) == ["spending.second", "giving.campaign"]


def test_early_close__without_its_second_signer__breaks_inv_06(stage: Stage) -> None:
    event: Told = ("Charity", "CampaignClosedEarly", {"campaignId": 1, "closes": stage.now_s})
    assert stage.tell(event, calls=[closing(1, signer=person(1))]) == ["spending.second"]


def test_left_overs_of_aid__before_90_days_after_the_close__break_inv_06(stage: Stage) -> None:
    assert stage.tell(*gift(2)) == []
    stage.now_s = NOW_S + 1_000
    assert stage.tell(("Charity", "CampaignFinalised", {"campaignId": 2, "state": 2})) == []
    stage.now_s += 90 * 86_400 - 1
    assert _tell(stage, retire_held(2, 1_000, person(3).address, early=False)) == ["giving.exit"]
    stage.now_s += 1
    assert _tell(stage, retire_held(2, 1_000, person(3).address, early=False)) == []


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
