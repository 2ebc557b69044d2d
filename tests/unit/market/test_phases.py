"""Phases on a real journal: calls, posted offers, the price band, stops; and what each of them takes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import col, select

from backend.kernel.clock import unix_s
from backend.kernel.errors import Conflict, RuleViolated, TanyuError
from backend.market.auction import Indicative, indicative
from backend.market.governing import GoingOn, SettingReference, SettingRules, Stopping
from backend.market.instructions import PLAIN, Instructions, SelfTrade, TimeInForce
from backend.market.listing import rules_of
from backend.market.order import Action, Side
from backend.market.phase import Phase
from backend.market.place import Outcome, Placing
from backend.market.replace import Replacing
from backend.market.replay import entry_of
from backend.market.rules import ClassRules
from backend.market.tables import JournalRow, OrderState, TradeRow
from backend.market.tape import order_with_hash
from backend.market.trades import mark_sent, mark_settled
from backend.market.trading_day import Mode, TradingDay
from backend.market.validate import fillable
from tests.unit.market.instructed import enter
from tests.unit.market.world import ANA, BO, CHEN, CLASS_ID, DANA, START, World, hash_of, signed

NOON = START
"""12:00 UTC."""
DAY = TradingDay(calls=(13 * 3600, 15 * 3600), collect_s=600, random_end_s=0, volatility_s=120)
IOC = Instructions(time_in_force=TimeInForce.IOC)


def rules(world: World) -> ClassRules:
    with world.database.read() as session:
        return rules_of(session, CLASS_ID)


def govern(world: World, **changes: object) -> None:
    """Sets rules, and lets a second pass so that the calendar begins."""
    changed = replace(rules(world), **changes)  # type: ignore[arg-type] # tests name fields of the rules
    world.market.sequencer.call(SettingRules(changed))
    pass_until(world, world.clock.at + timedelta(seconds=1))


def pass_until(world: World, at: datetime) -> None:
    world.clock.at = at
    world.refund()


def phase(world: World) -> Phase:
    return world.market.sequencer.ask(lambda engine, _: engine.book_of(CLASS_ID).phase)


def would_be(world: World) -> Indicative:
    return world.market.sequencer.ask(lambda engine, _: indicative(engine.book_of(CLASS_ID)))


def trades(world: World) -> list[TradeRow]:
    with world.database.read() as session:
        return list(session.exec(select(TradeRow).order_by(col(TradeRow.id))).all())


def kinds(world: World) -> list[str]:
    with world.database.read() as session:
        return list(session.exec(select(JournalRow.kind).order_by(col(JournalRow.sequence))).all())


def refusal(attempt: Callable[[], object]) -> TanyuError:
    with pytest.raises(TanyuError) as refused:
        attempt()
    return refused.value


def assert_replay_is_live(world: World) -> None:
    digest = world.state_digest()
    world.restart()
    assert world.state_digest() == digest


def test_call__collects_tells_what_would_be_and_uncrosses_at_one_price(world: World) -> None:
    govern(world, mode=Mode.CALL, day=DAY)
    assert phase(world) is Phase.CALL
    for maker, lots, price in ((ANA, 3, 99), (CHEN, 4, 101)):
        assert world.sell(maker, lots, price, expiry=unix_s(NOON) + 90_000).accepted.outcome is Outcome.OPEN
    buy = world.order(BO, Side.BUY, 5, 102, expiry=unix_s(NOON) + 90_000)
    assert world.place(BO, buy).accepted.fills == ()
    assert would_be(world) == (101, 5, -2)

    pass_until(world, NOON + timedelta(hours=1))

    made = trades(world)
    assert [(trade.buyer, trade.seller, trade.lots, trade.price_per_kg) for trade in made] == [
        (BO.address, ANA.address, 3, 101),
        (BO.address, CHEN.address, 2, 101),
    ]
    assert kinds(world)[-1] == "auction"
    assert {trade.auction_id for trade in made} == {len(kinds(world))}
    assert {trade.taker_side for trade in made} == {"buy"}
    with world.database.read() as session:
        row = order_with_hash(session, hash_of(buy))
    assert (row.state, row.lots_open, row.lots_matched) == (OrderState.FILLED, 0, 5)
    assert phase(world) is Phase.CALL
    assert_replay_is_live(world)
    world.market.bust(1, "PaymentFailed")
    assert_replay_is_live(world)


def test_call__without_anybody_who_meets__is_journaled_and_waits_for_the_next(world: World) -> None:
    govern(world, mode=Mode.CALL, day=DAY)
    world.sell(ANA, 3, 101, expiry=unix_s(NOON) + 90_000)
    pass_until(world, NOON + timedelta(hours=1))

    assert (trades(world), kinds(world)[-1]) == ([], "auction")
    pass_until(world, NOON + timedelta(hours=2))
    assert kinds(world)[-1] == "auction"
    assert kinds(world).count("auction") == 1


def test_call__takes_no_order_that_cannot_wait(world: World) -> None:
    govern(world, mode=Mode.CALL, day=DAY)

    refused = refusal(lambda: enter(world, BO, world.order(BO, Side.BUY, 5, 100), IOC))

    assert isinstance(refused, RuleViolated)
    assert refused.code == "market.phase_refuses"
    assert refused.fields["phase"] == "call"


@pytest.mark.parametrize(
    ("self_trade", "stands"),
    [
        (SelfTrade.CANCEL_NEWEST, {1: 3, 2: 4}),
        (SelfTrade.CANCEL_OLDEST, {2: 4, 3: 5}),
        (SelfTrade.CANCEL_BOTH, {2: 4}),
    ],
)
def test_call__own_orders_that_could_meet__are_dealt_with_at_entry(
    world: World, self_trade: SelfTrade, stands: dict[int, int]
) -> None:
    govern(world, mode=Mode.CALL, day=DAY)
    first = len(kinds(world))
    enter(world, ANA, world.order(ANA, Side.SELL, 3, 99), owner="person 1")
    enter(world, ANA, world.order(ANA, Side.SELL, 4, 105), owner="person 1")
    accepted = enter(world, BO, world.order(BO, Side.BUY, 5, 100), Instructions(self_trade=self_trade), "person 1")

    standing = world.market.sequencer.ask(
        lambda engine, _: {order_id - first: order.lots for order_id, order in engine.orders.items()}
    )
    assert standing == stands
    assert accepted.outcome is (Outcome.OPEN if self_trade is SelfTrade.CANCEL_OLDEST else Outcome.CANCELLED)
    assert would_be(world).lots == 0
    assert_replay_is_live(world)


def test_listed__offers_are_posted_and_taken_but_not_by_an_order_that_would_wait(world: World) -> None:
    govern(world, mode=Mode.LISTED, day=DAY)
    assert phase(world) is Phase.LISTED
    posted = world.sell(ANA, 3, 100).accepted.sequence

    refused = refusal(lambda: world.buy(BO, 3, 100))
    assert refused.code == "market.listed_would_cross"
    assert refused.fields == {"price_per_kg": 100, "best_per_kg": 100}
    assert world.buy(BO, 3, 99).accepted.lots_open == 3
    assert enter(world, CHEN, world.order(CHEN, Side.BUY, 2, 100), IOC).fills == ((posted, 2, 100),)


def test_listed__before_a_call__collects_and_after_it_lists_again(world: World) -> None:
    govern(world, mode=Mode.LISTED, day=DAY)
    pass_until(world, NOON + timedelta(minutes=50))
    assert phase(world) is Phase.CALL
    world.sell(ANA, 3, 100)
    assert world.buy(BO, 3, 100).accepted.fills == ()

    pass_until(world, NOON + timedelta(minutes=60))

    assert [trade.lots for trade in trades(world)] == [3]
    assert phase(world) is Phase.LISTED
    assert_replay_is_live(world)


def test_class__whose_calendar_has_not_begun__is_closed_to_orders(world: World) -> None:
    world.market.sequencer.call(SettingRules(replace(rules(world), mode=Mode.CALL, day=DAY)))

    assert refusal(lambda: world.sell(ANA, 3, 100)).code == "market.phase_refuses"


def test_band__an_order_that_would_trade_outside__begins_a_volatility_call(world: World) -> None:
    world.market.sequencer.call(SettingReference(rules(world), 100))
    for maker, price in ((ANA, 109), (CHEN, 111)):
        world.sell(maker, 2, price)

    accepted = world.buy(BO, 5, 112).accepted

    assert (accepted.fills, accepted.lots_open) == (((2, 2, 109),), 3)
    assert (phase(world), kinds(world)[-2:]) == (Phase.VOLATILITY_CALL, ["place", "phase"])
    assert_replay_is_live(world)
    world.sell(DANA, 1, 110)
    pass_until(world, START + timedelta(seconds=180 + 30))
    assert [(trade.lots, trade.price_per_kg) for trade in trades(world)] == [(2, 109), (1, 111), (2, 111)]
    assert (phase(world), kinds(world)[-2:]) == (Phase.CONTINUOUS, ["auction", "reference"])
    book = world.market.sequencer.ask(
        lambda engine, _: (engine.books[CLASS_ID].reference, engine.books[CLASS_ID].low, engine.books[CLASS_ID].high)
    )
    assert book == (111, 100, 122)
    assert_replay_is_live(world)


def test_band__below__holds_too_and_an_ioc_is_killed_without_a_call(world: World) -> None:
    world.market.sequencer.call(SettingReference(rules(world), 100))
    world.buy(BO, 2, 89)

    accepted = enter(world, ANA, world.order(ANA, Side.SELL, 5, 80), IOC)

    assert (accepted.outcome, accepted.reason) == (Outcome.KILLED, "outside_band")
    fok = Instructions(time_in_force=TimeInForce.FOK)
    assert enter(world, ANA, world.order(ANA, Side.SELL, 2, 80), fok).reason == "outside_band"
    assert phase(world) is Phase.CONTINUOUS


def test_band__an_ioc_that_would_meet_only_its_owner_outside__is_foreseen_as_it_is_killed(world: World) -> None:
    world.market.sequencer.call(SettingReference(rules(world), 100))
    world.buy(ANA, 2, 89)
    order = world.order(ANA, Side.SELL, 5, 80)

    foreseen = world.market.sequencer.ask(
        lambda engine, sequence: fillable(engine, entry_of(order, sequence + 1, ANA.address, IOC), IOC)
    )

    assert foreseen.why_not_all == enter(world, ANA, order, IOC).reason == "outside_band"


def test_band__a_best_price_outside_on_the_other_side__trades_with_nobody(world: World) -> None:
    """A seller far below the band is not taken at that price, however willing the buyer."""
    world.sell(ANA, 2, 80)
    world.market.sequencer.call(SettingReference(rules(world), 100))

    assert world.buy(BO, 2, 100).accepted.fills == ()
    assert phase(world) is Phase.VOLATILITY_CALL


def test_call__whose_price_leaves_the_band__becomes_a_volatility_call_first(world: World) -> None:
    govern(world, mode=Mode.CALL, day=DAY)
    world.market.sequencer.call(SettingReference(rules(world), 100))
    world.sell(ANA, 3, 120, expiry=unix_s(NOON) + 90_000)
    world.buy(BO, 3, 121, expiry=unix_s(NOON) + 90_000)

    pass_until(world, NOON + timedelta(hours=1))
    assert (phase(world), trades(world)) == (Phase.VOLATILITY_CALL, [])
    pass_until(world, NOON + timedelta(hours=1, seconds=120))

    assert [trade.price_per_kg for trade in trades(world)] == [120]
    assert phase(world) is Phase.CALL


def test_reference__of_a_new_day__is_the_last_days_average_without_busted_trades(world: World) -> None:
    govern(world, tick=5)
    world.market.sequencer.call(SettingReference(rules(world), 100))
    for lots, price in ((1, 95), (3, 105), (9, 100)):
        world.sell(ANA, lots, price)
        world.buy(BO, lots, price)
    world.market.bust(3, "PaymentFailed")

    pass_until(world, datetime(2026, 1, 16, 0, 0, 1, tzinfo=UTC))

    book = world.market.sequencer.ask(lambda engine, _: engine.books[CLASS_ID])
    assert (book.reference, book.low, book.high) == (105, 95, 115), "(95 + 3 * 105) / 4 = 102.5 is nearest to 105"
    pass_until(world, datetime(2026, 1, 18, 0, 0, 1, tzinfo=UTC))
    assert world.market.sequencer.ask(lambda engine, _: engine.books[CLASS_ID].reference) == 105, "carried"
    assert kinds(world).count("reference") == 3
    assert_replay_is_live(world)


def test_reference__off_the_tick__is_refused(world: World) -> None:
    govern(world, tick=5)

    assert refusal(lambda: world.market.sequencer.call(SettingReference(rules(world), 101))).code == (
        "market.price_off_tick"
    )


@pytest.mark.parametrize("stop", [Phase.HALTED, Phase.CANCEL_ONLY])
def test_stop__takes_cancels_but_no_orders_and_goes_on_through_a_call(world: World, stop: Phase) -> None:
    orders = [world.order(ANA, Side.SELL, 3, price) for price in (100, 101)]
    for order in orders:
        world.place(ANA, order)
    world.market.sequencer.call(Stopping(rules(world), stop))

    assert refusal(lambda: world.buy(BO, 3, 100)).code == "market.phase_refuses"
    world.market.cancel(ANA.address, hash_of(orders[0]))
    smaller = replace(orders[1], amount_gco2e=2_000)
    replacing = Replacing(
        hash_of(orders[1]), Placing(smaller, signed(ANA, smaller), hash_of(smaller), rules(world), PLAIN)
    )
    if stop is Phase.HALTED:
        assert refusal(lambda: world.market.sequencer.call(replacing)).code == "market.phase_refuses"
    else:
        assert world.market.sequencer.call(replacing).lots_open == 2
        dearer = replace(smaller, price_per_kg=102)
        moving = Replacing(hash_of(smaller), Placing(dearer, signed(ANA, dearer), hash_of(dearer), rules(world), PLAIN))
        assert refusal(lambda: world.market.sequencer.call(moving)).code == "market.phase_refuses"
    world.market.sequencer.call(GoingOn(rules(world)))
    assert phase(world) is Phase.VOLATILITY_CALL
    pass_until(world, START + timedelta(seconds=180 + 30))
    assert phase(world) is Phase.CONTINUOUS
    assert_replay_is_live(world)


def test_stopping__into_a_phase_of_the_calendar__is_refused(world: World) -> None:
    refused = refusal(lambda: world.market.sequencer.call(Stopping(rules(world), Phase.CALL)))
    assert refused.code == "market.phase_not_governances"
    going = refusal(lambda: world.market.sequencer.call(GoingOn(rules(world))))
    assert isinstance(going, Conflict)
    assert going.code == "market.not_stopped"


def test_rules__that_governance_sets__hold_from_then_on_and_over_a_restart(world: World) -> None:
    govern(world, tick=10, lots_min=2)
    world.restart()

    assert refusal(lambda: world.sell(ANA, 2, 101)).code == "market.price_off_tick"
    assert refusal(lambda: world.sell(ANA, 1, 100)).code == "market.amount_out_of_range"
    assert world.sell(ANA, 2, 100).accepted.lots_open == 2


def test_position__counts_what_is_held_bought_and_on_order(world: World) -> None:
    world.balances.credits[BO.address, CLASS_ID] = 5_000
    govern(world, lots_held_max=20)
    world.sell(ANA, 4, 100)
    world.buy(BO, 4, 100)
    world.buy(BO, 6, 90)

    refused = refusal(lambda: world.buy(BO, 6, 90))

    assert refused.code == "market.position_exceeded"
    assert refused.fields == {"lots": 6, "room": 5, "lots_held_max": 20}
    assert world.buy(BO, 5, 90).accepted.lots_open == 5
    retiring = world.order(BO, Side.BUY, 6, 90, action=Action.RETIRE)
    assert world.place(BO, retiring).accepted.lots_open == 6, "what is retired is not held"


def test_resale__of_what_was_bought_today__is_for_tomorrow_where_the_class_asks_it(world: World) -> None:
    world.balances.credits[BO.address, CLASS_ID] = 5_000
    govern(world, resale_next_day=True)
    world.sell(ANA, 4, 100)
    world.buy(BO, 4, 100)
    with world.database.write() as session:
        mark_sent(session, [1], 1, at=world.clock.now())
        mark_settled(session, 1, tx_hash=b"\1" * 32, at=world.clock.now())
    world.balances.credits[BO.address, CLASS_ID] += 4_000
    resting = world.order(BO, Side.SELL, 2, 120)
    world.place(BO, resting)

    refused = refusal(lambda: world.sell(BO, 4, 120))
    larger = replace(resting, amount_gco2e=6_000)
    replacing = Replacing(hash_of(resting), Placing(larger, signed(BO, larger), hash_of(larger), rules(world), PLAIN))

    assert refused.code == "market.resale_too_soon"
    assert refused.fields == {"lots": 4, "free_lots": 3, "lots_bought_today": 4}
    assert refusal(lambda: world.market.sequencer.call(replacing)).code == "market.resale_too_soon"
    assert world.sell(BO, 3, 120).accepted.lots_open == 3
    pass_until(world, datetime(2026, 1, 16, 0, 0, 1, tzinfo=UTC))
    assert world.sell(BO, 4, 120).accepted.lots_open == 4


def test_resale__where_nobody_asks_it__is_at_once(world: World) -> None:
    world.balances.credits[BO.address, CLASS_ID] = 0
    world.sell(ANA, 4, 100)
    world.buy(BO, 4, 100)
    with world.database.write() as session:
        mark_sent(session, [1], 1, at=world.clock.now())
        mark_settled(session, 1, tx_hash=b"\1" * 32, at=world.clock.now())
    world.balances.credits[BO.address, CLASS_ID] = 4_000

    assert world.sell(BO, 4, 120).accepted.lots_open == 4
