"""Words of a dedication: plain, in one line, and nobody's trick."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.giving.dedication import SALT_BYTES, WORDS_CHARS_MAX, Dedication, DedicationInvalid, plain_words

SALT = b"s" * SALT_BYTES


@pytest.mark.parametrize(
    ("given_words", "kept"),
    [
        ("  Li   Xiulan ", "Li Xiulan"),
        ("Zoe\u0308", "Zo\u00eb"),
        ("a\nb\tc\u2029d", "a b c d"),
        ("李秀兰", "李秀兰"),
        ("שלום مرحبا", "שלום مرحبا"),
        ("#strong[x] $y$ *z* <b>", "#strong[x] $y$ *z* <b>"),
    ],
)
def test_words__are_kept_in_one_plain_form(given_words: str, kept: str) -> None:
    assert plain_words(given_words) == kept
    assert plain_words(kept) == kept


@pytest.mark.parametrize(
    "words",
    [
        "",
        " \n ",
        "x" * (WORDS_CHARS_MAX + 1),
        "x" * 10_240,
        "abc\u202edef",
        "abc\u2066def",
        "abc\u200fdef",
        "zero\u200bwidth",
        "soft\u00adhyphen",
        "nul\x00",
        "bell\x07",
        "filler\u3164",
        "selected\ufe0f",
        "private\ue000",
        "climbing" + "\u0301" * 6,
    ],
)
def test_words__that_hide_turn_or_climb__are_refused(words: str) -> None:
    with pytest.raises(DedicationInvalid) as refused:
        plain_words(words)
    assert refused.value.fields["part"] == "words"


@pytest.mark.parametrize("salt", [b"", b"s" * (SALT_BYTES - 1), b"s" * (SALT_BYTES + 1)])
def test_salt__of_another_length__is_refused(salt: bytes) -> None:
    with pytest.raises(DedicationInvalid):
        Dedication("x", salt)


@pytest.mark.parametrize("words", [" x", "a  b", "Zoe\u0308"])
def test_dedication__of_words_not_in_plain_form__is_refused(words: str) -> None:
    with pytest.raises(DedicationInvalid):
        Dedication(words, SALT)


def test_dedication__made_twice__has_another_salt_and_digest() -> None:
    first, second = Dedication.of("Li Xiulan"), Dedication.of("Li Xiulan")

    assert first.words == second.words
    assert first.salt != second.salt
    assert first.digest != second.digest


@given(st.text(max_size=200))
def test_words__whatever_is_given__are_refused_or_in_a_form_that_stays(words: str) -> None:
    try:
        kept = plain_words(words)
    except DedicationInvalid:
        return
    assert plain_words(kept) == kept
    assert 1 <= len(kept) <= WORDS_CHARS_MAX
    assert len(Dedication(kept, SALT).digest) == 32
