"""INV-01 and INV-02 of random batches: CarbonCredit's rules for anchoring and minting, as a model, driven with what
`issuance.batch` plans and with what a thief would try.

INV-01: issued = held + buffer; issued <= surpluses anchored; budgets anchored <= cap. INV-02: a nullifier mints once,
ever, and only from a root that enough distinct verifiers signed.
"""

from dataclasses import dataclass, field, replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from backend.chain.keys import DevRole, Signer, dev_signer
from backend.chain.merkle import claim_leaf, verify
from backend.chain.typed_data import Domain, digest, recover, sign
from backend.issuance.batch import BatchAboveBudgets, BatchPlan, Entry, plan_of
from backend.kernel.mass import share_ceil
from tests.unit.issuance.world import CLASS_ID, an_entry

DOMAIN = Domain("Tanyu Issuance", "1", 31337, dev_signer(90).address)
VERIFIERS = [dev_signer(role) for role in (DevRole.VERIFIER_A, DevRole.VERIFIER_B, DevRole.VERIFIER_C)]
THRESHOLD = 2


class Refused(Exception):
    """The contract would revert."""


@dataclass
class Contract:
    """Issuance.anchorBatch, Issuance.claim and CarbonCredit's books, rule by rule, for one class."""

    cap: int
    buffer_bps: int
    budgets: int = 0
    surpluses: int = 0
    issued: int = 0
    buffer: int = 0
    held: dict[str, int] = field(default_factory=dict)
    left: dict[bytes, int] = field(default_factory=dict)
    nullifiers: list[bytes] = field(default_factory=list)
    signed: dict[bytes, set[str]] = field(default_factory=dict)

    def anchor(self, plan: BatchPlan, signatures: list[bytes]) -> None:
        message = plan.message()
        signers = [recover(digest("Batch", DOMAIN, message), signature) for signature in signatures]
        if len(signers) < THRESHOLD or not set(signers) <= {verifier.address for verifier in VERIFIERS}:
            raise Refused
        if any(int(one, 16) >= int(two, 16) for one, two in pairwise(signers)):
            raise Refused
        totals = plan.totals
        if plan.root in self.left or totals.budgets_gco2e > self.cap - self.budgets:
            raise Refused
        if totals.surpluses_gco2e > totals.budgets_gco2e:
            raise Refused
        self.budgets += totals.budgets_gco2e
        self.surpluses += totals.surpluses_gco2e
        self.left[plan.root] = totals.surpluses_gco2e
        self.signed[plan.root] = set(signers)

    def claim(self, root: bytes, entry: Entry, amount: int, proof: list[bytes]) -> None:
        leaf = claim_leaf(entry.account, entry.class_id, amount, entry.statement_digest, entry.nullifier)
        if root not in self.left or not verify(root, leaf, proof):
            raise Refused
        on_top = share_ceil(amount, self.buffer_bps)
        if amount == 0 or entry.nullifier in self.nullifiers or amount + on_top > self.left[root]:
            raise Refused
        self.nullifiers.append(entry.nullifier)
        self.left[root] -= amount + on_top
        self.issued += amount + on_top
        self.buffer += on_top
        self.held[entry.account] = self.held.get(entry.account, 0) + amount

    def require_invariants(self) -> None:
        assert self.issued == sum(self.held.values()) + self.buffer
        assert self.issued <= self.surpluses <= self.budgets <= self.cap
        assert len(set(self.nullifiers)) == len(self.nullifiers)
        assert all(len(signers) >= THRESHOLD for signers in self.signed.values())


def in_order(signers: list[Signer], plan: BatchPlan) -> list[bytes]:
    ascending = sorted(signers, key=lambda signer: int(signer.address, 16))
    return [sign(signer, "Batch", DOMAIN, plan.message()) for signer in ascending]


def tried(contract: Contract, plan: BatchPlan, entry: Entry, amount: int, proof: list[bytes]) -> bool:
    """Whether a claim minted; the invariants hold either way."""
    try:
        contract.claim(plan.root, entry, amount, proof)
    except Refused:
        return False
    finally:
        contract.require_invariants()
    return True


