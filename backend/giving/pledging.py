"""Keeping pledges: taking a donor's in, telling how each stands, and ending one."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session, col, select

from backend.chain.account_signature import NotTheKeys, WalletQuestion, key_signature, wallet_signature
from backend.chain.contracts import Contracts
from backend.giving.campaign import campaign_at
from backend.giving.donation import CampaignNotOpen
from backend.giving.kinds import CampaignState
from backend.giving.number_use import NumberUse, relay_number_use
from backend.giving.pledge import Pledge
from backend.giving.relay import (
    ActExpired,
    ActNumberUsed,
    ActSignerWrong,
    ClassUnknown,
    Relayed,
)
from backend.giving.tables import PledgeDraw, PledgeRow
from backend.kernel.clock import from_unix_s, unix_s
from backend.kernel.errors import Conflict, NotFound, RuleViolated
from backend.kernel.mass import LOT_GCO2E
from backend.link.balances import credit_class, number_used
from backend.settlement.tables import Fill

PLEDGES_MAX = 20
"""Of one donor that have not ended by time."""


class PledgeUnknown(NotFound):
    """No pledge of that donor was kept under that number."""

    code = "pledge.unknown"

    def __init__(self, donor: str, number: int) -> None:
        super().__init__(f"{donor} has no pledge under number {number}", donor=donor, number=number)


class PledgeNumberTaken(Conflict):
    """Another pledge of the donor stands under the number."""

    code = "pledge.number_taken"

    def __init__(self, number: int) -> None:
        super().__init__(f"another pledge of yours stands under number {number}; sign with another", number=number)


class PledgesTooMany(RuleViolated):
    """A donor has as many pledges as are kept for one."""

    code = "pledge.too_many"

    def __init__(self) -> None:
        super().__init__(f"at most {PLEDGES_MAX} pledges of one donor are kept; end one first", most=PLEDGES_MAX)


class PledgeState(StrEnum):
    """waiting -> standing -> drawn | expired; withdrawn by its donor, or over with its campaign, at any time."""

    WAITING = "waiting"
    STANDING = "standing"
    DRAWN = "drawn"
    """Its maximum was given."""
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    OVER = "over"
    """Its campaign is decided."""


@dataclass(frozen=True)
class PledgeView:
    """A pledge and how it stands. Grams; `sold_gco2e` of the class since its start."""

    pledge: Pledge
    state: PledgeState
    drawn_gco2e: int
    sold_gco2e: int
    kept_at: datetime


def signed_pledge(contracts: Contracts, pledge: Pledge, signature: bytes, wallet_accepts: WalletQuestion) -> bytes:
    """The signature as it is kept, if the donor's key made it or its wallet takes it (EIP-1271). A node may be asked:
    call it before a transaction is open. Raises ActSignerWrong, SignatureMalformed, NodeUnavailable.
    """
    signed = pledge.digest(contracts.deployment.domain("Charity"))
    try:
        return key_signature(pledge.donor, signed, signature, lambda signer: ActSignerWrong(signer, pledge.donor))
    except NotTheKeys as failure:
        return wallet_signature(failure, signature, wallet_accepts)


def keep_pledge(session: Session, pledge: Pledge, signature: bytes, now: datetime) -> PledgeView:
    """Keeps a pledge that `signed_pledge` let through; the same again changes nothing.

    Raises ActExpired, ActNumberUsed, PledgeNumberTaken, PledgesTooMany, CampaignUnknown, CampaignNotOpen, ClassUnknown.
    """
    known = session.get(PledgeRow, pledge.struct_hash)
    if known is not None:
        return view_of(session, known, now)
    if pledge.expiry <= unix_s(now):
        raise ActExpired(pledge.expiry, unix_s(now))
    if number_used(session, "Charity", pledge.donor, pledge.number):
        raise ActNumberUsed(pledge.donor, pledge.number)
    campaign = campaign_at(session, pledge.campaign_id)
    if campaign.state != CampaignState.OPEN:
        raise CampaignNotOpen(pledge.campaign_id, f"it has {campaign.state}")
    if credit_class(session, pledge.class_id) is None:
        raise ClassUnknown(pledge.class_id)
    _require_room(session, pledge, now)
    row = PledgeRow(
        struct_hash=pledge.struct_hash,
        donor=pledge.donor,
        campaign_id=pledge.campaign_id,
        class_id=pledge.class_id,
        share_bps=pledge.share_bps,
        max_amount_gco2e=pledge.max_amount_gco2e,
        starts_at=from_unix_s(pledge.start),
        expires_at=from_unix_s(pledge.expiry),
        number=pledge.number,
        signature=signature,
        kept_at=now,
    )
    session.add(row)
    session.flush()
    return view_of(session, row, now)


def _require_room(session: Session, pledge: Pledge, now: datetime) -> None:
    own = select(PledgeRow).where(PledgeRow.donor == pledge.donor)
    if session.exec(own.where(PledgeRow.number == pledge.number)).first() is not None:
        raise PledgeNumberTaken(pledge.number)
    if len(session.exec(own.where(col(PledgeRow.expires_at) > now)).all()) >= PLEDGES_MAX:
        raise PledgesTooMany


def pledge_of(row: PledgeRow) -> Pledge:
    """What was signed."""
    return Pledge(
        donor=row.donor,
        campaign_id=row.campaign_id,
        class_id=row.class_id,
        share_bps=row.share_bps,
        max_amount_gco2e=row.max_amount_gco2e,
        start=unix_s(row.starts_at),
        expiry=unix_s(row.expires_at),
        number=row.number,
    )


def relay_withdrawal(
    session: Session, contracts: Contracts, withdrawal: NumberUse, signature: bytes, now: datetime
) -> Relayed:
    """Relays that a donor ends the pledge under a number, for ever; submit's errors and PledgeUnknown."""
    pledge_at(session, withdrawal.account, withdrawal.number, now)
    return relay_number_use(session, contracts, withdrawal, signature, now)


