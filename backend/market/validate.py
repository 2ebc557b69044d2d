"""Whether an order would be accepted now, and what of it would be filled at once: the code that takes orders in, run up
to where it would write. Nothing is written, and nothing is promised: the next order may change it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from backend.kernel.digest import Json
from backend.kernel.errors import TanyuError
from backend.market.journal import Kind, Line
from backend.market.matching import Engine
from backend.market.order import Side, SignedOrder
from backend.market.place import Placing
from backend.market.replay import Effects
from backend.market.turn import Turn


class _Reached(Exception):
    """The command refused nothing: it came to its first line."""


class Trial(Turn):
    """A turn that a command may read as it likes, and that ends it where it would write."""

    def __init__(self, turn: Turn) -> None:
        turn.flush()
        super().__init__(session=turn.session, engine=turn.engine, head=turn.head, now=turn.now, chain=turn.chain)

    def add_order(self, columns: dict[str, object]) -> None:
        """No row is noted."""

    def write(self, kind: Kind, payload: Mapping[str, Json]) -> tuple[Line, Effects]:
        """Ends the trial."""
        raise _Reached


@dataclass(frozen=True)
class Fillable:
    """What an order would meet at one price."""

    price_per_kg: int
    lots: int


@dataclass(frozen=True)
class Verdict:
    """`refusal`: why the order would not be accepted; None if it would, or is in already. `fills`: best price first,
    whether it would be accepted or not.
    """

    refusal: TanyuError | None
    fills: tuple[Fillable, ...]
    sequence: int
    """The journal's latest line when this was true."""


@dataclass(frozen=True)
class Validating:
    """Try an order that the door has admitted."""

    placing: Placing

    def __call__(self, turn: Turn) -> Verdict:
        """The verdict; refuses nothing itself."""
        refusal = None
        try:
            self.placing(Trial(turn))
        except _Reached:
            pass
        except TanyuError as failure:
            refusal = failure
        return Verdict(refusal, fillable(turn.engine, self.placing.order), turn.head.sequence)


@dataclass(frozen=True)
class Looking:
    """For `Sequencer.ask`: what an order would meet that the door did not admit for a reason."""

    order: SignedOrder
    refusal: TanyuError

    def __call__(self, engine: Engine, sequence: int) -> Verdict:
        """The verdict."""
        return Verdict(self.refusal, fillable(engine, self.order), sequence)


def fillable(engine: Engine, order: SignedOrder) -> tuple[Fillable, ...]:
    """What an order would meet in the book: by price, until it is filled, its limit is reached, or it meets an order of
    its own maker.
    """
    found: dict[int, int] = {}
    for price_per_kg, lots in _meetings(engine, order):
        found[price_per_kg] = found.get(price_per_kg, 0) + lots
    return tuple(Fillable(price_per_kg, lots) for price_per_kg, lots in found.items())


def _meetings(engine: Engine, order: SignedOrder) -> Iterator[tuple[int, int]]:
    book = engine.books.get(order.class_id)
    if book is None:
        return
    left = order.lots
    is_buy = order.side is Side.BUY
    for resting in (book.asks if is_buy else book.bids).orders():
        price = resting.entry.price_per_kg
        outside = price > order.price_per_kg if is_buy else price < order.price_per_kg
        if not left or outside or resting.owner == order.maker:
            return
        met = min(left, resting.lots)
        left -= met
        yield price, met
