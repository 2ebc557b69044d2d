"""What the chain took for fills, for the rooms that show trades."""

from collections.abc import Mapping, Sequence

from sqlmodel import Session, col, select

from backend.market.order import Side
from backend.settlement.tables import Fill

_AT_ONCE = 5_000


def fees_of_trades(session: Session, trade_ids: Sequence[int]) -> Mapping[tuple[int, Side], int]:
    """What each side of these trades paid, in payment-token base units; nothing for a trade without a fill.

    The Exchange takes the same from both: the buyer pays it on top of the cost, the seller out of it.
    """
    found: dict[tuple[int, Side], int] = {}
    for at in range(0, len(trade_ids), _AT_ONCE):
        some = col(Fill.trade_id).in_(trade_ids[at : at + _AT_ONCE])
        for trade_id, fee in session.exec(select(Fill.trade_id, Fill.fee).where(some)).all():
            assert trade_id is not None
            found |= {(trade_id, side): fee for side in Side}
    return found