@st.composite
def entries(draw: st.DrawFn, buffer_bps: int, people: int = 12) -> list[Entry]:
    """Statements of some people: a credit of whole steps (perhaps from what was carried in), nothing, or a deficit."""
    numbers = draw(st.lists(st.integers(0, people - 1), min_size=1, max_size=8, unique=True))
    found = []
    for number in numbers:
        credit = draw(st.integers(0, 40)) * 10_000
        found.append(
            an_entry(
                number,
                credit,
                buffer_gco2e=share_ceil(credit, buffer_bps),
                budget_gco2e=draw(st.integers(0, 500_000)),
                deficit_gco2e=0 if credit else draw(st.integers(0, 500_000)),
            )
        )
    return found


@given(data=st.data(), buffer_bps=st.integers(0, 5000), cap=st.integers(0, 6_000_000))
def test_inv_01_and_inv_02__random_batches_and_thieves__never_over_issue_and_never_mint_twice(
    data: st.DataObject, buffer_bps: int, cap: int
) -> None:
    contract = Contract(cap, buffer_bps)
    for _ in range(data.draw(st.integers(1, 4))):
        chosen = data.draw(entries(buffer_bps))
        try:
            plan = plan_of(chosen, class_id=CLASS_ID, deadline_s=1, minimum_people=1)
        except BatchAboveBudgets:
            assert sum(one.credit_gco2e + one.buffer_gco2e for one in chosen) > sum(one.budget_gco2e for one in chosen)
            continue
        signers = data.draw(
            st.just(VERIFIERS[:2]) | st.lists(st.sampled_from([*VERIFIERS, dev_signer(60)]), max_size=3)
        )
        try:
            contract.anchor(plan, in_order(signers, plan))
        except Refused:
            anchored = False
        else:
            anchored = True
            assert len({one.address for one in signers} & {one.address for one in VERIFIERS}) >= THRESHOLD
        contract.require_invariants()
        for entry in data.draw(st.permutations(chosen)):
            fresh = entry.nullifier not in contract.nullifiers
            greedy = entry.credit_gco2e + data.draw(st.integers(1, 50_000))
            assert not tried(contract, plan, entry, greedy, plan.proof(entry))
            minted = tried(contract, plan, entry, entry.credit_gco2e, plan.proof(entry))
            # What verifiers signed mints in any order of claims: the surplus never runs out before its last leaf.
            assert minted == (anchored and fresh and entry.credit_gco2e > 0)
            assert not tried(contract, plan, entry, entry.credit_gco2e, plan.proof(entry))


@given(
    members=st.lists(st.integers(0, 60), min_size=1, max_size=20, unique=True),
    outsider=st.integers(61, 80),
    other=st.integers(0, 2**32),
)
def test_inv_02__proofs__verify_for_exactly_the_leaves_of_the_batch(
    members: list[int], outsider: int, other: int
) -> None:
    chosen = [an_entry(number, 10_000 * (number % 5)) for number in members]
    plan = plan_of(chosen, class_id=CLASS_ID, deadline_s=1, minimum_people=1)
    stranger = an_entry(outsider)
    for entry in chosen:
        proof = plan.proof(entry)
        assert verify(plan.root, entry.leaf, proof)
        assert not verify(plan.root, stranger.leaf, proof)
        mate = chosen[other % len(chosen)]
        assert verify(plan.root, mate.leaf, proof) == (mate == entry)


@given(members=st.lists(st.integers(0, 60), min_size=2, max_size=12, unique=True), data=st.data())
def test_inv_02__any_change_to_any_statement__is_another_root(members: list[int], data: st.DataObject) -> None:
    chosen = [an_entry(number) for number in members]
    at = data.draw(st.integers(0, len(chosen) - 1))
    own = chosen[at]
    changed = data.draw(
        st.sampled_from(
            [
                replace(own, account=dev_signer(99).address),
                replace(own, credit_gco2e=own.credit_gco2e + 1),
                replace(own, statement_digest=b"\x07" * 32),
                replace(own, nullifier=b"\x07" * 32),
            ]
        )
    )
    before = plan_of(chosen, class_id=CLASS_ID, deadline_s=1, minimum_people=1)
    after = plan_of([*chosen[:at], changed, *chosen[at + 1 :]], class_id=CLASS_ID, deadline_s=1, minimum_people=1)
    assert before.root != after.root
    assert not verify(after.root, own.leaf, after.proof(changed))
