"""What else waits for a seed that nobody chose: roots of other rooms' lists, such as an aid round's applications.

A draw's list names them, and is anchored before anybody commits to a secret: so its seed is theirs as well, and no
second way to draw is needed.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session, col, or_, select

from backend.issuance.verification_tables import DrawRootRow, DrawRow


def await_seed(session: Session, root: bytes, at: datetime) -> None:
    """Has the next draw name a root that the chain has; once."""
    if session.get(DrawRootRow, root) is None:
        session.add(DrawRootRow(root=root, asked_at=at))
        session.flush()


def is_awaiting(session: Session, root: bytes) -> bool:
    """Whether a root was handed to `await_seed`."""
    return session.get(DrawRootRow, root) is not None


def waiting_roots(session: Session) -> list[bytes]:
    """Roots that no draw named yet, or that the last to name came to nothing."""
    came_to_nothing = col(DrawRow.concluded_at).is_not(None) & col(DrawRow.seed).is_(None)
    query = (
        select(DrawRootRow.root)
        .join(DrawRow, col(DrawRow.day) == col(DrawRootRow.day), isouter=True)
        .where(or_(col(DrawRootRow.day).is_(None), came_to_nothing))
    )
    return sorted(session.exec(query).all())


def name_roots(session: Session, roots: Iterable[bytes], day: int) -> None:
    """Notes that a day's draw names them."""
    for root in roots:
        row = session.get_one(DrawRootRow, root)
        row.day = day
        session.add(row)


def drawn_for(session: Session, root: bytes) -> DrawRow | None:
    """The draw that named a root and has a seed; None while there is none."""
    row = session.get(DrawRootRow, root)
    draw = None if row is None or row.day is None else session.get(DrawRow, row.day)
    return None if draw is None or draw.seed is None else draw
