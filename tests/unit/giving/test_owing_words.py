"""The three ways to settle, in words: a cost always says for how many kg it is, and in which money."""

from typing import Any

import pytest

from backend.giving.kinds import AidStage
from backend.giving.owing_words import _SAYS, ways_told

APPLIED = {
    "roundId": 7,
    "needGco2e": "3000",
    "awardGco2e": "2500",
    "settledGco2e": "2500",
    "deedId": "0xab-3",
    "closesAt": "2026-02-01T00:00:00Z",
}
ROUND = {
    "roundId": 8,
    "campaignId": "2",
    "mostGco2e": "1500",
    "opensAt": "2026-01-01T00:00:00Z",
    "closesAt": "2026-02-01T00:00:00Z",
}


def owed(lots: int = 0, cost: int = 0, **changed: Any) -> dict[str, Any]:
    market = {"lotsWanted": "4", "lots": str(lots), "cost": str(cost), "fee": "1500"}
    return {
        "vintage": 2025,
        "outstandingGco2e": "3500",
        "ownCredits": [],
        "classes": ["CN-SC/2025/SIM"],
        "market": market,
        "aid": {"rounds": [], "applied": []},
    } | changed


def test_cost__of_a_part__says_that_it_pays_for_the_kg_on_offer_alone() -> None:
    _, market, _ = ways_told(owed(lots=1, cost=300_000))

    assert "only 1 of 4 kg are on offer" in market["en"]
    assert "0.3 TTD, and at most 0.0015 TTD of fee on top, pay for those 1 kg alone" in market["en"]
    assert "the other 3 kg have no price now" in market["en"]
    assert "其余 3 kg 目前没有价格" in market["zh"]


def test_cost__of_all_or_of_nothing__says_so() -> None:
    assert "all 4 kg are on offer for 1.2 TTD" in ways_told(owed(lots=4, cost=1_200_000))[1]["en"]
    assert "so there is no price now" in ways_told(owed())[1]["en"]


def test_own_credits__tell_what_is_at_hand_or_what_would_do() -> None:
    held = [{"amountGco2e": "1000"}, {"amountGco2e": "9000"}]

    assert "3.5 of 3.5 kg are at hand" in ways_told(owed(ownCredits=held))[0]["en"]
    assert "1 of 3.5 kg are at hand" in ways_told(owed(ownCredits=held[:1]))[0]["en"]
    assert "These would: CN-SC/2025/SIM." in ways_told(owed())[0]["en"]
    assert "These would: -." in ways_told(owed(classes=[]))[0]["en"]


@pytest.mark.parametrize("stage", list(AidStage))
def test_aid__tells_where_an_application_stands_and_what_else_could_serve(stage: AidStage) -> None:
    aid = {"rounds": [ROUND], "applied": [APPLIED | {"stage": stage}]}

    applied, chance = ways_told(owed(aid=aid))[2:]

    assert "round 7" in applied["en"]
    assert ("0xab-3" in applied["en"]) is (stage is AidStage.GRANTED)
    assert "round 8 of campaign 2 gives at most 1.5 kg" in chance["en"]


def test_settled__has_no_way_left_but_the_grant_is_told() -> None:
    settled = owed(outstandingGco2e="0", aid={"rounds": [], "applied": [APPLIED | {"stage": "granted"}]})

    assert [one["en"][:4] for one in ways_told(settled)] == ["Aid:"]
    assert ways_told(owed(outstandingGco2e="0")) == []


def test_sentences__are_there_in_both_languages() -> None:
    assert _SAYS["en"].keys() == _SAYS["zh"].keys()
