"""The books after a restart: the newest picture that holds, and every journal line since, through the same `apply`."""

from dataclasses import dataclass

import msgspec
from sqlmodel import Session

from backend.market import snapshot
from backend.market.journal import Head, Kind, pages
from backend.market.matching import Engine
from backend.market.replay import apply


@dataclass(frozen=True)
class Recovered:
    """The engine and the journal's head it stands at; how many lines were replayed since the picture."""

    engine: Engine
    head: Head
    replayed: int


def recover(session: Session, genesis: Head) -> Recovered:
    """What the journal makes of the books, every hash since the picture checked. Raises JournalBroken."""
    engine, head = snapshot.newest(session) or (Engine(), genesis)
    return replayed(session, engine, head)


def replayed(session: Session, engine: Engine, head: Head) -> Recovered:
    """Does on an engine what the lines after a head say. Raises JournalBroken."""
    kinds, decode = {kind.value: kind for kind in Kind}, msgspec.json.Decoder().decode
    start = head.sequence
    for page in pages(session, head):
        for sequence, kind, payload in page.lines:
            apply(engine, sequence, kinds[kind], decode(payload))
        head = page.head
    return Recovered(engine, head, head.sequence - start)
