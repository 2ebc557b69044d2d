"""Putting another signed order in the place of one that rests, under the same number, so that only one of the two can
ever fill: the Exchange spends a number once.

An order of which something was matched cannot be replaced: the Exchange remembers what is left of a number by the hash
of the order that took the rest, and would skip another.
"""

from dataclasses import dataclass

from backend.kernel.digest import to_hex
from backend.kernel.errors import Conflict, InvalidInput
from backend.market.admission import PhaseRefuses, phase_of, require_entry
from backend.market.cancel import NotYourOrder, OrderClosed, OrderUnknown
from backend.market.journal import Kind
from backend.market.phase import Phase
from backend.market.place import Accepted, Placing
from backend.market.replay import keeps_place
from backend.market.resale import require_resale
from backend.market.tables import OrderRow, OrderState
from backend.market.tied import Tied
from backend.market.turn import Turn


class ReplacementDiffers(InvalidInput):
    """An order that cannot stand where the other does."""

    code = "market.replacement_differs"

    def __init__(self, field: str, value: object, expected: object) -> None:
        super().__init__(
            f"{field} is {value}; to replace the other order it must be {expected}",
            field=field,
            value=str(value),
            expected=str(expected),
        )


class OrderPartlyMatched(Conflict):
    """Some of the order was matched, so its number is spent on it."""

    code = "market.order_partly_matched"

    def __init__(self, order_hash: bytes, lots_matched: int) -> None:
        super().__init__(
            f"{lots_matched} kg of the order were matched: cancel it, and place another under a fresh number",
            order_hash=to_hex(order_hash),
            lots_matched=lots_matched,
        )


@dataclass(frozen=True)
class Replacing:
    """Put an order in the place of the one with hash `old_hash`."""

    old_hash: bytes
    placing: Placing

    def __call__(self, turn: Turn) -> Accepted:
        """Replaces it, or gives the first answer again. The new one keeps the old one's place in the queue if it asks
        for no more lots than were open, at the same price; else the old one leaves and it comes in like any other.

        Raises OrderUnknown, NotYourOrder, OrderClosed, ReplacementDiffers, OrderPartlyMatched, and as `Placing` does,
        except for what it says of numbers and of how many orders are open.
        """
        placing = self.placing
        known = placing.known(turn, is_used=turn.number_used(placing.order.number))
        if known is not None:
            return known
        old = self._old(turn)
        placing.check_time(turn)
        placing.check_chain(turn)
        others = [order for order in turn.engine.open_of(old.maker) if order.entry.order_id != old.id]
        placing.check_funds(turn, Tied.by(others))
        require_resale(turn, placing.order, placing.rules, replaces=old.id)
        entry = placing.entry(turn)
        phase = phase_of(turn.engine, placing.rules)
        if not keeps_place(turn.engine, old.id, entry):
            require_entry(turn.engine, entry, placing.rules, placing.instructions)
        elif not (phase.takes_orders or phase is Phase.CANCEL_ONLY):
            raise PhaseRefuses(phase, "change of an order", "cancel, or wait for another phase")
        placing.note(turn)
        return placing.accepted(*turn.write(Kind.REPLACE, {**placing.payload(), "orderId": old.id}))

    def _old(self, turn: Turn) -> OrderRow:
        order, row = self.placing.order, turn.order(self.old_hash)
        if row is None:
            raise OrderUnknown(order_hash=to_hex(self.old_hash))
        if row.maker != order.maker:
            raise NotYourOrder(self.old_hash)
        if row.state != OrderState.OPEN:
            raise OrderClosed(row)
        for field, value, expected in (
            ("number", order.number, row.number),
            ("classId", order.class_id, row.class_id),
            ("side", order.side.value, row.side),
        ):
            if value != expected:
                raise ReplacementDiffers(field, value, expected)
        in_force = self.placing.instructions.time_in_force
        if not in_force.rests:
            raise ReplacementDiffers("timeInForce", in_force, "gtc or gtd")
        if row.lots_matched:
            raise OrderPartlyMatched(self.old_hash, row.lots_matched)
        return row
