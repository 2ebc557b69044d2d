"""Signed acts in words: what contracts/clear-signing says of a message, as a wallet that reads ERC-7730 would show it.

`describe` gives every field with its label, `sentence` the whole act in one sentence; both in English or Chinese.
`descriptor` is the file a wallet would be given for one deployment.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from backend.chain.artifacts import CHECKOUT
from backend.chain.class_id import ClassIdMalformed, class_code
from backend.chain.deployment import Deployment
from backend.chain.signature import checksum_address
from backend.chain.typed_data import file_name_of, typed_data

CLEAR_SIGNING = CHECKOUT / "contracts" / "clear-signing"
LANGUAGES = ("en", "zh")

_YEAR_10000_UNIX_S = 253_402_300_800
_PLACE = re.compile(r"\{\{|\}\}|\{([A-Za-z0-9]+)\}")
_LATER = {"en": "after the year 9999", "zh": "公元 9999 年之后"}
_UNKNOWN_TOKEN = {"en": "{} base units of an unknown token", "zh": "{} 个未知代币的最小单位"}


@dataclass(frozen=True)
class Money:
    """The payment token, as its contract describes itself."""

    symbol: str
    decimals: int


@dataclass(frozen=True)
class Reader:
    """Whom an act is told to: the language, the names he trusts (by address), and the money he knows."""

    language: str = "en"
    names: Mapping[str, str] = field(default_factory=dict)
    money: Money | None = None

    def name_of(self, address: str) -> str:
        """A trusted name, or the EIP-55 address."""
        known = {each.lower(): name for each, name in self.names.items()}
        return known.get(address.lower()) or checksum_address(bytes.fromhex(address.removeprefix("0x")))


ENGLISH = Reader()


def describe(type_name: str, message: Mapping[str, object], reader: Reader = ENGLISH) -> list[tuple[str, str]]:
    """Label and text of every field, in the order they are shown. Raises KeyError for a missing field."""
    shown = _shown(type_name, reader.language)
    return [
        (each["label"], _text(each, message[each["path"]], shown["enums"], reader))
        for each in shown["format"]["fields"]
    ]


def sentence(type_name: str, message: Mapping[str, object], reader: Reader = ENGLISH) -> str:
    """The act in one sentence."""
    shown = _shown(type_name, reader.language)
    fields = {each["path"]: each for each in shown["format"]["fields"]}

    def filled(place: re.Match[str]) -> str:
        path = place[1]
        if path is None:
            return place[0][0]
        return _text(fields[path], message[path], shown["enums"], reader)

    return _PLACE.sub(filled, shown["format"]["interpolatedIntent"])


def intent(type_name: str, language: str = "en") -> str:
    """What is signed, in a few words: a heading."""
    return str(_shown(type_name, language)["format"]["intent"])


def descriptor(contract: str, deployment: Deployment, class_ids: Iterable[int], language: str = "en") -> dict[str, Any]:
    """The ERC-7730 file for a contract as it stands on one chain: its address, its money, the classes by name."""
    found: dict[str, Any] = json.loads(json.dumps(_merged(contract, language)))
    where = [{"chainId": deployment.chain_id, "address": deployment.address(contract)}]
    found["context"]["eip712"]["deployments"] = where
    found["metadata"]["constants"] = {"paymentToken": deployment.address("PaymentToken")}
    if "creditClass" in found["metadata"]["enums"]:
        found["metadata"]["enums"]["creditClass"] = {str(each): _class_name(each) for each in class_ids}
    return found


@cache
def described() -> tuple[str, ...]:
    """The contracts that have a descriptor, by name."""
    files = (path for path in CLEAR_SIGNING.glob("*.json") if path.name != "schema.json")
    return tuple(sorted(json.loads(path.read_text())["metadata"]["contractName"] for path in files))


@cache
def _merged(contract: str, language: str) -> dict[str, Any]:
    """A contract's descriptor; another language's file is laid over the English one, as ERC-7730 has it."""
    file_name = file_name_of(contract)
    base: dict[str, Any] = json.loads(CLEAR_SIGNING.joinpath(file_name).read_text())
    if language == "en":
        return base
    over = json.loads(CLEAR_SIGNING.joinpath(language, file_name).read_text())
    base["metadata"]["enums"] |= over.get("metadata", {}).get("enums", {})
    for key, shown in over["display"]["formats"].items():
        target = base["display"]["formats"][key]
        labels = {each["path"]: each["label"] for each in shown["fields"]}
        target |= {"intent": shown["intent"], "interpolatedIntent": shown["interpolatedIntent"]}
        target["fields"] = [each | {"label": labels[each["path"]]} for each in target["fields"]]
    return base


@cache
def _shown(type_name: str, language: str) -> dict[str, Any]:
    definition = typed_data(type_name)
    merged = _merged(definition.contract, language)
    return {
        "format": merged["display"]["formats"][definition.type_string],
        "enums": merged["metadata"].get("enums", {}),
    }


def _text(shown: Mapping[str, Any], value: object, enums: Mapping[str, Mapping[str, str]], reader: Reader) -> str:
    parameters = shown.get("params", {})
    if shown["format"] == "enum":
        return _word(parameters["$ref"].rpartition(".")[2], value, enums)
    if shown["format"] == "unit":
        return _unit(_integer(value), parameters)
    formats: dict[str, Callable[[object], str]] = {
        "raw": _raw,
        "addressName": lambda address: reader.name_of(str(address)),
        "date": lambda second: _date(_integer(second), reader.language),
        "tokenAmount": lambda amount: _money(_integer(amount), reader),
    }
    return formats[shown["format"]](value)


def _integer(value: object) -> int:
    assert isinstance(value, int)
    return value


def _raw(value: object) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)


def _word(enum: str, value: object, enums: Mapping[str, Mapping[str, str]]) -> str:
    if enum == "creditClass":
        return _class_name(_integer(value))
    key = str(value).lower() if isinstance(value, bool) else str(value)
    return enums[enum].get(key, key)


def _class_name(class_id: int) -> str:
    try:
        return class_code(class_id)
    except ClassIdMalformed:
        return str(class_id)


def _unit(value: int, parameters: Mapping[str, Any]) -> str:
    base = str(parameters["base"])
    return _decimal(value, int(parameters.get("decimals", 0))) + ("" if base == "%" else " ") + base


def _money(amount: int, reader: Reader) -> str:
    if reader.money is None:
        return _UNKNOWN_TOKEN[reader.language].format(f"{amount:,}")
    return f"{_decimal(amount, reader.money.decimals)} {reader.money.symbol}"


def _decimal(value: int, decimals: int) -> str:
    """Exact, thousands apart, no trailing zeros: 12,500 g is 12.5 kg."""
    whole, rest = divmod(value, 10**decimals)
    digits = str(rest).rjust(decimals, "0").rstrip("0") if rest else ""
    return f"{whole:,}" + (f".{digits}" if digits else "")


def _date(second: int, language: str) -> str:
    """RFC 3339, in UTC."""
    if second >= _YEAR_10000_UNIX_S:
        return _LATER[language]
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
