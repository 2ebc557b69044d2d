"""docs/market.md tells truly what becomes of an order: its examples are carried out, the chain being a dictionary."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

import pytest

from backend.kernel.clock import unix_s
from backend.market.tables import OrderState, TradeState
from backend.market.trader import Trader
from backend.storage.database import Database
from tests.api.trader_world import Desk
from tests.order_acts import TEXT, Acts, examples
from tests.unit.market.world import ANA, BO, CLASS_ID, World

PEOPLE = {"Ana": ANA, "Bo": BO}


@pytest.fixture
def acts(database: Database) -> Iterator[Acts]:
    world = World(database)
    world.start()
    desk = Desk.of(world)
    traders = {name: desk.trader(signer) for name, signer in PEOPLE.items()}

    def pass_time(seconds: str) -> None:
        world.clock.at += timedelta(seconds=int(seconds))
        world.refund()

    def keep(name: str, lots: str) -> None:
        world.balances.credits[PEOPLE[name].address, CLASS_ID] = int(lots) * 1_000
        world.refund(PEOPLE[name])

    def have_money(name: str, lots: str, price: str) -> None:
        world.balances.payments[PEOPLE[name].address] = int(lots) * int(price) * 101 // 100

    def raise_epoch(name: str) -> None:
        world.balances.epochs[PEOPLE[name].address] += 1
        world.refund(PEOPLE[name])

    def beat(name: str, seconds: str) -> None:
        traders[name].beat(int(seconds))

    scene: Mapping[str, Callable[..., None]] = {
        r"(\d+) s pass": pass_time,
        r"(\w+) keeps (\d+) kg": keep,
        r"(\w+) has money for (\d+) kg at (\d+)": have_money,
        r"(\w+) raises the epoch": raise_epoch,
        r"(\w+) beats every (\d+) s": beat,
    }

    def trader(name: str) -> Trader:
        return traders[name]

    yield Acts(trader, CLASS_ID, lambda: unix_s(world.clock.now()), scene, wait_s=10)
    for each in traders.values():
        each.close()
    world.stop()


@pytest.mark.parametrize("example", examples("order"))
def test_example__of_an_orders_life__is_answered_as_it_says(acts: Acts, example: str) -> None:
    acts.follow(example)


def test_document__names_every_state_of_an_order_and_of_a_trade() -> None:
    assert len(examples("order")) >= 6
    assert len(examples("chain")) >= 3
    for state in (*OrderState, *TradeState, "accepted", "mined", "final"):
        assert state in TEXT or state == TradeState.SETTLED, state
