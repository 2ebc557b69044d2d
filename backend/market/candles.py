"""Candles from the tape. The database sums each minute, hour or day; five minutes are put together from minutes."""

from datetime import datetime

from sqlalchemy import case, func
from sqlalchemy import select as select_many
from sqlmodel import Session, col, select

from backend.market.candle import Candle, Interval, merged, without_gaps
from backend.market.tables import TradeRow, TradeState

_TIME_PREFIX = {Interval.MINUTE: 16, Interval.FIVE_MINUTES: 16, Interval.HOUR: 13, Interval.DAY: 10}
"""Characters of a stored time that name the part that is summed: times are text of fixed width."""

_IDS_AT_ONCE = 5_000


def candles_of_class(
    session: Session, class_id: int, interval: Interval, *, first: datetime, last: datetime
) -> list[Candle]:
    """Every candle from the one that starts at `first` to the one that starts at `last`, newest first."""
    parts = _parts(session, class_id, interval, first, last + interval.length)
    return without_gaps(merged(parts, interval), interval, first, last)


def candle_at(session: Session, class_id: int, interval: Interval, at: datetime) -> Candle:
    """The candle that a time is in."""
    start = interval.start_of(at)
    return candles_of_class(session, class_id, interval, first=start, last=start)[0]


def first_trade_at(session: Session, class_id: int) -> datetime | None:
    """When a class was first traded; None if it never was."""
    query = select(TradeRow.matched_at).where(TradeRow.class_id == class_id).order_by(col(TradeRow.id)).limit(1)
    return session.exec(query).first()


def _parts(session: Session, class_id: int, interval: Interval, since: datetime, until: datetime) -> list[Candle]:
    """What was traded in each part, in order of time."""
    stands = col(TradeRow.state) != TradeState.BUSTED
    prefix = func.substr(col(TradeRow.matched_at), 1, _TIME_PREFIX[interval])
    priced, numbered = case((stands, TradeRow.price_per_kg)), case((stands, TradeRow.id))
    query = (
        select_many(
            func.min(TradeRow.matched_at),
            func.min(numbered),
            func.max(priced),
            func.min(priced),
            func.max(numbered),
            func.coalesce(func.sum(case((stands, TradeRow.lots))), 0),
            func.count(numbered),
            func.count(),
        )
        .where(col(TradeRow.class_id) == class_id, col(TradeRow.matched_at) >= since, col(TradeRow.matched_at) < until)
        .group_by(prefix)
        .order_by(func.min(TradeRow.matched_at))
    )
    rows = session.connection().execute(query).all()
    prices = _prices(session, [trade_id for row in rows for trade_id in (row[1], row[4]) if trade_id is not None])
    return [
        Candle(
            start=at,
            open_per_kg=prices.get(opened),
            high_per_kg=high,
            low_per_kg=low,
            close_per_kg=prices.get(closed),
            volume_lots=int(lots),
            trades=standing,
            busted=every - standing,
        )
        for at, opened, high, low, closed, lots, standing, every in rows
    ]


def _prices(session: Session, trade_ids: list[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for at in range(0, len(trade_ids), _IDS_AT_ONCE):
        some = col(TradeRow.id).in_(trade_ids[at : at + _IDS_AT_ONCE])
        found |= dict(session.exec(select(TradeRow.id, TradeRow.price_per_kg).where(some)).all())
    return found
