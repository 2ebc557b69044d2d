"""A class earns its mode by its spread, and loses it: the rule, and a market that lives through months of it."""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, select

from backend.kernel.clock import from_unix_s, unix_s
from backend.market.earning import NARROW_BPS, STEPS, WIDE_BPS, earned
from backend.market.governing import SettingRules, Stopping, history
from backend.market.governing_tables import SpreadDay
from backend.market.listing import rules_of
from backend.market.measuring import days_of, moment_due
from backend.market.phase import Phase
from backend.market.rules import ClassRules, RulesInconsistent
from backend.market.spread import DAYS_KEPT, MOMENT_S, UNQUOTED_BPS, Measured, Spreads, spread_bps
from backend.market.tables import JournalRow
from backend.market.trading_day import DAY_S, Mode, TradingDay
from backend.storage.database import Database
from tests.unit.market.world import ANA, BO, CLASS_ID, START, World

prices = st.integers(1, 10**12)
ONE_CALL = TradingDay(calls=(13 * 3600,), random_end_s=0)
LOOKS = (timedelta(minutes=1), timedelta(hours=9), timedelta(hours=20))
"""When the simulated market has a turn each day, after midnight."""


@given(bid=prices, ask=prices)
def test_spread__is_the_distance_over_the_middle_rounded_up(bid: int, ask: int) -> None:
    exact = max(Fraction(0), Fraction(ask - bid) / (Fraction(ask + bid) / 2))
    assert spread_bps(bid, ask) == ceil(exact * 10_000) <= UNQUOTED_BPS
    assert spread_bps(None, ask) == spread_bps(bid, None) == spread_bps(None, None) == UNQUOTED_BPS


@given(looks=st.lists(st.tuples(st.none() | prices, st.none() | prices), min_size=1, max_size=20))
def test_spreads__told_and_made_again__are_the_same_and_average_up(
    looks: list[tuple[int | None, int | None]],
) -> None:
    spreads = Spreads()
    for at, (bid, ask) in enumerate(looks):
        spreads.look(DAY_S + at, bid, ask)
    again = Spreads.of(spreads.told())

    assert again.told() == spreads.told()
    measured = again.so_far(Mode.LISTED)
    assert measured.spread_bps == ceil(Fraction(sum(spread_bps(*look) for look in looks), len(looks)))
    again.close(measured)
    assert (again.moments, list(again.days)) == (0, [measured])
    assert Spreads.of(again.told()).told() == again.told()


@given(days=st.lists(st.sampled_from([0, 500, NARROW_BPS, 850, WIDE_BPS, 1_100, UNQUOTED_BPS]), max_size=130))
def test_mode__over_any_days__goes_by_single_steps_and_stays_as_long_as_it_is_measured(days: list[int]) -> None:
    mode, kept, since = Mode.CALL, deque[Measured](maxlen=DAYS_KEPT), list[int]()
    for day, bps in enumerate(days):
        kept.append(Measured(day, 1, bps, mode))
        since.append(bps)
        after = earned(mode, kept)
        step = STEPS.index(after) - STEPS.index(mode)
        average = Fraction(sum(since[-DAYS_KEPT:]), DAYS_KEPT)
        if len(since) < DAYS_KEPT or NARROW_BPS < average <= WIDE_BPS:
            assert step == 0
        elif average <= NARROW_BPS:
            assert step == (mode is not Mode.CONTINUOUS)
        else:
            assert step == -(mode is not Mode.CALL)
        if step:
            mode, since = after, []


@pytest.fixture
def world(database: Database) -> Iterator[World]:
    """A class that earns its mode, its calendar begun; every draw comes out at once."""
    made = World(database, draw=lambda _below: 0)
    made.start()
    thin = ClassRules(CLASS_ID, mode=Mode.CALL, mode_pinned=False, day=ONE_CALL)
    made.market.sequencer.call(SettingRules(thin))
    made.clock.at += timedelta(seconds=1)
    made.refund()
    yield made
    made.stop()


def rules(world: World) -> ClassRules:
    with world.database.read() as session:
        return rules_of(session, CLASS_ID)


