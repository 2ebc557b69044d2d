"""The pure batch: totals, leaves, proofs, and what it refuses."""

from typing import Any

import pytest

from backend.chain.merkle import LeafUnknown, claim_leaf, verify
from backend.issuance.batch import BatchAboveBudgets, BatchEmpty, BatchMixed, BatchPlan, BatchTooSmall, Entry, plan_of
from tests.unit.issuance.world import CLASS_ID, an_entry


def planned(*entries: Entry, minimum_people: int = 1, class_id: int = CLASS_ID) -> BatchPlan:
    return plan_of(entries, class_id=class_id, deadline_s=1_800_000_000, minimum_people=minimum_people)


def test_plan__credits_neutrals_and_deficits__all_count_in_the_totals() -> None:
    earning = an_entry(1, 20_000)
    neutral = an_entry(2, 0)
    owing = an_entry(3, 0, deficit_gco2e=77, footprint_gco2e=459_077)

    plan = planned(earning, neutral, owing)

    assert plan.message() == {
        "classId": CLASS_ID,
        "root": plan.root,
        "people": 3,
        "budgetsGco2e": 3 * 459_000,
        "footprintsGco2e": 300_000 + 300_000 + 459_077,
        "surplusesGco2e": 21_000,
        "deficitsGco2e": 77,
        "policyDigest": b"\x01" * 32,
        "factorsDigest": b"\x02" * 32,
        "deadline": 1_800_000_000,
    }
    assert [leaf.statement_digest for leaf in plan.leaves() if leaf.amount_gco2e] == [earning.statement_digest]
    assert len(list(plan.leaves())) == 3


def test_plan__statements_in_another_order__gives_the_same_batch() -> None:
    entries = [an_entry(number) for number in range(7)]

    assert planned(*entries).message() == planned(*reversed(entries)).message()
    assert list(planned(*entries).leaves()) == list(planned(*reversed(entries)).leaves())


def test_plan__one_statement__is_its_own_root() -> None:
    entry = an_entry(1)
    plan = planned(entry)
    assert plan.root == entry.leaf
    assert plan.proof(entry) == []


def test_plan__only_deficits__can_still_be_anchored_and_claims_nothing() -> None:
    plan = planned(*(an_entry(number, 0, deficit_gco2e=5) for number in range(3)))
    assert [leaf.amount_gco2e for leaf in plan.leaves()] == [0, 0, 0]
    assert plan.totals.surpluses_gco2e == 0
    assert plan.root != bytes(32)


def test_proof__another_amount_than_attested__leads_elsewhere() -> None:
    entries = [an_entry(number) for number in range(5)]
    plan = planned(*entries)
    own = entries[3]
    dearer = claim_leaf(own.account, own.class_id, own.credit_gco2e + 1, own.statement_digest, own.nullifier)

    assert verify(plan.root, own.leaf, plan.proof(own))
    assert not verify(plan.root, dearer, plan.proof(own))


def test_proof__a_statement_that_is_not_in_the_batch__is_refused() -> None:
    with pytest.raises(LeafUnknown):
        planned(an_entry(1)).proof(an_entry(2))


def test_plan__nobody__is_refused() -> None:
    with pytest.raises(BatchEmpty) as caught:
        planned()
    assert caught.value.code == "batch.empty"


def test_plan__fewer_people_than_the_policy_wants__is_refused() -> None:
    with pytest.raises(BatchTooSmall) as caught:
        planned(an_entry(1), an_entry(2), minimum_people=3)
    assert caught.value.code == "batch.too_small"
    assert caught.value.fields == {"people": 2, "minimum": 3}


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"class_id": CLASS_ID + 1}, "class"),
        ({"policy_digest": b"\x09" * 32}, "policy"),
        ({"factors_digest": b"\x09" * 32}, "factor set"),
        ({"nullifier": an_entry(1).nullifier}, "statement per person and vintage"),
    ],
)
def test_plan__statements_that_do_not_belong_together__are_refused(changed: dict[str, Any], what: str) -> None:
    with pytest.raises(BatchMixed) as caught:
        planned(an_entry(1), an_entry(2, **changed))
    assert caught.value.code == "batch.mixed"
    assert caught.value.fields == {"what": what}


def test_plan__statements_of_another_class_than_asked_for__are_refused() -> None:
    with pytest.raises(BatchMixed):
        planned(an_entry(1), class_id=CLASS_ID + 1)


def test_plan__more_carried_in_than_all_budgets__is_refused_before_the_chain_refuses_it() -> None:
    fits = an_entry(1, 100_000, buffer_gco2e=5_000, budget_gco2e=105_000)
    over = an_entry(1, 100_000, buffer_gco2e=5_000, budget_gco2e=104_999)

    assert planned(fits).totals.surpluses_gco2e == 105_000
    with pytest.raises(BatchAboveBudgets) as caught:
        planned(over)
    assert caught.value.code == "batch.above_budgets"
