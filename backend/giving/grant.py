"""Grants: an aid campaign retires credits under the salted reference of somebody's deficit.

On the chain the reference says nothing about whose it is. The deficit counts as settled, in part or whole, only when
the chain's `Granted` event says so (`projection`). A reference is granted once, ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from backend.giving.campaign import campaign_at, held_gco2e
from backend.giving.kinds import CampaignKind, CampaignState, Funding, MovementKind
from backend.giving.retirement import require_owed
from backend.giving.tables import Campaign, Movement
from backend.kernel.digest import to_hex
from backend.kernel.errors import Conflict, InvalidInput, RuleViolated

GRANTS_MAX = 50
"""Grants in one transaction."""


class CampaignKindWrong(RuleViolated):
    """A pool grants nothing, aid retires nothing but in grants."""

    code = "campaign.kind_wrong"

    def __init__(self, campaign: Campaign, expected: CampaignKind) -> None:
        super().__init__(
            f"campaign {campaign.campaign_id} is {campaign.kind}, not {expected}",
            campaign_id=campaign.campaign_id,
            kind=campaign.kind,
            expected=str(expected),
        )


class CampaignNotSpendable(RuleViolated):
    """The campaign has not succeeded, and does not keep what it raises whatever happens."""

    code = "campaign.not_spendable"

    def __init__(self, campaign: Campaign) -> None:
        super().__init__(
            f"campaign {campaign.campaign_id} is {campaign.state} and {campaign.funding}: it may not spend yet",
            campaign_id=campaign.campaign_id,
            state=campaign.state,
            funding=campaign.funding,
        )


class HeldInsufficient(RuleViolated):
    """The campaign holds less of the class."""

    code = "campaign.held_insufficient"

    def __init__(self, campaign_id: int, amount_gco2e: int, held: int) -> None:
        super().__init__(
            f"campaign {campaign_id} holds {held} g of this class, less than {amount_gco2e} g",
            campaign_id=campaign_id,
            amount_gco2e=amount_gco2e,
            held_gco2e=held,
        )


class GrantRefUsed(Conflict):
    """A grant was made under this reference before, or twice in one list."""

    code = "grant.ref_used"

    def __init__(self, reference: bytes) -> None:
        super().__init__("a reference is granted once, ever", reference=to_hex(reference))


class GrantListInvalid(InvalidInput):
    """No grants, too many, or one of nothing."""

    code = "grant.list_invalid"

    def __init__(self) -> None:
        super().__init__(f"give 1 to {GRANTS_MAX} grants of a positive amount each")


@dataclass(frozen=True)
class Grant:
    """Grams for a deficit, by its reference (`ledger.debt.deficit_reference`)."""

    reference: bytes
    amount_gco2e: int


def require_spendable(session: Session, campaign_id: int, kind: CampaignKind) -> Campaign:
    """The campaign, if its charity may spend from it now; CampaignUnknown, CampaignKindWrong, CampaignNotSpendable."""
    campaign = campaign_at(session, campaign_id)
    if campaign.kind != kind:
        raise CampaignKindWrong(campaign, kind)
    early = campaign.state == CampaignState.OPEN and campaign.funding == Funding.KEEP_WHAT_YOU_RAISE
    if campaign.state != CampaignState.SUCCEEDED and not early:
        raise CampaignNotSpendable(campaign)
    return campaign


def require_held(session: Session, campaign_id: int, class_id: int, amount_gco2e: int) -> None:
    """Raises HeldInsufficient."""
    held = held_gco2e(session, campaign_id, class_id)
    if amount_gco2e > held:
        raise HeldInsufficient(campaign_id, amount_gco2e, held)


def require_grantable(session: Session, campaign_id: int, class_id: int, grants: Sequence[Grant]) -> None:
    """Raises what would make the chain skip one of these grants, or a grant be wasted.

    require_spendable's errors, GrantListInvalid, GrantRefUsed, HeldInsufficient, DeficitUnknown, DeficitCreditUnfit,
    DeficitOverpaid.
    """
    require_spendable(session, campaign_id, CampaignKind.AID)
    if not 1 <= len(grants) <= GRANTS_MAX or min(grant.amount_gco2e for grant in grants) <= 0:
        raise GrantListInvalid
    seen: set[bytes] = set()
    for grant in grants:
        used = select(Movement).where(col(Movement.ref) == grant.reference, Movement.kind == MovementKind.GRANT)
        if grant.reference in seen or session.exec(used).first() is not None:
            raise GrantRefUsed(grant.reference)
        seen.add(grant.reference)
        require_owed(session, grant.reference, class_id, grant.amount_gco2e)
    require_held(session, campaign_id, class_id, sum(grant.amount_gco2e for grant in grants))