def pass_days(world: World, count: int) -> None:
    """Midnights, and the turns that the market has after each."""
    for _ in range(count):
        midnight = from_unix_s((unix_s(world.clock.at) // DAY_S + 1) * DAY_S)
        for look in LOOKS:
            world.clock.at = midnight + look
            world.refund()


def phase_at_once(world: World) -> Phase:
    """With the next second the calendar does what the rules say."""
    world.clock.at += timedelta(seconds=1)
    world.refund()
    return world.market.sequencer.ask(lambda engine, _: engine.book_of(CLASS_ID).phase)


def quote(world: World, bid: int, ask: int) -> None:
    far = unix_s(START + timedelta(days=300))
    world.buy(BO, 1, bid, expiry=far)
    world.sell(ANA, 1, ask, expiry=far)


def kept_days(world: World) -> list[SpreadDay]:
    with world.database.read() as session:
        return days_of(session, CLASS_ID, 400)


def assert_replay_is_live(world: World) -> None:
    digest = world.state_digest()
    world.restart()
    assert world.state_digest() == digest


def test_class__with_a_narrow_spread__goes_up_to_continuous_and_down_again_when_it_is_gone(world: World) -> None:
    pass_days(world, 1)
    assert phase_at_once(world) is Phase.CALL
    quote(world, 100, 102)
    pass_days(world, DAYS_KEPT)
    assert rules(world).mode is Mode.CALL, "the day of its first quotes is the twentieth but for one without"
    pass_days(world, 1)
    assert rules(world).mode is Mode.LISTED
    assert phase_at_once(world) is Phase.LISTED
    assert_replay_is_live(world)
    pass_days(world, DAYS_KEPT - 1)
    assert rules(world).mode is Mode.LISTED
    pass_days(world, 1)
    assert (rules(world).mode, phase_at_once(world)) == (Mode.CONTINUOUS, Phase.CONTINUOUS)
    world.market.cancel_all(BO.address, CLASS_ID)
    pass_days(world, DAYS_KEPT)
    assert (rules(world).mode, phase_at_once(world)) == (Mode.LISTED, Phase.LISTED)
    assert_replay_is_live(world)

    with world.database.read() as session:
        acts = history(session, CLASS_ID, 10)
    assert [(act.by_account, act.changes) for act in acts[:3]] == [
        (None, '{"mode":["continuous","listed"]}'),
        (None, '{"mode":["listed","continuous"]}'),
        (None, '{"mode":["call","listed"]}'),
    ]
    assert "over 20 trading days" in acts[0].why
    days = kept_days(world)
    assert [day.mode for day in days[:DAYS_KEPT]] == [Mode.CONTINUOUS] * DAYS_KEPT
    assert days[-2].spread_bps == spread_bps(100, 102)
    assert {day.moments for day in days[:-1]} == {len(LOOKS)}


def test_class__in_the_middle_of_its_days__is_measured_on_as_before_a_restart(world: World) -> None:
    quote(world, 100, 102)
    pass_days(world, 3)

    assert_replay_is_live(world)
    pass_days(world, 1)

    assert [day.spread_bps for day in kept_days(world)][:2] == [spread_bps(100, 102)] * 2
    with world.database.read() as session:
        kinds = session.exec(select(JournalRow.kind).order_by(col(JournalRow.sequence))).all()
    assert kinds.count("review") == len(kept_days(world))


def test_class__whose_mode_is_pinned__is_not_measured_and_stays(world: World) -> None:
    quote(world, 100, 102)
    pass_days(world, 2)
    pinned = replace(rules(world), mode_pinned=True)
    world.market.sequencer.call(SettingRules(pinned))
    before = len(kept_days(world))
    pass_days(world, DAYS_KEPT + 2)

    assert (rules(world), len(kept_days(world))) == (pinned, before + 1), "the day that went on is closed"


def test_class__that_is_stopped__has_no_moments(world: World) -> None:
    world.market.sequencer.call(Stopping(rules(world), Phase.HALTED))
    pass_days(world, 2)

    assert kept_days(world) == []


def test_class__that_may_lose_its_mode__needs_calls_to_go_back_to() -> None:
    with pytest.raises(RulesInconsistent) as refusal:
        ClassRules(1, mode_pinned=False).require_consistent()
    assert refusal.value.fields["field"] == "calls"


def test_moment__is_drawn_anew_each_second_and_looked_at_once(world: World) -> None:
    thin, drawn = rules(world), list[int]()

    def draw(below: int) -> int:
        drawn.append(below)
        return 1

    start = unix_s(START + timedelta(days=1))
    world.refund()
    engine = world.market.sequencer.ask(lambda engine, _: engine)
    for second in range(3):
        assert moment_due(engine, [thin], start + second, draw) == []
    assert drawn == [MOMENT_S, MOMENT_S - 1, MOMENT_S - 2]
    assert moment_due(engine, [thin], start + MOMENT_S - 1, lambda below: below - 1) == [CLASS_ID], "the last second"
    assert moment_due(engine, [replace(thin, mode_pinned=True)], start, lambda _: 0) == []


def test_quotes__that_could_meet_in_a_call__are_no_distance(world: World) -> None:
    pass_days(world, 1)
    phase_at_once(world)
    world.buy(BO, 1, 103, expiry=unix_s(START + timedelta(days=9)))
    world.sell(ANA, 1, 101, expiry=unix_s(START + timedelta(days=9)))
    world.clock.at += timedelta(seconds=MOMENT_S)
    world.refund()

    today = world.market.sequencer.ask(lambda engine, _: engine.book_of(CLASS_ID).spread.told())
    assert today[2:4] == [4, 3 * UNQUOTED_BPS]
