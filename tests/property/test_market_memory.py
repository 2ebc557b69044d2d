"""What the sequencer remembers never shows: a market that remembers and one that asks each time answer alike, whatever
happens to funds, trades, numbers, the database and the process.
"""

import tempfile
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError
from sqlmodel import SQLModel, col, select

from backend.kernel import crash
from backend.kernel.errors import TanyuError
from backend.market.cancel import CancellingNumber
from backend.market.governing import SettingRules
from backend.market.instructions import PLAIN, Instructions, SelfTrade, TimeInForce
from backend.market.listing import keep_rules
from backend.market.matching import Engine
from backend.market.order import Side
from backend.market.place import Accepted
from backend.market.rules import ClassRules
from backend.market.tables import OrderRow, OrderState, TradeRow, TradeState
from backend.market.tied import Tied
from backend.market.trades import mark_sent, mark_settled
from backend.storage.database import Database
from tests.unit.market.world import ANA, BO, CHEN, CLASS_ID, World, signed

WAIT_S = 60
MAKERS = [ANA, BO, CHEN]
SAID = [
    Instructions(time_in_force=TimeInForce.IOC),
    Instructions(time_in_force=TimeInForce.FOK, self_trade=SelfTrade.CANCEL_OLDEST),
    Instructions(post_only=True),
    Instructions(self_trade=SelfTrade.CANCEL_BOTH, client_order_id="mine"),
]
makers = st.integers(min_value=0, max_value=2)
steps = st.one_of(
    st.tuples(st.just("place"), makers, st.booleans(), st.integers(1, 6), st.integers(98, 102), st.integers(1, 30)),
    st.tuples(st.just("place"), makers, st.booleans(), st.integers(1, 6), st.integers(98, 102), st.integers(1, 30)),
    st.tuples(st.just("said"), st.sampled_from(SAID), makers, st.booleans(), st.integers(1, 6), st.integers(98, 102)),
    st.tuples(st.just("replace"), makers, st.integers(1, 6), st.integers(98, 102), st.integers(0, 5)),
    st.tuples(st.just("cancel"), makers, st.integers(1, 30)),
    st.tuples(st.just("cancel_all"), makers),
    st.tuples(st.just("credits"), makers, st.integers(0, 12)),
    st.tuples(st.just("money"), makers, st.integers(0, 1200)),
    st.tuples(st.just("epoch"), makers),
    st.tuples(st.just("number"), makers, st.integers(1, 30)),
    st.tuples(st.just("minor"), makers),
    st.tuples(st.just("owner"), makers, makers),
    st.tuples(st.just("rules"), st.integers(1, 8), st.booleans()),
    st.tuples(st.just("settle")),
    st.tuples(st.just("bust"), st.sampled_from(["LeftInsufficient", "PaymentFailed", "CreditTransferFailed"])),
    st.tuples(st.just("fail"), makers, st.booleans(), st.integers(1, 6), st.integers(98, 102), st.integers(1, 30)),
    st.tuples(st.just("restart")),
)


@contextmanager
def commits_failing() -> Iterator[None]:
    def point(name: str) -> None:
        if name == "market.before_commit":
            raise OperationalError("COMMIT", {}, OSError("disk full"))

    with patch.object(crash, "point", point):
        yield


def next_trade(world: World, *states: TradeState) -> TradeRow | None:
    with world.database.read() as session:
        query = select(TradeRow).where(col(TradeRow.state).in_(states)).order_by(col(TradeRow.id))
        return session.exec(query).first()


def settle(world: World) -> None:
    """The oldest trade reaches the chain: its row and the balances change in one transaction, in a new block."""
    trade = next_trade(world, TradeState.MATCHED)
    if trade is None:
        return
    with world.database.write() as session:
        mark_sent(session, [trade.id], 1, at=world.clock.now())
        mark_settled(session, trade.id, tx_hash=b"\1" * 32, at=world.clock.now())
    world.balances.credits[trade.seller, CLASS_ID] -= trade.lots * 1000
    world.balances.credits[trade.buyer, CLASS_ID] += trade.lots * 1000
    world.balances.payments[trade.buyer] -= trade.lots * trade.price_per_kg
    world.block += 1


def replace_one(world: World, terms: list[Any]) -> object:
    """Another order under the number of one of the maker's open ones."""
    at, lots, price, which = terms
    maker = MAKERS[at]
    with world.database.read() as session:
        mine = session.exec(
            select(OrderRow)
            .where(OrderRow.maker == maker.address, OrderRow.state == OrderState.OPEN)
            .order_by(col(OrderRow.id))
        ).all()
    if not mine:
        return None
    old = mine[which % len(mine)]
    epoch = world.balances.epochs[maker.address]
    order = world.order(maker, Side(old.side), lots, price, number=old.number, epoch=epoch)
    return world.market.replace(old.order_hash, order, signed(maker, order)).accepted


def place(world: World, terms: list[Any], instructions: Instructions = PLAIN) -> object:
    at, is_buy, lots, price, *given = terms
    maker = MAKERS[at]
    epoch = world.balances.epochs[maker.address]
    number = given[0] if given else world.number(maker)
    order = world.order(maker, Side.BUY if is_buy else Side.SELL, lots, price, number=number, epoch=epoch)
    answer: Future[Accepted | Exception] = Future()
    world.market.entry.put([(order, signed(maker, order), instructions, answer.set_result)])
    outcome = answer.result(WAIT_S)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def change_chain(world: World, kind: str, maker: str, rest: list[Any]) -> object:
    """A block that changes what the chain says of a maker; how many orders that took off or shrank."""
    world.block += 1
    if kind == "credits":
        world.balances.credits[maker, CLASS_ID] = rest[0] * 1000
    elif kind == "money":
        world.balances.payments[maker] = rest[0]
    elif kind == "epoch":
        world.balances.epochs[maker] += 1
    else:
        world.balances.cancelled.add((maker, rest[0]))
    return world.refund(*MAKERS)


