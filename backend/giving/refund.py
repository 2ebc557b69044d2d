"""Getting back what one gave to a campaign that failed: for ever, whoever asks, to the donor's own account or to the
wallet that the donor named.

A donor who has another key now names its new account once (`RefundTo`, signed with the old key): refunds go there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from backend.chain.contracts import Contracts
from backend.giving.campaign import campaign_at
from backend.giving.kinds import CampaignState, MovementKind, RelayKind
from backend.giving.relay import Relayed, signed_act, submit
from backend.giving.tables import Campaign, Movement, RefundDirection
from backend.kernel.clock import unix_s
from backend.kernel.digest import sha256
from backend.kernel.errors import RuleViolated
from backend.link.funds import ZERO_ADDRESS
from backend.link.outbox import enqueue
from backend.link.tables import Intent

REFUNDS_MAX = 50
"""Donors in one refund transaction: 300,000 gas each at most, far below a block's limit."""

REFUND_KIND = "giving.refund"
DAY_S = 86_400


class CampaignNotFailed(RuleViolated):
    """Only a failed campaign gives back."""

    code = "campaign.not_failed"

    def __init__(self, campaign: Campaign) -> None:
        super().__init__(
            f"campaign {campaign.campaign_id} is {campaign.state}; only a failed one refunds",
            campaign_id=campaign.campaign_id,
            state=campaign.state,
        )


class NothingToRefund(RuleViolated):
    """Everything that the donor gave went back already, or it gave nothing."""

    code = "refund.nothing_due"

    def __init__(self, campaign_id: int, donor: str) -> None:
        super().__init__(
            f"campaign {campaign_id} owes nothing to {donor}: its gifts went back, or there were none",
            campaign_id=campaign_id,
            donor=donor,
        )


class RefundWalletWrong(RuleViolated):
    """Refunds cannot go back into the contract that pays them."""

    code = "refund.wallet_wrong"

    def __init__(self, wallet: str) -> None:
        super().__init__(f"{wallet} is the Charity contract; name an account of yours", wallet=wallet)


@dataclass(frozen=True)
class RefundTo:
    """The signed `RefundTo` message (contracts/eip712/refund-to.json). Deadline in Unix seconds. The zero address as
    wallet: to the donor itself again.
    """

    donor: str
    to: str
    number: int
    deadline: int

    def message(self) -> dict[str, object]:
        """As EIP-712 names its fields."""
        return {"donor": self.donor, "to": self.to, "number": self.number, "deadline": self.deadline}


def relay_refund_to(
    session: Session, contracts: Contracts, refund_to: RefundTo, signature: bytes, now: datetime
) -> Relayed:
    """Relays that a donor names its refund wallet; submit's errors and RefundWalletWrong."""
    if refund_to.to == contracts.deployment.address("Charity"):
        raise RefundWalletWrong(refund_to.to)
    message = refund_to.message()
    act = signed_act(contracts, RelayKind.REFUND_TO, "RefundTo", "refundToBySig", message, account=refund_to.donor)
    return submit(session, act, signature, now)


def refund_wallet_of(session: Session, donor: str) -> str:
    """Where a donor's refunds go: itself unless it named another."""
    latest = (
        select(RefundDirection.wallet)
        .where(RefundDirection.donor == donor)
        .order_by(col(RefundDirection.block_number).desc(), col(RefundDirection.log_index).desc())
        .limit(1)
    )
    wallet = session.exec(latest).first() or ZERO_ADDRESS
    return donor if wallet == ZERO_ADDRESS else wallet


def owed_in(session: Session, campaign_id: int) -> list[tuple[int, str]]:
    """Who has not been answered yet for gifts to a failed campaign, by class, in order. Raises CampaignUnknown,
    CampaignNotFailed.
    """
    campaign = campaign_at(session, campaign_id)
    if campaign.state != CampaignState.FAILED:
        raise CampaignNotFailed(campaign)
    query = select(Movement.class_id, Movement.donor).where(Movement.campaign_id == campaign_id).distinct()
    gave = session.exec(query.where(Movement.kind == MovementKind.GIFT)).all()
    refunded = set(session.exec(query.where(Movement.kind == MovementKind.REFUND)).all())
    return sorted((class_id, donor) for class_id, donor in set(gave) - refunded if donor is not None)


def refund_campaign(session: Session, contracts: Contracts, campaign_id: int, now: datetime) -> list[Intent]:
    """Has a failed campaign give every donor back what it gave and did not get back yet, REFUNDS_MAX at a time. Asked
    again, nothing is sent twice in a day. Raises CampaignUnknown, CampaignNotFailed.
    """
    owed = owed_in(session, campaign_id)
    return [_send(session, contracts, (campaign_id, class_id), some, now) for class_id, some in _batches(owed)]


@dataclass(frozen=True)
class Claimed:
    """A refund of one class on its way to where the donor has its refunds paid."""

    class_id: int
    wallet: str
    intent: Intent


def claim_refunds(session: Session, contracts: Contracts, campaign_id: int, donor: str, now: datetime) -> list[Claimed]:
    """The same for one donor. What its account refused is offered again the next day, or at once after it named another
    wallet. Raises CampaignUnknown, CampaignNotFailed, NothingToRefund.
    """
    classes = [class_id for class_id, owed_to in owed_in(session, campaign_id) if owed_to == donor]
    if not classes:
        raise NothingToRefund(campaign_id, donor)
    wallet = refund_wallet_of(session, donor)
    return [
        Claimed(class_id, wallet, _send(session, contracts, (campaign_id, class_id), [donor], now))
        for class_id in classes
    ]


def _send(session: Session, contracts: Contracts, pocket: tuple[int, int], donors: list[str], now: datetime) -> Intent:
    """For donors to a campaign's class."""
    return enqueue(
        session,
        kind=REFUND_KIND,
        reference=_reference(session, pocket, donors, now),
        contract="Charity",
        data=contracts.encode("Charity", "refund", [*pocket, donors]),
        now=now,
    )


def _batches(owed: Sequence[tuple[int, str]]) -> Iterator[tuple[int, list[str]]]:
    for class_id in sorted({class_id for class_id, _ in owed}):
        donors = [donor for owed_class, donor in owed if owed_class == class_id]
        for start in range(0, len(donors), REFUNDS_MAX):
            yield class_id, donors[start : start + REFUNDS_MAX]


def _reference(session: Session, pocket: tuple[int, int], donors: Sequence[str], now: datetime) -> str:
    """Of these donors, today, as long as none of them names another wallet."""
    directions = session.exec(select(func.count()).where(col(RefundDirection.donor).in_(donors))).one()
    who = sha256("".join(donors).encode()).hex()[:32]
    return f"{pocket[0]}:{pocket[1]}:{who}:{directions}:{unix_s(now) // DAY_S}"
