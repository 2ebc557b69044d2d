"""Deeds as the chain itself shows them now, asked by RPC each time: nothing of it is taken from a database of ours."""

from dataclasses import dataclass

from backend.chain.contracts import Contracts
from backend.chain.events import ChainEvent, EventDecoder
from backend.giving.deed import Deed, DeedUnknown, deed_in, deed_place
from backend.giving.kinds import CampaignState
from backend.giving.projection import STATES
from backend.kernel.digest import sha256
from backend.kernel.errors import RuleViolated
from backend.link.node import Header, Node, translated


class DeedNotFinal(RuleViolated):
    """The chain may still undo it: nothing to hang on a wall yet."""

    code = "deed.not_final"

    def __init__(self, deed_id: str, depth: int, confirmations: int) -> None:
        super().__init__(
            f"its block has {depth} others on top of it; it counts as final from {confirmations} on: ask again then",
            deed_id=deed_id,
            depth=depth,
            confirmations=confirmations,
        )


@dataclass(frozen=True)
class CampaignNow:
    """What the chain says now of the campaign a deed concerns, and of the deed's class in it; in grams.

    donated = held + retired + granted + refunded. `donor_gco2e`: what the deed's donor gave of the class and was not
    refunded for.
    """

    campaign_id: int
    charity: str
    state: CampaignState
    donated_gco2e: int
    held_gco2e: int
    retired_gco2e: int
    granted_gco2e: int
    refunded_gco2e: int
    donor_gco2e: int


@dataclass(frozen=True)
class Witnessed:
    """A deed with how sure it is: `depth` blocks are on top of its own, and `is_final` from `confirmations` on."""

    deed: Deed
    depth: int
    confirmations: int
    campaign: CampaignNow | None

    @property
    def is_final(self) -> bool:
        """Deep enough in the chain to count on."""
        return self.depth >= self.confirmations


class Witness:
    """Asks a node about the deeds of one deployment. Every method raises NodeUnavailable if it cannot serve."""

    def __init__(self, contracts: Contracts, confirmations: int) -> None:
        self._contracts = contracts
        self._node = Node(contracts.w3)
        self._decoder = EventDecoder(contracts.deployment)
        self._confirmations = confirmations

    @property
    def chain_id(self) -> int:
        """Of the chain that is asked."""
        return self._contracts.deployment.chain_id

    def address(self, contract: str) -> str:
        """A contract's address."""
        return self._contracts.deployment.address(contract)

    def deed(self, deed_id: str) -> Witnessed:
        """The deed of an id. Raises DeedIdMalformed, DeedUnknown, DeedUndone."""
        tx_hash, _ = deed_place(deed_id)
        events, block = self._events(tx_hash)
        if block is None:
            raise DeedUnknown(deed_id)
        found = deed_in(events, deed_id, self.address("Charity"))
        depth = max(0, self._node.head().number - block.number)
        return Witnessed(found, depth, self._confirmations, self._campaign(found))

    def final_deed(self, deed_id: str) -> Witnessed:
        """The same, if the chain will keep it. Raises DeedNotFinal too."""
        found = self.deed(deed_id)
        if not found.is_final:
            raise DeedNotFinal(deed_id, found.depth, found.confirmations)
        return found

    def is_story(self, document: bytes, campaign_id: int, opening_tx: bytes) -> bool:
        """Whether the chain holds this document's digest as the campaign's story, by the transaction that opened it."""
        events, _ = self._events(opening_tx)
        return any(
            event.name == "CampaignOpened"
            and (event.args["campaignId"], event.args["storyDigest"]) == (campaign_id, sha256(document))
            for event in events
        )

    def _events(self, tx_hash: bytes) -> tuple[list[ChainEvent], Header | None]:
        """Our contracts' events of a transaction, and its block; no block if it is not on the chain."""
        logs = self._node.logs_in(tx_hash)
        block = self._node.header(int(logs[0]["blockNumber"])) if logs else None
        if not logs or block is None or block.hash != bytes(logs[0]["blockHash"]):
            return [], None
        decoded = (self._decoder.decode(log, block.time) for log in logs)
        return [event for event in decoded if event is not None], block

    def _campaign(self, deed: Deed) -> CampaignNow | None:
        if deed.campaign_id is None:
            return None
        with translated():
            functions = self._contracts.charity.functions
            campaign = functions.campaignOf(deed.campaign_id).call()
            pocket = functions.pocketOf(deed.campaign_id, deed.class_id).call()
            donor = functions.donatedOf(deed.campaign_id, deed.account, deed.class_id).call()
        donated, held, retired, granted, refunded, _ = pocket
        return CampaignNow(
            campaign_id=deed.campaign_id,
            charity=campaign[0],
            state=STATES[campaign[3]],
            donated_gco2e=donated,
            held_gco2e=held,
            retired_gco2e=retired,
            granted_gco2e=granted,
            refunded_gco2e=refunded,
            donor_gco2e=donor,
        )
