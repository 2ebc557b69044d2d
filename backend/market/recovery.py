"""The books after a restart: the newest picture that holds, and what every journal line since says. Without a picture,
the extracts of the journal from its first line, and what every line after them says.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlmodel import Session

from backend.market import snapshot
from backend.market.extract import Extract
from backend.market.extracting import believed
from backend.market.journal import Head, pages
from backend.market.matching import Engine


@dataclass(frozen=True)
class Recovered:
    """The engine and the journal's head it stands at; how many lines were replayed since the picture."""

    engine: Engine
    head: Head
    replayed: int


def recover(session: Session, genesis: Head) -> Recovered:
    """What the journal makes of the books, the hash of every line since the picture or the extracts checked. Raises
    JournalBroken.
    """
    found = snapshot.newest(session)
    engine, head = found or by_extracts(session, genesis)
    start = genesis if found is None else head
    last = replayed(session, engine, head).head
    return Recovered(engine, last, last.sequence - start.sequence)


def by_extracts(session: Session, genesis: Head) -> tuple[Engine, Head]:
    """An engine from the journal's first line on, as far as there are extracts, and where it then stands."""
    engine, head = Engine(), genesis
    with _uncollected():
        for extract, last in believed(session, genesis):
            extract.carry_out(engine, head.sequence + 1)
            head = last
    return engine, head


def replayed(session: Session, engine: Engine, head: Head) -> Recovered:
    """Does on an engine what the lines after a head say, each as its row has it. Raises JournalBroken."""
    start = head.sequence
    with _uncollected():
        for page in pages(session, head):
            Extract.of(page.lines).carry_out(engine, head.sequence + 1)
            head = page.head
    return Recovered(engine, head, head.sequence - start)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Books have no cycles worth looking for, and what is made here stays: the collector would only walk over it."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
