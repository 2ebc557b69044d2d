"""The book and the contract agree on what an order is: its hash, and which shapes are malformed (INV-08: what a maker
signed is what the Exchange checks; an order the book takes is never skipped as malformed).
"""

from dataclasses import replace

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from backend.chain.contracts import Contracts
from backend.chain.deployment import Deployment
from backend.chain.keys import dev_signer
from backend.chain.node import LocalNode
from backend.chain.order_digest import OrderDigest
from backend.chain.reverts import reason_name
from backend.chain.rpc import connect
from backend.chain.settle_batch import BatchMatch, encode
from backend.chain.typed_data import digest
from backend.kernel.errors import InvalidInput
from backend.market.order import ZERO_ADDRESS, Action, Side, SignedOrder, check_shape
from tests.contract.people import People

SIDES, ACTIONS = list(Side), list(Action)
MAKER, OTHER = dev_signer(100).address, dev_signer(101).address

uint256 = st.one_of(st.integers(0, 3), st.integers(0, 2**256 - 1), st.sampled_from([2**128 - 1, 2**128, 2**255]))
amounts = st.one_of(
    st.integers(1, 10**9).map(lambda lots: lots * 1000),
    st.sampled_from([0, 1, 999, 1500, 1000 * (2**64 - 1), 1000 * 2**64]),
)
prices = st.one_of(st.integers(1, 10**9), st.sampled_from([0, 2**96 - 1, 2**96]))
orders = st.builds(
    SignedOrder,
    maker=st.just(MAKER),
    beneficiary=st.sampled_from([MAKER, MAKER, OTHER, ZERO_ADDRESS]),
    class_id=uint256,
    side=st.sampled_from(SIDES),
    amount_gco2e=amounts,
    price_per_kg=prices,
    max_fee_bps=uint256,
    expiry=uint256,
    number=uint256,
    epoch=uint256,
    action=st.sampled_from(ACTIONS),
    ref=st.sampled_from([bytes(32), b"\x07" * 32]),
)


@pytest.fixture(scope="module")
def people(deployment: Deployment, node: LocalNode) -> People:
    w3 = connect(node.url)
    return People(w3, Contracts(w3, deployment))


def as_tuple(order: SignedOrder) -> tuple[object, ...]:
    """In the field order of IExchange.Order, with enums as their index."""
    words = {"side": [side.value for side in SIDES], "action": [action.value for action in ACTIONS]}
    return tuple(words[name].index(str(value)) if name in words else value for name, value in order.message().items())


@given(order=orders)
@settings(max_examples=max(100, settings().max_examples))
def test_order_hash__of_any_order__is_the_contracts(people: People, deployment: Deployment, order: SignedOrder) -> None:
    exchange = deployment.domain("Exchange")
    ours = digest("Order", exchange, order.message())

    assert people.contracts.exchange.functions.hashOrder(as_tuple(order)).call() == ours
    assert OrderDigest(exchange)(order.message()) == ours


def within(bits: int) -> st.SearchStrategy[int]:
    """Mostly what fits so many bits, its edges often; now and then one too many."""
    return st.one_of(st.integers(0, 3), st.integers(0, 2**bits - 1), st.sampled_from([2**bits - 1] * 3 + [2**bits]))


fitting = st.builds(
    replace,
    orders,
    class_id=within(128),
    max_fee_bps=within(16),
    expiry=within(40),
    number=st.one_of(within(64), within(64).map(lambda number: number | 2**255)),
    epoch=within(32),
)


@given(order=fitting)
@settings(max_examples=max(200, settings().max_examples))
def test_shape__of_any_order__is_refused_exactly_if_no_settlement_can_carry_it_or_the_contract_calls_it_malformed(
    people: People, deployment: Deployment, order: SignedOrder
) -> None:
    try:
        check_shape(order)
    except InvalidInput as refusal:
        event(refusal.code)
        is_refused = True
    else:
        is_refused = False

    try:
        batch = encode([(order.message(), b"\0" * 65)], [BatchMatch(0, 0, 1, 1)])
    except InvalidInput:
        assert is_refused
        return
    (skipped,) = people.events(people.send("Exchange", "settle", batch), "Exchange", "Skipped")
    is_malformed = reason_name(skipped["args"]["reason"]) == "OrderMalformed"
    is_another = skipped["args"]["buyHash"] != digest("Order", deployment.domain("Exchange"), order.message())
    assert (is_malformed or is_another) is is_refused
