"""Whether an order may come into a book as it stands now: what its class's phase takes, and what its instructions bar.
Pure.
"""

from backend.kernel.errors import RuleViolated
from backend.market.book import Entry, Ladder
from backend.market.figures import money_text
from backend.market.instructions import Instructions
from backend.market.matching import Engine
from backend.market.order import Side
from backend.market.phase import Phase
from backend.market.rules import ClassRules
from backend.market.trading_day import Mode


class PhaseRefuses(RuleViolated):
    """The class takes no such order in the phase it is in."""

    code = "market.phase_refuses"

    def __init__(self, phase: Phase, what: str, instead: str) -> None:
        super().__init__(f"the class is in phase {phase}, which takes no {what}: {instead}", phase=phase, what=what)


class PostOnlyWouldCross(RuleViolated):
    """A post-only order that would take from the book."""

    code = "market.post_only_would_cross"

    def __init__(self, price_per_kg: int, best_per_kg: int) -> None:
        super().__init__(
            f"{money_text(price_per_kg)} per kg would meet the best opposite price, {money_text(best_per_kg)}; "
            "postOnly forbids that",
            price_per_kg=price_per_kg,
            best_per_kg=best_per_kg,
        )


class ListedWouldCross(RuleViolated):
    """An order to post that would take a posted one."""

    code = "market.listed_would_cross"

    def __init__(self, price_per_kg: int, best_per_kg: int) -> None:
        super().__init__(
            f"{money_text(price_per_kg)} per kg would meet the posted {money_text(best_per_kg)}: take that offer with "
            "timeInForce ioc or fok, or wait for the call",
            price_per_kg=price_per_kg,
            best_per_kg=best_per_kg,
        )


class ProtectionExceeded(RuleViolated):
    """A market order whose limit price is too far from the market to protect its maker."""

    code = "market.protection_exceeded"

    def __init__(self, price_per_kg: int, bound_per_kg: int, best_per_kg: int) -> None:
        super().__init__(
            f"{money_text(price_per_kg)} per kg is beyond {money_text(bound_per_kg)}, as far as a market order may go "
            f"from {money_text(best_per_kg)}",
            price_per_kg=price_per_kg,
            bound_per_kg=bound_per_kg,
            best_per_kg=best_per_kg,
        )


def phase_of(engine: Engine, rules: ClassRules) -> Phase:
    """The phase a class is in. One that is not continuous and whose calendar has not begun counts as closed."""
    book = engine.books.get(rules.class_id)
    if book is not None and book.since:
        return book.phase
    return Phase.CONTINUOUS if rules.mode is Mode.CONTINUOUS else Phase.CLOSED


def require_entry(engine: Engine, entry: Entry, rules: ClassRules, instructions: Instructions) -> None:
    """Whether the order may come in now.

    Raises PhaseRefuses, PostOnlyWouldCross, ListedWouldCross or ProtectionExceeded.
    """
    phase = phase_of(engine, rules)
    if not phase.takes_orders:
        raise PhaseRefuses(phase, "new order", "cancel, or wait for another phase")
    if not phase.matches and not instructions.time_in_force.rests:
        raise PhaseRefuses(
            phase, f"order with timeInForce {instructions.time_in_force}", "orders collect for a call; use gtc or gtd"
        )
    if phase.matches and (instructions.post_only or instructions.is_market or phase is Phase.LISTED):
        _require_place(engine, entry, rules, instructions, phase)


def _require_place(engine: Engine, entry: Entry, rules: ClassRules, instructions: Instructions, phase: Phase) -> None:
    book = engine.book_of(entry.class_id)
    best = _best(book.facing(entry.side))
    price, is_buy = entry.price_per_kg, entry.side is Side.BUY
    if best is not None and (price >= best if is_buy else price <= best):
        if instructions.post_only:
            raise PostOnlyWouldCross(price, best)
        if phase is Phase.LISTED and instructions.time_in_force.rests:
            raise ListedWouldCross(price, best)
    nearest = book.reference if best is None else best
    if instructions.is_market and nearest is not None:
        bound = rules.protection(nearest, is_buy=is_buy)
        if price > bound if is_buy else price < bound:
            raise ProtectionExceeded(price, bound, nearest)


def _best(ladder: Ladder) -> int | None:
    level = ladder.best()
    return None if level is None else level.price_per_kg
