"""The steps of an order's life, in their order whatever the clocks say."""

from datetime import datetime, timedelta
from typing import Any

from backend.chain.class_id import class_code
from backend.market.order import ZERO_REF, Action, Side
from backend.market.order_life import life_of
from backend.market.tape_views import OwnTradeOut
from backend.market.views import OrderOut
from tests.unit.market.world import ANA, CLASS_ID, START

HASH = b"\1" * 32


def at(seconds: int, milliseconds: int = 0) -> datetime:
    return START + timedelta(seconds=seconds, milliseconds=milliseconds)


def an_order(**changed: Any) -> OrderOut:
    fields: dict[str, Any] = {
        "maker": ANA.address,
        "beneficiary": ANA.address,
        "class_id": CLASS_ID,
        "side": Side.SELL,
        "amount_gco2e": 5_000,
        "price_per_kg": 100,
        "max_fee_bps": 100,
        "expiry": 2_000_000_000,
        "number": 1,
        "epoch": 0,
        "action": Action.HOLD,
        "ref": ZERO_REF,
        "order_hash": HASH,
        "class_code": class_code(CLASS_ID),
        "sequence": 1,
        "state": "open",
        "reason": None,
        "lots_open": 5,
        "lots_matched": 0,
        "accepted_at": at(0),
        "changed_at": at(0),
    }
    return OrderOut(**(fields | changed))


def a_trade(trade_id: int, lots: int, **changed: Any) -> OwnTradeOut:
    fields: dict[str, Any] = {
        "trade_id": trade_id,
        "sequence": trade_id,
        "class_id": CLASS_ID,
        "class_code": class_code(CLASS_ID),
        "side": Side.SELL,
        "is_taker": False,
        "order_hash": HASH,
        "lots": lots,
        "price_per_kg": 100,
        "fee": None,
        "state": "matched",
        "bust_reason": None,
        "matched_at": at(trade_id, 900),
        "sent_at": None,
        "settled_at": None,
        "busted_at": None,
        "tx_hash": None,
    }
    return OwnTradeOut(**(fields | changed))


def told(order: OrderOut, *trades: OwnTradeOut) -> list[tuple[str, int, int | None]]:
    return [(step.step, step.lots, step.trade_id) for step in life_of(order, trades)]


def test_life__of_an_order_that_waits__is_its_acceptance() -> None:
    assert told(an_order()) == [("accepted", 5, None)]


def test_life__whose_block_has_an_earlier_time__keeps_each_trades_order() -> None:
    mined = {"state": "mined", "sent_at": at(1, 950), "settled_at": at(1), "tx_hash": HASH}
    filled = an_order(state="filled", lots_open=0, lots_matched=5, changed_at=at(2, 900))

    assert told(filled, a_trade(1, 3, **mined), a_trade(2, 2)) == [
        ("accepted", 5, None),
        ("matched", 3, 1),
        ("sent", 3, 1),
        ("mined", 3, 1),
        ("matched", 2, 2),
        ("filled", 5, None),
    ]


def test_life__of_what_lost_something__says_what_is_left_and_why() -> None:
    shrank = an_order(lots_open=2, reason="funds_insufficient", changed_at=at(1))
    restored = an_order(reason="trade_busted", changed_at=at(3))
    busted = a_trade(1, 5, state="busted", sent_at=at(2), busted_at=at(3), bust_reason="OrderCancelled")
    cancelled = an_order(state="cancelled", reason="by_maker", lots_open=0, lots_matched=2, changed_at=at(9))

    assert told(shrank)[1:] == [("shrank", 2, None)]
    assert told(restored, busted)[-2:] == [("busted", 5, 1), ("restored", 5, None)]
    assert [step.reason for step in life_of(restored, (busted,))[-2:]] == ["OrderCancelled", "trade_busted"]
    assert told(cancelled, a_trade(1, 2))[-1] == ("cancelled", 3, None)
