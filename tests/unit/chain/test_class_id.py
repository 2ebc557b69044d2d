"""Class ids: fields checked, packed, and back; tests/contract/test_class_ids_on_chain.py asks the contract."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from backend.chain.class_id import ClassId, ClassIdMalformed, class_code, pack, parse_code, unpack

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"
regions = st.text(LETTERS, min_size=1, max_size=6)
vintages = st.integers(min_value=2000, max_value=2999)
methodologies = st.text(LETTERS, min_size=1, max_size=8)


def test_pack__the_sample_class__is_the_documented_layout() -> None:
    assert pack("CN-SC", 2025, "SIM") == int("434e2d534300" + "07e9" + "53494d0000000000", 16)


@given(region=regions, vintage=vintages, methodology=methodologies)
def test_pack__good_fields__come_back_from_id_and_code(region: str, vintage: int, methodology: str) -> None:
    class_id = pack(region, vintage, methodology)
    assert class_id < 2**128
    assert unpack(class_id) == ClassId(region, vintage, methodology)
    code = class_code(class_id)
    assert code == f"{region}/{vintage}/{methodology}" == unpack(class_id).code
    assert parse_code(code) == parse_code(code.replace("/", "~")) == class_id


@given(one=st.tuples(regions, vintages, methodologies), other=st.tuples(regions, vintages, methodologies))
def test_pack__different_classes__never_share_an_id(one: tuple[str, int, str], other: tuple[str, int, str]) -> None:
    assume(one != other)
    assert pack(*one) != pack(*other)


@pytest.mark.parametrize(
    ("region", "vintage", "methodology", "field"),
    [
        ("", 2025, "SIM", "region"),
        ("CN-SC-1", 2025, "SIM", "region"),
        ("cn-sc", 2025, "SIM", "region"),
        ("CN SC", 2025, "SIM", "region"),
        ("CN\0", 2025, "SIM", "region"),
        ("CN\n", 2025, "SIM", "region"),
        ("四川", 2025, "SIM", "region"),
        ("CN-SC", 1999, "SIM", "vintage"),
        ("CN-SC", 3000, "SIM", "vintage"),
        ("CN-SC", -1, "SIM", "vintage"),
        ("CN-SC", 2025, "", "methodology"),
        ("CN-SC", 2025, "SIMULATED", "methodology"),
        ("CN-SC", 2025, "S_M", "methodology"),
    ],
)
def test_pack__a_bad_field__is_refused_by_name(region: str, vintage: int, methodology: str, field: str) -> None:
    with pytest.raises(ClassIdMalformed) as refusal:
        pack(region, vintage, methodology)
    assert refusal.value.code == "class.malformed"
    assert refusal.value.fields["field"] == field
    assert refusal.value.fields["expected"]


GOOD = pack("CN-SC", 2025, "SIM")


@pytest.mark.parametrize(
    "class_id",
    [
        0,
        -1,
        GOOD | 1 << 128,
        GOOD | 1,  # a letter after the padding of the methodology
        GOOD & ~(0xFF << 120),  # a region that starts with nothing
        GOOD & ~(0xFFFF << 64),  # the year 0
        GOOD | 0x80 << 56,  # not ASCII
        2**256 - 1,
    ],
)
def test_unpack__an_id_pack_could_not_have_made__is_refused(class_id: int) -> None:
    with pytest.raises(ClassIdMalformed) as refusal:
        unpack(class_id)
    assert refusal.value.fields["field"] in {"id", "region", "vintage", "methodology"}


@given(class_id=st.integers(min_value=0, max_value=2**256 - 1) | st.integers(0, 255).map(lambda low: GOOD ^ low << 64))
def test_unpack__any_word__is_canonical_or_refused(class_id: int) -> None:
    try:
        found = unpack(class_id)
    except ClassIdMalformed:
        return
    assert pack(found.region, found.vintage, found.methodology) == class_id


@pytest.mark.parametrize(
    "code",
    [
        "",
        "CN-SC",
        "CN-SC/2025",
        "CN-SC/2025/SIM/2",
        "CN-SC/twenty/SIM",
        "CN-SC/²⁰²⁵/SIM",
        "CN-SC/02025/SIM",
        "CN-SC/-2025/SIM",
        "CN-SC/ 2025/SIM",
        "CN-SC/" + "1" * 5000 + "/SIM",
        "cn-sc/2025/sim",
        "/2025/SIM",
    ],
)
def test_parse_code__no_class_code__is_refused(code: str) -> None:
    with pytest.raises(ClassIdMalformed) as refusal:
        parse_code(code)
    assert refusal.value.code == "class.malformed"


@given(code=st.text() | st.from_regex(r"[A-Z0-9-]{1,8}[/~][0-9]{1,6}[/~][A-Z0-9-]{1,9}", fullmatch=True))
def test_parse_code__any_text__is_the_one_spelling_of_a_class_or_refused(code: str) -> None:
    try:
        class_id = parse_code(code)
    except ClassIdMalformed:
        return
    assert class_code(class_id) == code.replace("~", "/")
