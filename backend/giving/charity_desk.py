"""What a charity does with its own key: open a campaign, retire what a pool holds, grant.

The contract wants the charity itself as the sender, while the outbox has one sender, the operator; so a charity's
transactions go out here. The rule is the outbox's: the signed bytes are stored, under a reference the caller chooses,
before the node sees them. Doing the same again offers the same bytes again, so a crash at any line neither loses an act
nor does it twice. The key must not be used anywhere else at the same time.

All but a retirement after its campaign's decision also needs the word of the charity's second signer, whose key need
not be here: the desk only asks it to sign.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select
from web3 import Web3

from backend.chain.contracts import Contracts
from backend.chain.events import EventDecoder
from backend.chain.keys import Signer
from backend.chain.reverts import decode_revert
from backend.chain.typed_data import sign as sign_typed_data
from backend.giving.campaign import campaign_at
from backend.giving.charity_sender import closing_message, early_message, grant_message
from backend.giving.grant import Grant, require_grantable, require_held, require_spendable
from backend.giving.kinds import CampaignKind, CampaignState, Funding
from backend.giving.opening import Opening
from backend.giving.publishing import publish_story
from backend.giving.story import Story
from backend.giving.tables import DeskAct
from backend.kernel.clock import Clock, unix_s
from backend.kernel.digest import sha256, to_hex
from backend.kernel.errors import Conflict, RuleViolated, Unavailable
from backend.link.node import Answer, Node, Receipt, Refusal
from backend.link.transaction import gas_limit, sign, suggested
from backend.storage.database import Database

POLL_S = 0.1  # money-lint: seconds
POLLS_MAX = 300
"""About half a minute."""

OFFER_EVERY = 50
"""Polls between two offers of the same bytes."""

SECOND_DEADLINE_S = 2**40
"""The second signer's word has no end of its own: its number makes it good once, and the act follows at once."""

SecondSigner = Callable[[str, Mapping[str, object]], bytes]
"""Signs a message of a type (such as `Grant`) for the Charity contract, wherever its key is."""


class DeskActRefused(RuleViolated):
    """The Charity contract would not do it, or did not."""

    code = "charity.refused"

    def __init__(self, reference: str, reason: str) -> None:
        super().__init__(f"the contract refuses {reference}: {reason}", reference=reference, reason=reason)


class DeskActDiffers(Conflict):
    """The same reference was used before for another act."""

    code = "charity.act_differs"

    def __init__(self, reference: str) -> None:
        super().__init__(f"{reference} names another act already", reference=reference)


class DeskActPending(Unavailable):
    """Sent, but not in a block yet; asking again later is right and sends nothing new."""

    code = "charity.act_pending"

    def __init__(self, reference: str, words: str) -> None:
        super().__init__(f"{reference} is not in a block yet{': ' + words if words else ''}", reference=reference)


@dataclass(frozen=True)
class DeskKeys:
    """Who sends a charity's transactions, and whose word they need besides."""

    sender: Signer
    second: SecondSigner


def desk_keys(sender: Signer, second: Signer, contracts: Contracts) -> DeskKeys:
    """Both keys at hand."""
    domain = contracts.deployment.domain("Charity")
    return DeskKeys(sender, lambda type_name, message: sign_typed_data(second, type_name, domain, message))


