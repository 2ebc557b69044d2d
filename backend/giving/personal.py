"""What giving has of a person: its retirements, gifts and relayed acts, and what is in the way of its erasure."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlmodel import Session, col, delete, func, select

from backend.giving.tables import BoardName, DonorName, Movement, PledgeRow, Relay, Retirement
from backend.kernel.digest import Json
from backend.ledger.address import addresses_of
from backend.ledger.export import exported_rows
from backend.link.tables import Intent, IntentState


def retirements_of(session: Session, _person_id: int, addresses: Sequence[str]) -> Iterator[Json]:
    """Retirements by the person, and for it."""
    query = select(Retirement).where(
        col(Retirement.account).in_(addresses) | col(Retirement.beneficiary).in_(addresses)
    )
    yield from exported_rows(session, query.order_by(col(Retirement.block_number), col(Retirement.log_index)))


def gifts_of(session: Session, _person_id: int, addresses: Sequence[str]) -> Iterator[Json]:
    """Gifts, and refunds of them."""
    query = select(Movement).where(col(Movement.donor).in_(addresses))
    yield from exported_rows(session, query.order_by(col(Movement.block_number), col(Movement.log_index)))


def relays_of(session: Session, _person_id: int, addresses: Sequence[str]) -> Iterator[Json]:
    """Signed acts that were relayed."""
    query = select(Relay).where(col(Relay.account).in_(addresses))
    yield from exported_rows(session, query.order_by(col(Relay.intent_id)))


def pledges_of(session: Session, _person_id: int, addresses: Sequence[str]) -> Iterator[Json]:
    """Standing pledges, with their signatures."""
    query = select(PledgeRow).where(col(PledgeRow.donor).in_(addresses))
    yield from exported_rows(session, query.order_by(col(PledgeRow.kept_at), col(PledgeRow.struct_hash)))


def names_of(session: Session, _person_id: int, addresses: Sequence[str]) -> Iterator[Json]:
    """What the person wished to be called beside its gifts."""
    query = select(DonorName).where(col(DonorName.donor).in_(addresses))
    yield from exported_rows(session, query.order_by(col(DonorName.campaign_id)))


def board_names_of(session: Session, _person_id: int, addresses: Sequence[str]) -> Iterator[Json]:
    """What the person wished to be called on the leaderboards."""
    query = select(BoardName).where(col(BoardName.account).in_(addresses))
    yield from exported_rows(session, query.order_by(col(BoardName.account)))


def forget_wishes(session: Session, person_id: int, _at: datetime) -> None:
    """An erased person's gifts are unnamed, it is on no leaderboard, and no pledge of its is drawn under any more."""
    addresses = addresses_of(session, person_id)
    session.exec(delete(DonorName).where(col(DonorName.donor).in_(addresses)))
    session.exec(delete(BoardName).where(col(BoardName.account).in_(addresses)))
    session.exec(delete(PledgeRow).where(col(PledgeRow.donor).in_(addresses)))


def relays_in_the_way(session: Session, _person_id: int, addresses: Sequence[str], _at: datetime) -> list[str]:
    """Acts on their way to the chain have to arrive before a person is erased."""
    count = session.exec(
        select(func.count())
        .select_from(Relay)
        .join(Intent, col(Intent.id) == col(Relay.intent_id))
        .where(
            col(Relay.account).in_(addresses),
            col(Intent.state).in_([IntentState.NEW, IntentState.SIGNED]),
        )
    ).one()
    return [f"{count} of your signed acts are on their way to the chain: wait for them"] if count else []
