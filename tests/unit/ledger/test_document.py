"""The statement document: a digest over salted fields, disclosure of some, and tampering found."""

import json
from typing import Any

import pytest

from backend.kernel.digest import Json, canonical_json, sha256
from backend.ledger.document import (
    Document,
    DocumentMalformed,
    DocumentTampered,
    FieldUnknown,
    SaltedField,
    disclose,
    document_of,
    verify,
    verify_disclosure,
)
from tests.unit.ledger.people import counted_salts

VALUES: dict[str, Json] = {"a": 1, "b": "two", "c": {"d": [True, None]}, "e": "5", "f": ""}


def a_document(values: dict[str, Json] | None = None) -> Document:
    salts = counted_salts()
    return document_of(VALUES if values is None else values, lambda: next(salts))


def changed(text: str, change: Any) -> str:
    loaded = json.loads(text)
    change(loaded)
    return json.dumps(loaded)


def test_digest__two_fields__is_the_documented_tree() -> None:
    one, two = SaltedField("x", 1, b"s" * 32), SaltedField("y", "2", b"t" * 32)
    left = sha256(b"\0" + b"s" * 32 + canonical_json(["x", 1]))
    right = sha256(b"\0" + b"t" * 32 + canonical_json(["y", "2"]))

    assert Document((one, two)).digest == sha256(b"\1" + left + right)


def test_digest__three_fields__the_odd_one_rises() -> None:
    fields = tuple(SaltedField(name, 0, b"s" * 32) for name in "xyz")
    leaves = [field.leaf for field in fields]

    assert Document(fields).digest == sha256(b"\1" + sha256(b"\1" + leaves[0] + leaves[1]) + leaves[2])


def test_digest__another_order_of_the_same_values__is_the_same() -> None:
    assert a_document(dict(reversed(VALUES.items()))).digest == a_document().digest


def test_digest__same_values_with_other_salts__is_another() -> None:
    fresh = iter([b"r" * 32] * 9)

    assert document_of(VALUES, lambda: next(fresh)).digest != a_document().digest


def test_verify__whole_document__gives_its_values_back() -> None:
    document = a_document()

    assert verify(document.text()) == document
    assert verify(document.text()).values == VALUES


@pytest.mark.parametrize("at", range(len(VALUES)))
def test_verify__any_value_changed__is_found(at: int) -> None:
    def change(loaded: dict[str, Any]) -> None:
        loaded["fields"][at]["value"] = "changed"

    with pytest.raises(DocumentTampered) as refused:
        verify(changed(a_document().text(), change))

    assert refused.value.code == "document.tampered"


def test_verify__a_field_left_out_or_named_otherwise__is_found() -> None:
    for change in (
        lambda loaded: loaded["fields"].pop(),
        lambda loaded: loaded["fields"][0].update(name="0"),
        lambda loaded: loaded.update(digest="0x" + "00" * 32),
    ):
        with pytest.raises(DocumentTampered):
            verify(changed(a_document().text(), change))


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        "{}",
        '{"schema":"tanyu.statement/2","fields":[]}',
        '{"schema":"tanyu.statement/1","fields":[]}',
        '{"schema":"tanyu.statement/1","digest":"0x","fields":[{"name":"a","salt":"0x00","value":1}]}',
        '{"schema":"tanyu.statement/1","digest":"0x","fields":[{"name":"a","salt":"zz","value":1}]}',
        '{"schema":"tanyu.statement/1","digest":7,"fields":[{"name":"a","salt":"0x' + "00" * 32 + '","value":1}]}',
        '{"schema":"tanyu.statement/1","digest":"0x","fields":[{"name":"a","salt":"0x' + "00" * 32 + '","value":1.5}]}',
        '{"schema":"tanyu.statement/1","digest":"0x","fields":[{"name":7,"salt":"0x","value":1}]}',
        '{"schema":"tanyu.statement/1","digest":"0x","fields":["a"]}',
    ],
)
def test_verify__not_a_statement_document__is_refused(text: str) -> None:
    with pytest.raises(DocumentMalformed) as refused:
        verify(text)

    assert refused.value.code == "document.malformed"


def test_verify__fields_out_of_order__are_refused() -> None:
    with pytest.raises(DocumentMalformed):
        verify(changed(a_document().text(), lambda loaded: loaded["fields"].reverse()))


@pytest.mark.parametrize("count", range(1, 10))
def test_disclose__any_one_field_of_any_number__leads_to_the_digest_and_tells_nothing_else(count: int) -> None:
    values: dict[str, Json] = {f"field{at}": f"value{at}" for at in range(count)}
    document = a_document(values)

    for name, value in values.items():
        shown = disclose(document, [name])
        assert verify_disclosure(shown) == {name: value}
        assert not [other for other in values.values() if other != value and f'"{other}"' in shown]


def test_disclose__value_changed_afterwards__is_found() -> None:
    shown = disclose(a_document(), ["a", "e"])

    with pytest.raises(DocumentTampered):
        verify_disclosure(changed(shown, lambda loaded: loaded["fields"][1].update(value="6")))


def test_disclosure__that_shows_a_field_twice__is_refused() -> None:
    shown = disclose(a_document(), ["a", "e"])

    with pytest.raises(DocumentMalformed, match="twice"):
        verify_disclosure(changed(shown, lambda loaded: loaded["fields"].append(loaded["fields"][0])))


def test_disclosure__with_a_salt_cut_short__is_refused() -> None:
    shown = disclose(a_document(), ["a"])

    with pytest.raises(DocumentMalformed, match="shorter"):
        verify_disclosure(changed(shown, lambda loaded: loaded["fields"][0].update(salt="0x00")))


def test_disclose__unknown_field__is_refused() -> None:
    with pytest.raises(FieldUnknown) as refused:
        disclose(a_document(), ["g"])

    assert refused.value.code == "document.field_unknown"


def test_disclosure__with_a_broken_path__is_refused() -> None:
    shown = disclose(a_document(), ["a"])

    with pytest.raises(DocumentMalformed):
        verify_disclosure(changed(shown, lambda loaded: loaded["fields"][0]["path"].append(["up", "0x"])))
