"""INV-02, first half: batches come only from enough distinct verifiers, and are what those verifiers signed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from backend.audit.holdings import NOBODY
from backend.audit.questions import Question
from backend.audit.report import Check, Verdicts, Where
from backend.audit.supply import Supply
from backend.audit.timeline import Act
from backend.chain.deployment import Deployment
from backend.chain.events import ChainEvent
from backend.chain.signature import SignatureMalformed, recover
from backend.chain.typed_data import digest

VERIFIERS = Check("INV-02", "issuance.verifiers", "a batch is signed by enough distinct verifiers of that time")
BATCH = Check("INV-02", "issuance.batch", "an anchored batch is, word for word, the one they signed, in time, once")
VERIFIER_SET = Check("INV-02", "issuance.verifier_set", "verifiers change one by one; the threshold stays within them")

PAUSE = Check("INV-02", "issuance.pause", "minting is paused when Issuance is, and only then")

CHECKS = (VERIFIERS, BATCH, VERIFIER_SET, PAUSE)

CLAIM_TERM_S = 730 * 24 * 3_600


@dataclass
class Root:
    """An anchored batch. Grams of holder and buffer together; `stopped_s` is the class's stop clock at anchoring."""

    class_id: int
    surplus: int
    anchored_at_s: int
    stopped_s: int
    minted: int = 0
    suspended: bool = False


