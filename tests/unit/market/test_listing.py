"""Classes get a market when the chain opens them, and lose it when the chain takes that back."""

from dataclasses import replace

import pytest
from sqlmodel import Session, select

from backend.chain.events import ChainEvent
from backend.market.listing import ListingProjection, all_rules, class_of, list_class, rules_of, thin_rules
from backend.market.order import ZERO_REF, Action, Side, SignedOrder
from backend.market.rules import ClassRules, ClassUnknown, PriceOffTick
from backend.market.tables import ListedClass
from backend.market.trading_day import Mode
from backend.storage.database import Database
from tests.unit.market.world import ANA, CLASS_ID, OTHER_CLASS_ID, START


def created(class_id: int, name: str = "ClassCreated") -> ChainEvent:
    return ChainEvent("CarbonCredit", name, {"classId": class_id}, 5, b"\1" * 32, START, b"\2" * 32, 0)


def listed(session: Session) -> list[int]:
    return [row.class_id for row in session.exec(select(ListedClass)).all()]


def test_projection__applies_undoes_and_resets(database: Database) -> None:
    projection = ListingProjection()
    with database.write() as session:
        projection.apply(session, created(CLASS_ID))
        projection.apply(session, created(OTHER_CLASS_ID))
        projection.apply(session, created(7, "Issued"))
        assert all_rules(session) == [thin_rules(CLASS_ID), thin_rules(OTHER_CLASS_ID)]
        projection.undo(session, created(7, "Issued"))
        projection.undo(session, created(OTHER_CLASS_ID))
        assert listed(session) == [CLASS_ID]
        projection.reset(session)
        assert listed(session) == []


def test_classes__of_the_chain__have_a_tick_that_a_price_can_miss(database: Database) -> None:
    with database.write() as session:
        ListingProjection().apply(session, created(CLASS_ID))
        rules = rules_of(session, CLASS_ID)
    order = SignedOrder(
        ANA.address, ANA.address, CLASS_ID, Side.SELL, 1_000, 80_001, 100, 2**40, 1, 0, Action.HOLD, ZERO_REF
    )
    with pytest.raises(PriceOffTick) as refusal:
        rules.check(order)
    assert refusal.value.fields == {"price_per_kg": 80_001, "tick": 100}
    rules.check(replace(order, price_per_kg=80_000))


def test_class__that_the_chain_opens__begins_with_several_calls_a_day_of_random_end_and_may_earn_more() -> None:
    rules = thin_rules(CLASS_ID)

    rules.require_consistent()
    assert (rules.mode, rules.mode_pinned, len(rules.day.calls)) == (Mode.CALL, False, 5)
    assert rules.day.random_end_s == 30


def test_rules_of__a_class__are_as_listed_and_unknown_ones_are_refused(database: Database) -> None:
    rules = ClassRules(CLASS_ID, tick=5, lots_min=2, lots_max=9, price_max=100, open_orders_max=3)
    with database.write() as session:
        list_class(session, rules, START)

    with database.read() as session:
        assert rules_of(session, CLASS_ID) == rules
        for unknown in (OTHER_CLASS_ID, 0, 2**256):
            with pytest.raises(ClassUnknown) as refusal:
                rules_of(session, unknown)
            assert refusal.value.code == "market.class_unknown"


@pytest.mark.parametrize("written", ["CN-SC~2025~SIM", "CN-SC/2025/SIM", str(CLASS_ID)])
def test_class_of__id_or_code__is_the_class(written: str) -> None:
    assert class_of(written) == CLASS_ID


@pytest.mark.parametrize("written", ["", "CN-SC", "cn~2025~SIM", "CN-SC~1999~SIM", "-1", "1" * 79, "１"])
def test_class_of__anything_else__is_unknown(written: str) -> None:
    with pytest.raises(ClassUnknown):
        class_of(written)
