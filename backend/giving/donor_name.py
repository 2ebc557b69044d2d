"""A donor's name beside its gifts. Gifts are unnamed unless their donor wishes otherwise; they are never anonymous, for
the chain shows who gave to everybody.

A name is what the donor calls itself: nobody checks it, and it can be taken back at any time.
"""

from datetime import datetime

from sqlmodel import Session, col, delete, select

from backend.giving.campaign import campaign_at
from backend.giving.kinds import MovementKind
from backend.giving.public_text import require_public
from backend.giving.tables import DonorName, Movement
from backend.kernel.errors import RuleViolated

NAME_CHARS_MAX = 60


class NothingGiven(RuleViolated):
    """The account gave nothing to that campaign, as far as the chain is indexed."""

    code = "donation.nothing_given"

    def __init__(self, campaign_id: int, donor: str) -> None:
        super().__init__(f"{donor} gave nothing to campaign {campaign_id}", campaign_id=campaign_id, donor=donor)


def name_gifts(session: Session, campaign_id: int, donor: str, name: str, now: datetime) -> DonorName:
    """Shows a name beside a donor's gifts to a campaign, or another name than before.

    Raises CampaignUnknown, NothingGiven, PublicTextUnfit.
    """
    campaign_at(session, campaign_id)
    require_public("name", name, longest=NAME_CHARS_MAX)
    gave = select(Movement.campaign_id).where(
        Movement.campaign_id == campaign_id, Movement.donor == donor, Movement.kind == MovementKind.GIFT
    )
    if session.exec(gave).first() is None:
        raise NothingGiven(campaign_id, donor)
    row = session.get(DonorName, (campaign_id, donor)) or DonorName(
        campaign_id=campaign_id, donor=donor, name=name, named_at=now
    )
    row.name, row.named_at = name, now
    session.add(row)
    session.flush()
    return row


def unname_gifts(session: Session, campaign_id: int, donor: str) -> None:
    """Takes a name back; without one, changes nothing."""
    session.exec(delete(DonorName).where(col(DonorName.campaign_id) == campaign_id, col(DonorName.donor) == donor))


def names_in(session: Session, campaign_id: int) -> dict[str, str]:
    """The names shown in a campaign, by donor."""
    rows = session.exec(select(DonorName).where(DonorName.campaign_id == campaign_id)).all()
    return {row.donor: row.name for row in rows}
