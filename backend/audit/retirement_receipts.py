"""Receipts of retirements: each asked for by its account, of the retirement told of right before, and never moved."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from backend.audit.holdings import NOBODY
from backend.audit.questions import Answers, Question
from backend.audit.report import Check, Verdicts, Where
from backend.audit.signed import is_signed
from backend.audit.timeline import Act, Call
from backend.chain.deployment import Deployment
from backend.chain.events import ChainEvent
from backend.chain.typed_data import digest

RECEIPT = Check("INV-06", "receipts.retirement", "a receipt is of the retirement before it, in order, and locked")
ASKED = Check("INV-08", "receipts.asked", "who retired asked for the receipt: by its own call, or by two signatures")

CHECKS = (RECEIPT, ASKED)

RECEIPTS = "RetirementReceipts"
_FACTS = ("account", "beneficiary", "classId", "amount", "purpose", "ref")
_AFTER = ("Locked", "RetirementReceiptIssued")
"""What is told right after the `Transfer` that issues a receipt."""

Facts = tuple[Any, ...]


@dataclass
class RetirementReceipts:
    """Receipts by token id, each as `receiptOf` answers; how many there are of each class and owner."""

    deployment: Deployment
    verdicts: Verdicts
    answers: Answers
    receipts: dict[int, Facts] = field(default_factory=dict)
    series: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    owned: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def begin(self, act: Act) -> None:
        """Every receipt of the transaction was asked for, as it was issued."""
        calls = act.calls_of(RECEIPTS, "retireBySig", "retire")
        asked = Counter(_asked(call) for call in calls)
        issued = Counter(_facts(event.args) for event in act.events_of(RECEIPTS, "RetirementReceiptIssued"))
        if asked or issued:
            expected, found = ([str(facts) for facts in each.elements()] for each in (asked, issued))
            self.verdicts.require(
                ASKED, asked == issued, "receipts", act.where, expected=sorted(expected), found=sorted(found)
            )
        for call in calls:
            if call.function == "retireBySig":
                self._require_signed(call, act)

    def _require_signed(self, call: Call, act: Act) -> None:
        """One signature retires, the other asks for the receipt; neither does the other's."""
        message = call.args["retirement"]
        account = message["account"]
        for type_name, contract, argument in (
            ("Retire", "CarbonCredit", "signature"),
            ("RetirementReceipt", RECEIPTS, "receiptSignature"),
        ):
            signed = digest(type_name, self.deployment.domain(contract), message)
            holds = is_signed(self.answers, act.block_number, account, signed, call.args[argument])
            self.verdicts.require(
                ASKED,
                holds and act.at_s < message["deadline"],
                f"{type_name} of {account}",
                act.where,
                expected=f"signed by {account}, before {message['deadline']}",
                found=f"at {act.at_s}",
            )

    def apply(self, event: ChainEvent, act: Act) -> None:
        """Takes in one event."""
        if event.contract != RECEIPTS:
            return
        if event.name == "Transfer":
            self._issued(event, act)
        elif event.name in _AFTER:
            before = act.predecessor(event)
            wanted = (RECEIPTS, "Transfer" if event.name == "Locked" else "Locked", event.args["tokenId"])
            found = None if before is None else (before.contract, before.name, before.args.get("tokenId"))
            self.verdicts.require(
                RECEIPT,
                found == wanted,
                f"{event.name} of {event.args['tokenId']}",
                Where.of(event),
                expected=str(wanted),
                found=str(found),
            )

    def _issued(self, event: ChainEvent, act: Act) -> None:
        token_id, owner = event.args["tokenId"], event.args["to"]
        class_id = token_id >> 64
        self.series[class_id] += 1
        retired = act.predecessor(event)
        is_retired = retired is not None and (retired.contract, retired.name) == ("CarbonCredit", "Retired")
        facts = _facts(retired.args) if retired is not None and is_retired else None
        wanted = [(RECEIPTS, name, token_id) for name in _AFTER]
        after = act.followers(event, len(_AFTER))
        told = [(one.contract, one.name, one.args.get("tokenId")) for one in after]
        issued = _facts(after[-1].args) if len(after) == len(_AFTER) and after[-1].name == _AFTER[-1] else None
        ordered = token_id == class_id << 64 | self.series[class_id]
        self.verdicts.require_equal(
            RECEIPT,
            f"receipt {token_id}",
            Where.of(event),
            expected=[NOBODY, wanted, str(facts), str((owner, class_id)), True],
            found=[event.args["from"], told, str(issued), str(facts and (facts[0], facts[2])), ordered],
        )
        if facts is not None:
            account, beneficiary, _, amount, purpose, ref = facts
            word = purpose.encode().ljust(32, b"\0")
            self.receipts[token_id] = (account, beneficiary, class_id, amount, word, ref, act.at_s)
        self.owned[owner] += 1

    def end(self, _act: Act) -> None:
        """Nothing is due at the end of a transaction."""

    def questions(self, _head_s: int) -> Iterator[Question]:
        """Every receipt, how many each owner has, and how many there are of each class."""
        for token_id, facts in self.receipts.items():
            yield Question(RECEIPTS, "receiptOf", (token_id,), (facts,))
            yield Question(RECEIPTS, "ownerOf", (token_id,), (facts[0],))
            yield Question(RECEIPTS, "locked", (token_id,), (True,))
        for owner, count in self.owned.items():
            yield Question(RECEIPTS, "balanceOf", (owner,), (count,))
        for class_id, count in self.series.items():
            yield Question(RECEIPTS, "receiptsOf", (class_id,), (count,))


def _facts(told: Mapping[str, Any]) -> Facts:
    return tuple(told[name] for name in _FACTS)


def _asked(call: Call) -> Facts:
    """The receipt that a call asks for: the caller's own, or its message's account's."""
    if call.function == "retire":
        return _facts({**call.args, "account": call.caller})
    message = call.args["retirement"]
    return _facts({**message, "amount": message["amountGco2e"]})
