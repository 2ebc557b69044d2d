"""The signed order: the contract's shape rules, each with its own code, and the two forms an order is written in."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.chain.typed_data import typed_data
from backend.kernel.errors import InvalidInput
from backend.kernel.mass import LotMisaligned
from backend.market import order as order_module
from backend.market.order import (
    ZERO_ADDRESS,
    Action,
    BeneficiaryNotMaker,
    OrderFieldOutOfRange,
    RefNotZero,
    SellActionNotHold,
    Side,
    SignedOrder,
    check_shape,
)
from tests.unit.market.world import ANA, BO, CLASS_ID

REF = b"\x07" * 32
BUY = SignedOrder(
    maker=ANA.address,
    beneficiary=ANA.address,
    class_id=CLASS_ID,
    side=Side.BUY,
    amount_gco2e=5000,
    price_per_kg=100,
    max_fee_bps=100,
    expiry=1_800_000_000,
    number=7,
    epoch=0,
    action=Action.HOLD,
    ref=bytes(32),
)


@pytest.mark.parametrize(
    "order",
    [
        BUY,
        replace(BUY, side=Side.SELL),
        replace(BUY, action=Action.RETIRE, beneficiary=BO.address, ref=REF),
        replace(BUY, action=Action.RETIRE),
        replace(BUY, action=Action.DONATE, ref=REF),
        replace(BUY, amount_gco2e=1000 * (2**64 - 1), price_per_kg=2**96 - 1, number=2**255 | (2**64 - 1)),
    ],
)
def test_shape__of_an_order_the_contract_takes__passes(order: SignedOrder) -> None:
    check_shape(order)


@pytest.mark.parametrize(
    ("order", "error", "code"),
    [
        (replace(BUY, amount_gco2e=0), LotMisaligned, "amount.not_whole_lots"),
        (replace(BUY, amount_gco2e=1500), LotMisaligned, "amount.not_whole_lots"),
        (replace(BUY, amount_gco2e=1000 * 2**64), OrderFieldOutOfRange, "market.field_out_of_range"),
        (replace(BUY, number=2**64), OrderFieldOutOfRange, "market.field_out_of_range"),
        (replace(BUY, max_fee_bps=2**16), OrderFieldOutOfRange, "market.field_out_of_range"),
        (replace(BUY, class_id=2**128), OrderFieldOutOfRange, "market.field_out_of_range"),
        (replace(BUY, epoch=2**32), OrderFieldOutOfRange, "market.field_out_of_range"),
        (replace(BUY, price_per_kg=0), OrderFieldOutOfRange, "market.field_out_of_range"),
        (replace(BUY, price_per_kg=2**96), OrderFieldOutOfRange, "market.field_out_of_range"),
        (replace(BUY, expiry=2**40), OrderFieldOutOfRange, "market.field_out_of_range"),
        (replace(BUY, epoch=-1), OrderFieldOutOfRange, "market.field_out_of_range"),
        (replace(BUY, ref=b"\0" * 31), OrderFieldOutOfRange, "market.field_out_of_range"),
        (replace(BUY, maker=ZERO_ADDRESS), OrderFieldOutOfRange, "market.field_out_of_range"),
        (
            replace(BUY, action=Action.RETIRE, beneficiary=ZERO_ADDRESS),
            OrderFieldOutOfRange,
            "market.field_out_of_range",
        ),
        (replace(BUY, beneficiary=BO.address), BeneficiaryNotMaker, "market.beneficiary_not_maker"),
        (replace(BUY, side=Side.SELL, beneficiary=BO.address), BeneficiaryNotMaker, "market.beneficiary_not_maker"),
        (replace(BUY, ref=REF), RefNotZero, "market.ref_not_zero"),
        (replace(BUY, side=Side.SELL, ref=REF), RefNotZero, "market.ref_not_zero"),
        (replace(BUY, side=Side.SELL, action=Action.RETIRE), SellActionNotHold, "market.sell_action_not_hold"),
        (replace(BUY, side=Side.SELL, action=Action.DONATE), SellActionNotHold, "market.sell_action_not_hold"),
    ],
)
def test_shape__of_an_order_the_contract_calls_malformed__is_refused(
    order: SignedOrder, error: type[InvalidInput], code: str
) -> None:
    with pytest.raises(error) as refusal:
        check_shape(order)
    assert refusal.value.code == code


def test_message__has_exactly_the_signed_fields_in_order() -> None:
    assert list(BUY.message()) == [name for name, _ in typed_data("Order").fields]
    assert BUY.message()["side"] == "buy"
    assert BUY.message()["action"] == "hold"


@pytest.mark.parametrize("change", [lambda o: o, lambda o: replace(o, action=Action.DONATE, ref=REF, epoch=2**255)])
def test_wire__there_and_back__is_the_same_order(change: Callable[[SignedOrder], SignedOrder]) -> None:
    order = change(BUY)

    assert SignedOrder.from_wire(order.wire()) == order
    assert order.wire()["amountGco2e"] == "5000"
    assert all(isinstance(value, str) for value in order.wire().values())


def test_lots__of_an_amount_in_grams__are_kilograms() -> None:
    assert BUY.lots == 5


EDGES = st.sampled_from([-1, 0, 1, *(2**bits + more for bits in (16, 32, 40, 64, 96, 128, 255) for more in (-1, 0, 1))])
ADDRESSES = st.sampled_from([ANA.address, BO.address, ZERO_ADDRESS])
ODD = st.builds(
    SignedOrder,
    maker=ADDRESSES,
    beneficiary=ADDRESSES,
    class_id=EDGES,
    side=st.sampled_from(Side),
    amount_gco2e=EDGES | EDGES.map(lambda lots: lots * 1000),
    price_per_kg=EDGES,
    max_fee_bps=EDGES,
    expiry=EDGES,
    number=EDGES,
    epoch=EDGES,
    action=st.sampled_from(Action),
    ref=st.sampled_from([bytes(32), REF, b"", bytes(33)]),
)
NAMES = ["class_id", "amount_gco2e", "price_per_kg", "max_fee_bps", "expiry", "number", "epoch", "maker", "ref"]


@given(odd=ODD, names=st.sets(st.sampled_from(NAMES), max_size=3))
def test_fields__asked_in_one_go__fit_exactly_if_none_has_a_fault(odd: SignedOrder, names: set[str]) -> None:
    order = replace(BUY, **{name: getattr(odd, name) for name in names})
    try:
        order_module._name_fault(order)
    except InvalidInput:
        assert not order_module._fits(order)
    else:
        assert order_module._fits(order)
