"""What is written past the models and the generic encoder is what they would have written."""

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from backend.chain.keys import dev_signer
from backend.kernel.digest import canonical_json
from backend.market.ack_wire import ack_json
from backend.market.instructions import PLAIN, Instructions, SelfTrade, TimeInForce
from backend.market.order import Action, Side, SignedOrder
from backend.market.place import Accepted, Placing
from backend.market.rules import ClassRules
from backend.market.service import Ack
from backend.market.views import AckOut

MAKERS = [dev_signer(at).address for at in (10, 11)]
words32 = st.binary(min_size=32, max_size=32)
lots = st.integers(0, 2**63)
amounts = st.integers(0, 2**256 - 1)
accepted = st.builds(
    Accepted,
    sequence=st.integers(1, 2**53 - 1),
    order_hash=words32,
    journal_head=words32,
    accepted_at=st.datetimes(datetime(2021, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds of zoned times
    lots_open=lots,
    lots_stopped=lots,
    first_trade_id=st.integers(1, 2**53 - 1),
    fills=st.lists(st.tuples(st.integers(1, 2**53), lots, lots), max_size=3).map(tuple),
    lots_killed=lots,
    reason=st.sampled_from([None, "self_trade", "no_liquidity", "remainder", "not_fillable", "outside_band"]),
)
acks = st.builds(Ack, accepted, st.sampled_from(MAKERS), st.binary(min_size=65, max_size=65))
orders = st.builds(
    SignedOrder,
    maker=st.sampled_from(MAKERS),
    beneficiary=st.sampled_from(MAKERS),
    class_id=amounts,
    side=st.sampled_from(Side),
    amount_gco2e=amounts,
    price_per_kg=amounts,
    max_fee_bps=amounts,
    expiry=amounts,
    number=amounts,
    epoch=amounts,
    action=st.sampled_from(Action),
    ref=words32,
)
instructions = st.just(PLAIN) | st.builds(
    Instructions,
    time_in_force=st.sampled_from(TimeInForce),
    good_until=st.none() | st.integers(0, 2**53 - 1),
    post_only=st.booleans(),
    self_trade=st.sampled_from(SelfTrade),
    client_order_id=st.none() | st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1),
    is_market=st.booleans(),
)
owners = st.none() | st.binary(min_size=16, max_size=16).map(bytes.hex)


@given(acks)
def test_ack_json__any_acknowledgement__is_what_the_model_says(ack: Ack) -> None:
    assert json.loads(ack_json(ack)) == json.loads(AckOut.of(ack).model_dump_json())


@given(orders, words32, st.binary(max_size=80), instructions, owners)
def test_placing__any_order__its_text_is_the_canonical_json_of_its_payload(
    order: SignedOrder, order_hash: bytes, signature: bytes, said: Instructions, owner: str | None
) -> None:
    placing = Placing(order, signature, order_hash, ClassRules(5), said, owner)
    assert placing.canonical().encode() == canonical_json(placing.payload())
