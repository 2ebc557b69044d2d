"""What the market has of a person: in the export, and in the way of its erasure while it is under way."""

from sqlmodel import update

from backend.kernel.digest import canonical_json
from backend.market.personal import orders_of, trades_of, trading_in_the_way
from backend.market.tables import TradeRow, TradeState
from tests.unit.market.world import ANA, BO, World


def test_orders_and_trades__of_a_person__are_in_its_export_and_nobody_elses(world: World) -> None:
    world.sell(ANA, 5, 100)
    world.buy(BO, 2, 100)
    with world.database.read() as session:
        orders = list(orders_of(session, 0, [ANA.address]))
        trades = list(trades_of(session, 0, [BO.address]))
        assert list(orders_of(session, 0, ["0x"])) == list(trades_of(session, 0, ["0x"])) == []
    assert [(one["maker"], one["side"], one["lots"], one["lotsOpen"]) for one in orders] == [  # type: ignore[index, call-overload] # JSON
        (ANA.address, "sell", "5", "3")
    ]
    assert [(one["buyer"], one["seller"], one["lots"]) for one in trades] == [(BO.address, ANA.address, "2")]  # type: ignore[index, call-overload] # JSON
    assert canonical_json([*orders, *trades])


def test_open_orders_and_trades_under_way__are_in_the_way__and_no_longer_when_over(world: World) -> None:
    ack = world.sell(ANA, 5, 100)
    world.buy(BO, 2, 100)
    with world.database.read() as session:
        assert trading_in_the_way(session, [ANA.address]) == [
            "1 of your orders are open: cancel them",
            "1 of your trades are on their way to the chain: wait for them",
        ]
        assert len(trading_in_the_way(session, [BO.address])) == 1
    world.market.cancel(ANA.address, ack.accepted.order_hash)
    with world.database.write() as session:
        session.execute(update(TradeRow).values(state=TradeState.SETTLED))
        assert trading_in_the_way(session, [ANA.address, BO.address]) == []
