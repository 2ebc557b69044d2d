"""What the calendar of a class calls for now: the next phase, an auction, or nothing. Pure, but for the draw that ends
an auction at a second nobody can know.

The end of an auction is drawn anew every second of its window, so that every second is as likely as every other and
nothing that would tell it stands anywhere before. What comes of it is journaled; a replay draws nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass

from backend.market.admission import phase_of
from backend.market.auction import indicative
from backend.market.matching import Engine
from backend.market.phase import Phase
from backend.market.rules import ClassRules
from backend.market.turn import BAND_BREACH

Draw = Callable[[int], int]
"""A whole number from 0 to below its argument, each as likely (`secrets.randbelow`)."""

SCHEDULE = "schedule"

STOPPED = (Phase.HALTED, Phase.CANCEL_ONLY)
"""Phases that only governance begins and ends."""


@dataclass(frozen=True)
class Step:
    """A class goes into a phase; by an auction, if its orders meet first."""

    class_id: int
    phase: Phase
    is_auction: bool
    reason: str = SCHEDULE


def step_of(engine: Engine, rules: ClassRules, now_s: int, draw: Draw) -> Step | None:
    """What the class's calendar calls for at a time (Unix seconds), asked once a second. None: nothing."""
    phase, book = phase_of(engine, rules), engine.books.get(rules.class_id)
    if phase in STOPPED:
        return None
    target, day = rules.day.scheduled(rules.mode, now_s), rules.day
    if book is not None and phase is Phase.VOLATILITY_CALL:
        ends = book.since + day.volatility_s
        return Step(rules.class_id, target, True) if _has_ended(ends, day.random_end_s, now_s, draw) else None
    if book is not None and phase.collects:
        call = day.call_due(max(book.called_at, book.since), now_s)
        if call is not None:
            return _called(engine, rules, target) if _has_ended(call, day.random_end_s, now_s, draw) else None
    if target is phase:
        return None
    if target.matches and book is not None and book.is_crossed():
        return _called(engine, rules, target)
    return Step(rules.class_id, target, False)


def _called(engine: Engine, rules: ClassRules, target: Phase) -> Step:
    """The auction, or the volatility call that comes before it if its price would leave the band."""
    book = engine.book_of(rules.class_id)
    price = indicative(book).price_per_kg
    if price is not None and not book.has_in_band(price):
        return Step(rules.class_id, Phase.VOLATILITY_CALL, False, BAND_BREACH)
    return Step(rules.class_id, target, True)


def _has_ended(ends: int, window_s: int, now_s: int, draw: Draw) -> bool:
    left = ends + window_s - now_s
    return now_s >= ends and (left <= 0 or draw(left + 1) == 0)
