"""The books after a restart: the newest picture that holds, and what every journal line since says.

A replay asks no line what it did, and most lines place or cancel: those two are read straight into what the engine
takes, the others go through `replay.apply`. A property test holds the outcome equal to `apply` of every line.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import msgspec
from sqlmodel import Session

from backend.kernel.mass import lots_of
from backend.market import snapshot
from backend.market.journal import Head, Kind, Page, pages
from backend.market.matching import Engine
from backend.market.order import Side, SignedOrder
from backend.market.replay import apply, entry_of

_NAMES = {
    "class_id": "classId",
    "amount_gco2e": "amountGco2e",
    "price_per_kg": "pricePerKg",
    "max_fee_bps": "maxFeeBps",
}


class _Terms(msgspec.Struct, rename=_NAMES, gc=False):
    """What of a signed order `entry_of` looks at."""

    maker: str
    class_id: int
    side: Side
    amount_gco2e: int
    price_per_kg: int
    max_fee_bps: int
    expiry: int

    @property
    def lots(self) -> int:
        """The amount in kg."""
        return lots_of(self.amount_gco2e)


class _Place(msgspec.Struct, gc=False):
    order: _Terms
    owner: str


class _Cancel(msgspec.Struct, rename={"order_id": "orderId"}, gc=False):
    order_id: int


_place = msgspec.json.Decoder(_Place, strict=False).decode
_cancel = msgspec.json.Decoder(_Cancel).decode
_any = msgspec.json.Decoder().decode
_KINDS = {kind.value: kind for kind in Kind}


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
    start = head.sequence
    with _uncollected():
        for page in pages(session, head):
            carry_out(engine, page)
            head = page.head
    return Recovered(engine, head, head.sequence - start)


def carry_out(engine: Engine, page: Page) -> None:
    """Does on an engine what the lines of a page say."""
    for sequence, kind, payload in page.lines:
        if kind == "place" and '"instructions":' not in payload:
            line = _place(payload)
            engine.place(entry_of(cast(SignedOrder, line.order), sequence, line.owner))
        elif kind == "cancel":
            engine.remove(_cancel(payload).order_id)
        else:
            apply(engine, sequence, _KINDS[kind], _any(payload))


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