def drawn_gco2e(session: Session, struct_hash: bytes) -> int:
    """Grams that were given under a pledge."""
    rows = session.exec(select(PledgeDraw).where(PledgeDraw.struct_hash == struct_hash)).all()
    return sum(row.amount_gco2e for row in rows)


def sold_gco2e(session: Session, row: PledgeRow) -> int:
    """Grams of its class that a pledge's donor sold since its start."""
    fills = select(Fill.lots).where(
        Fill.seller == row.donor, Fill.class_id == row.class_id, col(Fill.at) >= row.starts_at
    )
    return sum(session.exec(fills).all()) * LOT_GCO2E


def view_of(session: Session, row: PledgeRow, now: datetime) -> PledgeView:
    """How a pledge stands at a time."""
    drawn = drawn_gco2e(session, row.struct_hash)
    return PledgeView(pledge_of(row), _state(session, row, drawn, now), drawn, sold_gco2e(session, row), row.kept_at)


def _state(session: Session, row: PledgeRow, drawn: int, now: datetime) -> PledgeState:
    if drawn >= row.max_amount_gco2e:
        return PledgeState.DRAWN
    if number_used(session, "Charity", row.donor, row.number):
        return PledgeState.WITHDRAWN
    if campaign_at(session, row.campaign_id).state != CampaignState.OPEN:
        return PledgeState.OVER
    if now >= row.expires_at:
        return PledgeState.EXPIRED
    return PledgeState.WAITING if now < row.starts_at else PledgeState.STANDING


def pledges_of(session: Session, donor: str, now: datetime) -> list[PledgeView]:
    """A donor's pledges, newest first."""
    rows = session.exec(select(PledgeRow).where(PledgeRow.donor == donor).order_by(col(PledgeRow.kept_at).desc())).all()
    return [view_of(session, row, now) for row in rows]


def pledge_at(session: Session, donor: str, number: int, now: datetime) -> PledgeView:
    """Raises PledgeUnknown."""
    row = session.exec(select(PledgeRow).where(PledgeRow.donor == donor, PledgeRow.number == number)).first()
    if row is None:
        raise PledgeUnknown(donor, number)
    return view_of(session, row, now)


def standing(session: Session, now: datetime) -> list[tuple[PledgeRow, PledgeView]]:
    """Pledges that may be drawn under now, those kept first before others."""
    query = select(PledgeRow).where(col(PledgeRow.starts_at) <= now, col(PledgeRow.expires_at) > now)
    rows = session.exec(query.order_by(col(PledgeRow.kept_at), col(PledgeRow.struct_hash))).all()
    views = [(row, view_of(session, row, now)) for row in rows]
    return [(row, view) for row, view in views if view.state == PledgeState.STANDING]
