"""What a transaction asked for is what its events say: words that no balance shows, such as purposes and references.

Also INV-08's half that a chain can show: what somebody else relayed was signed by the person, in time.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from backend.audit.holdings import NOBODY
from backend.audit.questions import Answers, Question
from backend.audit.report import Check, Verdicts
from backend.audit.signed import is_signed
from backend.audit.timeline import Act, Call
from backend.chain.deployment import Deployment
from backend.chain.events import ChainEvent
from backend.chain.typed_data import digest, typed_data

SAID = Check("INV-09", "calls.said", "a call leaves the events it asked for, word for word")
SIGNED = Check("INV-08", "calls.signed", "a relayed act was signed by its person, before its deadline")

CHECKS = (SAID, SIGNED)

Wanted = list[tuple[str, dict[str, Any]]]
"""Events of the called contract: name, and the arguments the call decides."""


def _same(event: str, **names: str) -> Callable[[Call], Wanted]:
    """One event whose arguments are the call's: `event_argument="call_argument"`, or "@caller"."""

    def wanted(call: Call) -> Wanted:
        return [(event, {to: call.caller if name == "@caller" else call.args[name] for to, name in names.items()})]

    return wanted


def _fixed(build: Callable[[Mapping[str, Any]], Wanted]) -> Callable[[Call], Wanted]:
    return lambda call: build(call.args)


def _retirement(account: str) -> Callable[[Call], Wanted]:
    """The burn, by whoever called, and its words."""

    def wanted(call: Call) -> Wanted:
        holder = call.caller if account == "@caller" else call.args[account]
        amounts = {"id": call.args["classId"], "value": call.args["amount"]}
        words = {name: call.args[name] for name in ("beneficiary", "classId", "amount", "purpose", "ref")}
        return [
            ("TransferSingle", {"operator": call.caller, "from": holder, "to": NOBODY, **amounts}),
            ("Retired", {"account": holder, **words}),
        ]

    return wanted


def _transfer(class_id: str, amount: str) -> Callable[[Call], Wanted]:
    """The move, by whoever called."""

    def wanted(call: Call) -> Wanted:
        ends = {name: call.args[name] for name in ("from", "to")}
        amounts = {"id": call.args[class_id], "value": call.args[amount]}
        return [("TransferSingle", {"operator": call.caller, **ends, **amounts})]

    return wanted


def _gift(call: Call, donor: str) -> Wanted:
    """The gift, and a receipt if it was asked for."""
    terms = {name: call.args[name] for name in ("campaignId", "classId", "amount")}
    wanted: Wanted = [("Donated", {"donor": donor, **terms})]
    return wanted + ([("Transfer", {"from": NOBODY, "to": donor})] if call.args["receipt"] else [])


WANTED: dict[tuple[str, str], Callable[[Call], Wanted]] = {
    ("CarbonCredit", "createClass"): _same(
        "ClassCreated", **{n: n for n in ("region", "vintage", "methodology", "cap", "bufferRateBps")}
    ),
    ("CarbonCredit", "retire"): _retirement("@caller"),
    ("CarbonCredit", "retireFrom"): _retirement("account"),
    ("CarbonCredit", "retireBySig"): _retirement("account"),
    ("CarbonCredit", "transferBySig"): _transfer("classId", "amount"),
    ("CarbonCredit", "safeTransferFrom"): _transfer("id", "value"),
    ("CarbonCredit", "approveBySig"): _same(
        "ApprovalForAll", account="account", operator="operator", approved="approved"
    ),
    ("CarbonCredit", "setApprovalForAll"): _same(
        "ApprovalForAll", account="@caller", operator="operator", approved="approved"
    ),
    ("CarbonCredit", "recordReversal"): _same("ReversalRecorded", classId="classId", amount="amount", ref="ref"),
    ("CarbonCredit", "cancelFromBuffer"): _same("BufferCancelled", classId="classId", amount="amount"),
    ("CarbonCredit", "refillBuffer"): _same("BufferRefilled", account="@caller", classId="classId", amount="amount"),
    ("CarbonCredit", "setIssuance"): _same("IssuanceSet", issuance="newIssuance"),
    ("CarbonCredit", "setRegisteredOperator"): _same(
        "OperatorRegistered", operator="operator", registered="registered"
    ),
    ("CarbonCredit", "useNumber"): _same("NumberUsed", account="@caller", number="number"),
    ("CarbonCredit", "useNumberBySig"): _same("NumberUsed", account="account", number="number"),
    ("Issuance", "addVerifier"): _fixed(lambda a: [("VerifierSet", {"verifier": a["verifier"], "accredited": True})]),
    ("Issuance", "removeVerifier"): _fixed(
        lambda a: [("VerifierSet", {"verifier": a["verifier"], "accredited": False})]
    ),
    ("CarbonCredit", "suspendRoot"): _same("RootSuspended", root="root", suspended="suspended"),
    ("Issuance", "pause"): _same("Paused", account="@caller"),
    ("Issuance", "unpause"): _same("Unpaused", account="@caller"),
    ("Exchange", "cancel"): _same("NumberCancelled", maker="@caller", number="number"),
    ("Exchange", "cancelBySig"): _same("NumberCancelled", maker="maker", number="number"),
    ("Exchange", "cancelAll"): _same("AllCancelled", maker="@caller"),
    ("Exchange", "cancelAllBySig"): _fixed(
        lambda a: [("AllCancelled", {"maker": a["maker"], "previousEpoch": a["epoch"]})]
    ),
    ("Exchange", "setFee"): _same("FeeSet", feeBps="newFeeBps"),
    ("Exchange", "setOperator"): _same("OperatorSet", operator="newOperator"),
    ("Exchange", "setFeeRecipient"): _same("FeeRecipientSet", feeRecipient="newFeeRecipient"),
    ("Exchange", "pause"): _same("Paused", account="@caller"),
    ("Exchange", "unpause"): _same("Unpaused", account="@caller"),
    ("Charity", "listCharity"): _fixed(
        lambda a: [("CharityListed", {"charity": a["charity"], "listed": True, "secondSigner": a["secondSigner"]})]
    ),
    ("Charity", "delistCharity"): _fixed(
        lambda a: [("CharityListed", {"charity": a["charity"], "listed": False, "secondSigner": NOBODY})]
    ),
    ("Charity", "openCampaign"): _same(
        "CampaignOpened",
        charity="@caller",
        **{name: name for name in ("kind", "funding", "opens", "closes", "target", "storyDigest")},
    ),
    ("Charity", "donate"): lambda call: _gift(call, call.caller),
    ("Charity", "donateBySig"): lambda call: _gift(call, call.args["donor"]),
    ("Charity", "retireHeld"): _same("CampaignRetired", campaignId="campaignId", classId="classId", amount="amount"),
    ("Charity", "retireEarly"): _same("CampaignRetired", campaignId="campaignId", classId="classId", amount="amount"),
    ("Charity", "closeEarly"): _same("CampaignClosedEarly", campaignId="campaignId"),
    ("Charity", "finalise"): _same("CampaignFinalised", campaignId="campaignId"),
    ("Charity", "refundTo"): _same("RefundDirected", donor="@caller", to="to"),
    ("Charity", "refundToBySig"): _same("RefundDirected", donor="donor", to="to"),
    ("Charity", "pause"): _same("Paused", account="@caller"),
    ("Charity", "unpause"): _same("Unpaused", account="@caller"),
    ("Charity", "useNumber"): _same("NumberUsed", account="@caller", number="number"),
    ("Charity", "useNumberBySig"): _same("NumberUsed", account="account", number="number"),
    ("Anchors", "publish"): _same("Anchored", topic="topic", day="day", digest="digest"),
    ("PaymentToken", "mint"): _same("Transfer", to="to", value="amount"),
    ("PaymentToken", "transfer"): lambda call: [
        ("Transfer", {"from": call.caller, "to": call.args["to"], "value": call.args["value"]})
    ],
    ("Governance", "labelRole"): _same("RoleLabel", roleId="roleId", label="label"),
    ("Governance", "grantRole"): _same("RoleGranted", roleId="roleId", account="account", delay="executionDelay"),
    ("Governance", "schedule"): _same("OperationScheduled", caller="@caller", target="target", data="data"),
    ("Governance", "setTargetFunctionRole"): _fixed(
        lambda a: [
            ("TargetFunctionRoleUpdated", {"target": a["target"], "selector": selector, "roleId": a["roleId"]})
            for selector in a["selectors"]
        ]
    ),
}
"""What each call must leave, for the calls whose events are not replayed in another file."""