def change_people(world: World, kind: str, maker: str, rest: list[Any]) -> None:
    """Somebody else's transaction makes a maker a minor, or no longer, or another's second address."""
    if kind == "minor":
        world.minors ^= {maker}
    else:
        world.owners = world.owners | {maker: MAKERS[rest[0]].address}
    world.market.lease_numbers(CHEN.address, 1)


def change_rules(world: World, terms: list[Any]) -> object:
    """The class gets another tick, by the market's own command or by somebody else's hand."""
    tick, is_own = terms
    rules = ClassRules(CLASS_ID, tick=tick)
    if is_own:
        return world.market.sequencer.call(SettingRules(rules)).sequence
    with world.database.write() as session:
        keep_rules(session, rules, world.clock.now())
    return None


def place_failing(world: World, terms: list[Any]) -> object:
    with commits_failing():
        return place(world, terms)


def ask(world: World, kind: str, rest: list[Any]) -> object:
    """What the market answers to one who asks it for something."""
    match kind:
        case "place":
            return place(world, rest)
        case "said":
            return place(world, rest[1:], rest[0])
        case "fail":
            return place_failing(world, rest)
        case "replace":
            return replace_one(world, rest)
    maker = MAKERS[rest[0]].address
    if kind == "cancel_all":
        return world.market.cancel_all(maker, None)
    return world.market.sequencer.call(CancellingNumber(maker, rest[1]))


ASKED = frozenset({"place", "said", "fail", "replace", "cancel", "cancel_all"})


def play(world: World, step: tuple[Any, ...]) -> object:
    """Does one step; what the market says of it."""
    kind, *rest = step
    if kind in ASKED:
        return ask(world, kind, rest)
    if kind == "settle":
        settle(world)
    elif kind == "bust":
        trade = next_trade(world, TradeState.MATCHED)
        if trade is not None:
            world.market.bust(trade.id, rest[0])
    elif kind == "restart":
        world.restart()
    elif kind in {"minor", "owner"}:
        change_people(world, kind, MAKERS[rest[0]].address, rest[1:])
    elif kind == "rules":
        return change_rules(world, rest)
    else:
        return change_chain(world, kind, MAKERS[rest[0]].address, rest[1:])
    return None


def outcome(world: World, step: tuple[Any, ...]) -> object:
    try:
        return play(world, step)
    except TanyuError as refusal:
        return refusal.code, refusal.fields


@contextmanager
def world_in(folder: Path, *, is_remembering: bool) -> Iterator[World]:
    database = Database.at(folder / f"{is_remembering}.db")
    SQLModel.metadata.create_all(database.writer)
    world = World(database, is_remembering=is_remembering)
    world.start()
    for maker in MAKERS:
        world.market.lease_numbers(maker.address, 10)
        world.balances.credits[maker.address, CLASS_ID] = 10_000
        world.balances.payments[maker.address] = 1_000
    yield world
    world.stop()
    database.close()


def sums(tied: Tied) -> tuple[object, ...]:
    by_class = (tied.lots_offered, tied.lots_wanted, tied.orders)
    return tied.money, *({class_id: found for class_id, found in sums.items() if found} for sums in by_class)


def require_sums(world: World) -> None:
    """What is remembered of each account's open orders is what they add up to now."""
    sequencer = world.market.sequencer
    memory = sequencer._chain.memory

    def compared(engine: Engine, _sequence: int) -> list[tuple[str, object, object]]:
        if memory._head != sequencer._head.hash:
            return []  # of lines that were not kept: forgotten before it is asked
        return [(who, sums(tied), sums(Tied.by(engine.open_of(who)))) for who, tied in memory._tied.items()]

    assert all(kept == now for _, kept, now in sequencer.ask(compared)), sequencer.ask(compared)


SELL, BUY = ("place", 0, False, 1, 100), ("place", 0, True, 1, 101)


@example([(*SELL, 1), ("minor", 0), (*SELL, 2), ("minor", 0), (*SELL, 3)])
@example([(*SELL, 1), (*BUY, 2), ("owner", 0, 1), ("place", 1, True, 1, 100, 11)])
@example([(*SELL, 1), ("rules", 7, True), (*SELL, 2), ("rules", 1, True), (*SELL, 3)])
@example([(*SELL, 1), ("rules", 7, False), (*SELL, 2), ("rules", 1, False), (*SELL, 3)])
@given(story=st.lists(steps, min_size=5, max_size=40))
@settings(max_examples=max(15, settings().max_examples // 3))
def test_memory__whatever_happens__answers_are_those_of_a_market_that_remembers_nothing(
    story: list[tuple[Any, ...]],
) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        world_in(Path(folder), is_remembering=True) as remembering,
        world_in(Path(folder), is_remembering=False) as asking,
    ):
        for step in story:
            assert outcome(remembering, step) == outcome(asking, step), step
            require_sums(remembering)
        assert remembering.state_digest() == asking.state_digest()
