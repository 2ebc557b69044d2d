"""Types of the JSON edge: camelCase, strict, closed. Amounts are decimal strings, bytes 0x-hex, addresses EIP-55.

In code the fields hold plain values (int, bytes, datetime); only outside are they text. A JSON number is refused where
an amount is expected: a client's double would already have lost its digits.
"""

import json
import re
from datetime import datetime
from typing import Annotated, Any, TypeAlias, cast

from fastapi import Query
from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, ValidationError, core_schema
from pydantic_core.core_schema import ValidationInfo

from backend.chain.signature import checksum_address
from backend.chain.wallet import SIGNATURE_BYTES_MAX
from backend.kernel.clock import TimeMalformed, iso, parse_iso
from backend.kernel.digest import to_hex
from backend.kernel.mass import UINT256_MAX
from backend.kernel.text import has_control

AMOUNT_PATTERN = "^(0|[1-9][0-9]{0,77})$"
POSITIVE_PATTERN = "^[1-9][0-9]{0,77}$"
ADDRESS_PATTERN = "^0x[0-9a-fA-F]{40}$"
BYTES_PATTERN = "^0x([0-9a-fA-F]{2})*$"
BYTES32_PATTERN = "^0x[0-9a-fA-F]{64}$"
SIGNATURE_PATTERN = "^0x([0-9a-fA-F]{128}|[0-9a-fA-F]{130})$"
ACCOUNT_SIGNATURE_PATTERN = f"^0x([0-9a-fA-F]{{2}}){{0,{SIGNATURE_BYTES_MAX}}}$"
PAGE_LIMIT_MAX = 200


def camel(name: str) -> str:
    """The JSON name of a field: `amount_gco2e` is `amountGco2e`."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


class Wire(BaseModel):
    """Base of every JSON body. Unknown fields are refused; instances are frozen."""

    model_config = ConfigDict(
        alias_generator=camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        strict=True,
        extra="forbid",
        frozen=True,
        field_title_generator=lambda name, _field: camel(name),
    )

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """FastAPI parses JSON first and validates Python objects, where "strict" would refuse every list for a tuple
        and could not tell a JSON number from an int of ours; so what arrives as a dict is validated as JSON.
        """
        schema = handler(source)
        if not cls.__dict__.get("__pydantic_complete__", False):
            return schema

        def from_outside(value: Any, inner_value: core_schema.ValidatorFunctionWrapHandler) -> Any:
            if not isinstance(value, dict):
                return inner_value(value)
            _require_plain_fields(cls.__name__, value)
            return cls.model_validate_json(json.dumps(value))

        name = schema.get("ref")
        inner = cast(CoreSchema, {key: value for key, value in schema.items() if key != "ref"})
        return core_schema.no_info_wrap_validator_function(from_outside, inner, ref=name)


def _require_plain_fields(name: str, body: dict[Any, Any]) -> None:
    """No text from outside holds a control character, but for the line breaks of a message. Nested bodies check their
    own. Raises ValidationError.
    """
    wrong = PydanticCustomError("text.control_character", "expected text without control characters")
    found = [
        InitErrorDetails(type=wrong, loc=(str(field),), input=text)
        for field, held in body.items()
        for text in (held if isinstance(held, list) else [held])
        if isinstance(text, str) and has_control(text, allowed="\n")
    ]
    if found:
        raise ValidationError.from_exception_data(name, found)


def _amount(smallest: int) -> PlainValidator:
    pattern = re.compile(POSITIVE_PATTERN if smallest else AMOUNT_PATTERN)

    def parse(value: Any, info: ValidationInfo) -> int:
        number = None
        if isinstance(value, str) and pattern.fullmatch(value):
            number = int(value)
        elif isinstance(value, int) and not isinstance(value, bool) and info.mode == "python":
            number = value
        if number is None or not smallest <= number <= UINT256_MAX:
            raise PydanticCustomError(
                "amount.malformed",
                'expected a decimal string of a whole number from {smallest} to 2^256 - 1, such as "1500"',
                {"smallest": smallest},
            )
        return number

    return PlainValidator(parse, json_schema_input_type=str)


def _text(pattern: str, example: str, description: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": [example], "description": description})


_AS_TEXT = PlainSerializer(str, return_type=str, when_used="json")

Amount: TypeAlias = Annotated[
    int, _amount(0), _AS_TEXT, _text(AMOUNT_PATTERN, "1500", "Whole number, 0 to 2^256 - 1, as a decimal string.")
]
"""0 .. 2**256 - 1; int in code, decimal string in JSON."""

PositiveAmount: TypeAlias = Annotated[
    int, _amount(1), _AS_TEXT, _text(POSITIVE_PATTERN, "1000", "Whole number, 1 to 2^256 - 1, as a decimal string.")
]
"""1 .. 2**256 - 1; int in code, decimal string in JSON."""


def parse_address(value: Any) -> str:
    """EIP-55 text of an address written in EIP-55 or all lower-case; raises a pydantic error for anything else."""
    if isinstance(value, str) and re.fullmatch(ADDRESS_PATTERN, value):
        checksummed = checksum_address(bytes.fromhex(value[2:]))
        if value in {checksummed, checksummed.lower()}:
            return checksummed
        raise PydanticCustomError(
            "address.checksum_wrong",
            "the EIP-55 checksum does not match: expected {expected} or all lower-case",
            {"expected": checksummed},
        )
    raise PydanticCustomError("address.malformed", "expected an address: 0x and 40 hex digits")


AddressText: TypeAlias = Annotated[
    str,
    PlainValidator(parse_address, json_schema_input_type=str),
    _text(ADDRESS_PATTERN, "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "Address in EIP-55, or all lower-case."),
]
"""An account's address; always EIP-55 in code and on output."""


