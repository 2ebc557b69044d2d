"""INV-02: roots that too few signed, claims that are no leaves, nullifiers that mint twice."""

from typing import Any

import pytest

from backend.audit.timeline import Call
from backend.chain.keccak import keccak
from tests.unit.audit.minting import RELAYER, VERIFIERS, a_batch, a_leaf, accredit
from tests.unit.audit.told import Stage, person


@pytest.fixture
def stage() -> Stage:
    made = Stage()
    made.open_class()
    accredit(made)
    return made


def test_batch__signed_by_two_of_three__holds_inv_02(stage: Stage) -> None:
    batch = a_batch(a_leaf(person(0).address, 10_000, 1))
    assert stage.tell(*batch.told(), calls=[batch.call()]) == []


def test_batch__signed_by_one__breaks_inv_02(stage: Stage) -> None:
    batch = a_batch(a_leaf(person(0).address, 10_000, 1), signers=1)
    assert stage.tell(*batch.told(), calls=[batch.call()]) == ["issuance.verifiers"]


def test_batch__one_verifier_named_twice__breaks_inv_02(stage: Stage) -> None:
    batch = a_batch(a_leaf(person(0).address, 10_000, 1), signers=1)
    batch.signers = [VERIFIERS[0], VERIFIERS[0]]
    assert stage.tell(*batch.told(), calls=[batch.call()]) == ["issuance.verifiers"]


def test_batch__signed_by_a_verifier_removed_before__breaks_inv_02(stage: Stage) -> None:
    removed = {"verifier": VERIFIERS[1].address, "accredited": False}
    assert stage.tell(("Issuance", "VerifierSet", removed)) == []
    batch = a_batch(a_leaf(person(0).address, 10_000, 1))
    assert stage.tell(*batch.told(), calls=[batch.call()]) == ["issuance.verifiers"]


def test_batch__verifiers_that_did_not_sign__break_inv_02(stage: Stage) -> None:
    batch = a_batch(a_leaf(person(0).address, 10_000, 1))
    named = [VERIFIERS[0].address, VERIFIERS[2].address]
    assert stage.tell(*batch.told(verifiers=named), calls=[batch.call()]) == ["issuance.verifiers"]


@pytest.mark.parametrize(
    "changed", [{"people": 2}, {"footprintsGco2e": 8}, {"deficitsGco2e": 4}, {"policyDigest": b"\x09" * 32}]
)
def test_batch__words_other_than_those_signed__break_inv_02(stage: Stage, changed: dict[str, Any]) -> None:
    batch = a_batch(a_leaf(person(0).address, 10_000, 1))
    assert stage.tell(*batch.told(**changed), calls=[batch.call()]) == ["issuance.batch"]


def test_batch__anchored_after_its_deadline__breaks_inv_02(stage: Stage) -> None:
    stage.now_s += 1_000
    batch = a_batch(a_leaf(person(0).address, 10_000, 1))
    assert stage.tell(*batch.told(), calls=[batch.call()]) == ["issuance.batch"]


def test_batch__nobody_called_for__breaks_inv_02(stage: Stage) -> None:
    batch = a_batch(a_leaf(person(0).address, 10_000, 1))
    assert stage.tell(*batch.told()) == ["issuance.batch"]


def test_surplus__without_a_batch__breaks_inv_02(stage: Stage) -> None:
    batch = a_batch(a_leaf(person(0).address, 10_000, 1))
    assert stage.tell(batch.told()[1]) == ["issuance.batch"]


def test_claim__second_mint_of_a_nullifier__breaks_inv_02(stage: Stage) -> None:
    leaf = a_leaf(person(0).address, 10_000, 1)
    for surplus, broken in ((50_000, []), (60_000, ["claims.nullifier", "claims.root"])):
        batch = a_batch(leaf, a_leaf(person(1).address, surplus, 2), surplus=surplus)
        assert stage.tell(*batch.told(), calls=[batch.call()]) == []
        assert stage.tell(*batch.minted(leaf), calls=[batch.claim_call(leaf)]) == broken


def test_claims__beyond_the_surplus_of_their_root__break_inv_02(stage: Stage) -> None:
    leaves = [a_leaf(person(index).address, 10_000, index + 1) for index in range(3)]
    batch = a_batch(*leaves, surplus=21_000)
    assert stage.tell(*batch.told(), calls=[batch.call()]) == []
    broken = [stage.tell(*batch.minted(leaf), calls=[batch.claim_call(leaf)]) for leaf in leaves]
    assert broken == [[], [], ["supply.surplus", "claims.root", "claims.root"]]