_RENAMED = {"amountGco2e": "amount"}
"""Fields of a signed message that the function calls otherwise."""

SIGNED_ACTS: dict[tuple[str, str], tuple[str, str]] = {
    ("CarbonCredit", "retireBySig"): ("Retire", "account"),
    ("CarbonCredit", "transferBySig"): ("Transfer", "from"),
    ("CarbonCredit", "approveBySig"): ("Approve", "account"),
    ("CarbonCredit", "useNumberBySig"): ("UseNumber", "account"),
    ("Charity", "donateBySig"): ("Donate", "donor"),
    ("Charity", "refundToBySig"): ("RefundTo", "donor"),
    ("Charity", "useNumberBySig"): ("UseNumber", "account"),
    ("Exchange", "cancelBySig"): ("Cancel", "maker"),
    ("Exchange", "cancelAllBySig"): ("CancelAll", "maker"),
}
"""Relayed functions: the message's type, and whose signature it needs."""


@dataclass
class Calls:
    """Checks each decoded call against the events of its transaction."""

    deployment: Deployment
    verdicts: Verdicts
    answers: Answers

    def begin(self, act: Act) -> None:
        """Every call of the transaction that has a rule."""
        for call in act.calls:
            wanted = WANTED.get((call.contract, call.function))
            for name, args in wanted(call) if wanted else []:
                candidates = act.events_of(call.contract, name)
                found = [{key: event.args[key] for key in args} for event in candidates]
                subject = f"{call.contract}.{call.function}"
                self.verdicts.require(
                    SAID, args in found, subject, act.where, expected=f"{name} {args}", found=str(found)
                )
            if (call.contract, call.function) in SIGNED_ACTS:
                self._require_signed(call, act)

    def _require_signed(self, call: Call, act: Act) -> None:
        type_name, account_name = SIGNED_ACTS[call.contract, call.function]
        names = [name for name, _ in typed_data(type_name).fields]
        message = {name: call.args[_RENAMED.get(name, name)] for name in names}
        signed = digest(type_name, self.deployment.domain(call.contract), message)
        account = call.args[account_name]
        holds = act.at_s < call.args["deadline"] and is_signed(
            self.answers, act.block_number, account, signed, call.args["signature"]
        )
        self.verdicts.require(
            SIGNED,
            holds,
            f"{type_name} of {account}",
            act.where,
            expected=f"signed by {account}, before {call.args['deadline']}",
            found=f"at {act.at_s}",
        )

    def apply(self, event: ChainEvent, act: Act) -> None:
        """Single events say nothing here; see `begin`."""

    def end(self, _act: Act) -> None:
        """Nothing is due at the end of a transaction."""

    def questions(self, _head_s: int) -> Iterator[Question]:
        """No state of its own."""
        return iter(())
