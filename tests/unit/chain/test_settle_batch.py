"""The packed batch: what is written is read again; what does not fit, or is cut, is refused."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.chain.keys import dev_signer
from backend.chain.settle_batch import (
    OWN_SPACE,
    BatchMalformed,
    BatchMatch,
    FieldTooWide,
    OrdersNotDistinct,
    decode,
    encode,
)
from backend.chain.typed_data import sign_digest
from backend.kernel.mass import LotMisaligned

MAKERS = [dev_signer(index).address for index in range(100, 104)]
SIGNATURE = sign_digest(dev_signer(100), b"\x05" * 32)


def a_message(**changed: object) -> dict[str, Any]:
    maker = changed.get("maker", MAKERS[0])
    plain = {
        "maker": maker,
        "beneficiary": maker,
        "classId": 7,
        "side": "sell",
        "amountGco2e": 5_000,
        "pricePerKg": 900,
        "maxFeeBps": 30,
        "expiry": 2_000_000_000,
        "number": 1,
        "epoch": 0,
        "action": "hold",
        "ref": bytes(32),
    }
    return plain | changed


@st.composite
def messages(draw: st.DrawFn) -> dict[str, Any]:
    maker = draw(st.sampled_from(MAKERS))
    action = draw(st.sampled_from(["hold", "retire", "donate"]))
    return a_message(
        maker=maker,
        beneficiary=maker if action == "hold" else draw(st.sampled_from(MAKERS)),
        classId=draw(st.sampled_from([7, 8, 2**128 - 1])),
        side=draw(st.sampled_from(["buy", "sell"])),
        amountGco2e=1_000 * draw(st.integers(1, 2**64 - 1)),
        pricePerKg=draw(st.integers(0, 2**96 - 1)),
        maxFeeBps=draw(st.integers(0, 2**16 - 1)),
        expiry=draw(st.integers(0, 2**40 - 1)),
        number=draw(st.integers(0, 2**64 - 1)) | (OWN_SPACE if draw(st.booleans()) else 0),
        epoch=draw(st.integers(0, 2**32 - 1)),
        action=action,
        ref=bytes(32) if action == "hold" else draw(st.binary(min_size=32, max_size=32)),
    )


signatures = st.one_of(st.just(SIGNATURE), st.binary(max_size=200))
signed = st.lists(st.tuples(messages(), signatures), min_size=1, max_size=6, unique_by=lambda pair: pair[0]["number"])


@given(signed=signed, data=st.data())
def test_batch__written__is_read_again(signed: list[tuple[dict[str, Any], bytes]], data: st.DataObject) -> None:
    place = st.integers(0, len(signed) - 1)
    lots, price = st.integers(0, 2**64 - 1), st.integers(0, 2**96 - 1)
    matches = data.draw(st.lists(st.builds(BatchMatch, place, place, lots, price, st.integers(0, 255))))

    batch = decode(encode(signed, matches))

    numbers = [message["number"] for message, _ in batch.orders]
    assert numbers == sorted(numbers)
    by_number = {message["number"]: (message, signature) for message, signature in signed}
    for message, signature in batch.orders:
        given_message, given_signature = by_number[message["number"]]
        assert message == given_message
        if given_signature != SIGNATURE:
            assert signature in {given_signature, signature[:64]}
    read = [(numbers[each.buy], numbers[each.sell], each.lots, each.price_per_kg, each.group) for each in batch.matches]
    assert read == [
        (signed[each.buy][0]["number"], signed[each.sell][0]["number"], each.lots, each.price_per_kg, each.group)
        for each in matches
    ]


def test_signature_of_a_key__takes_64_bytes() -> None:
    ((_, compact),) = decode(encode([(a_message(), SIGNATURE)], [])).orders
    assert len(compact) == 64
    assert compact[:32] == SIGNATURE[:32]


def test_numbers_of_their_makers_own__may_be_equal() -> None:
    orders = [(a_message(maker=maker, number=OWN_SPACE | 7), SIGNATURE) for maker in MAKERS]
    assert len(decode(encode(orders, [])).orders) == len(MAKERS)


@pytest.mark.parametrize("numbers", [(5, 5), (OWN_SPACE | 5, OWN_SPACE | 5)])
def test_one_number_twice__is_refused(numbers: tuple[int, int]) -> None:
    with pytest.raises(OrdersNotDistinct) as refusal:
        encode([(a_message(number=number, pricePerKg=price), SIGNATURE) for price, number in enumerate(numbers)], [])
    assert refusal.value.code == "chain.orders_not_distinct"


@pytest.mark.parametrize(
    "changed",
    [
        {"amountGco2e": 1_000 * 2**64},
        {"pricePerKg": 2**96},
        {"number": 2**64},
        {"expiry": 2**40},
        {"maxFeeBps": 2**16},
        {"epoch": 2**32},
        {"classId": 2**128},
    ],
)
def test_field_too_wide__is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(FieldTooWide) as refusal:
        encode([(a_message(**changed), SIGNATURE)], [])
    assert refusal.value.code == "chain.field_too_wide"


def test_part_of_a_lot__is_refused() -> None:
    with pytest.raises(LotMisaligned):
        encode([(a_message(amountGco2e=1_001), SIGNATURE)], [])


def test_batch__cut_short__is_refused_or_has_fewer_matches() -> None:
    whole = encode([(a_message(), SIGNATURE), (a_message(number=2), b"wallet")], [BatchMatch(0, 1, 5, 900)] * 3)
    for length in range(len(whole)):
        with suppress(BatchMalformed):
            assert len(decode(whole[:length]).matches) < 3


def test_batch__with_a_byte_too_many__is_refused() -> None:
    whole = encode([(a_message(), SIGNATURE)], [BatchMatch(0, 0, 5, 900)])
    with pytest.raises(BatchMalformed) as refusal:
        decode(whole + b"\0")
    assert refusal.value.code == "chain.batch_malformed"


@pytest.mark.parametrize("flags", [0x06, 0x20, 0xFF])
def test_flags_unknown__are_refused(flags: int) -> None:
    batch = bytearray(encode([(a_message(), SIGNATURE)], []))
    batch[1 + 16 + 1] = flags
    with pytest.raises(BatchMalformed):
        decode(bytes(batch))
