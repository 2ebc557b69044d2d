"""Whose funds an event changes."""

from datetime import UTC, datetime

import pytest

from backend.chain.events import ChainEvent
from backend.link.funds import ZERO_ADDRESS, accounts_in


def an_event(contract: str, name: str, **args: object) -> ChainEvent:
    named = {key.rstrip("_"): value for key, value in args.items()}
    return ChainEvent(contract, name, named, 1, bytes(32), datetime(2026, 1, 1, tzinfo=UTC), bytes(32), 0)


@pytest.mark.parametrize(
    ("event", "accounts"),
    [
        (an_event("CarbonCredit", "TransferSingle", from_="0xA", to="0xB", id=1, value=2), {"0xA", "0xB"}),
        (an_event("CarbonCredit", "TransferBatch", from_="0xA", to="0xB", ids=[1], values=[2]), {"0xA", "0xB"}),
        (an_event("CarbonCredit", "TransferSingle", from_=ZERO_ADDRESS, to="0xB", id=1, value=2), {"0xB"}),
        (an_event("CarbonCredit", "ApprovalForAll", account="0xA", operator="0xB", approved=True), {"0xA"}),
        (an_event("PaymentToken", "Transfer", from_="0xA", to="0xB", value=2), {"0xA", "0xB"}),
        (an_event("PaymentToken", "Approval", owner="0xA", spender="0xB", value=2), {"0xA"}),
        (an_event("Exchange", "Filled", buyer="0xA", seller="0xB"), {"0xA", "0xB"}),
        (an_event("Exchange", "NumberCancelled", maker="0xA", number=1), {"0xA"}),
        (an_event("Exchange", "AllCancelled", maker="0xA", epoch=1), {"0xA"}),
        (an_event("CarbonCredit", "ReversalRecorded", classId=1, amount=2), set()),
        (an_event("Charity", "Transfer", from_="0xA", to="0xB", value=2), set()),
    ],
)
def test_accounts__of_an_event__are_those_whose_funds_it_changes(event: ChainEvent, accounts: set[str]) -> None:
    assert accounts_in(event) == accounts
