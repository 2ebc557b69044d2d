"""The fast reader of orders takes what the documented model takes, and makes the same order of it."""

import json
from typing import Any

import pytest
from fastapi.routing import APIRoute
from hypothesis import example, given
from hypothesis import strategies as st

from backend.access.wire import camel
from backend.chain.keys import dev_signer
from backend.market.entry_routes import router
from backend.market.instructions import Instructions
from backend.market.order import SignedOrder
from backend.market.order_wire import read_order
from backend.market.views import InstructionFields, OrderBody, OrderFields

MAKER, OTHER = dev_signer(10).address, dev_signer(11).address
GOOD: dict[str, Any] = {
    "maker": MAKER,
    "beneficiary": MAKER,
    "classId": "5",
    "side": "sell",
    "amountGco2e": "10000",
    "pricePerKg": "100",
    "maxFeeBps": "30",
    "expiry": "1900000000",
    "number": "7",
    "epoch": "0",
    "action": "hold",
    "ref": "0x" + "00" * 32,
    "signature": "0x" + "1b" * 65,
}
INSTRUCTED: dict[str, Any] = {
    "timeInForce": "gtd",
    "goodUntil": "1800000000",
    "postOnly": True,
    "selfTrade": "cancel_both",
    "clientOrderId": "bot-7",
    "market": False,
}
TEXTS = (
    *(
        "",
        "0",
        "1",
        "01",
        "-1",
        "+1",
        " 1",
        "1 ",
        "1.0",
        "1e3",
        "١٢",
        "1_000",
        "1\n",
        str(2**256 - 1),
        str(2**256),
        "9" * 79,
    ),
    *(MAKER, MAKER.lower(), MAKER.upper(), OTHER, MAKER[:-1], MAKER.swapcase(), "0x" + "0" * 40),
    *("buy", "sell", "BUY", "hold", "retire", "donate", "burn"),
    *("gtc", "ioc", "fok", "cancel_newest", "GTC"),
    *("0x", "0x0", "0x00", "0x" + "ab" * 32, "0x" + "AB" * 32, "0X" + "ab" * 32, "0x" + "ab " * 32, "0x" + "zz" * 32),
    *("0x" + "1c" * 64, "0x" + "1c" * 2048, "0x" + "1c" * 2049, "\x00", "a\tb", "\ud800", "é"),
)
values = st.one_of(
    st.sampled_from(TEXTS),
    st.text(max_size=8),
    st.integers(),
    st.floats(),
    st.none(),
    st.booleans(),
    st.just([]),
    st.just({}),
)


(ROUTE,) = (route for route in router.routes if isinstance(route, APIRoute) and route.path == "/orders")


def by_the_model(body: bytes) -> tuple[SignedOrder, bytes, Instructions] | None:
    """As FastAPI reads it: parsed as JSON first, then validated by the route's own field."""
    assert ROUTE.body_field is not None
    try:
        parsed = json.loads(body)
    except ValueError:
        return None
    found, errors = ROUTE.body_field.validate(parsed, {}, loc=("body",))
    return None if errors else (found.order(), found.signature, found.instructions())


def agree(body: bytes) -> tuple[SignedOrder, bytes, Instructions] | None:
    """What both say; the fast reader may leave a body to the model, but never takes another."""
    fast, slow = read_order(body), by_the_model(body)
    assert fast is None or fast == slow, body
    return fast


def test_fields__are_the_models() -> None:
    assert set(GOOD | INSTRUCTED) == {camel(name) for name in OrderBody.model_fields}
    assert set(GOOD) - {"signature"} == {camel(name) for name in OrderFields.model_fields}
    assert set(INSTRUCTED) == {camel(name) for name in InstructionFields.model_fields}


@given(
    changes=st.dictionaries(st.sampled_from(sorted(GOOD | INSTRUCTED)), values, max_size=3),
    rest=st.dictionaries(st.text(max_size=4), values, max_size=1),
)
@example(changes={}, rest={})
@example(changes=INSTRUCTED, rest={})
def test_order_body__any_values__both_readers_agree(changes: dict[str, Any], rest: dict[str, Any]) -> None:
    body = json.dumps(GOOD | changes | rest).encode()
    assert agree(body) == by_the_model(body), "JSON as clients write it is never left to the slow reader"


@given(
    amounts=st.dictionaries(
        st.sampled_from(["classId", "amountGco2e", "pricePerKg", "maxFeeBps", "expiry", "number", "epoch"]),
        st.integers(min_value=0, max_value=2**256 - 1).map(str),
    ),
    sides=st.tuples(st.sampled_from(["buy", "sell"]), st.sampled_from(["hold", "retire", "donate"])),
    people=st.tuples(st.sampled_from([MAKER, MAKER.lower()]), st.sampled_from([MAKER, OTHER, OTHER.lower()])),
    signature=st.binary(max_size=200),
    ref=st.binary(min_size=32, max_size=32),
)
def test_order_body__any_good_order__is_the_same_order_by_both(
    amounts: dict[str, str], sides: tuple[str, str], people: tuple[str, str], signature: bytes, ref: bytes
) -> None:
    words = {"side": sides[0], "action": sides[1], "maker": people[0], "beneficiary": people[1]}
    body = json.dumps(GOOD | amounts | words | {"signature": "0x" + signature.hex(), "ref": "0x" + ref.hex()}).encode()
    assert agree(body) == by_the_model(body)


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(GOOD).encode() + b"\n \t",
        b"\xef\xbb\xbf" + json.dumps(GOOD).encode(),
        json.dumps(GOOD).encode("utf-16"),
        json.dumps(GOOD).encode()[:-1] + b',"side":"buy"}',
        json.dumps(GOOD).encode()[:-1] + b',"side":"short"}',
        json.dumps(GOOD).encode()[:-1] + b',"epoch":NaN}',
        json.dumps(GOOD).replace("maker", "\\u006daker").encode(),
        json.dumps(GOOD).replace('"7"', '"\\u0037"').encode(),
        json.dumps(GOOD).encode()[:-1] + b",}",
        json.dumps(GOOD).encode() + b"{}",
        json.dumps([GOOD]).encode(),
        b"null",
        b"",
        b"{",
        b'{"maker": "' + b"\xff" * 4 + b'"}',
    ],
)
def test_body__of_an_odd_form__is_never_taken_otherwise_than_by_the_model(body: bytes) -> None:
    agree(body)


@given(body=st.binary(max_size=60))
def test_body__any_bytes__are_never_taken_otherwise_than_by_the_model(body: bytes) -> None:
    agree(body)
