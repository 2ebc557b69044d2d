"""A charity's acts with its own key at a node, from anywhere: it needs neither our database nor our server to act.

The contract wants the charity as the sender. Nothing is stored: whoever sends asks first what the chain has. All but a
retirement after its campaign's decision needs the charity's second signer's word besides: a message that the other key
signs, wherever that is kept.
"""

from collections.abc import Sequence
from datetime import datetime

from eth_abi.abi import encode

from backend.chain.contracts import Contracts
from backend.chain.events import EventDecoder
from backend.chain.keccak import keccak
from backend.chain.keys import Signer
from backend.giving.grant import Grant
from backend.giving.opening import Opening
from backend.giving.signed_message import deadline_after
from backend.kernel.digest import to_hex
from backend.kernel.errors import RuleViolated, Unavailable
from backend.link.desk import Desk, Sent


class CharityActRefused(RuleViolated):
    """The Charity contract refuses what its sender asks."""

    code = "charity.act_refused"

    def __init__(self, function: str, why: str) -> None:
        super().__init__(f"the contract refuses {function}: {why}", function=function, why=why)


class CharityActWaits(Unavailable):
    """The transaction was sent and is in no block yet; look again later."""

    code = "charity.act_waits"

    def __init__(self, function: str, tx_hash: bytes) -> None:
        super().__init__(f"{function} waits in transaction {to_hex(tx_hash)}", tx_hash=to_hex(tx_hash))


Word = tuple[int, int, bytes]
"""A second signer's word: number, deadline, signature."""


def closing_message(campaign_id: int) -> dict[str, object]:
    """What the second signer says to an early close (`CloseEarly`), but for number and deadline."""
    return {"campaignId": campaign_id}


def early_message(campaign_id: int, class_id: int, amount_gco2e: int) -> dict[str, object]:
    """What the second signer says to a retirement before the decision (`RetireEarly`), but for number and deadline."""
    return {"campaignId": campaign_id, "classId": class_id, "amountGco2e": amount_gco2e}


def grant_message(campaign_id: int, class_id: int, grants: Sequence[Grant]) -> dict[str, object]:
    """What the second signer says to some grants (`Grant`), but for number and deadline."""
    amounts, references = [one.amount_gco2e for one in grants], [one.reference for one in grants]
    return {
        "campaignId": campaign_id,
        "classId": class_id,
        "totalGco2e": sum(amounts),
        "grantsDigest": keccak(encode(["uint256[]", "bytes32[]"], [amounts, references])),
    }


class CharitySender:
    """One charity at one node, or the registrar who lists it. Each act raises CharityActRefused, CharityActWaits,
    NodeUnavailable.
    """

    def __init__(self, contracts: Contracts, charity: Signer) -> None:
        self._contracts = contracts
        self._desk = Desk(contracts, charity)

    def deadline(self, now: datetime) -> int:
        """Until when a word for an act that follows at once is good: an hour from now, or from the latest block if that
        is ahead. Raises NodeUnavailable.
        """
        return deadline_after(max(now, self._desk.node.head().time))

    def do(self, function: str, *args: object) -> bytes:
        """Calls a function of the Charity contract; returns the transaction's hash once a block has it."""
        sent = self._desk.send("Charity", self._contracts.encode("Charity", function, list(args)))
        if not isinstance(sent, Sent):
            raise CharityActRefused(function, sent)
        if sent.receipt is None:
            raise CharityActWaits(function, sent.tx_hash)
        return sent.tx_hash

    def open_campaign(self, opening: Opening, word: Word) -> bytes:
        """Opens a campaign whose story is published."""
        return self.do("openCampaign", *opening.arguments, word)

    def close_early(self, campaign_id: int, word: Word) -> bytes:
        """Ends a campaign's window at the second of its block."""
        return self.do("closeEarly", campaign_id, word)

    def opened(self, tx_hash: bytes) -> int | None:
        """The campaign that a transaction of `openCampaign` opened; None if the chain has it no more."""
        decoder, at = EventDecoder(self._contracts.deployment), self._desk.node.head().time
        found = (decoder.decode(log, at) for log in self._desk.node.logs_in(tx_hash) or ())
        ids = (event.args["campaignId"] for event in found if event is not None and event.name == "CampaignOpened")
        return next(ids, None)

    def retire_early(self, campaign_id: int, class_id: int, amount_gco2e: int, word: Word) -> bytes:
        """Retires what a pool holds before its decision."""
        return self.do("retireEarly", campaign_id, class_id, amount_gco2e, word)

    def grant(self, campaign_id: int, class_id: int, grants: Sequence[Grant], word: Word) -> bytes:
        """Grants to deficits by their references."""
        amounts, references = [one.amount_gco2e for one in grants], [one.reference for one in grants]
        return self.do("grant", campaign_id, class_id, amounts, references, word)
