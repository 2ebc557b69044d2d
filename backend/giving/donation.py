"""Giving credits to a campaign, at their holder's word."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from backend.chain.contracts import Contracts
from backend.giving.campaign import campaign_at
from backend.giving.campaign_phase import CampaignPhase, phase_of, why_closed
from backend.giving.charity import is_listed
from backend.giving.kinds import RelayKind
from backend.giving.relay import Relayed, signed_act, submit
from backend.kernel.clock import iso, unix_s
from backend.kernel.errors import RuleViolated
from backend.link.balances import credit_approved


class CampaignNotOpen(RuleViolated):
    """The campaign takes no gifts now: outside its window, decided, or its charity is delisted."""

    code = "campaign.not_open"

    def __init__(self, campaign_id: int, why: str) -> None:
        super().__init__(f"campaign {campaign_id} takes no gifts: {why}", campaign_id=campaign_id, why=why)


class CampaignClosesFirst(RuleViolated):
    """An order that could still give when its campaign takes no more."""

    code = "campaign.closes_first"

    def __init__(self, campaign_id: int, expiry: int, closes_at: datetime) -> None:
        closes = unix_s(closes_at)
        super().__init__(
            f"campaign {campaign_id} closes at {iso(closes_at)}: an order that gives to it expires by {closes}, "
            f"not at {expiry}",
            campaign_id=campaign_id,
            expiry=expiry,
            latest=closes,
        )


class CharityNotApproved(RuleViolated):
    """The donor has not let the Charity contract move its credits, or the chain has not confirmed that yet."""

    code = "donation.not_approved"

    def __init__(self, charity: str) -> None:
        super().__init__(
            f"once for all gifts, let the Charity contract ({charity}) take what you give: `tanyu give allow`, or sign"
            " an Approve message of CarbonCredit and POST /approvals",
            operator=charity,
        )


@dataclass(frozen=True)
class Donate:
    """The signed `Donate` message (contracts/eip712/donate.json). Amount in grams, deadline in Unix seconds.

    `receipt`: whether the donor asks for a receipt token.
    """

    donor: str
    campaign_id: int
    class_id: int
    amount_gco2e: int
    receipt: bool
    number: int
    deadline: int

    def message(self) -> dict[str, object]:
        """As EIP-712 names its fields."""
        return {
            "donor": self.donor,
            "campaignId": self.campaign_id,
            "classId": self.class_id,
            "amountGco2e": self.amount_gco2e,
            "receipt": self.receipt,
            "number": self.number,
            "deadline": self.deadline,
        }


def require_open(session: Session, campaign_id: int, now: datetime) -> None:
    """Raises CampaignUnknown, CampaignNotOpen."""
    campaign = campaign_at(session, campaign_id)
    phase = phase_of(campaign, charity_listed=is_listed(session, campaign.charity), now=now)
    if phase != CampaignPhase.COLLECTING:
        raise CampaignNotOpen(campaign_id, why_closed(campaign, phase))


def require_open_until(session: Session, campaign_id: int, now: datetime, expiry: int) -> None:
    """For an order that gives on fill, from now until its expiry in Unix seconds.

    Raises CampaignUnknown, CampaignNotOpen, CampaignClosesFirst.
    """
    require_open(session, campaign_id, now)
    closes_at = campaign_at(session, campaign_id).closes_at
    if expiry > unix_s(closes_at):
        raise CampaignClosesFirst(campaign_id, expiry, closes_at)


def relay_donation(session: Session, contracts: Contracts, donate: Donate, signature: bytes, now: datetime) -> Relayed:
    """Relays a gift; submit's errors, CampaignUnknown, CampaignNotOpen, CharityNotApproved."""
    charity = contracts.deployment.address("Charity")

    def rules() -> None:
        require_open(session, donate.campaign_id, now)
        if not credit_approved(session, donate.donor, charity):
            raise CharityNotApproved(charity)

    act = signed_act(
        contracts,
        RelayKind.DONATE,
        "Donate",
        "donateBySig",
        donate.message(),
        account=donate.donor,
        class_id=donate.class_id,
        amount_gco2e=donate.amount_gco2e,
    )
    return submit(session, act, signature, now, rules)
