"""INV-02, second half: what is minted is a leaf of an anchored root, once per nullifier, within the root's surplus."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from backend.audit.holdings import Holdings
from backend.audit.issuance import Issuance
from backend.audit.questions import Question
from backend.audit.report import Check, Verdicts, Where
from backend.audit.timeline import Act, Call
from backend.chain.events import ChainEvent
from backend.chain.merkle import claim_leaf, verify
from backend.chain.reverts import reason_name
from backend.kernel.mass import share_ceil

ROOT = Check("INV-02", "claims.root", "each Issued belongs to an anchored, open root of its class, within its surplus")
NULLIFIER = Check("INV-02", "claims.nullifier", "a nullifier mints at most once, ever")
LEAF = Check(
    "INV-02", "claims.leaf", "each Issued is a leaf of its root with its proof, and carries the buffer's share"
)
SKIP = Check("INV-02", "claims.skip", "each claim mints, or is skipped for a reason that held")

CHECKS = (ROOT, NULLIFIER, LEAF, SKIP)

RECOMPUTABLE = frozenset(
    {
        *("RootUnknown", "RootIsSuspended", "ClassMismatch", "ClaimExpired", "ProofInvalid"),
        *("AmountZero", "NullifierUsed", "MintingStopped", "SurplusExceeded"),
    }
)
"""Reasons an auditor can recompute; any other is the receiver's own refusal."""


@dataclass(frozen=True)
class Claim:
    """One claim as it was called. `index` is its place in claimMany, None for a claim alone."""

    index: int | None
    root: bytes
    leaf: dict[str, Any]
    proof: list[bytes]


def claims_of(call: Call) -> list[Claim]:
    """The claims of a call of claim or claimMany."""
    args = call.args
    if call.function == "claim":
        return [Claim(None, args["root"], args["leaf"], args["proof"])]
    rows = zip(args["roots"], args["leaves"], args["proofs"], strict=False)
    return [Claim(index, root, leaf, proof) for index, (root, leaf, proof) in enumerate(rows)]


@dataclass
class Claims:
    """Nullifiers and what each root has minted; matches each Issued and ClaimSkipped with the claim called."""

    verdicts: Verdicts
    issuance: Issuance
    holdings: Holdings
    nullifiers: set[bytes] = field(default_factory=set)
    _called: list[Claim] = field(default_factory=list)

    def begin(self, act: Act) -> None:
        """Each claim called has one outcome."""
        self._called = [claim for call in act.calls_of("Issuance", "claim", "claimMany") for claim in claims_of(call)]
        outcomes = act.events_of("CarbonCredit", "Issued") + act.events_of("Issuance", "ClaimSkipped")
        if self._called or outcomes:
            self.verdicts.require_equal(
                SKIP, "outcomes of claims", act.where, expected=len(self._called), found=len(outcomes)
            )

    def apply(self, event: ChainEvent, act: Act) -> None:
        """Takes in one event."""
        if event.contract == "CarbonCredit" and event.name == "Issued":
            self._issued(event, act)
        elif event.contract == "Issuance" and event.name == "ClaimSkipped":
            self._skipped(event, act)

    def end(self, _act: Act) -> None:
        """Nothing is due at the end of a transaction."""

    def faults(self, claim: Claim, at_s: int) -> set[str]:
        """Every recomputable reason against a claim at this point."""
        root, leaf = self.issuance.roots.get(claim.root), claim.leaf
        proven = verify(claim.root, leaf_hash(leaf), claim.proof)
        if root is None:
            return {"RootUnknown"} if proven else {"RootUnknown", "ProofInvalid"}
        known = self.issuance.supply.classes.get(root.class_id)
        total = leaf["amountGco2e"] + share_ceil(leaf["amountGco2e"], known.rate_bps if known else 0)
        against = {
            "RootIsSuspended": root.suspended,
            "ClassMismatch": leaf["classId"] != root.class_id,
            "ClaimExpired": at_s >= self.issuance.expires_at_s(root, at_s),
            "ProofInvalid": not proven,
            "AmountZero": leaf["amountGco2e"] == 0,
            "NullifierUsed": leaf["nullifier"] in self.nullifiers,
            "MintingStopped": known is not None and known.stopped_at_s != 0,
            "SurplusExceeded": root.minted + total > root.surplus,
        }
        return {reason for reason, holds in against.items() if holds}

    def _take(self, event: ChainEvent, wanted: dict[str, Any]) -> Claim | None:
        """The claim called that an outcome speaks of; each is taken once."""
        for claim in self._called:
            facts = {"index": claim.index, "root": claim.root, **claim.leaf}
            if all(facts[name] == value for name, value in wanted.items()):
                self._called.remove(claim)
                return claim
        self.verdicts.require(
            LEAF, False, event.name, Where.of(event), expected="a claim that was called", found=str(dict(event.args))
        )
        return None

    def _issued(self, event: ChainEvent, act: Act) -> None:
        args, where = event.args, Where.of(event)
        wanted = {
            "root": args["root"],
            "account": args["account"],
            "classId": args["classId"],
            "amountGco2e": args["amount"],
            "statementDigest": args["statementDigest"],
            "nullifier": args["nullifier"],
        }
        claim = self._take(event, wanted)
        faults = self.faults(claim, act.at_s) if claim else {"a claim that was never called"}
        self.verdicts.require(
            NULLIFIER,
            args["nullifier"] not in self.nullifiers,
            f"nullifier {args['nullifier'].hex()}",
            where,
            expected="never used before",
            found="used",
        )
        self.verdicts.require(
            ROOT, not faults and not self.issuance.paused, "mint", where, expected="no fault", found=sorted(faults)
        )
        root = self.issuance.roots.get(args["root"])
        known = self.issuance.supply.classes.get(args["classId"])
        share = share_ceil(args["amount"], known.rate_bps if known else 0)
        self.verdicts.require_equal(LEAF, "buffer's share", where, expected=share, found=args["bufferAmount"])
        self.nullifiers.add(args["nullifier"])
        if root is not None:
            root.minted += args["amount"] + args["bufferAmount"]
            self.verdicts.require(
                ROOT,
                root.minted <= root.surplus and root.class_id == args["classId"],
                "minted of a root",
                where,
                expected=f"at most {root.surplus} of class {root.class_id}",
                found=f"{root.minted} of class {args['classId']}",
            )

    def _skipped(self, event: ChainEvent, act: Act) -> None:
        args = event.args
        claim = self._take(event, {name: args[name] for name in ("index", "account", "root")})
        if claim is None:
            return
        faults, reason = self.faults(claim, act.at_s), reason_name(args["reason"])
        holds = reason in faults if faults or reason in RECOMPUTABLE else True
        self.verdicts.require(
            SKIP,
            holds,
            f"claim {args['index']}",
            Where.of(event),
            expected=sorted(faults) or "a refusal of the receiver",
            found=reason,
        )

    def questions(self, _head_s: int) -> Iterator[Question]:
        """Every nullifier an event ever mentioned."""
        for nullifier in sorted(self.nullifiers):
            yield Question("CarbonCredit", "nullifierUsed", (nullifier,), (True,))


def leaf_hash(leaf: dict[str, Any]) -> bytes:
    """The leaf of a claim's struct."""
    return claim_leaf(leaf["account"], leaf["classId"], leaf["amountGco2e"], leaf["statementDigest"], leaf["nullifier"])