class CharityDesk:
    """One charity's desk. Each act waits until the chain has it; `reference` makes it happen once."""

    def __init__(self, database: Database, w3: Web3, keys: DeskKeys, contracts: Contracts, clock: Clock) -> None:
        self._database, self._w3 = database, w3
        self._signer, self._second = keys.sender, keys.second
        self._contracts, self._clock = contracts, clock
        self._node = Node(w3)
        self._charity = contracts.deployment.address("Charity")

    def open_campaign(
        self, reference: str, story: Story, *, funding: Funding, opens: datetime, closes: datetime
    ) -> int:
        """Publishes the story and opens its campaign for [opens, closes); returns the campaign's id.

        Raises DeskActRefused (not listed, window wrong), DeskActDiffers, Unavailable.
        """
        with self._database.write() as session:
            digest = publish_story(session, story, self._clock.now())
        opening = Opening(story.kind, funding, unix_s(opens), unix_s(closes), story.target_gco2e, digest)
        second = self._second_word(reference, "OpenCampaign", opening.message(self._signer.address))
        args = [*opening.arguments, second]
        receipt = self._do(reference, self._contracts.encode("Charity", "openCampaign", args))
        return self._campaign_in(receipt)

    def close_early(self, reference: str, campaign_id: int) -> bytes:
        """Ends a campaign's window at the second of its block; returns the transaction's hash. Raises DeskActRefused
        (another charity's, closed already), DeskActDiffers, Unavailable.
        """
        second = self._second_word(reference, "CloseEarly", closing_message(campaign_id))
        return self._do(reference, self._contracts.encode("Charity", "closeEarly", [campaign_id, second])).tx_hash

    def retire_held(self, reference: str, campaign_id: int, class_id: int, amount_gco2e: int) -> bytes:
        """Retires what a pool holds; returns the transaction's hash.

        Raises CampaignUnknown, CampaignKindWrong, CampaignNotSpendable, HeldInsufficient, DeskActRefused and so on.
        """
        if self._known_data(reference) is None:
            with self._database.read() as session:
                require_spendable(session, campaign_id, CampaignKind.RETIRE_POOL)
                require_held(session, campaign_id, class_id, amount_gco2e)
        known = self._known_data(reference)
        terms: list[object] = [campaign_id, class_id, amount_gco2e]
        late = self._contracts.encode("Charity", "retireHeld", terms)
        if known == late or (known is None and self._state(campaign_id) == CampaignState.SUCCEEDED):
            return self._do(reference, late).tx_hash
        second = self._second_word(reference, "RetireEarly", early_message(campaign_id, class_id, amount_gco2e))
        return self._do(reference, self._contracts.encode("Charity", "retireEarly", [*terms, second])).tx_hash

    def grant(self, reference: str, campaign_id: int, class_id: int, grants: Sequence[Grant]) -> bytes:
        """Grants to deficits by their references; returns the transaction's hash. Raises require_grantable's errors."""
        if self._known_data(reference) is None:
            with self._database.read() as session:
                require_grantable(session, campaign_id, class_id, grants)
        amounts, references = [grant.amount_gco2e for grant in grants], [grant.reference for grant in grants]
        second = self._second_word(reference, "Grant", grant_message(campaign_id, class_id, grants))
        args = [campaign_id, class_id, amounts, references, second]
        return self._do(reference, self._contracts.encode("Charity", "grant", args)).tx_hash

    def _second_word(self, reference: str, type_name: str, message: dict[str, object]) -> tuple[int, int, bytes]:
        """The second signer's word for an act: the same for the same reference, so that a retry sends the same."""
        number = int.from_bytes(sha256(f"{self._signer.address}:{reference}".encode()))
        message |= {"number": number, "deadline": SECOND_DEADLINE_S}
        return number, SECOND_DEADLINE_S, self._second(type_name, message)

    def _known_data(self, reference: str) -> bytes | None:
        """The calldata of an act done before."""
        with self._database.read() as session:
            act = session.get(DeskAct, (self._signer.address, reference))
            return None if act is None else act.data

    def _state(self, campaign_id: int) -> str:
        with self._database.read() as session:
            return campaign_at(session, campaign_id).state

    def _do(self, reference: str, data: bytes) -> Receipt:
        act = self._signed(reference, data)
        answer, words = Answer.ACCEPTED, ""
        for turn in range(POLLS_MAX):
            receipt = self._node.receipt(act.tx_hash)
            if receipt is not None:
                return self._succeeded(act, receipt)
            if turn % OFFER_EVERY == 0:
                for earlier in self._waiting_before(act):
                    self._node.broadcast(earlier.raw)
                answer, words = self._node.broadcast(act.raw)
            if answer in {Answer.IMPOSSIBLE, Answer.UNFUNDED}:
                break
            time.sleep(POLL_S)
        raise DeskActPending(reference, words)

    def _waiting_before(self, act: DeskAct) -> Sequence[DeskAct]:
        """Acts with an earlier nonce that the chain does not have: none could be mined if they were never offered."""
        chain_nonce = self._node.nonce(act.charity)
        query = (
            select(DeskAct)
            .where(DeskAct.charity == act.charity, DeskAct.nonce >= chain_nonce, DeskAct.nonce < act.nonce)
            .order_by(col(DeskAct.nonce))
        )
        with self._database.read() as session:
            return session.exec(query).all()

    def _signed(self, reference: str, data: bytes) -> DeskAct:
        """The act's transaction: the one stored, or a new one that the contract would accept now."""
        with self._database.read() as session:
            known = self._known(session, reference, data)
        if known is not None:
            return known
        own = self._signer.address
        gas = self._node.gas_for(own, self._charity, data)
        if isinstance(gas, Refusal):
            raise DeskActRefused(reference, str(decode_revert(gas.data)) if gas.data else gas.message)
        fees = suggested(self._node.head().base_fee_wei, self._node.tip_wei())
        chain_id, chain_nonce = self._contracts.deployment.chain_id, self._node.nonce(own)
        with self._database.write() as session:
            known = self._known(session, reference, data)
            if known is not None:
                return known
            query = select(func.max(col(DeskAct.nonce))).where(DeskAct.charity == own)
            last: int | None = session.exec(query).one()
            nonce = chain_nonce if last is None else max(chain_nonce, last + 1)
            signed = sign(
                self._signer,
                chain_id=chain_id,
                nonce=nonce,
                to=self._charity,
                data=data,
                gas=gas_limit(gas),
                fees=fees,
            )
            act = DeskAct(
                charity=own,
                reference=reference,
                data=data,
                nonce=nonce,
                tx_hash=signed.tx_hash,
                raw=signed.raw,
                signed_at=self._clock.now(),
            )
            session.add(act)
            return act

    def _known(self, session: Session, reference: str, data: bytes) -> DeskAct | None:
        act = session.get(DeskAct, (self._signer.address, reference))
        if act is not None and act.data != data:
            raise DeskActDiffers(reference)
        return act

    def _succeeded(self, act: DeskAct, receipt: Receipt) -> Receipt:
        if receipt.succeeded:
            return receipt
        block = receipt.block_number - 1
        why = self._node.refusal_at(act.charity, self._charity, act.data, 5_000_000, block)
        raise DeskActRefused(act.reference, str(decode_revert(why.data)) if why and why.data else "reverted")

    def _campaign_in(self, receipt: Receipt) -> int:
        """The id in the receipt's CampaignOpened event."""
        decoder = EventDecoder(self._contracts.deployment)
        for log in self._node.logs_of(receipt.block_hash, [self._charity]):
            event = decoder.decode(log, self._clock.now())
            if event is not None and (event.name, event.tx_hash) == ("CampaignOpened", receipt.tx_hash):
                return int(event.args["campaignId"])
        raise DeskActRefused(to_hex(receipt.tx_hash), "its block tells of no campaign")
