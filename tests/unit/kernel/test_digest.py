"""Canonical JSON as RFC 8785 defines it, and digests of it."""

import hashlib
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kernel.digest import SAFE_INTEGER_MAX, Json, canonical_json, digest_of, known_json, sha256, to_hex

texts = st.text(st.characters(exclude_categories=["Cs"]))
scalars = st.none() | st.booleans() | st.integers(-SAFE_INTEGER_MAX, SAFE_INTEGER_MAX) | texts
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12
)


plain_keys = st.text(st.characters(max_codepoint=0x7F))
known = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(plain_keys, inner, max_size=4), max_leaves=12
)


def utf16_units(text: str) -> list[int]:
    raw = text.encode("utf-16-be")
    return [int.from_bytes(raw[at : at + 2]) for at in range(0, len(raw), 2)]


def test_canonical_json__rfc_8785_section_3_2_3__keys_sort_by_utf16_code_units() -> None:
    given_order: dict[str, Json] = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    assert list(json.loads(canonical_json(given_order)).values()) == [
        "Carriage Return",
        "One",
        "Control",
        "Latin Small Letter O With Diaeresis",
        "Euro Sign",
        "Emoji: Grinning Face",  # before U+FB33: its first UTF-16 unit is D83D
        "Hebrew Letter Dalet With Dagesh",
    ]


def test_canonical_json__rfc_8785_section_3_2_2__strings_and_literals() -> None:
    document: Json = {"string": '\u20ac$\u000f\nA\'B"\\\\"/', "literals": [None, True, False]}
    expected = b'{"literals":[null,true,false],"string":"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    assert canonical_json(document) == expected


def test_canonical_json__every_control_character__short_escape_or_lower_case_hex() -> None:
    short = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r"}
    for code in range(32):
        escape = short.get(code, f"\\u{code:04x}")
        assert canonical_json(chr(code)) == f'"{escape}"'.encode()


def test_canonical_json__what_is_not_a_control__stays_itself_in_utf_8() -> None:
    for text in ("\x7f", "/", "\u2028", "碳余", "\U0001f600", "é", "e\u0301"):
        assert canonical_json(text) == f'"{text}"'.encode()
    assert canonical_json("é") != canonical_json("e\u0301"), "no Unicode normalisation (RFC 8785 section 3.1)"


def test_canonical_json__integers__plain_and_within_a_double() -> None:
    edge = 2**53 - 1
    assert edge == SAFE_INTEGER_MAX
    assert canonical_json([0, -0, 7, -12, edge, -edge]) == f"[0,0,7,-12,{edge},-{edge}]".encode()
    for beyond in (edge + 1, -edge - 1, 2**256):
        for document in (beyond, [beyond], {"deep": [{"er": beyond}]}):
            with pytest.raises(TypeError, match="write it as a string"):
                canonical_json(document)


@pytest.mark.parametrize(
    "value",
    [1.0, float("nan"), b"raw", bytearray(b"raw"), Decimal(1), datetime(2025, 1, 1, tzinfo=UTC), {1, 2}, object()],
    ids=lambda value: type(value).__name__,
)
def test_canonical_json__what_json_cannot_hold_exactly__is_refused_at_any_depth(value: object) -> None:
    for document in (value, [value], {"key": value}, {"key": [{"deep": value}]}):
        with pytest.raises(TypeError, match="canonical JSON holds"):
            canonical_json(document)  # type: ignore[arg-type]  # the point of the test


@pytest.mark.parametrize("key", [1, None, True, ("a",)])
def test_canonical_json__a_key_that_is_no_text__is_refused(key: object) -> None:
    with pytest.raises(TypeError, match="canonical JSON holds"):
        canonical_json({key: "value"})  # type: ignore[dict-item]  # the point of the test


def test_canonical_json__a_lone_surrogate__is_refused() -> None:
    for document in ("\ud800", ["a\udfff"], {"\ud83d": 1}):
        with pytest.raises(ValueError, match="surrogates not allowed"):
            canonical_json(document)


@given(document=documents)
def test_canonical_json__any_document__is_json_with_the_same_meaning_and_sorted_keys(document: Json) -> None:
    def keys_sorted(pairs: list[tuple[str, object]]) -> dict[str, object]:
        units = [utf16_units(key) for key, _ in pairs]
        assert units == sorted(units)
        return dict(pairs)

    canonical = canonical_json(document)
    assert json.loads(canonical, object_pairs_hook=keys_sorted) == document
    assert canonical_json(json.loads(canonical)) == canonical


@given(document=known)
def test_known_json__ascii_keys_and_safe_integers__the_same_bytes(document: Json) -> None:
    assert known_json(document) == canonical_json(document)


@given(document=st.dictionaries(texts, scalars, min_size=2))
def test_canonical_json__keys_inserted_in_another_order__same_bytes(document: dict[str, Json]) -> None:
    backwards = dict(reversed(document.items()))
    assert list(backwards) != list(document)
    assert canonical_json(backwards) == canonical_json(document)


def test_digest_of__a_document__is_sha_256_of_its_canonical_bytes() -> None:
    document: Json = {"b": [1, "2"], "a": None}
    assert digest_of(document) == hashlib.sha256(b'{"a":null,"b":[1,"2"]}').digest() == sha256(canonical_json(document))
    assert sha256(b"").hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@given(one=documents, other=documents)
def test_digest_of__different_bytes__different_digest(one: Json, other: Json) -> None:
    assert (digest_of(one) == digest_of(other)) == (canonical_json(one) == canonical_json(other))


def test_to_hex__bytes__are_0x_and_lower_case() -> None:
    assert to_hex(b"") == "0x"
    assert to_hex(b"\xab\x00\xff") == "0xab00ff"
