"""Taking all of an account's orders off the book: at its word, or because it did not say in time that it is still there
(the dead-man switch).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from backend.kernel.digest import Json
from backend.kernel.errors import InvalidInput
from backend.market.cancel import BY_MAKER
from backend.market.journal import Kind
from backend.market.matching import Engine
from backend.market.replay import HEARTBEAT_MISSED, open_ids
from backend.market.tables import OrderRow
from backend.market.turn import Turn

HEARTBEAT_S_MIN, HEARTBEAT_S_MAX = 5, 24 * 3600
"""Seconds that an account may let pass until its next heartbeat."""


class HeartbeatOutOfRange(InvalidInput):
    """A heartbeat for too short or too long a time."""

    code = "market.heartbeat_out_of_range"

    def __init__(self, seconds: int) -> None:
        expected = f"{HEARTBEAT_S_MIN} to {HEARTBEAT_S_MAX}, or 0 to switch it off"
        super().__init__(f"a heartbeat for {seconds} s; expected {expected}", seconds=seconds, expected=expected)


@dataclass(frozen=True)
class CancelledAll:
    """What was open of an account and is no more, in order of entry."""

    sequence: int
    """The journal sequence that took them off; the latest one if there were none."""
    order_hashes: tuple[bytes, ...]
    cancelled_at: datetime


@dataclass(frozen=True)
class CancellingAll:
    """Cancel every open order of an account, in one class or in all."""

    account: str
    class_id: int | None = None

    def __call__(self, turn: Turn) -> CancelledAll:
        """Takes them off in one journal line; none are left if it is done again."""
        order_ids = open_ids(turn.engine, self.account, self.class_id)
        if order_ids:
            turn.flush()
            turn.write(Kind.CANCEL_ALL, _payload(self.account, self.class_id, order_ids, BY_MAKER))
        query = select(OrderRow.order_hash).where(col(OrderRow.id).in_(order_ids)).order_by(col(OrderRow.id))
        return CancelledAll(turn.head.sequence, tuple(turn.session.exec(query)), turn.now)


@dataclass(frozen=True)
class Beating:
    """An account is there: it keeps its orders for so many seconds more. 0: it keeps them without saying so again."""

    account: str
    seconds: int

    def __call__(self, turn: Turn) -> int:
        """Journals the heartbeat; returns until when, in Unix seconds (0: switched off). Raises HeartbeatOutOfRange."""
        if self.seconds and not HEARTBEAT_S_MIN <= self.seconds <= HEARTBEAT_S_MAX:
            raise HeartbeatOutOfRange(self.seconds)
        until = turn.now_s + self.seconds if self.seconds else 0
        if until != turn.engine.heartbeats.get(self.account, 0):
            turn.write(Kind.HEARTBEAT, {"account": self.account, "until": until})
        return until


def missed(engine: Engine, now_s: int) -> list[str]:
    """Accounts whose heartbeat did not come by a time (Unix seconds)."""
    return sorted(account for account, until in engine.heartbeats.items() if until <= now_s)


def cancel_missed(turn: Turn) -> None:
    """Whoever missed its heartbeat loses its open orders and its timer."""
    for account in missed(turn.engine, turn.now_s):
        order_ids = open_ids(turn.engine, account, None)
        turn.write(Kind.CANCEL_ALL, _payload(account, None, order_ids, HEARTBEAT_MISSED))


def _payload(account: str, class_id: int | None, order_ids: list[int], reason: str) -> dict[str, Json]:
    named = None if class_id is None else str(class_id)
    return {"account": account, "classId": named, "orderIds": list(order_ids), "reason": reason}
