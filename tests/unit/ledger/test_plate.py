"""One vehicle is registered once, however its plate is typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kernel.text import ControlCharacter
from backend.ledger.plate import PLATE_LIMIT, PlateMalformed, PlateUnreadable, plate_hash, plate_key


@pytest.mark.parametrize(
    "same", ["7ABC120", "7abc-120", "7 ABC·120", "７ＡＢＣ１２０", "7ABCl2O", "7abcI2o", "7\u200bABC120", "٧ABC١٢٠"]
)
def test_plate__in_another_spelling__is_the_same(same: str) -> None:
    assert plate_key(same) == plate_key("7ABC120")


@pytest.mark.parametrize("other", ["7ABC121", "7ABD120", "07ABC120", "7BAC120", "川7ABC120"])
def test_plate__of_another_vehicle__is_another(other: str) -> None:
    assert plate_key(other) != plate_key("7ABC120")


@pytest.mark.parametrize("plate", ["7АBC120", "7ABΒ120", "AВ 12", "7ABÇ120", "ꓮBC", "Ա12", "〇12"])
def test_letter_that_looks_latin_and_is_not__is_refused(plate: str) -> None:
    with pytest.raises(PlateUnreadable) as refused:
        plate_key(plate)

    assert refused.value.code == "vehicle.plate_unreadable"
    assert not str(refused.value.fields["letter"]).isascii()


@pytest.mark.parametrize("plate", ["", " - ", "A" * (PLATE_LIMIT + 1)])
def test_no_plate__is_refused(plate: str) -> None:
    with pytest.raises(PlateMalformed):
        plate_key(plate)
    with pytest.raises(ControlCharacter):
        plate_key("A\x00B")


def test_plate__letters_without_case_stay_and_each_nation_has_its_own() -> None:
    assert plate_key("川A·12345") == plate_key("川a12345") != plate_key("京A12345")
    assert (
        plate_hash(b"p", "US-CA", "7ABC120") == plate_hash(b"p", "US", "7 abc 120") != plate_hash(b"p", "GB", "7ABC120")
    )


@given(st.text(max_size=PLATE_LIMIT))
def test_key_of_a_key__is_the_key(plate: str) -> None:
    try:
        key = plate_key(plate)
    except (PlateMalformed, PlateUnreadable, ControlCharacter):
        return

    assert plate_key(key) == key
    assert plate_key(f" {plate}-") == key
