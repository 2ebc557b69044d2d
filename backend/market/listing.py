"""Which classes have a market: every class that governance opens on the chain gets one, as a thin class with a few call
auctions a day, until its spread earns it more or governance gives it other rules.
"""

import json
from datetime import datetime
from functools import lru_cache

from sqlalchemy import bindparam
from sqlmodel import Session, col, delete, select

from backend.chain.class_id import ClassIdMalformed, class_named, parse_code
from backend.chain.events import ChainEvent
from backend.kernel.digest import canonical_json
from backend.kernel.mass import UINT256_MAX
from backend.market.rules import ClassRules, ClassUnknown
from backend.market.tables import GovernedRules, ListedClass
from backend.market.trading_day import Mode, TradingDay
from backend.storage.asking import all_of, first_of

TICK = 100
"""Payment-token base units per kg: 0.0001 of a token with 6 decimals, so that nobody is ahead by a hair."""

CALLS = tuple(hour * 3600 for hour in (2, 6, 10, 14, 18))
"""Seconds of the UTC day. Wherever a class's people live, some of its calls are in their waking hours."""

_CLASSES_KEPT = 1_024


class ListingProjection:
    """Follows CarbonCredit's ClassCreated."""

    name = "market.listing"

    def apply(self, session: Session, event: ChainEvent) -> None:
        """Lists a new class."""
        if (event.contract, event.name) == ("CarbonCredit", "ClassCreated"):
            list_class(session, thin_rules(event.args["classId"]), event.block_time)
            session.flush()

    def undo(self, session: Session, event: ChainEvent) -> None:
        """Delists it: its block is gone."""
        if (event.contract, event.name) == ("CarbonCredit", "ClassCreated"):
            session.delete(session.get_one(ListedClass, event.args["classId"]))
            session.flush()

    def reset(self, session: Session) -> None:
        """Delists all."""
        session.exec(delete(ListedClass))


def thin_rules(class_id: int) -> ClassRules:
    """The rules that a class begins with: calls only, with a random end, and more when its spread has earned it."""
    return ClassRules(class_id, tick=TICK, mode=Mode.CALL, mode_pinned=False, day=TradingDay(calls=CALLS))


def list_class(session: Session, rules: ClassRules, now: datetime) -> None:
    """Opens a class's market under these rules."""
    session.add(ListedClass(class_id=rules.class_id, rules=_text(rules), listed_at=now))


def rules_of(session: Session, class_id: int) -> ClassRules:
    """The rules of a class. Raises ClassUnknown."""
    if class_id <= UINT256_MAX:
        row = first_of(session, _RULES, class_id=class_id)
        if row is not None:
            _, listed, governed = row
            return _rules(class_id, listed if governed is None else governed)
    raise ClassUnknown(class_named(class_id))


def all_rules(session: Session) -> list[ClassRules]:
    """Of every listed class, by class id."""
    found = all_of(session, _ALL_RULES)
    return [_rules(class_id, listed if governed is None else governed) for class_id, listed, governed in found]


def keep_rules(session: Session, rules: ClassRules, now: datetime) -> None:
    """A class gets these rules; they stay when the chain is read anew."""
    kept = session.get(GovernedRules, rules.class_id) or GovernedRules(class_id=rules.class_id, rules="", set_at=now)
    kept.rules, kept.set_at = _text(rules), now
    session.add(kept)
    session.flush()


def class_of(class_ref: str) -> int:
    """The class id of a path part: a decimal id, or a code such as `CN-SC~2025~SIM`. Raises ClassUnknown."""
    if class_ref.isascii() and class_ref.isdigit() and len(class_ref) <= 78:
        return int(class_ref)
    try:
        return parse_code(class_ref)
    except ClassIdMalformed as failure:
        raise ClassUnknown(class_ref[:100]) from failure


_LISTED = select(ListedClass.class_id, ListedClass.rules, GovernedRules.rules).outerjoin(
    GovernedRules, col(GovernedRules.class_id) == col(ListedClass.class_id)
)
_RULES = _LISTED.where(col(ListedClass.class_id) == bindparam("class_id"))
_ALL_RULES = _LISTED.order_by(col(ListedClass.class_id))


@lru_cache(_CLASSES_KEPT)
def _rules(class_id: int, text: str) -> ClassRules:
    """Of a row's text, which is read once: the rules of a class are asked for with every group of its orders."""
    return ClassRules.from_payload(class_id, json.loads(text))


def _text(rules: ClassRules) -> str:
    return canonical_json(rules.payload()).decode()
