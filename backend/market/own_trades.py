"""Trades as one of their two sides sees them: its side, how far the chain is with it, what it paid."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from backend.market.flights import final_of
from backend.market.order import Side
from backend.market.tables import TradeRow, TradeState

FeesOf = Callable[[Session, Sequence[int]], Mapping[tuple[int, Side], int]]
"""What the sides of these trades paid, in payment-token base units; nothing for a trade that the chain has not filled.
The settlement room knows.
"""


@dataclass(frozen=True)
class OwnTrade:
    """A trade as one of its two sides sees it."""

    row: TradeRow
    side: Side
    is_final: bool
    fee: int | None
    """Payment-token base units this side paid; None until the chain filled it."""

    @property
    def stage(self) -> str:
        """Where it is: matched -> sent -> mined -> final, or busted. Mined and final are both settled; a mined one's
        block may still be undone.
        """
        if self.row.state == TradeState.SETTLED:
            return "final" if self.is_final else "mined"
        return self.row.state


def own_trades(session: Session, fees_of: FeesOf, account: str, rows: Sequence[TradeRow]) -> list[OwnTrade]:
    """Trades as the account sees them, in the order given; twice if it is on both sides."""
    final = final_of(session, rows)
    fees = fees_of(session, [row.id for row in rows if row.state == TradeState.SETTLED])
    return [
        OwnTrade(row, side, row.id in final, fees.get((row.id, side)))
        for row in rows
        for side, party in ((Side.BUY, row.buyer), (Side.SELL, row.seller))
        if party == account
    ]