@dataclass
class Issuance:
    """Verifiers and roots, from the events of Issuance and CarbonCredit. `verifiers` maps to accredited or not."""

    deployment: Deployment
    verdicts: Verdicts
    supply: Supply
    verifiers: dict[str, bool] = field(default_factory=dict)
    threshold: int = 0
    roots: dict[bytes, Root] = field(default_factory=dict)
    issuance: str = NOBODY
    paused: bool = False
    minting_paused: bool = False

    def __post_init__(self) -> None:
        self._handlers: dict[tuple[str, str], Callable[[ChainEvent, Act], None]] = {
            ("Issuance", "VerifierSet"): self._verifier_set,
            ("Issuance", "ThresholdSet"): self._threshold_set,
            ("Issuance", "BatchAnchored"): self._batch_anchored,
            ("CarbonCredit", "RootSuspended"): self._suspended,
            ("Issuance", "Paused"): self._set_paused,
            ("Issuance", "Unpaused"): self._set_paused,
            ("CarbonCredit", "MintingPausedSet"): self._minting_paused_set,
            ("CarbonCredit", "IssuanceSet"): self._issuance_set,
            ("CarbonCredit", "SurplusAnchored"): self._surplus_anchored,
        }

    def begin(self, _act: Act) -> None:
        """Nothing is due when a transaction starts."""

    def apply(self, event: ChainEvent, act: Act) -> None:
        """Takes in one event."""
        handler = self._handlers.get((event.contract, event.name))
        if handler is not None:
            handler(event, act)

    def end(self, _act: Act) -> None:
        """Nothing is due at the end of a transaction."""

    @property
    def accredited(self) -> list[str]:
        """Verifiers accredited now, in order of address."""
        return sorted(account for account, known in self.verifiers.items() if known)

    def _verifier_set(self, event: ChainEvent, _act: Act) -> None:
        verifier, accredited = event.args["verifier"], event.args["accredited"]
        before = self.verifiers.get(verifier, False)
        self.verdicts.require_equal(VERIFIER_SET, verifier, Where.of(event), expected=not accredited, found=before)
        self.verifiers[verifier] = accredited

    def _threshold_set(self, event: ChainEvent, _act: Act) -> None:
        self.threshold, count = event.args["threshold"], len(self.accredited)
        holds = 1 <= self.threshold <= count
        self.verdicts.require(
            VERIFIER_SET, holds, "threshold", Where.of(event), expected=f"1 to {count}", found=self.threshold
        )

    def _set_paused(self, event: ChainEvent, act: Act) -> None:
        self.paused = event.name == "Paused"
        self._require_pause(event, act)

    def _minting_paused_set(self, event: ChainEvent, act: Act) -> None:
        self.minting_paused = event.args["paused"]
        self._require_pause(event, act)

    def _require_pause(self, event: ChainEvent, act: Act) -> None:
        """Issuance tells of its pause, CarbonCredit keeps it: both in one transaction, or one of them is missing."""
        told = [item.name == "Paused" for item in act.events_of("Issuance", "Paused", "Unpaused")]
        kept = [item.args["paused"] for item in act.events_of("CarbonCredit", "MintingPausedSet")]
        self.verdicts.require_equal(PAUSE, event.name, Where.of(event), expected=told, found=kept)

    def _issuance_set(self, event: ChainEvent, _act: Act) -> None:
        self.issuance, ours = event.args["issuance"], self.deployment.address("Issuance")
        self.verdicts.require_equal(VERIFIER_SET, "who may mint", Where.of(event), expected=ours, found=self.issuance)

    def _batch_anchored(self, event: ChainEvent, act: Act) -> None:
        where, args = Where.of(event), event.args
        signers = args["verifiers"]
        ascending = all(int(one, 16) < int(other, 16) for one, other in pairwise(signers))
        known = all(self.verifiers.get(signer, False) for signer in signers)
        self.verdicts.require(
            VERIFIERS,
            len(signers) >= max(self.threshold, 1) and known and ascending,
            "verifiers of a batch",
            where,
            expected=f"at least {self.threshold}, ascending, of {self.accredited}",
            found=signers,
        )
        call = next(
            (c for c in act.calls_of("Issuance", "anchorBatch") if c.args["batch"]["root"] == args["root"]), None
        )
        if call is None:
            self.verdicts.require(BATCH, False, "batch", where, expected="a call that anchors it", found="none")
        else:
            self._require_signed(event, call.args["batch"], call.args["signatures"], act)
        said = [args[name] for name in ("root", "classId", "budgetsGco2e", "surplusesGco2e")]
        anchored = [
            [item.args[name] for name in ("root", "classId", "budgets", "surplus")]
            for item in act.events_of("CarbonCredit", "SurplusAnchored")
        ]
        self.verdicts.require(BATCH, said in anchored, "surplus anchored", where, expected=said, found=anchored)

    def _require_signed(self, event: ChainEvent, batch: dict[str, Any], signatures: list[bytes], act: Act) -> None:
        """The event tells the batch of the call; who signed that batch are the event's verifiers."""
        where = Where.of(event)
        names = [name for name in event.args if name != "verifiers"]
        self.verdicts.require_equal(
            BATCH,
            "words of a batch",
            where,
            expected=[batch[name] for name in names],
            found=[event.args[name] for name in names],
        )
        self.verdicts.require(
            BATCH,
            act.at_s < batch["deadline"] and batch["people"] > 0 and not self.paused,
            "time of a batch",
            where,
            expected=f"before {batch['deadline']}, not while paused, for somebody",
            found=f"at {act.at_s}, for {batch['people']}",
        )
        self.verdicts.require_equal(
            VERIFIERS,
            "who signed",
            where,
            expected=self._signers(batch, signatures),
            found=event.args["verifiers"],
        )

    def _signers(self, batch: dict[str, Any], signatures: list[bytes]) -> list[str]:
        signed = digest("Batch", self.deployment.domain("Issuance"), batch)
        found = []
        for signature in signatures:
            try:
                found.append(recover(signed, signature))
            except SignatureMalformed as failure:
                found.append(failure.message)
        return found

    def _surplus_anchored(self, event: ChainEvent, act: Act) -> None:
        args = event.args
        named = sum(item.args["root"] == args["root"] for item in act.events_of("Issuance", "BatchAnchored"))
        self.verdicts.require(
            BATCH,
            named == 1 and args["root"] not in self.roots,
            "surplus anchored",
            Where.of(event),
            expected="once, for a batch that verifiers signed",
            found="again" if args["root"] in self.roots else f"for {named} batches",
        )
        known = self.supply.classes.get(args["classId"])
        stopped_s = known.stopped_s_until(act.at_s) if known else 0
        self.roots.setdefault(args["root"], Root(args["classId"], args["surplus"], act.at_s, stopped_s))

    def _suspended(self, event: ChainEvent, _act: Act) -> None:
        root = self.roots.get(event.args["root"])
        self.verdicts.require(
            BATCH, root is not None, "suspension", Where.of(event), expected="of an anchored root", found="of none"
        )
        if root is not None:
            root.suspended = event.args["suspended"]

    def expires_at_s(self, root: Root, at_s: int) -> int:
        """When a root's unclaimed leaves expire, as seen at a time: a stopped class stops the clock."""
        known = self.supply.classes.get(root.class_id)
        return root.anchored_at_s + CLAIM_TERM_S + (known.stopped_s_until(at_s) if known else 0) - root.stopped_s

    def questions(self, head_s: int) -> Iterator[Question]:
        """Every verifier and root an event ever mentioned."""
        for account, accredited in self.verifiers.items():
            yield Question("Issuance", "isVerifier", (account,), (accredited,))
        yield Question("Issuance", "verifierCount", (), (len(self.accredited),))
        yield Question("Issuance", "threshold", (), (self.threshold,))
        yield Question("Issuance", "paused", (), (self.paused,))
        yield Question("CarbonCredit", "mintingPaused", (), (self.minting_paused,))
        yield Question("CarbonCredit", "issuance", (), (self.issuance,))
        for root, known in self.roots.items():
            yield Question("CarbonCredit", "anchoredAt", (root,), (known.anchored_at_s,))
            yield Question("CarbonCredit", "isSuspended", (root,), (known.suspended,))
            yield Question("CarbonCredit", "expiresAt", (root,), (self.expires_at_s(known, head_s),))
            yield Question("CarbonCredit", "rootOf", (root,), ((known.class_id, known.surplus, known.minted),))
