"""Gas of a retirement with a receipt that cannot be moved, receipt gasUsed (prague, one transaction per block).

*first*: the account's first receipt, and the first of its class; *again*: both have one, the word of numbers is used.
The baseline, measured in the same run, is the same retirement by signature without a receipt. `goal` is what the
contracts must reach.
"""

from typing import Any

from backend.chain.typed_data import sign
from tests.benchmarks.gas_row import Row, gas_row
from tests.contract.people import CLASS_ID, FAR, People

GOALS = {"retire with a receipt, first": 210_000, "retire with a receipt, again": 140_000}

HOLDER = 1


def _message(people: People) -> dict[str, Any]:
    person = people.person(HOLDER).address
    words = {"classId": CLASS_ID, "amountGco2e": 12_000, "purpose": "self", "ref": bytes(32)}
    return {"account": person, "beneficiary": person, **words, "number": next(people.numbers), "deadline": FAR}


def _without(people: People) -> int:
    message = _message(people)
    domain = people.contracts.deployment.domain("CarbonCredit")
    signature = sign(people.person(HOLDER), "Retire", domain, message)
    return int(people.send("CarbonCredit", "retireBySig", *message.values(), signature)["gasUsed"])


def _with(people: People) -> int:
    call = people.receipt_call(HOLDER, _message(people))
    return int(people.send("RetirementReceipts", "retireBySig", *call)["gasUsed"])


def measure(people: People) -> list[Row]:
    """The first receipt and another, against the bare retirement."""
    people.mint(HOLDER, 1_000_000)
    _without(people)
    baseline = _without(people)
    return [gas_row(name, _with(people), baseline, goal) for name, goal in GOALS.items()]
