"""The JSON edge: what the wire types take, refuse and give back."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from backend.access.wire import (
    AddressText,
    Amount,
    HexBytes,
    HexBytes32,
    Iso,
    PositiveAmount,
    SignatureText,
    Wire,
    camel,
)
from backend.chain.signature import checksum_address
from backend.kernel.mass import UINT256_MAX
from tests.web import TestClient

ADDRESS = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


class Leg(Wire):
    amount_gco2e: PositiveAmount
    account: AddressText


class Parcel(Wire):
    lead: Leg
    legs: tuple[Leg, ...]
    class_id: Amount
    note: HexBytes
    ref: HexBytes32
    signature: SignatureText
    sent_at: Iso
    side: Literal["buy", "sell"] = "buy"


def a_leg(**fields: object) -> dict[str, object]:
    return {"amountGco2e": "1000", "account": ADDRESS} | fields


def a_parcel(**fields: object) -> dict[str, object]:
    whole: dict[str, object] = {
        "lead": a_leg(),
        "legs": [a_leg(), a_leg(amountGco2e="7")],
        "classId": str(UINT256_MAX),
        "note": "0x",
        "ref": "0x" + "00" * 32,
        "signature": "0x" + "ab" * 65,
        "sentAt": "2025-03-01T08:00:00+08:00",
    }
    return whole | fields


def echo() -> TestClient:
    app = FastAPI()

    @app.post("/echo")
    def _echo(body: Parcel) -> Parcel:
        return body

    return TestClient(app)


def codes_of(parcel: Mapping[str, object]) -> list[tuple[str, str]]:
    response = echo().post("/echo", json=parcel)
    assert response.status_code == 422, response.text
    return [(".".join(str(part) for part in row["loc"]), row["type"]) for row in response.json()["detail"]]


def test_wire__a_whole_body_through_http__comes_back_in_canonical_form() -> None:
    given_body = a_parcel(lead=a_leg(account=ADDRESS.lower()), signature="0x" + "AB" * 64)

    answer = echo().post("/echo", json=given_body).json()

    assert answer == a_parcel(signature="0x" + "ab" * 64, sentAt="2025-03-01T00:00:00Z", side="buy")


def test_wire__made_in_code__holds_plain_values_and_gives_json_text() -> None:
    leg = Leg(amount_gco2e=UINT256_MAX, account=ADDRESS)

    assert leg.amount_gco2e == UINT256_MAX
    assert leg.model_dump(mode="json") == {"amountGco2e": str(UINT256_MAX), "account": ADDRESS}


@pytest.mark.parametrize("bad", [5, 5.0, True, None, "", "-1", "+1", "1.0", "1e3", " 1", "01", "0x1", "٣", str(2**256)])
def test_amount__anything_but_a_canonical_decimal_string__is_refused_in_json(bad: object) -> None:
    assert codes_of(a_parcel(classId=bad)) == [("body.classId", "amount.malformed")]


def test_amount__zero__is_an_amount_but_no_positive_amount() -> None:
    assert TypeAdapter(Amount).validate_json('"0"') == 0

    assert codes_of(a_parcel(legs=[a_leg(amountGco2e="0")])) == [("body.legs.0.amountGco2e", "amount.malformed")]


@given(st.integers(min_value=0, max_value=UINT256_MAX))
def test_amount__every_uint256__round_trips(number: int) -> None:
    amount = TypeAdapter(Amount)

    assert amount.validate_json(amount.dump_json(number)) == number


@given(st.binary(min_size=20, max_size=20), st.integers(min_value=2, max_value=41))
def test_address__one_letter_of_the_other_case__is_refused_with_the_right_spelling(raw: bytes, at: int) -> None:
    good = checksum_address(raw)
    swapped = good[:at] + good[at].swapcase() + good[at + 1 :]

    address: TypeAdapter[str] = TypeAdapter(AddressText)

    assert address.validate_python(good) == address.validate_python(good.lower()) == good
    if swapped not in {good, good.lower()}:
        with pytest.raises(ValidationError, match=good):
            address.validate_python(swapped)


@pytest.mark.parametrize("bad", ["", "0x", ADDRESS[2:], ADDRESS + "0", ADDRESS[:-1] + "g", 0, ADDRESS + "\n"])
def test_address__not_forty_hex_digits__is_refused(bad: object) -> None:
    assert codes_of(a_parcel(lead=a_leg(account=bad))) == [("body.lead.account", "address.malformed")]


@pytest.mark.parametrize(
    ("field", "bad", "code"),
    [
        ("note", "0x0", "bytes.malformed"),
        ("note", "00", "bytes.malformed"),
        ("note", 0, "bytes.malformed"),
        ("ref", "0x" + "00" * 31, "bytes32.malformed"),
        ("ref", "0x" + "00" * 33, "bytes32.malformed"),
        ("signature", "0x" + "00" * 63, "signature.malformed"),
        ("signature", "0x" + "00" * 66, "signature.malformed"),
        ("signature", "0x" + "00" * 65 + "\n", "signature.malformed"),
        ("sentAt", "2025-03-01T08:00:00", "time.malformed"),
        ("sentAt", "yesterday", "time.malformed"),
        ("sentAt", 1_740_787_200, "time.malformed"),
    ],
)
def test_wire__malformed_field__is_refused_under_its_own_code(field: str, bad: object, code: str) -> None:
    assert codes_of(a_parcel(**{field: bad})) == [(f"body.{field}", code)]


def test_wire__unknown_field__is_refused() -> None:
    assert codes_of(a_parcel(lead=a_leg(colour="green"))) == [("body.lead.colour", "extra_forbidden")]


def test_wire__bytes_of_another_length_in_code__are_refused() -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(HexBytes32).validate_python(b"short")


def test_wire__naive_time_in_code__is_refused() -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Iso).validate_python(datetime(2025, 1, 1))  # noqa: DTZ001 - the naive time is the point

    assert TypeAdapter(Iso).validate_python(datetime(2025, 1, 1, tzinfo=UTC)).year == 2025


@pytest.mark.parametrize(
    ("name", "wire"),
    [("amount_gco2e", "amountGco2e"), ("id", "id"), ("price_per_kg", "pricePerKg"), ("bytes_32", "bytes32")],
)
def test_camel__a_field_name__keeps_units_readable(name: str, wire: str) -> None:
    assert camel(name) == wire


def test_wire__json_schema__names_nested_models_and_shows_amounts_as_strings() -> None:
    app = echo().app
    assert isinstance(app, FastAPI)

    schemas = app.openapi()["components"]["schemas"]

    assert schemas["Parcel"]["properties"]["lead"]["$ref"] == "#/components/schemas/Leg"
    assert schemas["Leg"]["properties"]["amountGco2e"]["type"] == "string"
    assert schemas["Leg"]["additionalProperties"] is False


def test_wire__a_control_character_in_any_text__is_named_by_its_field() -> None:
    client = echo()
    for text in ("buy\0", "buy\x1b[2J", "buy\r", "\x9b"):
        answer = client.post("/echo", json={"side": text})
        assert answer.status_code == 422
        assert ("text.control_character", ["body", "side"]) in [
            (one["type"], one["loc"]) for one in answer.json()["detail"]
        ]
