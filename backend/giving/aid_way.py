"""Aid as a way to settle a deficit: the rounds that could give to it, and where what was applied for stands.

It is read for its own person only: nobody else sees who could apply, or did.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from backend.chain.class_id import unpack
from backend.giving.aid_application import ApplicationView, is_attested, need_gco2e, view_of
from backend.giving.aid_round import granted_refs, rounds
from backend.giving.aid_tables import AidApplication, AidRound
from backend.giving.charity import listed_charities
from backend.giving.kinds import AidStage, CampaignKind, CampaignState
from backend.giving.tables import Campaign
from backend.kernel.digest import to_hex
from backend.ledger.debt import OpenDeficit, is_fit
from backend.ledger.deficit import deficit_at


@dataclass(frozen=True)
class AidChance:
    """A round that takes applications now, or will: what it can give to a deficit at most, in grams."""

    round: AidRound
    most_gco2e: int


@dataclass(frozen=True)
class AidWay:
    """Rounds that could serve, the one that closes first in front; and what was applied for, oldest first."""

    chances: tuple[AidChance, ...]
    applied: tuple[ApplicationView, ...]


def stage_of(view: ApplicationView) -> AidStage:
    """Where an application stands."""
    if view.grant is not None and view.award_gco2e:
        return AidStage.GRANTED
    if view.round.concluded_at is None:
        return AidStage.APPLIED
    return AidStage.AWARDED if view.award_gco2e else AidStage.PASSED_OVER


def aid_way(session: Session, deficit: OpenDeficit, now: datetime) -> AidWay:
    """What aid can do for a deficit. A reference is granted once, ever: with a grant on the chain no round serves."""
    applied = _applied(session, deficit)
    if not is_attested(session, deficit) or granted_refs(session, [deficit.reference]):
        return AidWay((), applied)
    done = {view.round.id for view in applied}
    open_rounds = [row for row in _giving(session) if row.closes_at > now and row.id not in done]
    chances = [AidChance(row, need_gco2e(session, row, deficit)) for row in _fitting(open_rounds, deficit)]
    useful = sorted((one for one in chances if one.most_gco2e), key=lambda one: one.round.closes_at)
    return AidWay(tuple(useful), applied)


def aid_stage(session: Session, person_id: int, reference: bytes) -> str | None:
    """Where the latest application for a deficit stands; None if nobody applied for it."""
    deficit = deficit_at(session, reference)
    assert deficit.person_id == person_id
    applied = _applied(session, deficit)
    return str(stage_of(applied[-1])) if applied else None


def _applied(session: Session, deficit: OpenDeficit) -> tuple[ApplicationView, ...]:
    query = select(AidApplication).where(AidApplication.person_id == deficit.person_id)
    rows = session.exec(query.order_by(col(AidApplication.id))).all()
    return tuple(view_of(session, row) for row in rows if row.reference == to_hex(deficit.reference))


def _giving(session: Session) -> Sequence[AidRound]:
    """Rounds of campaigns that may grant, or still may come to."""
    query = select(Campaign).where(Campaign.kind == CampaignKind.AID, Campaign.state != CampaignState.FAILED)
    listed = listed_charities(session)
    campaigns = {row.campaign_id for row in session.exec(query).all() if row.charity in listed}
    return [row for row in rounds(session) if row.campaign_id in campaigns]


def _fitting(found: Iterable[AidRound], deficit: OpenDeficit) -> Iterable[AidRound]:
    for row in found:
        credit = unpack(row.class_id)
        if is_fit(deficit, region=credit.region, vintage=credit.vintage):
            yield row
