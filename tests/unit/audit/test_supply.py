"""INV-01: every way a class's sums can fail to add up is a finding of its own."""

from typing import Any

import pytest

from tests.unit.audit.minting import a_batch, a_leaf, accredit, mint
from tests.unit.audit.told import CLASS_ID, NOBODY, Stage, Told, class_created, moved, person, retired


@pytest.fixture
def stage() -> Stage:
    made = Stage()
    made.open_class()
    accredit(made)
    mint(made, person(0).address, 100_000, nullifier=1)
    return made


def test_class__opened_twice__is_found(stage: Stage) -> None:
    assert "supply.class" in stage.tell(class_created())


@pytest.mark.parametrize("changed", [{"vintage": 2024}, {"region": b"US-CA\0"}, {"bufferRateBps": 5_001}, {"cap": 0}])
def test_class__fields_that_do_not_give_its_id_or_are_out_of_range__are_found(changed: dict[str, Any]) -> None:
    assert Stage().tell(class_created(**changed)) == ["supply.class"]


def test_mint__without_issued__breaks_inv_01(stage: Stage) -> None:
    assert stage.tell(moved(NOBODY, person(1).address, 5)) == ["supply.identity", "supply.mints_explained"]


def test_burn__without_retirement__breaks_inv_01(stage: Stage) -> None:
    assert stage.tell(moved(person(0).address, NOBODY, 5)) == ["supply.identity", "supply.mints_explained"]


def test_retirement__without_burn__breaks_inv_01(stage: Stage) -> None:
    assert stage.tell(retired(person(0).address, 5)) == ["supply.identity", "supply.mints_explained"]


def test_retirement__with_its_burn__holds(stage: Stage) -> None:
    holder = person(0).address
    assert stage.tell(moved(holder, NOBODY, 5), retired(holder, 5)) == []


@pytest.mark.parametrize("changed", [{"amount": 0}, {"purpose": ""}, {"purpose": "Two Words"}, {"beneficiary": NOBODY}])
def test_retirement__without_grams_purpose_or_beneficiary__is_found(stage: Stage, changed: dict[str, Any]) -> None:
    holder = person(0).address
    assert "supply.retired" in stage.tell(moved(holder, NOBODY, 5), retired(holder, 5, **changed))


def test_spending__more_than_is_held__is_found(stage: Stage) -> None:
    assert stage.tell(moved(person(0).address, person(1).address, 100_001)) == ["holdings.credits_covered"]


def test_move__by_somebody_not_approved__is_found(stage: Stage) -> None:
    stranger = person(9).address
    assert stage.tell(moved(person(0).address, stranger, 5, operator=stranger)) == ["holdings.move_allowed"]


def test_budgets__above_the_cap__break_inv_01(stage: Stage) -> None:
    batch = a_batch(a_leaf(person(2).address, 10_000, 9), budgets=10**9)
    assert stage.tell(*batch.told(), calls=[batch.call()]) == ["supply.cap"]


def test_surplus__above_its_budgets__breaks_inv_01(stage: Stage) -> None:
    batch = a_batch(a_leaf(person(2).address, 10_000, 9), surplus=11, budgets=10)
    assert stage.tell(*batch.told(), calls=[batch.call()]) == ["supply.surplus"]


def _buffer(name: str, **args: object) -> Told:
    return ("CarbonCredit", name, {"classId": CLASS_ID, **args})


def test_buffer__cancelled_without_reversal__is_found(stage: Stage) -> None:
    assert stage.tell(_buffer("BufferCancelled", amount=1)) == ["supply.buffer"]


def test_buffer__reversal_then_cancellation__holds_and_minting_stands_still_meanwhile(stage: Stage) -> None:
    leaf = a_leaf(person(3).address, 10_000, 7)
    batch = a_batch(leaf)
    assert stage.tell(*batch.told(), calls=[batch.call()]) == []
    assert stage.tell(_buffer("ReversalRecorded", amount=3, ref=bytes(32))) == []
    assert stage.tell(*batch.minted(leaf), calls=[batch.claim_call(leaf)]) == ["claims.root"]
    assert stage.tell(_buffer("BufferCancelled", amount=3)) == []


def test_buffer__expired_before_its_term__is_found(stage: Stage) -> None:
    assert stage.tell(_buffer("BufferExpired", amount=5_000)) == ["supply.buffer"]


def test_buffer__expired_at_its_term__holds(stage: Stage) -> None:
    stage.now_s += 1_095 * 86_400
    assert stage.tell(_buffer("BufferExpired", amount=5_000)) == []
    assert stage.tell(_buffer("BufferExpired", amount=5_000)) == ["supply.buffer"]


def test_unknown_class__is_found() -> None:
    assert "supply.class" in Stage().tell(_buffer("BufferCancelled", amount=1))
