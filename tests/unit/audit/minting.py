"""Batches and claims for the books, signed by real keys."""

from dataclasses import dataclass
from typing import Any

from backend.audit.timeline import Call
from backend.chain.keys import DevRole, Signer, dev_signer
from backend.chain.merkle import MerkleTree, claim_leaf
from backend.chain.typed_data import sign
from backend.kernel.mass import share_ceil
from tests.unit.audit.told import CLASS_ID, DEPLOYMENT, NOBODY, NOW_S, Stage, Told, moved

VERIFIERS = sorted(
    (dev_signer(role) for role in (DevRole.VERIFIER_A, DevRole.VERIFIER_B, DevRole.VERIFIER_C)),
    key=lambda signer: int(signer.address, 16),
)
RELAYER = dev_signer(DevRole.OPERATOR).address


def accredit(stage: Stage, count: int = 3, threshold: int = 2) -> None:
    told: list[Told] = [
        ("Issuance", "VerifierSet", {"verifier": verifier.address, "accredited": True})
        for verifier in VERIFIERS[:count]
    ]
    assert stage.tell(*told, ("Issuance", "ThresholdSet", {"threshold": threshold})) == []


def a_leaf(account: str, grams: int, nullifier: int, **changed: Any) -> dict[str, Any]:
    leaf = {
        "account": account,
        "classId": CLASS_ID,
        "amountGco2e": grams,
        "statementDigest": nullifier.to_bytes(32),
        "nullifier": nullifier.to_bytes(32),
    }
    return leaf | changed


def leaf_of(leaf: dict[str, Any]) -> bytes:
    return claim_leaf(*(leaf[n] for n in ("account", "classId", "amountGco2e", "statementDigest", "nullifier")))


@dataclass
class ABatch:
    """A batch over some leaves; every part can be told, called and claimed."""

    leaves: list[dict[str, Any]]
    surplus: int
    budgets: int
    signers: list[Signer]

    @property
    def tree(self) -> MerkleTree:
        return MerkleTree([leaf_of(leaf) for leaf in self.leaves])

    @property
    def message(self) -> dict[str, Any]:
        return {
            "classId": CLASS_ID,
            "root": self.tree.root,
            "people": len(self.leaves),
            "budgetsGco2e": self.budgets,
            "footprintsGco2e": 7,
            "surplusesGco2e": self.surplus,
            "deficitsGco2e": 3,
            "policyDigest": b"\x01" * 32,
            "factorsDigest": b"\x02" * 32,
            "deadline": NOW_S + 1_000,
        }

    def call(self) -> Call:
        domain = DEPLOYMENT.domain("Issuance")
        signatures = [sign(signer, "Batch", domain, self.message) for signer in self.signers]
        return Call("Issuance", "anchorBatch", {"batch": self.message, "signatures": signatures}, RELAYER)

    def told(self, **changed: Any) -> list[Told]:
        words = {name: value for name, value in self.message.items() if name != "deadline"}
        anchored = {"classId": CLASS_ID, "root": self.tree.root, "budgets": self.budgets, "surplus": self.surplus}
        event = {**words, "verifiers": [signer.address for signer in self.signers], **changed}
        return [("Issuance", "BatchAnchored", event), ("CarbonCredit", "SurplusAnchored", anchored)]

    def claim_call(self, leaf: dict[str, Any]) -> Call:
        proof = self.tree.proof(leaf_of(leaf)) if leaf in self.leaves else []
        return Call("Issuance", "claim", {"root": self.tree.root, "leaf": leaf, "proof": proof}, RELAYER)

    def minted(self, leaf: dict[str, Any], rate_bps: int = 500, **changed: Any) -> list[Told]:
        issued = {
            "account": leaf["account"],
            "classId": CLASS_ID,
            "nullifier": leaf["nullifier"],
            "amount": leaf["amountGco2e"],
            "bufferAmount": share_ceil(leaf["amountGco2e"], rate_bps),
            "statementDigest": leaf["statementDigest"],
            "root": self.tree.root,
        }
        move = moved(NOBODY, leaf["account"], leaf["amountGco2e"])
        return [("CarbonCredit", "Issued", issued | changed), move]


def a_batch(*leaves: dict[str, Any], surplus: int = 10**6, budgets: int = 10**7, signers: int = 2) -> ABatch:
    return ABatch(list(leaves), surplus, budgets, VERIFIERS[:signers])


def mint(stage: Stage, account: str, grams: int, nullifier: int) -> None:
    """A batch of one, anchored and claimed, without a finding."""
    leaf = a_leaf(account, grams, nullifier)
    batch = a_batch(leaf, surplus=2 * grams, budgets=2 * grams)
    assert stage.tell(*batch.told(), calls=[batch.call()]) == []
    assert stage.tell(*batch.minted(leaf), calls=[batch.claim_call(leaf)]) == []
