"""Funds that leave the chain take open orders with them: newest first, visibly, and for good after a restart."""

from collections.abc import Callable

import pytest
from sqlmodel import Session, select

from backend.chain.keys import Signer
from backend.market.funds import affordable_lots
from backend.market.tables import JournalRow, OrderRow
from backend.market.tape import order_with_hash
from backend.market.tied import cost_bound
from tests.unit.market.world import ANA, BO, CHEN, CLASS_ID, OTHER_CLASS_ID, World


def standing(world: World, maker: Signer) -> list[tuple[str, int, str | None]]:
    """(state, lots open, reason) of a maker's orders, oldest first."""
    with world.database.read() as session:
        rows = session.exec(select(OrderRow).where(OrderRow.maker == maker.address).order_by(OrderRow.id)).all()  # type: ignore[arg-type] # a column
        return [(row.state, row.lots_open, row.reason) for row in rows]


def assert_replay_is_live(world: World) -> None:
    digest = world.state_digest()
    world.restart()
    assert world.state_digest() == digest


def test_refunding__with_all_funds_there__journals_nothing(world: World) -> None:
    world.sell(ANA, 5, 100)

    assert world.refund(ANA, BO) == 0
    with world.database.read() as session:
        assert len(session.exec(select(JournalRow)).all()) == 1


def test_refunding__after_credits_left__shrinks_the_newer_sells(world: World) -> None:
    world.sell(ANA, 5, 100)
    world.sell(ANA, 5, 90)
    world.sell(ANA, 5, 80)
    world.sell(ANA, 5, 100, class_id=OTHER_CLASS_ID)
    world.buy(ANA, 5, 10)
    world.balances.credits[ANA.address, CLASS_ID] = 7_999

    assert world.refund(ANA) == 2

    assert standing(world, ANA) == [
        ("open", 5, None),
        ("open", 2, "funds_insufficient"),
        ("evicted", 0, "funds_insufficient"),
        ("open", 5, None),
        ("open", 5, None),
    ]
    assert_replay_is_live(world)
    assert world.buy(BO, 20, 100).accepted.fills == ((2, 2, 90), (1, 5, 100))


def test_refunding__counts_trades_in_flight_once(world: World) -> None:
    world.sell(ANA, 10, 100)
    world.buy(BO, 4, 100)
    world.balances.credits[ANA.address, CLASS_ID] = 9_000

    world.refund(ANA)

    assert standing(world, ANA) == [("open", 5, "funds_insufficient")]


def test_refunding__after_more_than_the_open_orders_left__leaves_none(world: World) -> None:
    world.sell(ANA, 10, 100)
    world.buy(BO, 4, 100)
    world.balances.credits[ANA.address, CLASS_ID] = 3_000

    world.refund(ANA)

    assert standing(world, ANA) == [("evicted", 0, "funds_insufficient")]
    assert_replay_is_live(world)


def test_refunding__after_the_approval_was_withdrawn__evicts_sells_only(world: World) -> None:
    world.sell(ANA, 5, 100)
    world.buy(ANA, 5, 10)
    world.balances.unapproved.add(ANA.address)

    world.refund(ANA)

    assert standing(world, ANA) == [("evicted", 0, "funds_insufficient"), ("open", 5, None)]


@pytest.mark.parametrize("which", ["payments", "allowances"])
def test_refunding__after_money_or_allowance_left__shrinks_the_newer_buys(world: World, which: str) -> None:
    world.buy(ANA, 5, 1000)
    world.buy(ANA, 5, 2000)
    world.buy(ANA, 5, 500, class_id=OTHER_CLASS_ID)
    getattr(world.balances, which)[ANA.address] = 5 * 1010 + 3 * 2020

    world.refund(ANA)

    assert standing(world, ANA) == [
        ("open", 5, None),
        ("open", 3, "funds_insufficient"),
        ("evicted", 0, "funds_insufficient"),
    ]
    assert_replay_is_live(world)


def cancel_on_chain(world: World) -> None:
    world.balances.cancelled.add((ANA.address, 1))


def raise_epoch(world: World) -> None:
    world.balances.epochs[ANA.address] = 1


def raise_fee(world: World) -> None:
    world.fee_bps = 60


@pytest.mark.parametrize(
    ("happen", "reason"),
    [(cancel_on_chain, "number_cancelled"), (raise_epoch, "epoch_stale"), (raise_fee, "fee_above_bound")],
)
def test_refunding__orders_the_exchange_would_skip__leave(
    world: World, happen: Callable[[World], None], reason: str
) -> None:
    world.sell(ANA, 5, 100, number=world.number(ANA), max_fee_bps=50)
    happen(world)

    assert world.refund(ANA) == 1

    assert standing(world, ANA) == [("evicted", 0, reason)]
    assert_replay_is_live(world)


def test_on_funds_changed__after_the_links_commit__reaches_the_book(world: World) -> None:
    world.sell(ANA, 5, 100)
    world.balances.credits[ANA.address, CLASS_ID] = 0

    with world.database.write() as session:
        world.market.on_funds_changed(session, {ANA.address, CHEN.address})
        assert standing_in(session) == "open"
    world.market.sequencer.ask(lambda *_: None)

    assert standing(world, ANA) == [("evicted", 0, "funds_insufficient")]


def standing_in(session: Session) -> str:
    return session.exec(select(OrderRow.state)).one()


def test_on_funds_changed__rolled_back__does_nothing(world: World) -> None:
    world.sell(ANA, 5, 100)
    world.balances.credits[ANA.address, CLASS_ID] = 0

    with world.database.write() as session:
        world.market.on_funds_changed(session, {ANA.address})
        session.rollback()
    world.market.sequencer.ask(lambda *_: None)

    assert standing(world, ANA) == [("open", 5, None)]


def test_start__after_the_chain_moved_while_nobody_listened__evicts_what_is_not_covered(world: World) -> None:
    ack = world.sell(ANA, 5, 100)
    world.stop()
    world.balances.credits[ANA.address, CLASS_ID] = 1_000
    world.market = world.new_market()
    world.start()

    assert world.buy(BO, 5, 100).accepted.fills == ((1, 1, 100),)
    with world.database.read() as session:
        assert order_with_hash(session, ack.accepted.order_hash).reason == "funds_insufficient"


@pytest.mark.parametrize("price", [1, 7, 999, 10_000, 123_457])
@pytest.mark.parametrize("bound", [0, 1, 30, 100])
def test_affordable_lots__is_the_most_whose_cost_bound_fits(price: int, bound: int) -> None:
    for money in (0, 1, price - 1, price, price + 1, 10 * price, 10 * price + 1, 99_999, 1_000_003):
        lots = affordable_lots(money, price, bound)
        assert cost_bound(lots, price, bound) <= money
        assert cost_bound(lots + 1, price, bound) > money
    assert affordable_lots(-5, price, bound) == 0
