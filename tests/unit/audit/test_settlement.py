"""INV-03, INV-04, INV-05: every way a settlement can go beyond what was signed is found."""

from typing import Any

import pytest

from tests.unit.audit.minting import accredit, mint
from tests.unit.audit.told import ADDRESSES, Stage, moved, paid, person
from tests.unit.audit.trading import AnOrder, Market, a_buy, a_sell, open_market, settle_call, skipped


@pytest.fixture
def market() -> Market:
    stage = Stage()
    stage.open_class()
    accredit(stage)
    mint(stage, person(0).address, 100_000, nullifier=1)
    return open_market(stage)


def _settle(market: Market, buy: AnOrder, sell: AnOrder, *, lots: int = 10, price: int = 95, **said: Any) -> list[str]:
    told = market.filled(buy, sell, lots, price)
    contract, name, args = told[0]
    return market.stage.tell((contract, name, args | said), *told[1:], calls=[settle_call([(buy, sell, lots, price)])])


@pytest.mark.parametrize(
    "buy", [a_buy(), a_buy(action="retire", beneficiary=5, ref=b"\x07" * 32), a_buy(max_fee_bps=30)]
)
def test_fill__within_both_orders__holds(market: Market, buy: AnOrder) -> None:
    assert _settle(market, buy, a_sell()) == []


def test_fills__in_parts__hold_until_nothing_is_left_inv_04(market: Market) -> None:
    buy, sell = a_buy(lots=30), a_sell(lots=10)
    assert _settle(market, buy, sell, lots=4) == []
    assert _settle(market, buy, sell, lots=6) == []
    assert _settle(market, buy, sell, lots=1) == ["settlement.left", "settlement.left"]


@pytest.mark.parametrize(
    ("buy", "sell"),
    [
        (a_buy(expiry_s=1_800_000_000), a_sell()),
        (a_buy(max_fee_bps=29), a_sell()),
        (a_buy(epoch=1), a_sell()),
        (a_buy(signer=5), a_sell()),
        (a_buy(), a_sell(signer=5)),
        (a_buy(), a_sell(action="retire", beneficiary=5)),
        (a_buy(beneficiary=5), a_sell()),
        (a_buy(), a_sell(price=0)),
    ],
)
def test_fill__of_an_order_not_valid_then__breaks_inv_04(market: Market, buy: AnOrder, sell: AnOrder) -> None:
    assert "settlement.orders" in _settle(market, buy, sell)


def test_fill__after_cancellation__breaks_inv_04(market: Market) -> None:
    sell = a_sell()
    cancelled = {"maker": person(0).address, "number": sell.number}
    assert market.stage.tell(("Exchange", "NumberCancelled", cancelled)) == []
    assert _settle(market, a_buy(), sell) == ["settlement.orders"]


def test_fill__after_the_epoch_rose__breaks_inv_04(market: Market) -> None:
    assert (
        market.stage.tell(("Exchange", "AllCancelled", {"maker": person(0).address, "previousEpoch": 0, "epoch": 7}))
        == []
    )
    assert _settle(market, a_buy(), a_sell()) == ["settlement.orders"]


@pytest.mark.parametrize("price", [89, 101])
def test_fill__outside_a_limit_price__breaks_inv_04(market: Market, price: int) -> None:
    assert _settle(market, a_buy(), a_sell(), price=price) == ["settlement.limits"]


def test_fill__of_nothing__breaks_inv_04(market: Market) -> None:
    assert "settlement.limits" in _settle(market, a_buy(), a_sell(), lots=0)


def test_fill__of_a_maker_with_itself__breaks_inv_04(market: Market) -> None:
    assert "settlement.limits" in _settle(market, a_buy(maker=0), a_sell())


def test_fill__under_a_number_another_order_began__breaks_inv_04(market: Market) -> None:
    assert _settle(market, a_buy(), a_sell(lots=20), lots=5) == []
    assert "settlement.left" in _settle(market, a_buy(maker=3, number=5), a_sell(lots=30), lots=5)


