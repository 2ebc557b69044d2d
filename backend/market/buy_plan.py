"""One buy over several classes: which of them serve a buyer's criteria, and what to order in each. Pure.

On the chain an order names one class. So the offers of all that serve are read as if they stood in one book: the best
price first, at one price the oldest first. What is taken of a class becomes one order that cannot wait, limited to the
worst price it takes there. Nothing is promised: the next order of anybody may change what stands.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import merge
from typing import NamedTuple

from backend.chain.class_id import ClassId, unpack
from backend.kernel.errors import RuleViolated
from backend.kernel.mass import fee_floor
from backend.market.admission import phase_of
from backend.market.instructed import FOK_FILLS_MAX
from backend.market.matching import Engine
from backend.market.rules import ClassRules

ORDERS_MAX = 64
"""Orders of one plan: what one batch takes."""

ABOVE_LIMIT = "above_limit"
"""Its best offer costs more than the buyer's limit."""
BELOW_MINIMUM = "below_minimum"
"""What would be taken is less than the class's smallest order."""
COLLECTING = "collecting"
"""Its orders wait for a call: nothing is to be had at once."""
DEARER = "dearer"
"""All that was wanted is cheaper, or older at the same price, elsewhere."""
NO_OFFERS = "no_offers"
OUTSIDE_BAND = "outside_band"
"""Its best offer lies outside the price band."""
OWN_ORDER = "own_order"
"""The buyer's own offer stands first: nobody trades with itself."""


class PlanNotAtomic(RuleViolated):
    """All or nothing is wanted, and no single class has it all: orders of several classes settle one by one."""

    code = "market.plan_not_atomic"

    def __init__(self, lots: int, most: int, together: int) -> None:
        super().__init__(
            f"no class alone has {lots} kg from at most {FOK_FILLS_MAX} offers: the most is {most} kg, all together "
            f"{together} kg; only orders of one class settle all or none",
            lots=lots,
            lots_most=most,
            lots_together=together,
        )


@dataclass(frozen=True)
class Criteria:
    """What a buyer wants of a class; what is empty or None asks nothing."""

    regions: frozenset[str] = frozenset()
    """ISO 3166 codes; a country's stands for all its regions too."""
    vintages: frozenset[int] = frozenset()
    methodology: str | None = None

    def missed(self, found: ClassId) -> str | None:
        """The first criterion that a class does not meet, in a word; None if it meets all."""
        if self.regions and not any(found.region == one or found.region.startswith(f"{one}-") for one in self.regions):
            return "region"
        if self.vintages and found.vintage not in self.vintages:
            return "vintage"
        if self.methodology not in {None, found.methodology}:
            return "methodology"
        return None


class Offer(NamedTuple):
    """A resting sell. In the order of the union of all books: by price per kg, then by the line that took it in."""

    price_per_kg: int
    order_id: int
    class_id: int
    lots: int


