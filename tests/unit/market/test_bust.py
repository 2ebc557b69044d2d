"""A trade the chain skipped: who was at fault leaves, the other side gets its lots back."""

from datetime import timedelta

import pytest

from backend.chain.keys import Signer
from backend.kernel.clock import unix_s
from backend.market.bust import TradeSettled, TradeUnknown
from backend.market.instructions import Instructions, TimeInForce
from backend.market.order import Side, SignedOrder
from backend.market.tables import OrderRow, TradeRow
from backend.market.tape import order_with_hash
from backend.market.trades import mark_sent, mark_settled
from tests.unit.market.instructed import enter
from tests.unit.market.world import ANA, BO, CHEN, CLASS_ID, DANA, World, hash_of


def matched(world: World, *, sell_lots: int = 5, buy_lots: int = 5, **changes: int) -> tuple[SignedOrder, SignedOrder]:
    """ANA's sell met by BO's buy at 100."""
    sell = world.order(ANA, Side.SELL, sell_lots, 100, **changes)
    buy = world.order(BO, Side.BUY, buy_lots, 100, **changes)
    world.place(ANA, sell)
    world.place(BO, buy)
    return sell, buy


def row_of(world: World, order: SignedOrder) -> OrderRow:
    with world.database.read() as session:
        return order_with_hash(session, hash_of(order))


def standing(world: World, order: SignedOrder) -> tuple[str, int, int, str | None]:
    row = row_of(world, order)
    return row.state, row.lots_open, row.lots_matched, row.reason


def trade(world: World, trade_id: int = 1) -> TradeRow:
    with world.database.read() as session:
        return session.get_one(TradeRow, trade_id)


def assert_replay_is_live(world: World) -> None:
    digest = world.state_digest()
    world.restart()
    assert world.state_digest() == digest


def test_bust__payment_failed__evicts_the_buy_and_gives_the_sell_back(world: World) -> None:
    sell, buy = matched(world)

    world.market.bust(1, "PaymentFailed")

    assert standing(world, buy) == ("evicted", 0, 0, "PaymentFailed")
    assert standing(world, sell) == ("open", 5, 0, "trade_busted")
    assert (trade(world).state, trade(world).bust_reason) == ("busted", "PaymentFailed")
    assert_replay_is_live(world)
    assert world.buy(CHEN, 5, 100).accepted.fills == ((1, 5, 100),)


def test_bust__credits_missing__evicts_the_sell_with_its_remainder(world: World) -> None:
    sell, buy = matched(world, sell_lots=9)
    world.balances.credits[ANA.address, CLASS_ID] = 4_999

    world.market.bust(1, "CreditTransferFailed")

    assert standing(world, sell) == ("evicted", 0, 0, "CreditTransferFailed")
    assert standing(world, buy) == ("open", 5, 0, "trade_busted")
    assert_replay_is_live(world)


@pytest.mark.parametrize("reason", ["CreditTransferFailed", "ActionFailed", "GasExhausted"])
def test_bust__delivery_failed_though_the_seller_could__evicts_the_buy(world: World, reason: str) -> None:
    sell, buy = matched(world)

    world.market.bust(1, reason)

    assert standing(world, buy)[0] == "evicted"
    assert standing(world, sell)[0] == "open"


def test_bust__of_one_of_two_trades__takes_back_that_one_only(world: World) -> None:
    sell, buy = matched(world, sell_lots=9)
    world.buy(CHEN, 2, 100)

    world.market.bust(1, "PaymentFailed")

    assert standing(world, sell) == ("open", 7, 2, "trade_busted")
    assert standing(world, buy) == ("evicted", 0, 0, "PaymentFailed")
    assert trade(world, 2).state == "matched"


def test_bust__restored_order__may_match_at_once_at_the_resting_price(world: World) -> None:
    sell, buy = matched(world)
    world.sell(CHEN, 3, 99)

    world.balances.credits[ANA.address, CLASS_ID] = 0
    world.market.bust(1, "CreditTransferFailed")

    assert standing(world, buy) == ("open", 2, 3, "trade_busted")
    assert standing(world, sell)[0] == "evicted"
    assert (trade(world, 2).lots, trade(world, 2).price_per_kg, trade(world, 2).taker_side) == (3, 99, "buy")
    assert trade(world, 2).seller == CHEN.address
    assert_replay_is_live(world)