@pytest.mark.parametrize("changed", [{"fee": 3}, {"lots": 9}, {"pricePerKg": 94}, {"buyNumber": 9}, {"buyer": "0x"}])
def test_filled__words_other_than_the_match__are_found(market: Market, changed: dict[str, Any]) -> None:
    told = market.filled(a_buy(), a_sell(), 10, 95)
    told[0][2].update(changed)
    assert "settlement.fill" in market.stage.tell(*told, calls=[settle_call([(a_buy(), a_sell(), 10, 95)])])


@pytest.mark.parametrize("changed", [{"buyLeftGco2e": 1_000}, {"sellLeftGco2e": 1_000}])
def test_filled__wrong_rest__breaks_inv_04(market: Market, changed: dict[str, Any]) -> None:
    assert _settle(market, a_buy(), a_sell(), **changed) == ["settlement.left"]


def test_filled__orders_nobody_called_for__are_found(market: Market) -> None:
    assert "settlement.outcomes" in market.stage.tell(*market.filled(a_buy(), a_sell(), 10, 95))


def test_settle__by_somebody_else__breaks_inv_04_unless_in_own_space(market: Market) -> None:
    stranger, own = person(6).address, 1 << 255
    for number, broken in ((0, ["settlement.caller"]), (own, [])):
        buy, sell = a_buy(number=number | 3, lots=2), a_sell(number=number | 4, lots=2)
        told = market.filled(buy, sell, 2, 95)
        assert market.stage.tell(*told, calls=[settle_call([(buy, sell, 2, 95)], caller=stranger)]) == broken


def test_settle__while_paused__is_found(market: Market) -> None:
    assert market.stage.tell(("Exchange", "Paused", {"account": person(7).address})) == []
    assert _settle(market, a_buy(), a_sell()) == ["settlement.caller"]


def test_skip__for_a_reason_that_held__holds_and_a_lie_is_found(market: Market) -> None:
    late, sell = a_buy(expiry_s=1), a_sell()
    call = settle_call([(late, sell, 1, 95)])
    assert market.stage.tell(skipped(0, late, sell, "OrderExpired(bytes32)"), calls=[call]) == []
    assert market.stage.tell(skipped(0, late, sell, "OrderFilled(bytes32)"), calls=[call]) == ["settlement.skips"]
    assert market.stage.tell(skipped(1, late, sell, "OrderExpired(bytes32)"), calls=[call]) == ["settlement.skips"]


def test_skip__of_a_good_match_for_no_reason__is_found(market: Market) -> None:
    buy, sell = a_buy(), a_sell()
    call = settle_call([(buy, sell, 1, 95)])
    assert market.stage.tell(skipped(0, buy, sell, "OrderCancelled(bytes32)"), calls=[call]) == ["settlement.skips"]
    assert market.stage.tell(skipped(0, buy, sell, "PaymentFailed()"), calls=[call]) == []


def test_group__skipped_for_what_stood_against_one_of_it__holds(market: Market) -> None:
    buy, sell, late = a_buy(lots=9), a_sell(lots=9), a_sell(number=8, expiry_s=1)
    call = settle_call([(buy, sell, 4, 95), (buy, late, 5, 95)], group=3)
    skips = [skipped(index, buy, each, "OrderExpired(bytes32)") for index, each in enumerate((sell, late))]
    assert market.stage.tell(*skips, calls=[call]) == []


def test_group__that_together_asks_more_than_is_left__is_rightly_skipped(market: Market) -> None:
    buy, sell = a_buy(lots=9), a_sell(lots=9)
    skips = [skipped(index, buy, sell, "LeftInsufficient(uint256)") for index in range(2)]
    assert market.stage.tell(*skips, calls=[settle_call([(buy, sell, 5, 95), (buy, sell, 6, 95)], group=3)]) == []
    apart = settle_call([(buy, sell, 5, 95), (buy, sell, 6, 95)])
    assert market.stage.tell(*skips, calls=[apart]) == ["settlement.skips", "settlement.skips"]


