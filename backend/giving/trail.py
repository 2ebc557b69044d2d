"""What became of each gift, gram by gram: one rule, from the chain's events alone, so that everybody finds the same.

First in, first out. Of a campaign's gifts of a class, in the order the chain booked them, what leaves takes the oldest
grams first; what is left is held. Of a campaign that failed, only those grams of a gift were spent that do not go back:
each donor's refund, or what it would get if all asked in the order of their first gifts, is taken off its latest gifts
before anything is spent from them. The contract shares what was spent before a failure among all donors in proportion
to their gifts (contracts/README.md); so does this. Pure; amounts in grams.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from backend.giving.kinds import MovementKind

Place: TypeAlias = tuple[int, int]
"""Block number and log index: the name of an event, and its order."""


@dataclass(frozen=True)
class Given:
    """A gift."""

    place: Place
    donor: str
    amount_gco2e: int


@dataclass(frozen=True)
class Spent:
    """A retirement, a grant or a refund; `donor` of a refund."""

    place: Place
    kind: MovementKind
    amount_gco2e: int
    donor: str | None = None


@dataclass(frozen=True)
class Part:
    """Some grams of a gift. `place`: of the event that took them; None if they are still held, or owed to the donor."""

    kind: MovementKind | None
    """None: held."""
    place: Place | None
    amount_gco2e: int


@dataclass(frozen=True)
class Trail:
    """A gift, whole: its parts in the order in which they left, what is still there last."""

    gift: Given
    parts: tuple[Part, ...]


def refunds_due(gifts: Sequence[Given], refunds: Iterable[Spent], spent_gco2e: int) -> dict[str, int]:
    """What each donor of a failed campaign got back, or would if the rest asked in the order of their first gifts.

    The contract's formula: when gifts of G of all D grams are answered, floor(G * left / D) grams have gone back.
    """
    given: dict[str, int] = defaultdict(int)
    for gift in gifts:
        given[gift.donor] += gift.amount_gco2e
    donated = sum(given.values())
    left = donated - spent_gco2e
    due = {refund.donor: refund.amount_gco2e for refund in refunds if refund.donor is not None}
    answered = sum(given[donor] for donor in due)
    for donor, amount in given.items():
        if donor not in due:
            due[donor] = (answered + amount) * left // donated - answered * left // donated
            answered += amount
    return due


def trails_of(gifts: Sequence[Given], exits: Sequence[Spent], *, failed: bool) -> list[Trail]:
    """A trail for each gift of one campaign and class, in their order."""
    gifts = sorted(gifts, key=lambda gift: gift.place)
    spending = sorted((one for one in exits if one.kind != MovementKind.REFUND), key=lambda one: one.place)
    refunds = {one.donor: one for one in exits if one.kind == MovementKind.REFUND}
    due: Mapping[str, int] = {}
    if failed:
        due = refunds_due(gifts, refunds.values(), sum(one.amount_gco2e for one in spending))
    back = _back_of(gifts, due)
    queue = deque((one, one.amount_gco2e) for one in spending)
    return [Trail(gift, tuple(_parts(gift, back[gift.place], refunds.get(gift.donor), queue))) for gift in gifts]


def _back_of(gifts: Sequence[Given], due: Mapping[str, int]) -> dict[Place, int]:
    """Of each gift, the grams that go back: a donor's latest gifts first."""
    left, back = dict(due), dict[Place, int]()
    for gift in reversed(gifts):
        back[gift.place] = min(gift.amount_gco2e, left.get(gift.donor, 0))
        left[gift.donor] = left.get(gift.donor, 0) - back[gift.place]
    return back


def _parts(gift: Given, back_gco2e: int, refund: Spent | None, queue: deque[tuple[Spent, int]]) -> Iterable[Part]:
    """Takes from the queue of exits what this gift answers for."""
    rest = gift.amount_gco2e - back_gco2e
    while rest and queue:
        one, wanted = queue.popleft()
        taken = min(rest, wanted)
        if wanted > taken:
            queue.appendleft((one, wanted - taken))
        rest -= taken
        yield Part(one.kind, one.place, taken)
    if back_gco2e and refund is not None:
        yield Part(MovementKind.REFUND, refund.place, back_gco2e)
        back_gco2e = 0
    if rest + back_gco2e:
        yield Part(None, None, rest + back_gco2e)
