"""What time alone makes happen in the books: orders expire, heartbeats are missed. Journaled like everything else."""

from collections.abc import Callable

from backend.market.cancel_all import cancel_missed, missed
from backend.market.journal import Kind
from backend.market.matching import Engine
from backend.market.rules import LIFETIME_S_MIN
from backend.market.turn import Turn


def due(engine: Engine, now_s: int) -> list[Callable[[Turn], object]]:
    """The commands that must come before all others now (Unix seconds)."""
    found: list[Callable[[Turn], object]] = []
    if engine.due(now_s + LIFETIME_S_MIN):
        found.append(expire)
    if missed(engine, now_s):
        found.append(cancel_missed)
    return found


def expire(turn: Turn) -> None:
    """Takes orders off the book before their expiry."""
    before = turn.now_s + LIFETIME_S_MIN
    if turn.engine.due(before):
        turn.write(Kind.EXPIRE, {"before": before})
