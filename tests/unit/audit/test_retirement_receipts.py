"""Receipts of retirements that nobody asked for, of other retirements, out of order, or moved."""

from typing import Any

import pytest

from backend.audit.timeline import Call
from backend.chain.keys import Signer
from backend.chain.typed_data import sign
from tests.unit.audit.minting import accredit, mint
from tests.unit.audit.told import ADDRESSES, CLASS_ID, DEPLOYMENT, NOBODY, NOW_S, Stage, Told, approved, moved, person
from tests.unit.audit.told import retired as retired_words

RECEIPTS = ADDRESSES["RetirementReceipts"]
HOLDER, STRANGER = person(0), person(3)
FAR = NOW_S + 10_000


@pytest.fixture
def stage() -> Stage:
    """Person 0 holds 100 kg."""
    made = Stage()
    made.open_class()
    accredit(made)
    mint(made, HOLDER.address, 100_000, nullifier=1)
    return made


def a_message(number: int = 1, **changed: Any) -> dict[str, Any]:
    words = {"purpose": "self", "ref": bytes(32), "number": number, "deadline": FAR}
    accounts = {"account": HOLDER.address, "beneficiary": HOLDER.address}
    return accounts | {"classId": CLASS_ID, "amountGco2e": 500} | words | changed


def called(message: dict[str, Any], retires: Signer = HOLDER, asks: Signer = HOLDER) -> Call:
    domain = DEPLOYMENT.domain
    args = {
        "retirement": message,
        "signature": sign(retires, "Retire", domain("CarbonCredit"), message),
        "receiptSignature": sign(asks, "RetirementReceipt", domain("RetirementReceipts"), message),
    }
    return Call("RetirementReceipts", "retireBySig", args, STRANGER.address)


def retirement(number: int | None = 1, grams: int = 500, **changed: Any) -> list[Told]:
    """What CarbonCredit tells; without a number where it was no signed act."""
    used = {"account": HOLDER.address, "number": number}
    burned = moved(HOLDER.address, NOBODY, grams, operator=RECEIPTS)
    spent: list[Told] = [] if number is None else [("CarbonCredit", "NumberUsed", used)]
    return [*spent, burned, retired_words(HOLDER.address, grams, **changed)]


def issued(serial: int = 1, grams: int = 500, issue: dict[str, Any] | None = None, **changed: Any) -> list[Told]:
    token = {"tokenId": CLASS_ID << 64 | serial}
    accounts = {"account": HOLDER.address, "beneficiary": HOLDER.address}
    facts = accounts | {"classId": CLASS_ID, "amount": grams, "purpose": "self", "ref": bytes(32)}
    return [
        ("RetirementReceipts", "Transfer", {"from": NOBODY, "to": HOLDER.address} | token | (issue or {})),
        ("RetirementReceipts", "Locked", token),
        ("RetirementReceipts", "RetirementReceiptIssued", token | facts | changed),
    ]


def test_receipts__asked_for_and_in_order__hold(stage: Stage) -> None:
    for serial in (1, 2):
        told = [*retirement(serial), *issued(serial)]
        assert stage.tell(*told, calls=[called(a_message(serial))]) == []


def test_receipt__by_the_holders_own_call__holds_and_by_anothers_is_found(stage: Stage) -> None:
    assert stage.tell(approved(HOLDER.address, RECEIPTS)) == []
    words = {"classId": CLASS_ID, "amount": 500, "beneficiary": HOLDER.address, "purpose": "self", "ref": bytes(32)}
    for serial, caller, broken in ((1, HOLDER, []), (2, STRANGER, ["receipts.asked"])):
        call = Call("RetirementReceipts", "retire", words, caller.address)
        assert stage.tell(*retirement(None), *issued(serial), calls=[call]) == broken


def test_receipt__without_a_call__is_found(stage: Stage) -> None:
    assert stage.tell(*retirement(), *issued()) == ["receipts.asked"]


@pytest.mark.parametrize("signers", [{"asks": STRANGER}, {"retires": STRANGER}], ids=str)
def test_receipt__of_a_forged_message__is_found(stage: Stage, signers: dict[str, Signer]) -> None:
    assert stage.tell(*retirement(), *issued(), calls=[called(a_message(), **signers)]) == ["receipts.asked"]


def test_receipt__asked_for_too_late__is_found(stage: Stage) -> None:
    call = called(a_message(deadline=NOW_S))
    assert set(stage.tell(*retirement(), *issued(), calls=[call])) == {"receipts.asked"}


@pytest.mark.parametrize(
    "told",
    [
        issued(),
        [*retirement(), *issued(2)],
        [*retirement(), *issued(issue={"to": STRANGER.address})],
        [*retirement(), *issued(issue={"from": STRANGER.address})],
        [*retirement(), *issued(grams=501)],
        [*retirement(), *issued(purpose="event")],
        [*retirement(ref=b"\x01" * 32), *issued()],
        [*retirement(), *issued()[:2]],
        [*retirement(), issued()[0], issued()[2]],
        [*retirement(), issued()[1]],
        [*retirement(), issued()[2]],
    ],
    ids=[
        *(
            "no retirement",
            "out of order",
            "another's",
            "moved",
            "of more",
            "of another purpose",
            "of another reference",
        ),
        *("facts untold", "not locked", "a lock of nothing", "facts of nothing"),
    ],
)
def test_receipt__any_other__is_found(stage: Stage, told: list[Told]) -> None:
    assert "receipts.retirement" in stage.tell(*told, calls=[called(a_message())])
