"""A batch of attested statements of one class: the pool's totals and the Merkle tree of its claims. No framework.

Every statement of the batch is a leaf, so that everybody can prove to be in it and a verifier signs for exactly these
statements; a leaf of 0 g mints nothing (CarbonCredit refuses it). `surpluses_gco2e` is the least that lets every claim
mint with its buffer share: what was netted, or is left over below a mint step, cannot mint from this root.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from backend.chain.merkle import MerkleTree, claim_leaf
from backend.kernel.errors import RuleViolated


class BatchEmpty(RuleViolated):
    """No attested statement of the class waits for a batch."""

    code = "batch.empty"

    def __init__(self, class_id: int) -> None:
        super().__init__(f"no attested statement of class {class_id} waits for a batch", class_id=str(class_id))


class BatchTooSmall(RuleViolated):
    """Fewer people than the policy allows: a batch of few would tell too much about each."""

    code = "batch.too_small"

    def __init__(self, people: int, minimum: int) -> None:
        super().__init__(
            f"{people} attested statements wait; the policy wants at least {minimum} in a batch",
            people=people,
            minimum=minimum,
        )


class BatchMixed(RuleViolated):
    """Statements of two classes, policies or factor sets in one batch, or one person twice."""

    code = "batch.mixed"

    def __init__(self, what: str) -> None:
        super().__init__(f"a batch has one {what}", what=what)


class BatchAboveBudgets(RuleViolated):
    """More would mint than the budgets in the batch, because much was carried in: CarbonCredit refuses it."""

    code = "batch.above_budgets"

    def __init__(self, surpluses_gco2e: int, budgets_gco2e: int) -> None:
        super().__init__(
            f"{surpluses_gco2e} g would mint on budgets of {budgets_gco2e} g; wait for more statements of the class",
            surpluses_gco2e=surpluses_gco2e,
            budgets_gco2e=budgets_gco2e,
        )


@dataclass(frozen=True)
class Entry:
    """What a batch takes from one attested statement. Amounts in grams of CO2e."""

    account: str
    class_id: int
    statement_digest: bytes
    nullifier: bytes
    budget_gco2e: int
    footprint_gco2e: int
    credit_gco2e: int
    """Mints to the holder."""
    buffer_gco2e: int
    """Mints to the class buffer on top."""
    deficit_gco2e: int
    policy_digest: bytes
    factors_digest: bytes

    @cached_property
    def leaf(self) -> bytes:
        """The leaf's hash, as Issuance computes it."""
        return claim_leaf(self.account, self.class_id, self.credit_gco2e, self.statement_digest, self.nullifier)


@dataclass(frozen=True)
class Totals:
    """What verifiers sign and the chain records of a batch. Amounts in grams of CO2e, deadline in Unix seconds."""

    class_id: int
    root: bytes
    people: int
    budgets_gco2e: int
    footprints_gco2e: int
    surpluses_gco2e: int
    deficits_gco2e: int
    policy_digest: bytes
    factors_digest: bytes
    deadline_s: int

    def message(self) -> dict[str, object]:
        """The EIP-712 `Batch`, fields in the order of the struct."""
        return {
            "classId": self.class_id,
            "root": self.root,
            "people": self.people,
            "budgetsGco2e": self.budgets_gco2e,
            "footprintsGco2e": self.footprints_gco2e,
            "surplusesGco2e": self.surpluses_gco2e,
            "deficitsGco2e": self.deficits_gco2e,
            "policyDigest": self.policy_digest,
            "factorsDigest": self.factors_digest,
            "deadline": self.deadline_s,
        }


class BatchPlan:
    """A batch worked out. `entries` in the order of their leaves' hashes, so that the input's order does not matter."""

    def __init__(self, entries: Sequence[Entry], deadline_s: int) -> None:
        self.entries = tuple(sorted(entries, key=lambda entry: entry.leaf))
        self._tree = MerkleTree([entry.leaf for entry in self.entries])
        first = self.entries[0]
        self.totals = Totals(
            class_id=first.class_id,
            root=self._tree.root,
            people=len(self.entries),
            budgets_gco2e=sum(entry.budget_gco2e for entry in self.entries),
            footprints_gco2e=sum(entry.footprint_gco2e for entry in self.entries),
            surpluses_gco2e=sum(entry.credit_gco2e + entry.buffer_gco2e for entry in self.entries),
            deficits_gco2e=sum(entry.deficit_gco2e for entry in self.entries),
            policy_digest=first.policy_digest,
            factors_digest=first.factors_digest,
            deadline_s=deadline_s,
        )

    @property
    def root(self) -> bytes:
        """The Merkle root, 32 bytes."""
        return self.totals.root

    @property
    def claims(self) -> tuple[Entry, ...]:
        """The entries that mint something."""
        return tuple(entry for entry in self.entries if entry.credit_gco2e)

    def proof(self, entry: Entry) -> list[bytes]:
        """Siblings from an entry's leaf to the root; raises LeafUnknown."""
        return self._tree.proof(entry.leaf)

    def message(self) -> dict[str, object]:
        """The EIP-712 `Batch`."""
        return self.totals.message()


def plan_of(entries: Sequence[Entry], *, class_id: int, deadline_s: int, minimum_people: int) -> BatchPlan:
    """A batch of these statements. Raises BatchEmpty, BatchTooSmall, BatchMixed, BatchAboveBudgets."""
    if not entries:
        raise BatchEmpty(class_id)
    if len(entries) < minimum_people:
        raise BatchTooSmall(len(entries), minimum_people)
    kinds: dict[str, set[int] | set[bytes]] = {
        "class": {entry.class_id for entry in entries} | {class_id},
        "policy": {entry.policy_digest for entry in entries},
        "factor set": {entry.factors_digest for entry in entries},
    }
    for what, values in kinds.items():
        if len(values) > 1:
            raise BatchMixed(what)
    if len({entry.nullifier for entry in entries}) < len(entries):
        raise BatchMixed("statement per person and vintage")
    plan = BatchPlan(entries, deadline_s)
    if plan.totals.surpluses_gco2e > plan.totals.budgets_gco2e:
        raise BatchAboveBudgets(plan.totals.surpluses_gco2e, plan.totals.budgets_gco2e)
    return plan