def test_bust__restored_order__stands_behind_those_that_waited(world: World) -> None:
    matched(world)
    waiting = world.sell(CHEN, 5, 100).accepted.sequence

    world.market.bust(1, "PaymentFailed")

    assert [fill[0] for fill in world.buy(CHEN, 1, 100).accepted.fills] == [], "CHEN meets its own order first"
    assert world.buy(BO, 6, 100).accepted.fills == ((waiting, 5, 100), (1, 1, 100))


def test_bust__restored_order_meeting_its_maker__gives_up_the_rest(world: World) -> None:
    sell, _ = matched(world)
    world.buy(ANA, 1, 100)

    world.market.bust(1, "PaymentFailed")

    assert standing(world, sell) == ("cancelled", 0, 0, "self_trade_after_bust")
    assert_replay_is_live(world)


@pytest.mark.parametrize("guilty", [ANA, BO])
def test_bust__epoch_stale__evicts_whose_epoch_moved(world: World, guilty: Signer) -> None:
    sell, buy = matched(world)
    world.balances.epochs[guilty.address] = 1

    world.market.bust(1, "OrderEpochStale")

    assert {order.maker for order in (sell, buy) if standing(world, order)[0] == "evicted"} == {guilty.address}


def test_bust__number_cancelled__evicts_whose_number_it_was(world: World) -> None:
    sell, buy = matched(world)
    world.balances.cancelled.add((BO.address, buy.number))

    world.market.bust(1, "OrderCancelled")

    assert (standing(world, sell)[0], standing(world, buy)[0]) == ("open", "evicted")


def test_bust__fee_exceeded__evicts_whose_bound_is_too_low(world: World) -> None:
    sell, buy = matched(world, max_fee_bps=40)
    world.fee_bps = 50

    world.market.bust(1, "OrderFeeExceeded")

    assert (standing(world, sell)[0], standing(world, buy)[0]) == ("evicted", "evicted")


def test_bust__expired__evicts_the_expired_and_restores_nothing_about_to_expire(world: World) -> None:
    now_s = unix_s(world.clock.now())
    sell = world.order(ANA, Side.SELL, 5, 100, expiry=now_s + 100)
    buy = world.order(BO, Side.BUY, 5, 100, expiry=now_s + 200)
    world.place(ANA, sell)
    world.place(BO, buy)
    world.clock.at += timedelta(seconds=150)

    world.market.bust(1, "OrderExpired")

    assert standing(world, sell)[:3] == ("evicted", 0, 0)
    assert standing(world, buy)[:3] == ("filled", 0, 0), "50 s before its expiry it would leave at once"
    assert_replay_is_live(world)


@pytest.mark.parametrize("reason", ["OrderNumberTaken", "LeftInsufficient", "OrderSignatureInvalid", "0x12345678"])
def test_bust__when_the_fault_cannot_be_told__evicts_both(world: World, reason: str) -> None:
    sell, buy = matched(world, sell_lots=8)

    world.market.bust(1, reason)

    assert standing(world, sell) == ("evicted", 0, 0, reason)
    assert standing(world, buy) == ("evicted", 0, 0, reason)


def test_bust__an_order_cancelled_meanwhile__stays_cancelled(world: World) -> None:
    sell, _ = matched(world, sell_lots=8)
    world.market.cancel(ANA.address, hash_of(sell))

    world.market.bust(1, "PaymentFailed")

    assert standing(world, sell) == ("cancelled", 0, 0, "by_maker")


def test_bust__restores_only_what_is_still_funded(world: World) -> None:
    sell, _ = matched(world)
    world.balances.credits[ANA.address, CLASS_ID] = 2_000

    world.market.bust(1, "PaymentFailed")

    assert standing(world, sell) == ("open", 2, 0, "trade_busted")
    world.balances.credits[ANA.address, CLASS_ID] = 0


