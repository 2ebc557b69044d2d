"""A charity acts by two: what it opens, closes early and spends, its second signer signed too, as the allow-list named
it at that time.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from eth_abi.abi import encode

from backend.audit.giving import Giving
from backend.audit.holdings import NOBODY
from backend.audit.questions import Answers, Question
from backend.audit.report import Check, Verdicts
from backend.audit.signed import is_signed
from backend.audit.timeline import Act, Call
from backend.chain.deployment import Deployment
from backend.chain.events import ChainEvent
from backend.chain.keccak import keccak
from backend.chain.typed_data import digest

SECOND = Check(
    "INV-06",
    "spending.second",
    "openings, early closes, early retirements and grants carry the word of the charity's second signer",
)

CHECKS = (SECOND,)

BY_TWO = ("openCampaign", "closeEarly", "retireEarly", "grant")
"""The calls of a charity that its second signer signs too."""
KIND_WORDS = ("retire-pool", "aid")
FUNDING_WORDS = ("keep-what-you-raise", "all-or-nothing")
"""What an `OpenCampaign` message says of ICharity's Kind and Funding, by their numbers."""


def grants_digest(amounts: list[int], refs: list[bytes]) -> bytes:
    """What a `Grant` message says of its lists."""
    return keccak(encode(["uint256[]", "bytes32[]"], [amounts, refs]))


def second_message(call: Call) -> tuple[str, dict[str, object]]:
    """The type and fields that the second signer of a call must have signed."""
    args, second = call.args, call.args["second"]
    ends = {"number": second["number"], "deadline": second["deadline"]}
    match call.function:
        case "openCampaign":
            words = {"kind": KIND_WORDS[args["kind"]], "funding": FUNDING_WORDS[args["funding"]]}
            window = {"opens": args["opens"], "closes": args["closes"]}
            terms = {"targetGco2e": args["target"], "storyDigest": args["storyDigest"]}
            return "OpenCampaign", {"charity": call.caller, **words, **window, **terms, **ends}
        case "closeEarly":
            return "CloseEarly", {"campaignId": args["campaignId"], **ends}
    what = {"campaignId": args["campaignId"], "classId": args["classId"]}
    if call.function == "retireEarly":
        return "RetireEarly", {**what, "amountGco2e": args["amount"], **ends}
    lists = {"totalGco2e": sum(args["amounts"]), "grantsDigest": grants_digest(args["amounts"], args["refs"])}
    return "Grant", {**what, **lists, **ends}


@dataclass
class Spending:
    """Checks each call that needs two against the allow-list as it stood before the transaction."""

    deployment: Deployment
    verdicts: Verdicts
    answers: Answers
    giving: Giving

    def begin(self, act: Act) -> None:
        """Every call of the transaction that needs two."""
        for call in act.calls_of("Charity", *BY_TWO):
            signer = self.giving.seconds.get(call.caller, NOBODY)
            type_name, message = second_message(call)
            signed = digest(type_name, self.deployment.domain("Charity"), message)
            second = call.args["second"]
            holds = act.at_s < second["deadline"] and signer != NOBODY
            self.verdicts.require(
                SECOND,
                holds and is_signed(self.answers, act.block_number, signer, signed, second["signature"]),
                f"{type_name} of {call.caller}",
                act.where,
                expected=f"signed by {signer}, before {second['deadline']}",
                found=f"at {act.at_s}",
            )

    def apply(self, event: ChainEvent, act: Act) -> None:
        """Single events say nothing here; see `begin`."""

    def end(self, _act: Act) -> None:
        """Nothing is due at the end of a transaction."""

    def questions(self, _head_s: int) -> Iterator[Question]:
        """No state of its own."""
        return iter(())
