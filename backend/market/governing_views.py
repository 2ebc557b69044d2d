"""The JSON of a class's rules, phase and auction. Times of day are seconds after 00:00 UTC; prices are decimal strings
of payment-token base units per kg, lots of kg.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeAlias

from pydantic import StringConstraints

from backend.access.wire import AddressText, Amount, Iso, PositiveAmount, Wire
from backend.kernel.clock import from_unix_s
from backend.kernel.digest import Json
from backend.market.admission import phase_of
from backend.market.auction import NOTHING, indicative
from backend.market.governing_tables import GovernedAct
from backend.market.matching import Engine
from backend.market.phase import Phase
from backend.market.rules import ClassRules
from backend.market.trading_day import Mode, TradingDay
from backend.market.views import OfClass

Why: TypeAlias = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
"""Why an act is done, in words that anybody may read."""


class DayFields(Wire):
    """The calendar of every day of a class: `trading_day.TradingDay`."""

    calls: tuple[int, ...] = ()
    collect_s: int
    random_end_s: int
    volatility_s: int
    opens_s: int
    closes_s: int
    pre_open_s: int

    def day(self) -> TradingDay:
        """The calendar."""
        return TradingDay(**{name: getattr(self, name) for name in DayFields.model_fields})

    @classmethod
    def of(cls, day: TradingDay) -> "DayFields":
        """A calendar in JSON."""
        return cls.model_validate({name: getattr(day, name) for name in cls.model_fields})


class RulesFields(Wire):
    """The rules of a class's market: `rules.ClassRules`."""

    tick: PositiveAmount
    lots_min: PositiveAmount
    lots_max: PositiveAmount
    price_max: PositiveAmount
    open_orders_max: int
    lots_held_max: PositiveAmount | None = None
    band_bps: int
    protection_bps: int
    resale_next_day: bool = False
    mode: Mode
    mode_pinned: bool = True
    day: DayFields

    def rules(self, class_id: int) -> ClassRules:
        """The rules, for a class."""
        fields = {name: getattr(self, name) for name in RulesFields.model_fields if name != "day"}
        return ClassRules(class_id=class_id, day=self.day.day(), **fields)


class RulesBody(RulesFields):
    """Rules to set, and why."""

    why: Why


class ReferenceBody(Wire):
    """A reference price, and why it is this one."""

    price_per_kg: PositiveAmount
    why: Why


class PhaseBody(Wire):
    """`halted` or `cancel_only` to stop a class, none to let it go on; and why."""

    phase: Phase | None = None
    why: Why


class ChangeOut(Wire):
    """A field, what it was before, and what it is after."""

    field: str
    before: Any
    after: Any

    @classmethod
    def all_of(cls, changes: Mapping[str, Sequence[Json]]) -> tuple["ChangeOut", ...]:
        """Changes in JSON, in the order in which they are told."""
        return tuple(cls(field=field, before=values[0], after=values[1]) for field, values in changes.items())


class GovernedOut(Wire):
    """Journaled under this sequence; null: it was only tried."""

    sequence: int | None
    changes: tuple[ChangeOut, ...]


class ActOut(Wire):
    """An act of governance: who (null: the class earned or lost its mode), why, and what it changed."""

    sequence: int
    by: AddressText | None
    why: str
    changes: tuple[ChangeOut, ...]
    at: Iso

    @classmethod
    def of(cls, act: GovernedAct) -> "ActOut":
        """An act in JSON."""
        changes = ChangeOut.all_of(json.loads(act.changes))
        return cls(sequence=act.sequence, by=act.by_account, why=act.why, changes=changes, at=act.at)


class MarketOut(OfClass):
    """What a class's market is doing, and by which rules. Without a reference price there is no band."""

    phase: Phase
    since: Iso | None
    reference_per_kg: Amount | None
    band_low_per_kg: Amount | None
    band_high_per_kg: Amount | None
    next_call: Iso | None
    rules: RulesFields

    @classmethod
    def of(cls, rules: ClassRules, engine: Engine, sequence: int, now_s: int) -> "MarketOut":
        """A market in JSON, as of a journal sequence."""
        book = engine.books.get(rules.class_id)
        fields = {name: getattr(rules, name) for name in RulesFields.model_fields if name != "day"}
        call = rules.day.next_call(now_s)
        return cls(
            **cls.heading(rules.class_id, sequence),
            phase=phase_of(engine, rules),
            since=_time(book.since) if book is not None and book.since else None,
            reference_per_kg=None if book is None else book.reference,
            band_low_per_kg=None if book is None else book.low,
            band_high_per_kg=None if book is None else book.high,
            next_call=None if call is None else _time(call),
            rules=RulesFields.model_validate(fields | {"day": DayFields.of(rules.day)}),
        )


class AuctionOut(OfClass):
    """What an auction would do now: one price for all, how much would be traded, and how much more would be bought
    (or, below zero, sold) at it. No price: nobody would meet, or orders meet at once in this phase.
    """

    phase: Phase
    price_per_kg: Amount | None
    lots: Amount
    imbalance_lots: str

    @classmethod
    def of(cls, rules: ClassRules, engine: Engine, sequence: int) -> "AuctionOut":
        """An auction to come in JSON, as of a journal sequence."""
        book = engine.books.get(rules.class_id)
        found = indicative(book) if book is not None and book.phase.collects else NOTHING
        return cls(
            **cls.heading(rules.class_id, sequence),
            phase=phase_of(engine, rules),
            price_per_kg=found.price_per_kg,
            lots=found.lots,
            imbalance_lots=str(found.imbalance_lots),
        )


def _time(at: int) -> datetime:
    return from_unix_s(at)
