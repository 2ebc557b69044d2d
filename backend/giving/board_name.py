"""Being on the leaderboards: only who asks is, under the name it gives itself, until it leaves. Nobody checks a name.

No address stands beside it. Sums are public on the chain all the same: who compares can find whose they are, and the
person is told so.
"""

import unicodedata
from datetime import datetime

from sqlmodel import Session, col, delete, select

from backend.giving.donor_name import NAME_CHARS_MAX
from backend.giving.public_text import require_public
from backend.giving.tables import BoardName
from backend.kernel.digest import sha256
from backend.kernel.errors import Conflict
from backend.ledger.address import addresses_of, owner_of


class BoardNameTaken(Conflict):
    """Somebody else is on the leaderboards under that name, or one that reads the same."""

    code = "board.name_taken"

    def __init__(self, name: str) -> None:
        super().__init__("somebody is on the leaderboards under that name; choose another", name=name)


def join_boards(session: Session, account: str, name: str, now: datetime) -> BoardName:
    """Puts an account on the leaderboards, or under another name than before.

    Raises PublicTextUnfit, BoardNameTaken.
    """
    require_public("name", name, longest=NAME_CHARS_MAX)
    folded = _folded(name)
    other = session.exec(select(BoardName).where(BoardName.folded == folded, BoardName.account != account)).first()
    if other is not None:
        raise BoardNameTaken(name)
    row = session.get(BoardName, account) or BoardName(account=account, name=name, folded=folded, joined_at=now)
    row.name, row.folded = name, folded
    session.add(row)
    session.flush()
    return row


def leave_boards(session: Session, account: str) -> None:
    """Takes an account off, with every address its person had before; who is on none stays on none."""
    owner = owner_of(session, account)
    own = {account} if owner is None or owner.id is None else {account, *addresses_of(session, owner.id)}
    session.exec(delete(BoardName).where(col(BoardName.account).in_(own)))


def board_name_of(session: Session, account: str) -> BoardName | None:
    """What an account is called there; None if it is on none."""
    return session.get(BoardName, account)


def _folded(name: str) -> bytes:
    """The SHA-256 of a name as names are compared: whatever their case, width, composition and spaces."""
    return sha256(" ".join(unicodedata.normalize("NFKC", name).casefold().split()).encode())