def test_claim__not_a_leaf_of_its_root__breaks_inv_02(stage: Stage) -> None:
    leaf = a_leaf(person(0).address, 10_000, 1)
    batch = a_batch(leaf)
    assert stage.tell(*batch.told(), calls=[batch.call()]) == []
    larger = leaf | {"amountGco2e": 20_000}
    assert stage.tell(*batch.minted(larger), calls=[batch.claim_call(larger)]) == ["claims.root"]


@pytest.mark.parametrize("changed", [{"bufferAmount": 499}, {"account": person(5).address}, {"amount": 9_999}])
def test_claim__issued_other_than_claimed__breaks_inv_02(stage: Stage, changed: dict[str, Any]) -> None:
    leaf = a_leaf(person(0).address, 10_000, 1)
    batch = a_batch(leaf)
    assert stage.tell(*batch.told(), calls=[batch.call()]) == []
    assert "claims.leaf" in stage.tell(*batch.minted(leaf, **changed), calls=[batch.claim_call(leaf)])


def test_claim__of_a_suspended_root__breaks_inv_02(stage: Stage) -> None:
    leaf = a_leaf(person(0).address, 10_000, 1)
    batch = a_batch(leaf)
    assert stage.tell(*batch.told(), calls=[batch.call()]) == []
    assert stage.tell(("CarbonCredit", "RootSuspended", {"root": batch.tree.root, "suspended": True})) == []
    assert stage.tell(*batch.minted(leaf), calls=[batch.claim_call(leaf)]) == ["claims.root"]


PAUSED = ("Issuance", "Paused", {"account": person(9).address})
MARKED = ("CarbonCredit", "MintingPausedSet", {"paused": True})


def test_claim__while_paused__breaks_inv_02(stage: Stage) -> None:
    leaf = a_leaf(person(0).address, 10_000, 1)
    batch = a_batch(leaf)
    assert stage.tell(*batch.told(), calls=[batch.call()]) == []
    assert stage.tell(MARKED, PAUSED) == []
    assert stage.tell(*batch.minted(leaf), calls=[batch.claim_call(leaf)]) == ["claims.root"]


@pytest.mark.parametrize(
    "events", [(PAUSED,), (MARKED,), (PAUSED, ("CarbonCredit", "MintingPausedSet", {"paused": False}))]
)
def test_pause__told_or_kept_alone__is_found(stage: Stage, events: tuple[Any, ...]) -> None:
    assert set(stage.tell(*events)) == {"issuance.pause"}


def test_claim__after_two_years__breaks_inv_02(stage: Stage) -> None:
    leaf = a_leaf(person(0).address, 10_000, 1)
    batch = a_batch(leaf)
    assert stage.tell(*batch.told(), calls=[batch.call()]) == []
    stage.now_s += 730 * 86_400
    assert stage.tell(*batch.minted(leaf), calls=[batch.claim_call(leaf)]) == ["claims.root"]


def _skip(reason: str, leaf: dict[str, Any], root: bytes) -> tuple[str, str, dict[str, Any]]:
    selector = keccak(reason.encode())[:4]
    return ("Issuance", "ClaimSkipped", {"index": 0, "account": leaf["account"], "root": root, "reason": selector})


def _claim_many(batch: Any, leaf: dict[str, Any]) -> Call:
    one = batch.claim_call(leaf).args
    args = {"roots": [one["root"]], "leaves": [one["leaf"]], "proofs": [one["proof"]]}
    return Call("Issuance", "claimMany", args, RELAYER)


def test_skip__for_a_reason_that_did_not_hold__is_found(stage: Stage) -> None:
    leaf = a_leaf(person(0).address, 10_000, 1)
    batch = a_batch(leaf)
    assert stage.tell(*batch.told(), calls=[batch.call()]) == []
    skip = _skip("NullifierUsed(bytes32)", leaf, batch.tree.root)
    assert stage.tell(skip, calls=[_claim_many(batch, leaf)]) == ["claims.skip"]


def test_skip__for_a_reason_that_held__holds(stage: Stage) -> None:
    leaf = a_leaf(person(0).address, 10_000, 1)
    batch = a_batch(leaf)
    assert stage.tell(*batch.told(), calls=[batch.call()]) == []
    assert stage.tell(*batch.minted(leaf), calls=[batch.claim_call(leaf)]) == []
    skip = _skip("NullifierUsed(bytes32)", leaf, batch.tree.root)
    assert stage.tell(skip, calls=[_claim_many(batch, leaf)]) == []


def test_claim__called_without_any_outcome__is_found(stage: Stage) -> None:
    leaf = a_leaf(person(0).address, 10_000, 1)
    batch = a_batch(leaf)
    assert stage.tell(*batch.told(), calls=[batch.call()]) == []
    assert stage.tell(calls=[batch.claim_call(leaf)]) == ["claims.skip"]
