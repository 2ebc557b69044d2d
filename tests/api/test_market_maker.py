"""The market-maker example at what refuses its quotes: it ends and says what to do, or it quotes anew."""

from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType

import pytest

from backend.chain.artifacts import CHECKOUT
from backend.market.governing import Stopping
from backend.market.listing import rules_of
from backend.market.phase import Phase
from backend.market.tables import OrderState
from backend.market.trader import Trader
from backend.storage.database import Database
from tests.api.trader_world import Desk
from tests.unit.market.world import ANA, BO, CLASS_ID, World

CODE = "CN-SC/2025/SIM"


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = spec_from_file_location("market_maker", CHECKOUT / "docs" / "examples" / "market_maker.py")
    assert spec is not None
    assert spec.loader is not None
    found = module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    world = World(database)
    world.start()
    yield Desk.of(world)
    world.stop()


@pytest.fixture
def trader(desk: Desk) -> Iterator[Trader]:
    with desk.trader(ANA) as made:
        yield made


@pytest.fixture
def maker(example: ModuleType, trader: Trader) -> object:
    """Quotes 95 and 105."""
    strategy = example.Strategy(reference=100, spread_bps=1_000, skew_bps=0, lots=5, most_lots=20)
    return example.MarketMaker(trader, trader.listed(CODE), strategy, 300)


def quotes(trader: Trader) -> list[tuple[str, int]]:
    return [(order.side, order.price_per_kg) for order in trader.orders(only_open=True)]


def no_credits(world: World) -> None:
    world.balances.credits[ANA.address, CLASS_ID] = 0


def no_money(world: World) -> None:
    world.balances.payments[ANA.address] = 0


def may_move_no_credits(world: World) -> None:
    world.balances.unapproved.add(ANA.address)


def may_take_no_money(world: World) -> None:
    world.balances.allowances[ANA.address] = 0


@pytest.mark.parametrize(
    ("lacking", "advice"),
    [
        (no_credits, "bring credits of the class, or quote less"),
        (no_money, "tanyu trade faucet"),
        (may_move_no_credits, "tanyu trade allow credits"),
        (may_take_no_money, "tanyu trade allow money"),
    ],
)
def test_quote__without_funds_or_permission__ends_with_what_to_do(
    desk: Desk, example: ModuleType, maker: object, lacking: Callable[[World], None], advice: str
) -> None:
    lacking(desk.world)

    with pytest.raises(example.QuoteRefused, match=advice):
        maker.quote()  # type: ignore[attr-defined] # of a script


def test_quote__where_others_offer_already__stands_behind_them(desk: Desk, trader: Trader, maker: object) -> None:
    desk.world.sell(BO, 1, 90)

    maker.quote()  # type: ignore[attr-defined] # of a script

    assert quotes(trader) == [("buy", 89), ("sell", 105)]


def test_quote__in_a_book_that_moved_meanwhile__is_made_anew(
    desk: Desk, trader: Trader, maker: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = trader.best

    def read_too_early(class_ref: str) -> object:
        found = read(class_ref)
        if found.bid is None:
            desk.world.buy(BO, 1, 110)
        return found

    monkeypatch.setattr(trader, "best", read_too_early)

    maker.quote()  # type: ignore[attr-defined] # of a script

    assert quotes(trader) == [("buy", 95), ("sell", 111)]
    assert [order.state for order in trader.orders()].count(OrderState.FILLED) == 0


def test_quote__of_a_class_that_is_halted__is_tried_again_at_the_next_beat(
    desk: Desk, trader: Trader, example: ModuleType, maker: object
) -> None:
    with desk.world.database.read() as session:
        rules = rules_of(session, CLASS_ID)
    desk.world.market.sequencer.call(Stopping(rules, Phase.HALTED))

    maker.quote()  # type: ignore[attr-defined] # of a script

    assert quotes(trader) == []
    assert maker._concerns(example.Beat())  # type: ignore[attr-defined] # of a script
