"""ERC-7730 descriptors: every field of every message in words, in English and Chinese."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from backend.chain.artifacts import CONTRACT_NAMES
from backend.chain.class_id import pack
from backend.chain.clear_signing import (
    CLEAR_SIGNING,
    LANGUAGES,
    Money,
    Reader,
    describe,
    descriptor,
    intent,
    sentence,
)
from backend.chain.deployment import Deployment
from backend.chain.typed_data import domain_name, type_files, typed_data
from tests.unit.chain.test_typed_data import messages

TYPES = [json.loads(path.read_text())["primaryType"] for path in type_files()]
SCHEMA = Draft202012Validator(json.loads(CLEAR_SIGNING.joinpath("schema.json").read_text()))
ENGLISH = sorted(path for path in CLEAR_SIGNING.glob("*.json") if path.name != "schema.json")
CHINESE = sorted(CLEAR_SIGNING.glob("zh/*.json"))

ALICE, BOB = "0xaAaAaAaaAaAaAaaAaAAAAAAAAaaaAaAaAaaAaaAa", "0x" + "bb" * 20
US_CA = pack("US-CA", 2025, "SIM")
WORDS = Reader(names={ALICE: "Alice", BOB: "Bob"}, money=Money("TTD", 6))
WORDS_ZH = Reader(language="zh", names={ALICE: "小爱"}, money=Money("TTD", 6))

ORDER: dict[str, object] = {
    "maker": ALICE,
    "beneficiary": ALICE,
    "classId": US_CA,
    "side": "sell",
    "amountGco2e": 12_500_000,
    "pricePerKg": 300_000,
    "maxFeeBps": 50,
    "expiry": 1_798_761_600,
    "number": 7,
    "epoch": 0,
    "action": "hold",
    "ref": bytes(32),
}


@pytest.mark.parametrize("path", [*ENGLISH, *CHINESE], ids=lambda path: f"{path.parent.name}/{path.name}")
def test_file__each_descriptor__follows_the_schema(path: Path) -> None:
    SCHEMA.validate(json.loads(path.read_text()))


def test_files__every_message__has_a_place_in_its_contracts_file_and_nothing_else_does() -> None:
    expected = {(contract, typed_data(name).type_string) for name in TYPES for contract in typed_data(name).contracts}
    for files in (ENGLISH, CHINESE):
        found = set()
        for path in files:
            contract = json.loads(CLEAR_SIGNING.joinpath(path.name).read_text())["metadata"]["contractName"]
            found |= {(contract, key) for key in json.loads(path.read_text())["display"]["formats"]}
        assert found == expected


@pytest.mark.parametrize("path", ENGLISH, ids=lambda path: path.stem)
def test_file__binds_to_the_domain_of_its_contract(path: Path) -> None:
    raw = json.loads(path.read_text())
    domain = raw["context"]["eip712"]["domain"]
    assert (domain["name"], domain["version"]) == domain_name(raw["metadata"]["contractName"])


FORMATS = {
    "address": {"addressName"},
    "bool": {"enum"},
    "bytes32": {"raw"},
    "string": {"enum", "raw"},
    "uint256": {"unit", "tokenAmount", "date", "enum", "raw"},
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("type_name", TYPES)
def test_fields__every_field_of_every_type__is_shown_once_in_a_fitting_format(type_name: str, language: str) -> None:
    definition = typed_data(type_name)
    folder = CLEAR_SIGNING if language == "en" else CLEAR_SIGNING / language
    own = {key: shown for path in folder.glob("*.json") for key, shown in formats(path).items()}[definition.type_string]
    english = {key: shown for path in ENGLISH for key, shown in formats(path).items()}[definition.type_string]
    assert [each["path"] for each in own["fields"]] == [name for name, _ in definition.fields]
    labels = [each["label"] for each in own["fields"]]
    assert len(set(labels)) == len(labels)
    for (name, kind), shown in zip(definition.fields, english["fields"], strict=True):
        assert shown["format"] in FORMATS[kind], name
        if name.endswith("Gco2e"):
            assert (shown["format"], shown["params"]) == ("unit", {"base": "kg CO2e", "decimals": 3})
        if name.endswith("Bps"):
            assert (shown["format"], shown["params"]) == ("unit", {"base": "%", "decimals": 2})
        if name in {"opens", "closes", "start", "expiry", "deadline", "attestedAt"}:
            assert shown["format"] == "date"
        if name == "classId":
            assert shown["format"] == "enum"
    used = re.findall(r"\{(\w+)\}", own["interpolatedIntent"])
    assert used
    assert set(used) <= {name for name, _ in definition.fields}
    if language == "zh":
        assert all(re.search(r"[\u4e00-\u9fff]", text) for text in [own["intent"], own["interpolatedIntent"], *labels])


@pytest.mark.parametrize("language", LANGUAGES)
def test_files__a_message_of_two_contracts__reads_the_same_in_both(language: str) -> None:
    shared = [definition for definition in map(typed_data, TYPES) if len(definition.contracts) > 1]
    assert [(each.name, each.contracts) for each in shared] == [("UseNumber", ("Charity", "CarbonCredit"))]
    for definition in shared:
        shown = [
            descriptor(contract, DEPLOYMENT, [], language)["display"]["formats"][definition.type_string]
            for contract in definition.contracts
        ]
        assert all(each == shown[0] for each in shown)


def formats(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text()).get("display", {}).get("formats", {})  # type: ignore[no-any-return]  # JSON


@pytest.mark.parametrize("path", CHINESE, ids=lambda path: path.stem)
def test_chinese__has_the_same_words_and_files(path: Path) -> None:
    raw, english = json.loads(path.read_text()), json.loads(CLEAR_SIGNING.joinpath(path.name).read_text())
    assert raw["includes"] == f"../{path.name}"
    enums = {name: set(words) for name, words in english["metadata"]["enums"].items() if words}
    assert {name: set(words) for name, words in raw.get("metadata", {}).get("enums", {}).items()} == enums
    assert [each.name for each in CHINESE] == [each.name for each in ENGLISH]


def test_describe__a_sell_order__says_each_field_in_words() -> None:
    assert describe("Order", ORDER, WORDS) == [
        ("From", "Alice"),
        ("For", "Alice"),
        ("Credit class", "US-CA/2025/SIM"),
        ("Side", "Sell"),
        ("Amount", "12,500 kg CO2e"),
        ("Limit price per kg", "0.3 TTD"),
        ("Fee, at most", "0.5%"),
        ("Valid until", "2027-01-01 00:00:00Z"),
        ("Order number", "7"),
        ("Epoch of the maker", "0"),
        ("With what is bought", "keep it"),
        ("Campaign or statement reference", "0x" + "00" * 32),
    ]


def test_sentence__orders__read_as_sentences() -> None:
    assert intent("Order") == "Place an order"
    assert sentence("Order", ORDER, WORDS) == (
        "Sell 12,500 kg CO2e of US-CA/2025/SIM at 0.3 TTD per kg or better until 2027-01-01 00:00:00Z, "
        "fee at most 0.5%; with what is bought: keep it"
    )
    buy = ORDER | {"side": "buy", "action": "donate", "amountGco2e": 1_000, "maxFeeBps": 100}
    assert sentence("Order", buy, WORDS) == (
        "Buy 1 kg CO2e of US-CA/2025/SIM at 0.3 TTD per kg or better until 2027-01-01 00:00:00Z, "
        "fee at most 1%; with what is bought: donate it to a campaign"
    )


def test_sentence__approval_and_its_withdrawal__cannot_be_confused() -> None:
    message = {"account": ALICE, "operator": BOB, "approved": True, "number": 1, "deadline": 0}
    given = "Bob may move all my credits; this message is valid until 1970-01-01 00:00:00Z"
    assert sentence("Approve", message, WORDS) == given
    withdrawn = sentence("Approve", message | {"approved": False}, WORDS)
    assert withdrawn == given.replace("may move", "may no longer move")


def test_sentence__gifts_with_and_without_a_receipt__say_which() -> None:
    gift: dict[str, object] = {"donor": ALICE, "campaignId": 3, "classId": US_CA, "amountGco2e": 12_000}
    gift |= {"receipt": True, "number": 1, "deadline": 0}
    with_one = "Donate 12 kg CO2e of US-CA/2025/SIM to campaign 3, with a receipt that cannot be transferred"
    assert sentence("Donate", gift, WORDS) == with_one
    without = sentence("Donate", gift | {"receipt": False}, WORDS)
    assert without == "Donate 12 kg CO2e of US-CA/2025/SIM to campaign 3, without a receipt"
    assert sentence("Donate", gift, WORDS_ZH) == "将 US-CA/2025/SIM 12 kg CO2e 捐给公益项目 3，领取不可转让的捐赠凭证"


def test_sentence__a_pledge__says_how_long_how_much_and_of_what() -> None:
    pledge: dict[str, object] = {"donor": ALICE, "campaignId": 3, "classId": US_CA, "shareBps": 250}
    pledge |= {"maxAmountGco2e": 40_000, "start": 0, "expiry": 1_798_761_600, "number": 1}
    assert sentence("Pledge", pledge, WORDS) == (
        "From 1970-01-01 00:00:00Z until 2027-01-01 00:00:00Z, anyone may give campaign 3 "
        "my credits of US-CA/2025/SIM: 2.5% of what I sell (100%: all I have left), at most 40 kg CO2e in all"
    )
    assert "：所售数量的 2.5%（100% 表示全部剩余），总计不超过 40 kg CO2e" in sentence("Pledge", pledge, WORDS_ZH)


def test_sentence__in_chinese__reads_as_a_sentence() -> None:
    retire = {
        "account": ALICE,
        "beneficiary": ALICE,
        "classId": US_CA,
        "amountGco2e": 12_345,
        "purpose": "offset",
        "ref": bytes(32),
        "number": 1,
        "deadline": 2**40,
    }
    assert intent("Retire", "zh") == "永久注销"
    assert sentence("Retire", retire, WORDS_ZH) == "永久注销 US-CA/2025/SIM 12.345 kg CO2e，受益人 小爱"
    assert describe("Retire", retire, WORDS_ZH)[-1] == ("有效期至", "公元 9999 年之后")
    assert "卖出 US-CA/2025/SIM 12,500 kg CO2e" in sentence("Order", ORDER, WORDS_ZH)
    receipt = sentence("RetirementReceipt", retire, WORDS_ZH)
    assert receipt.startswith("索取注销 US-CA/2025/SIM 12.345 kg CO2e、受益人 小爱 的凭证")
    assert receipt.endswith("不能转移")


def test_describe__what_it_cannot_know__is_shown_as_it_is() -> None:
    nobody_known = dict(describe("Order", ORDER | {"classId": 5, "maker": ALICE.lower(), "side": "Sell!"}))
    assert nobody_known["From"] == ALICE
    assert nobody_known["Credit class"] == "5"
    assert nobody_known["Side"] == "Sell!"
    assert nobody_known["Limit price per kg"] == "300,000 base units of an unknown token"
    with pytest.raises(KeyError):
        describe("Order", {"maker": ALICE})


@given(data=st.data(), type_name=st.sampled_from(TYPES), language=st.sampled_from(LANGUAGES))
def test_describe__any_message__has_a_text_for_every_field_and_a_sentence(
    data: st.DataObject, type_name: str, language: str
) -> None:
    message = data.draw(messages(type_name))
    reader = Reader(language=language, money=Money("TTD", 6))
    told = describe(type_name, message, reader)
    assert len(told) == len(typed_data(type_name).fields)
    assert all(label for label, _ in told)
    texts = dict(zip((name for name, _ in typed_data(type_name).fields), (text for _, text in told), strict=True))
    said = sentence(type_name, message, reader)
    template = json.loads(json.dumps(descriptor(typed_data(type_name).contract, DEPLOYMENT, [], language)))
    pattern = template["display"]["formats"][typed_data(type_name).type_string]["interpolatedIntent"]
    assert said == re.sub(r"\{(\w+)\}", lambda place: texts[place[1]], pattern)


DEPLOYMENT = Deployment(
    chain_id=31_337,
    genesis_hash="0x" + "11" * 32,
    block_number=1,
    addresses={name: "0x" + f"{index:02x}" * 20 for index, name in enumerate(CONTRACT_NAMES, 16)},
    abi_digests={},
)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("contract", sorted({each for name in TYPES for each in typed_data(name).contracts}))
def test_descriptor__of_a_deployment__names_its_chain_address_money_and_classes(contract: str, language: str) -> None:
    found = descriptor(contract, DEPLOYMENT, [US_CA], language)
    SCHEMA.validate(found)
    assert found["context"]["eip712"]["deployments"] == [
        {"chainId": 31_337, "address": DEPLOYMENT.address(contract)},
    ]
    assert found["metadata"]["constants"] == {"paymentToken": DEPLOYMENT.address("PaymentToken")}
    assert found["metadata"]["enums"].get("creditClass") in (None, {str(US_CA): "US-CA/2025/SIM"})
    assert descriptor(contract, DEPLOYMENT, [], language) != found or "creditClass" not in found["metadata"]["enums"]
