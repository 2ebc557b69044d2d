"""What else waits for a seed that nobody chose: roots of other rooms' lists, such as an aid round's applications.

A draw's list names them, and is anchored before anybody commits to a secret: so its seed is theirs as well, and no
second way to draw is needed.
"""

import json
from collections.abc import Iterator
from datetime import datetime

from sqlmodel import Session, col, select

from backend.issuance.draw_list import draw_list_of
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
    """Roots that no draw gave a seed and none under way names; a draw that came to nothing is not counted."""
    taken = {root for row, root in _named(session) if row.concluded_at is None or row.seed is not None}
    rows = session.exec(select(DrawRootRow).order_by(col(DrawRootRow.root))).all()
    return [row.root for row in rows if row.root not in taken]


def drawn_for(session: Session, root: bytes) -> DrawRow | None:
    """The first draw that named a root and has a seed; None while there is none."""
    return next((row for row, named in _named(session) if named == root and row.seed is not None), None)


def _named(session: Session) -> Iterator[tuple[DrawRow, bytes]]:
    for row in session.exec(select(DrawRow).order_by(col(DrawRow.day))).all():
        for root in draw_list_of(json.loads(row.listed)).roots:
            yield row, root