@dataclass
class Part:
    """What of a plan one class has: lots, base units for them, and the fee, rounded down fill by fill."""

    rules: ClassRules
    lots: int = 0
    cost: int = 0
    fee: int = 0
    fills: int = 0
    limit_per_kg: int = 0
    """The worst price taken, up to the tick."""
    why: str | None = None
    """Why nothing, or no more, is taken of it."""

    def take(self, offer: Offer, lots: int, fee_bps: int) -> None:
        """Takes so many lots of an offer."""
        cost, tick = lots * offer.price_per_kg, self.rules.tick
        self.lots, self.cost, self.fee = self.lots + lots, self.cost + cost, self.fee + fee_floor(cost, fee_bps)
        self.fills += 1
        self.limit_per_kg = -(-offer.price_per_kg // tick) * tick


@dataclass(frozen=True)
class Wish:
    """What is to be bought, by whom, for at most how much."""

    owner: str
    """Whose offers are never met."""
    lots: int
    limit_per_kg: int
    criteria: Criteria = Criteria()
    all_or_nothing: bool = False


@dataclass(frozen=True)
class BuyPlan:
    """As of a journal sequence. `parts`: of each class that serves, in order of class id. `missed`: the others, and
    the criterion that each does not meet.
    """

    wish: Wish
    sequence: int
    parts: list[Part] = field(default_factory=list)
    missed: dict[int, str] = field(default_factory=dict)

    @property
    def taken(self) -> list[Part]:
        """The parts that become orders."""
        return [part for part in self.parts if part.lots]

    @property
    def lots(self) -> int:
        """What is to be had of what is wanted."""
        return sum(part.lots for part in self.parts)


def plan_of(wish: Wish, engine: Engine, classes: Iterable[ClassRules], fee_bps: int, sequence: int) -> BuyPlan:
    """What to order now. Raises PlanNotAtomic."""
    serving: list[ClassRules] = []
    missed: dict[int, str] = {}
    for rules in classes:
        criterion = wish.criteria.missed(unpack(rules.class_id))
        if criterion is None:
            serving.append(rules)
        else:
            missed[rules.class_id] = criterion
    parts = _spread_over(wish, engine, serving, fee_bps)
    if wish.all_or_nothing:
        together = sum(part.lots for part in parts)
        parts = _one_of(wish, engine, serving, fee_bps, together)
    return BuyPlan(wish, sequence, parts, missed)


def _spread_over(wish: Wish, engine: Engine, serving: Sequence[ClassRules], fee_bps: int) -> list[Part]:
    """The best of all books; again without a class of which too little would be taken to be an order."""
    small: set[int] = set()
    while True:
        open_to = [rules for rules in serving if rules.class_id not in small]
        parts = {rules.class_id: Part(rules) for rules in serving}
        _take(wish, merge(*(_offers(wish, engine, rules) for rules in open_to)), parts, fee_bps)
        too_small = {part.rules.class_id for part in parts.values() if 0 < part.lots < part.rules.lots_min}
        if not too_small:
            break
        small |= too_small
    for class_id, part in parts.items():
        if not part.lots:
            part.why = BELOW_MINIMUM if class_id in small else _why_nothing(wish, engine, part.rules)
    return list(parts.values())


def _take(wish: Wish, offers: Iterable[Offer], parts: dict[int, Part], fee_bps: int) -> None:
    left, orders = wish.lots, 0
    for offer in offers:
        part = parts[offer.class_id]
        lots = min(offer.lots, left, part.rules.lots_max - part.lots)
        if not lots or (not part.lots and orders == ORDERS_MAX):
            continue
        orders += not part.lots
        part.take(offer, lots, fee_bps)
        left -= lots
        if not left:
            return


def _one_of(wish: Wish, engine: Engine, serving: Sequence[ClassRules], fee_bps: int, together: int) -> list[Part]:
    """All of it from the class that has it all for least. Raises PlanNotAtomic."""
    alone: list[Part] = []
    for rules in serving:
        part = Part(rules)
        _take(wish, _offers(wish, engine, rules), {rules.class_id: part}, fee_bps)
        alone.append(part)
    able = [
        part
        for part in alone
        if part.lots == wish.lots and part.fills <= FOK_FILLS_MAX and part.lots >= part.rules.lots_min
    ]
    if not able:
        raise PlanNotAtomic(wish.lots, max((part.lots for part in alone), default=0), together)
    best = min(able, key=lambda part: part.cost)
    return [part if part is best else Part(part.rules, why=_why_not(wish, engine, part)) for part in alone]


def _why_not(wish: Wish, engine: Engine, part: Part) -> str:
    return DEARER if part.lots else _why_nothing(wish, engine, part.rules)


def _offers(wish: Wish, engine: Engine, rules: ClassRules) -> Iterator[Offer]:
    """What of a class the buyer could take now, up to its own first offer."""
    if not phase_of(engine, rules).matches or rules.class_id not in engine.books:
        return
    asks = engine.books[rules.class_id].asks
    limit = wish.limit_per_kg - wish.limit_per_kg % rules.tick
    for level in asks.inward(asks.within(limit)):
        for resting in level.queue:
            if resting.owner == wish.owner and resting.lots:
                return
            if resting.lots:
                yield Offer(level.price_per_kg, resting.entry.order_id, rules.class_id, resting.lots)


def _why_nothing(wish: Wish, engine: Engine, rules: ClassRules) -> str:
    phase = phase_of(engine, rules)
    if not phase.matches:
        return COLLECTING if phase.collects else phase.value
    book = engine.books.get(rules.class_id)
    best = None if book is None else book.best()[1]
    if book is None or best is None:
        return NO_OFFERS
    if best > wish.limit_per_kg - wish.limit_per_kg % rules.tick:
        return ABOVE_LIMIT
    if not book.has_in_band(best):
        return OUTSIDE_BAND
    first = next(resting for resting in book.asks.levels[best].queue if resting.lots)
    return OWN_ORDER if first.owner == wish.owner else DEARER