def _bytes(pattern: str, code: str, expected: str) -> PlainValidator:
    lengths = {"bytes32.malformed": {32}, "signature.malformed": {64, 65}}.get(code)

    def parse(value: Any, info: ValidationInfo) -> bytes:
        if isinstance(value, str) and re.fullmatch(pattern, value):
            return bytes.fromhex(value[2:])
        if isinstance(value, bytes) and info.mode == "python" and (lengths is None or len(value) in lengths):
            return value
        raise PydanticCustomError(code, f"expected {expected}")

    return PlainValidator(parse, json_schema_input_type=str)


_AS_HEX = PlainSerializer(to_hex, return_type=str, when_used="json")

HexBytes: TypeAlias = Annotated[
    bytes,
    _bytes(BYTES_PATTERN, "bytes.malformed", "0x and an even number of hex digits"),
    _AS_HEX,
    _text(BYTES_PATTERN, "0x00ff", "Bytes: 0x and hex."),
]
"""Bytes; 0x and lower-case hex in JSON."""

HexBytes32: TypeAlias = Annotated[
    bytes,
    _bytes(BYTES32_PATTERN, "bytes32.malformed", "32 bytes: 0x and 64 hex digits"),
    _AS_HEX,
    _text(BYTES32_PATTERN, "0x" + "00" * 32, "32 bytes: 0x and 64 hex digits."),
]
"""32 bytes: a digest, a hash, a reference."""

SignatureText: TypeAlias = Annotated[
    bytes,
    _bytes(SIGNATURE_PATTERN, "signature.malformed", "65 bytes (r, s, v) or 64 bytes (EIP-2098) as 0x and hex"),
    _AS_HEX,
    _text(SIGNATURE_PATTERN, "0x" + "00" * 65, "Signature: 65 bytes (r, s, v; low s; v 27 or 28) or 64 (EIP-2098)."),
]
"""A signature's bytes as given, 65 or 64; `chain.signature.canonical_signature` decides whether they are acceptable."""

AccountSignatureText: TypeAlias = Annotated[
    bytes,
    _bytes(ACCOUNT_SIGNATURE_PATTERN, "signature.unreadable", f"at most {SIGNATURE_BYTES_MAX} bytes as 0x and hex"),
    _AS_HEX,
    _text(
        ACCOUNT_SIGNATURE_PATTERN,
        "0x" + "00" * 65,
        "Signature by the account's key: 65 bytes (r, s, v; low s; v 27 or 28) or 64 (EIP-2098). Or what the account's "
        f"wallet contract takes for one (EIP-1271): any bytes, at most {SIGNATURE_BYTES_MAX}.",
    ),
]
"""The same where an account that is a contract may sign too: whatever its wallet takes."""


def _parse_time(value: Any) -> datetime:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value
    if isinstance(value, str):
        try:
            return parse_iso(value)
        except TimeMalformed as failure:
            raise PydanticCustomError(
                "time.malformed", "expected ISO-8601 with an offset or Z, such as 2025-01-31T12:00:00Z"
            ) from failure
    raise PydanticCustomError("time.malformed", "expected an ISO-8601 string, such as 2025-01-31T12:00:00Z")


Iso: TypeAlias = Annotated[
    datetime,
    PlainValidator(_parse_time, json_schema_input_type=str),
    PlainSerializer(iso, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2025-01-31T12:00:00Z"]}),
]
"""A UTC time; ISO-8601 with Z in JSON."""

PageLimit: TypeAlias = Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX, description="Most rows to return.")]
"""How many rows a list returns at most: 1 .. 200. Give it a default in the route."""

PageAfter: TypeAlias = Annotated[int, Query(ge=0, le=2**53 - 1, description="Return rows after this row's `id`.")]
"""Cursor of a list: the `id` of the last row already seen. Give it the default 0 in the route."""