def test_group__filled_in_part__is_found(market: Market) -> None:
    buy, sell, other = a_buy(lots=9), a_sell(lots=9), a_sell(number=8)
    call = settle_call([(buy, sell, 4, 95), (buy, other, 5, 95)], group=3)
    told = [*market.filled(buy, sell, 4, 95), skipped(1, buy, other, "PaymentFailed()")]
    assert "settlement.outcomes" in market.stage.tell(*told, calls=[call])


def test_number_collision__is_noted(market: Market) -> None:
    assert _settle(market, a_buy(), a_sell(lots=20), lots=5) == []
    other, sell = a_buy(maker=3, number=2), a_sell(number=9)
    call = settle_call([(other, sell, 1, 95)])
    skip = skipped(0, other, sell, "OrderNumberTaken(bytes32)")
    assert market.stage.tell(skip, calls=[call]) == []
    assert any("number collision" in note for note in market.stage.verdicts.notes)


@pytest.mark.parametrize("leg", [1, 2, 3])
def test_leg__missing__breaks_inv_05(market: Market, leg: int) -> None:
    told = market.filled(a_buy(lots=90, price=1_000), a_sell(lots=90), 90, 950)
    del told[leg]
    broken = market.stage.tell(*told, calls=[settle_call([(a_buy(lots=90, price=1_000), a_sell(lots=90), 90, 950)])])
    assert "conservation.legs" in broken
    assert "conservation.balanced" in broken


def test_leg__of_another_amount__breaks_inv_05(market: Market) -> None:
    told = market.filled(a_buy(), a_sell(), 10, 95)
    told[-1] = moved(person(0).address, person(1).address, 9_999, operator=ADDRESSES["Exchange"])
    broken = market.stage.tell(*told, calls=[settle_call([(a_buy(), a_sell(), 10, 95)])])
    assert broken == ["conservation.legs", "conservation.balanced"]


def test_settlement__moving_more_than_its_legs__breaks_inv_05(market: Market) -> None:
    extra = moved(person(0).address, person(5).address, 1, operator=ADDRESSES["Exchange"])
    told = [*market.filled(a_buy(), a_sell(), 10, 95), extra, paid(person(1).address, person(5).address, 7)]
    broken = market.stage.tell(*told, calls=[settle_call([(a_buy(), a_sell(), 10, 95)])])
    assert broken == ["conservation.nothing_else", "conservation.nothing_else"]


def test_exchange__receiving_credits_or_paying__breaks_inv_03(market: Market) -> None:
    exchange = ADDRESSES["Exchange"]
    assert market.stage.tell(moved(person(0).address, exchange, 1)) == ["conservation.custody"]
    assert "conservation.custody" in market.stage.tell(paid(exchange, person(0).address, 1))


def test_exchange__sent_money_by_mistake__is_noted_and_no_finding(market: Market) -> None:
    assert market.stage.tell(paid(person(1).address, ADDRESSES["Exchange"], 5)) == []
    assert any("by mistake" in note for note in market.stage.verdicts.notes)


def test_fee__above_one_percent__is_found(market: Market) -> None:
    assert market.stage.tell(("Exchange", "FeeSet", {"feeBps": 101})) == ["settlement.settings"]


@pytest.mark.parametrize(("previous", "epoch"), [(1, 2), (0, 0), (0, 65_537)])
def test_epoch__from_another_or_by_no_step_or_too_far__is_found(market: Market, previous: int, epoch: int) -> None:
    raised = {"maker": person(0).address, "previousEpoch": previous, "epoch": epoch}
    assert market.stage.tell(("Exchange", "AllCancelled", raised)) == ["settlement.settings"]
