"""`GET /figures`: what this server's people and its chain came to, for the pages' welcome and whoever writes of it."""

from collections.abc import Callable

from fastapi import APIRouter

from backend.access.wire import Amount, Iso, Wire
from backend.api.start import StartPageFacts


class ClassFiguresOut(Wire):
    """A credit class: issued = held + buffer + retired + cancelled. `donatedGco2e`: all that was ever given."""

    credit_class: str
    issued_gco2e: Amount
    held_gco2e: Amount
    buffer_gco2e: Amount
    retired_gco2e: Amount
    cancelled_gco2e: Amount
    donated_gco2e: Amount


class SettledTradeOut(Wire):
    """A trade that the chain settled."""

    at: Iso
    credit_class: str
    amount_gco2e: Amount
    price_per_kg: Amount
    tx_hash: str


class FiguresOut(Wire):
    """Accounts that are open, every credit class there is, and the latest settled trades, the newest first."""

    people: int
    classes: list[ClassFiguresOut]
    trades: list[SettledTradeOut]


def figures_router(facts: Callable[[], StartPageFacts]) -> APIRouter:
    """The route. `facts` reads the numbers when they are asked for."""
    router = APIRouter(tags=["service"])

    @router.get("/figures")
    def figures() -> FiguresOut:
        """People, credits by class and the latest trades, from this server's index of the chain."""
        found = facts()
        return FiguresOut(
            people=found.people,
            classes=[
                ClassFiguresOut(
                    credit_class=row.class_code,
                    issued_gco2e=row.issued_gco2e,
                    held_gco2e=row.held_gco2e,
                    buffer_gco2e=row.buffer_gco2e,
                    retired_gco2e=row.retired_gco2e,
                    cancelled_gco2e=row.cancelled_gco2e,
                    donated_gco2e=row.donated_gco2e,
                )
                for row in found.classes
            ],
            trades=[
                SettledTradeOut(
                    at=row.at,
                    credit_class=row.class_code,
                    amount_gco2e=row.amount_gco2e,
                    price_per_kg=row.price_per_kg,
                    tx_hash=row.tx_hash,
                )
                for row in found.trades
            ],
        )

    return router
