"""A batch of attested statements of one class: the pool's totals and the Merkle tree of its claims. No framework.

Every statement of the batch is a leaf, so that everybody can prove to be in it and a verifier signs for exactly these
statements; a leaf of 0 g mints nothing (CarbonCredit refuses it). `surpluses_gco2e` is the least that lets every claim
mint with its buffer share: what was netted, or is left over below a mint step, cannot mint from this root.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from struct import Struct

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


_RECORD = Struct(">32s32s32s42sQ")
"""A leaf's hash, nullifier, statement digest, address and grams: 146 bytes, a third of what objects take. The hash is
first, so that sorted records are in the order of their leaves.
"""
_HASH, _NULLIFIER, _AMOUNT = slice(0, 32), slice(32, 64), slice(138, 146)


@dataclass(frozen=True, slots=True)
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

    @property
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


@dataclass(frozen=True, slots=True)
class Leaf:
    """What a batch keeps of an entry: what its claim needs. `position` counts leaves in the order of their hashes."""

    position: int
    account: str
    amount_gco2e: int
    """Mints to the holder; 0 for a statement that only counts in the totals."""
    statement_digest: bytes
    nullifier: bytes


class BatchPlan:
    """A batch worked out. Its leaves are in the order of their hashes, so that the input's order does not matter."""

    def __init__(self, totals: Totals, records: list[bytes], tree: MerkleTree) -> None:
        self.totals = totals
        self.tree = tree
        self.claims = sum(1 for record in records if any(record[_AMOUNT]))
        """Leaves that mint something."""
        self._records = records

    @property
    def root(self) -> bytes:
        """The Merkle root, 32 bytes."""
        return self.totals.root

    def leaves(self) -> Iterator[Leaf]:
        """Every leaf, those of 0 g too; made one by one."""
        for position, record in enumerate(self._records):
            _, nullifier, digest, account, amount_gco2e = _RECORD.unpack(record)
            yield Leaf(position, account.decode(), amount_gco2e, digest, nullifier)

    def proof(self, entry: Entry) -> list[bytes]:
        """Siblings from an entry's leaf to the root; raises LeafUnknown."""
        return self.tree.proof(entry.leaf)

    def message(self) -> dict[str, object]:
        """The EIP-712 `Batch`."""
        return self.totals.message()


class _Pool:
    """Sums up entries as they come, so that a million need not stand in memory at once."""

    def __init__(self, class_id: int) -> None:
        self.class_id = class_id
        self.records: list[bytes] = []
        self.first: Entry | None = None
        self.budgets_gco2e = self.footprints_gco2e = self.surpluses_gco2e = self.deficits_gco2e = 0

    def take(self, entry: Entry) -> None:
        """Adds one; raises BatchMixed."""
        first = self.first = self.first or entry
        if entry.class_id != self.class_id:
            raise BatchMixed("class")
        if entry.policy_digest != first.policy_digest:
            raise BatchMixed("policy")
        if entry.factors_digest != first.factors_digest:
            raise BatchMixed("factor set")
        account = entry.account.encode()
        self.records.append(
            _RECORD.pack(entry.leaf, entry.nullifier, entry.statement_digest, account, entry.credit_gco2e)
        )
        self.budgets_gco2e += entry.budget_gco2e
        self.footprints_gco2e += entry.footprint_gco2e
        self.surpluses_gco2e += entry.credit_gco2e + entry.buffer_gco2e
        self.deficits_gco2e += entry.deficit_gco2e

    def plan(self, deadline_s: int) -> BatchPlan:
        """The batch of what was taken. Raises BatchMixed, BatchAboveBudgets."""
        assert self.first is not None
        if len({record[_NULLIFIER] for record in self.records}) < len(self.records):
            raise BatchMixed("statement per person and vintage")
        if self.surpluses_gco2e > self.budgets_gco2e:
            raise BatchAboveBudgets(self.surpluses_gco2e, self.budgets_gco2e)
        self.records.sort()
        tree = MerkleTree(record[_HASH] for record in self.records)
        totals = Totals(
            class_id=self.class_id,
            root=tree.root,
            people=tree.size,
            budgets_gco2e=self.budgets_gco2e,
            footprints_gco2e=self.footprints_gco2e,
            surpluses_gco2e=self.surpluses_gco2e,
            deficits_gco2e=self.deficits_gco2e,
            policy_digest=self.first.policy_digest,
            factors_digest=self.first.factors_digest,
            deadline_s=deadline_s,
        )
        return BatchPlan(totals, self.records, tree)


def plan_of(entries: Iterable[Entry], *, class_id: int, deadline_s: int, minimum_people: int) -> BatchPlan:
    """A batch of these statements, which may come as a stream. Raises BatchEmpty, BatchTooSmall, BatchMixed,
    BatchAboveBudgets.
    """
    pool = _Pool(class_id)
    for entry in entries:
        pool.take(entry)
    if not pool.records:
        raise BatchEmpty(class_id)
    if len(pool.records) < minimum_people:
        raise BatchTooSmall(len(pool.records), minimum_people)
    return pool.plan(deadline_s)
