"""The queue before the sequencer: every order is answered once, and what does not fit is told so at once."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from functools import partial

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from backend.chain.keys import Signer
from backend.kernel.errors import TanyuError
from backend.link.node import NodeUnavailable
from backend.market import entry as entry_module
from backend.market.door import Door, Signed
from backend.market.entry import Entry
from backend.market.inbox import MarketBusy, MarketStopped
from backend.market.instructions import PLAIN
from backend.market.order import Side, SignedOrder
from backend.market.place import Accepted, Placing
from backend.market.sequencer import NotDurable
from tests.unit.market.world import ANA, BO, World, signed

WAIT_S = 60


def enter_all(entry: Entry, orders: Sequence[tuple[SignedOrder, bytes]]) -> "list[Future[Accepted]]":
    answers: list[Future[Accepted]] = [Future() for _ in orders]

    def deliver(answer: "Future[Accepted]", outcome: Accepted | Exception) -> None:
        if isinstance(outcome, Exception):
            answer.set_exception(outcome)
        else:
            answer.set_result(outcome)

    entry.put(
        [
            (order, signature, PLAIN, partial(deliver, answer))
            for (order, signature), answer in zip(orders, answers, strict=True)
        ]
    )
    return answers


def enter(entry: Entry, order: SignedOrder, signature: bytes) -> "Future[Accepted]":
    return enter_all(entry, [(order, signature)])[0]


def offer(world: World, maker: Signer, price_per_kg: int) -> "Future[Accepted]":
    order = world.order(maker, Side.SELL, 1, price_per_kg)
    return enter(world.market.entry, order, signed(maker, order))


def test_entry__many_at_once__answers_each(world: World) -> None:
    answers = [offer(world, (ANA, BO)[at % 2], 100 + at) for at in range(40)]
    assert sorted(answer.result(WAIT_S).sequence for answer in answers) == list(range(1, 41))


@pytest.mark.parametrize("few", [0, 100])
def test_entry__more_than_a_group__come_in_in_order_in_groups(
    world: World, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(entry_module, "GROUP_MAX", 4)
    monkeypatch.setattr(entry_module, "FEW", few)
    sizes: list[int] = []
    admitted = Door.admitted

    def noted(door: Door, session: Session, group: Sequence[Signed]) -> list[Placing | TanyuError]:
        sizes.append(len(group))
        return admitted(door, session, group)

    monkeypatch.setattr(Door, "admitted", noted)
    orders = [world.order(ANA, Side.SELL, 1, 100 + at) for at in range(11)]
    answers = enter_all(world.market.entry, [(order, signed(ANA, order)) for order in orders])

    assert [answer.result(WAIT_S).sequence for answer in answers] == list(range(1, 12))
    assert sum(sizes) == 11
    assert max(sizes) <= 4


def test_entry__the_database_fails__each_of_the_group_is_told_and_the_next_comes_in(world: World) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("SELECT", {}, OSError("disk full"))

    sound = world.market.door.owners_of
    object.__setattr__(world.market.door, "owners_of", fail)
    orders = [world.order(ANA, Side.SELL, 1, 100 + at) for at in range(3)]
    answers = enter_all(world.market.entry, [(order, signed(ANA, order)) for order in orders])
    wait_for(answers, WAIT_S)
    assert [type(answer.exception()) for answer in answers] == [NotDurable] * 3

    object.__setattr__(world.market.door, "owners_of", sound)
    assert enter(world.market.entry, orders[0], signed(ANA, orders[0])).result(WAIT_S).sequence == 1


def test_entry__full__refuses_at_once_and_takes_again_later(world: World) -> None:
    entry = Entry(world.market.door, world.market.sequencer, size=2)
    orders = [world.order(ANA, Side.SELL, 1, 100 + at) for at in range(4)]
    release, held = threading.Event(), threading.Event()

    def hold(_turn: object) -> None:
        held.set()
        release.wait(WAIT_S)

    blocker = world.market.sequencer.submit(hold)
    assert held.wait(WAIT_S)
    waiting = [enter(entry, order, signed(ANA, order)) for order in orders[:2]]
    with pytest.raises(MarketBusy):
        enter(entry, orders[2], signed(ANA, orders[2])).result(0)
    release.set()
    blocker.result(WAIT_S)

    assert [answer.result(WAIT_S).sequence for answer in waiting] == [1, 2]
    assert enter(entry, orders[3], signed(ANA, orders[3])).result(WAIT_S).sequence == 3


def test_entry__a_slow_wallet__holds_up_nobody_else(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr(entry_module, "WALLETS_WAITING_MAX", 2)

    def slowly(_account: str, _digest: bytes, _signature: bytes) -> bool:
        return release.wait(WAIT_S)

    object.__setattr__(world.market.door, "wallet_accepts", slowly)
    orders = [world.order(ANA, Side.SELL, 1, 100 + at) for at in range(3)]
    asked = [enter(world.market.entry, order, b"a wallet's word") for order in orders]

    with pytest.raises(MarketBusy):
        asked[2].result(WAIT_S)
    assert offer(world, BO, 200).result(WAIT_S).sequence == 1
    release.set()
    assert sorted(answer.result(WAIT_S).sequence for answer in asked[:2]) == [2, 3]


def test_entry__the_node_does_not_answer__says_so(world: World) -> None:
    def silent(_account: str, _digest: bytes, _signature: bytes) -> bool:
        raise NodeUnavailable("nobody there")

    object.__setattr__(world.market.door, "wallet_accepts", silent)
    with pytest.raises(NodeUnavailable):
        enter(world.market.entry, world.order(ANA, Side.SELL, 1, 100), b"yes").result(WAIT_S)


def test_entry__whatever_goes_wrong_within__nobody_is_left_waiting(world: World) -> None:
    class Broken(Exception):
        pass

    def broken(*_: object) -> None:
        raise Broken

    order = world.order(ANA, Side.SELL, 1, 100)
    for part in ("not_selling", "digest"):
        sound = getattr(world.market.door, part)
        object.__setattr__(world.market.door, part, broken)
        with pytest.raises(Broken):
            enter(world.market.entry, order, signed(ANA, order)).result(WAIT_S)
        object.__setattr__(world.market.door, part, sound)
    sound = world.market.door.wallet_accepts
    object.__setattr__(world.market.door, "wallet_accepts", broken)
    with pytest.raises(Broken):
        enter(world.market.entry, world.order(ANA, Side.SELL, 1, 100), b"a wallet's word").result(WAIT_S)
    object.__setattr__(world.market.door, "wallet_accepts", sound)
    assert enter(world.market.entry, order, signed(ANA, order)).result(WAIT_S).sequence == 1


def test_entry__while_the_market_is_stopped__refuses(world: World) -> None:
    order = world.order(ANA, Side.SELL, 1, 100)
    world.stop()
    answer = enter(world.market.entry, order, signed(ANA, order))
    wait_for([answer], WAIT_S)
    assert isinstance(answer.exception(), MarketStopped)
    assert issubclass(MarketStopped, TanyuError)
    world.restart()
