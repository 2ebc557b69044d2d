"""What a relayed act is told as."""

from typing import Any

import pytest

from backend.chain.class_id import pack
from backend.giving.relay_words import relay_told, why_told

CLASS_ID = pack("CN-SC", 2025, "SIM")


def relayed(**changed: Any) -> dict[str, Any]:
    return {
        "kind": "approve",
        "account": "0x" + "11" * 20,
        "number": "7",
        "classId": None,
        "amountGco2e": "0",
        "state": "new",
        "txHash": None,
        "reason": None,
        "withoutReceipt": False,
        "createdAt": "2026-01-15T12:00:00Z",
    } | changed


def test_act__that_moves_nothing__has_no_amount_and_says_how_to_follow_it() -> None:
    told = relay_told(relayed(), "en")

    assert not told.keys() & {"amountGco2e", "classCode", "number"}
    assert "tanyu retire acts" in told["follow"]
    assert "tanyu retire acts" in relay_told(relayed(), "zh")["follow"]


def test_act__that_moves_credits__names_their_class() -> None:
    told = relay_told(relayed(kind="donate", classId=str(CLASS_ID), amountGco2e="2500"), "en")

    assert (told["classCode"], told["amountGco2e"]) == ("CN-SC/2025/SIM", "2500")


@pytest.mark.parametrize("state", ["confirmed", "reverted"])
def test_act__that_is_over__is_not_to_be_followed(state: str) -> None:
    assert "follow" not in relay_told(relayed(state=state, txHash="0x" + "22" * 32), "en")


def test_retirement__overtaken__is_told_as_done_and_what_is_missing() -> None:
    done = relayed(kind="retire-receipt", state="confirmed", txHash="0x" + "22" * 32, withoutReceipt=True)

    assert "without a receipt" in relay_told(done, "en")["reason"]
    assert "没有凭证" in relay_told(done, "zh")["reason"]
    assert why_told(relayed(reason="NumberAlreadyUsed()"), "en") == "NumberAlreadyUsed()"