def test_bust__twice__is_the_same_as_once(world: World) -> None:
    matched(world)
    world.market.bust(1, "PaymentFailed")
    digest = world.state_digest()

    world.market.bust(1, "PaymentFailed")

    assert world.state_digest() == digest


def test_bust__settled_or_unknown_trade__is_refused(world: World) -> None:
    matched(world)
    with world.database.write() as session:
        mark_sent(session, [1], 7, at=world.clock.now())
        mark_settled(session, 1, tx_hash=b"\1" * 32, at=world.clock.now())

    with pytest.raises(TradeSettled) as settled:
        world.market.bust(1, "PaymentFailed")
    with pytest.raises(TradeUnknown) as unknown:
        world.market.bust(2, "PaymentFailed")
    assert (settled.value.code, unknown.value.code) == ("market.trade_settled", "market.trade_unknown")


def group(world: World) -> SignedOrder:
    """BO takes 5 of ANA's and 4 of CHEN's, all or none: trades 1 and 2."""
    world.place(ANA, world.order(ANA, Side.SELL, 5, 100))
    world.place(CHEN, world.order(CHEN, Side.SELL, 4, 101))
    order = world.order(BO, Side.BUY, 9, 101)
    enter(world, BO, order, Instructions(time_in_force=TimeInForce.FOK))
    return order


def test_bust__of_a_groups_trade__unwinds_the_whole_group_once(world: World) -> None:
    order = group(world)

    world.market.bust(2, "PaymentFailed")
    world.market.bust(1, "PaymentFailed")

    assert standing(world, order) == ("killed", 0, 0, "trade_busted")
    assert [(trade(world, at).state, trade(world, at).bust_reason) for at in (1, 2)] == [
        ("busted", "PaymentFailed"),
        ("busted", "PaymentFailed"),
    ]
    assert world.buy(DANA, 9, 101).accepted.fills == ((1, 5, 100), (2, 4, 101))
    assert_replay_is_live(world)


def test_bust__of_a_group_with_one_seller_at_fault__gives_the_other_its_lots_back(world: World) -> None:
    order = group(world)
    world.balances.credits[CHEN.address, CLASS_ID] = 3_999

    world.market.bust(1, "CreditTransferFailed")

    assert standing(world, order) == ("killed", 0, 0, "trade_busted")
    assert world.buy(DANA, 9, 101).accepted.fills == ((1, 5, 100),)
    assert_replay_is_live(world)


def test_bust__of_a_group_of_buyers__finds_the_one_without_money(world: World) -> None:
    world.buy(BO, 5, 101)
    world.buy(CHEN, 4, 100)
    order = world.order(ANA, Side.SELL, 9, 100)
    enter(world, ANA, order, Instructions(time_in_force=TimeInForce.FOK))
    world.balances.payments[BO.address] = 4 * 101

    world.market.bust(1, "PaymentFailed")

    assert world.sell(DANA, 9, 100).accepted.fills == ((2, 4, 100),)
    assert_replay_is_live(world)


def test_bust__of_a_group_partly_settled__is_refused(world: World) -> None:
    group(world)
    with world.database.write() as session:
        mark_sent(session, [1, 2], 7, at=world.clock.now())
        mark_settled(session, 2, tx_hash=b"\1" * 32, at=world.clock.now())

    with pytest.raises(TradeSettled):
        world.market.bust(1, "PaymentFailed")


def test_bust__of_an_ioc__gives_nothing_back_to_the_book(world: World) -> None:
    world.sell(ANA, 5, 100)
    order = world.order(BO, Side.BUY, 7, 100)
    ioc = Instructions(time_in_force=TimeInForce.IOC)
    first = enter(world, BO, order, ioc)
    world.balances.credits[ANA.address, CLASS_ID] = 0

    world.market.bust(1, "CreditTransferFailed")

    assert standing(world, order) == ("killed", 0, 0, "remainder")
    assert enter(world, BO, order, ioc) == first
