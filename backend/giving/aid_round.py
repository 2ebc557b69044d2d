"""Aid rounds: opened by a charity under rules that stand before anybody applies, and read by everybody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from backend.giving.aid import AidRule, seed_of
from backend.giving.aid_tables import AidAward, AidRound
from backend.giving.campaign import campaign_at, held_gco2e
from backend.giving.charity import charity_at, is_listed, require_listed
from backend.giving.deciding import LEFTOVER_TERM
from backend.giving.grant import CampaignKindWrong
from backend.giving.kinds import CampaignKind, CampaignState, MovementKind
from backend.giving.tables import Movement
from backend.kernel.clock import from_unix_s, iso, unix_s
from backend.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound

LEAST_PEOPLE = 3
"""A round gives to so many people at least: a grant is told to the chain in a batch with others'."""
WINDOW_MAX = timedelta(days=90)
GRANTING_TERM = timedelta(days=7)
"""At least so long a charity has to grant what a round awarded, before the leftovers of its campaign are retired."""


class AidRoundUnknown(NotFound):
    """No round has that id."""

    code = "aid.round_unknown"

    def __init__(self, round_id: int) -> None:
        super().__init__(f"no aid round has the id {round_id}; GET /aid/rounds lists all", round_id=round_id)


class AidRoundInvalid(InvalidInput):
    """A round whose terms cannot be kept."""

    code = "aid.round_invalid"

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(f"a round's {field} must be {expected}", field=field, expected=expected)


class NotYourCampaign(Forbidden):
    """Only a campaign's charity does that; reading what it gives, its second signer may too."""

    code = "campaign.not_yours"

    def __init__(self, campaign_id: int, account: str) -> None:
        super().__init__(f"campaign {campaign_id} is not of {account}", campaign_id=campaign_id, account=account)


class AidRoundRuns(Conflict):
    """Another round of the campaign is not concluded: two could give out the same credits."""

    code = "aid.round_runs"

    def __init__(self, round_id: int | None) -> None:
        super().__init__(f"round {round_id} of this campaign is not concluded yet", round_id=round_id)


@dataclass(frozen=True)
class RoundTerms:
    """What a charity opens a round with. Grams. Raises AidRoundInvalid."""

    class_id: int
    rule: AidRule
    pot_gco2e: int
    cap_gco2e: int
    step_gco2e: int
    least_people: int
    opens_at: datetime
    closes_at: datetime

    def __post_init__(self) -> None:
        if not 1 <= self.step_gco2e <= self.cap_gco2e or self.cap_gco2e % self.step_gco2e:
            raise AidRoundInvalid("capGco2e", "a multiple of the step")
        if self.least_people < LEAST_PEOPLE:
            raise AidRoundInvalid("leastPeople", f"at least {LEAST_PEOPLE}")
        if self.pot_gco2e < self.least_people * self.step_gco2e:
            raise AidRoundInvalid("potGco2e", "enough for a step for each of the least people")
        if not timedelta() < self.closes_at - self.opens_at <= WINDOW_MAX:
            raise AidRoundInvalid("closesAt", f"later than opensAt, by at most {WINDOW_MAX.days} days")


def round_at(session: Session, round_id: int) -> AidRound:
    """Raises AidRoundUnknown."""
    row = session.get(AidRound, round_id)
    if row is None:
        raise AidRoundUnknown(round_id)
    return row


def rounds(session: Session, campaign_id: int | None = None) -> Sequence[AidRound]:
    """Every round, or a campaign's, oldest first."""
    query = select(AidRound).order_by(col(AidRound.id))
    return session.exec(query if campaign_id is None else query.where(AidRound.campaign_id == campaign_id)).all()


def open_round(session: Session, campaign_id: int, charity: str, terms: RoundTerms, now: datetime) -> AidRound:
    """Opens a round of a charity's own aid campaign; nobody can have applied before its rules stood.

    Raises CampaignUnknown, NotYourCampaign, CharityNotListed, CampaignKindWrong, AidRoundInvalid, AidRoundRuns.
    """
    campaign = campaign_at(session, campaign_id)
    if campaign.charity != charity:
        raise NotYourCampaign(campaign_id, charity)
    require_listed(session, charity)
    if campaign.kind != CampaignKind.AID or campaign.state == CampaignState.FAILED:
        raise CampaignKindWrong(campaign, CampaignKind.AID)
    opens_at, closes_at = (from_unix_s(unix_s(time)) for time in (terms.opens_at, terms.closes_at))
    if opens_at < from_unix_s(unix_s(now)):
        raise AidRoundInvalid("opensAt", f"not before {iso(now)}")
    if closes_at > campaign.closes_at + LEFTOVER_TERM - GRANTING_TERM:
        latest = iso(campaign.closes_at + LEFTOVER_TERM - GRANTING_TERM)
        raise AidRoundInvalid("closesAt", f"by {latest}, so that there is time to grant before what is left is retired")
    for other in rounds(session, campaign_id):
        if other.concluded_at is None:
            raise AidRoundRuns(other.id)
    row = AidRound(
        campaign_id=campaign_id,
        class_id=terms.class_id,
        rule=terms.rule,
        pot_gco2e=terms.pot_gco2e,
        cap_gco2e=terms.cap_gco2e,
        step_gco2e=terms.step_gco2e,
        least_people=terms.least_people,
        opens_at=opens_at,
        closes_at=closes_at,
        opened_at=now,
    )
    session.add(row)
    session.flush()
    return row


def seed_at(row: AidRound) -> bytes | None:
    """What decided a round; None while it is not decided, or if nobody applied."""
    chance = row.draw_seed or row.block_hash
    return None if row.root is None or chance is None else seed_of(row.root, chance)


def awards_in(session: Session, round_id: int) -> Sequence[AidAward]:
    """What a round gives, by reference: an order that says nothing of who applied when."""
    return session.exec(select(AidAward).where(AidAward.round_id == round_id).order_by(col(AidAward.reference))).all()


def granted_refs(session: Session, references: Sequence[bytes]) -> dict[bytes, Movement]:
    """Grants that the chain has under some references."""
    query = select(Movement).where(Movement.kind == MovementKind.GRANT, col(Movement.ref).in_(references))
    return {row.ref: row for row in session.exec(query).all() if row.ref is not None}


def available_gco2e(session: Session, row: AidRound) -> int:
    """What a round can give out: at most its pot, and what its campaign holds that no earlier round has promised.
    Nothing of a campaign that failed, or whose charity may not grant any more.
    """
    campaign, promised = campaign_at(session, row.campaign_id), 0
    if campaign.state == CampaignState.FAILED or not is_listed(session, campaign.charity):
        return 0
    for other in rounds(session, row.campaign_id):
        if other.id is not None and other.id != row.id and other.class_id == row.class_id:
            awards = awards_in(session, other.id)
            granted = granted_refs(session, [one.reference for one in awards])
            promised += sum(one.amount_gco2e for one in awards if one.reference not in granted)
    return max(0, min(row.pot_gco2e, held_gco2e(session, row.campaign_id, row.class_id) - promised))


def require_reader(session: Session, campaign_id: int, account: str) -> None:
    """Raises NotYourCampaign unless the account is the campaign's charity or its second signer."""
    charity = charity_at(session, campaign_at(session, campaign_id).charity)
    if account not in {charity.address, charity.second_signer}:
        raise NotYourCampaign(campaign_id, account)
