"""Questions that come again and again, written once: past the object mapper, whose own way to a row costs ten times
what the database takes to find it.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

from sqlalchemy import CursorResult, Executable, Row
from sqlmodel import Session

AnyRow: TypeAlias = Row[*tuple[Any, ...]]


def first_of(session: Session, statement: Executable, **values: object) -> AnyRow | None:
    """The first row of a statement with these values for its parameters; None if there is none. `statement`: a constant
    of its module, since to write one costs more than to ask it. Sees what the session has not flushed yet.
    """
    return _asked(session, statement, values).first()


def all_of(session: Session, statement: Executable, **values: object) -> Sequence[AnyRow]:
    """Every row of it, in its order."""
    return _asked(session, statement, values).all()


def _asked(session: Session, statement: Executable, values: dict[str, object]) -> CursorResult[*tuple[Any, ...]]:
    session.flush()
    return session.connection().execute(statement, values)
