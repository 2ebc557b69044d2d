"""The certificate's page: set in the pinned fonts, the same each time, and unmoved by what it is given to set."""

import re
import struct
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.giving import certificate_pdf
from backend.giving.certificate import certificate_of
from backend.giving.certificate_pdf import CertificateFontChanged, pdf_of, picture_of, require_pinned
from backend.giving.certificate_token import CertificateUnreadable, Token, token_in
from backend.giving.dedication import WORDS_CHARS_MAX, Dedication, DedicationInvalid, plain_words
from backend.giving.deed import Deed, Serves
from tests.unit.giving.deeds import DEEDS, PLACE, PLAIN, STORY, WORDS

ADDRESS = f"https://tanyu.example/verify/{PLAIN.deed_id}"
PAGE = (1123, 794)
"""A4 across, in pixels at 96 to the inch."""

HOSTILE = (
    '#panic("out")',
    "#let told = none",
    '#read("/etc/passwd")',
    '#image("x.svg")',
    "$ integral $ *bold* _it_ `raw` <label> @ref",
    "] [ } { ) ( // /* */ \\ \\u{1F600} ~ ---",
    "</script><script>alert(1)</script>",
    "%PDF-1.7 endstream endobj (x) Tj",
    "שלום (ABC) 123 مؤسسة السماء",
    "W" * WORDS_CHARS_MAX,
    "永" * WORDS_CHARS_MAX,
    "👩 🌳 𠮷 𝒜",
)


def dedicated(words: str) -> tuple[Deed, Dedication]:
    dedication = Dedication(plain_words(words), b"s" * 16)
    return replace(PLAIN, serves=Serves.EVENT, ref=dedication.digest), dedication


def size_of(picture: bytes) -> tuple[int, int]:
    width, height = struct.unpack(">II", picture[16:24])
    return width, height


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS.keys())
def test_pdf__of_every_kind__is_one_page_and_the_same_again(deed: Deed, language: str) -> None:
    certificate = certificate_of(deed, PLACE, "zh" if language == "zh" else "en", story=STORY)

    first = pdf_of(certificate, address=ADDRESS, token="t")
    certificate_pdf._compiler.cache_clear()  # as another process would make it
    again = pdf_of(certificate, address=ADDRESS, token="t")

    assert first == again
    assert len(re.findall(rb"/Type\s*/Page\b", first)) == 1
    assert b"CreationDate" not in first
    assert b"ModDate" not in first
    assert size_of(picture_of(certificate, address=ADDRESS)) == PAGE


@pytest.mark.parametrize("words", HOSTILE)
def test_words__that_would_be_markup__are_set_as_text_on_the_same_page(words: str) -> None:
    deed, dedication = dedicated(words)
    certificate = certificate_of(deed, PLACE, "en", dedication=dedication)

    made = pdf_of(certificate, address=ADDRESS, token=Token(deed.deed_id, "en", "e", False, dedication).text())

    assert certificate.name == words
    assert token_in(made).dedication == dedication
    assert size_of(picture_of(certificate, address=ADDRESS)) == PAGE


@given(st.text(min_size=1, max_size=WORDS_CHARS_MAX))
def test_words__whatever_they_are__make_one_page_or_are_refused(words: str) -> None:
    try:
        deed, dedication = dedicated(words)
    except DedicationInvalid:
        return
    certificate = certificate_of(deed, PLACE, "zh", dedication=dedication)

    assert pdf_of(certificate, address=ADDRESS, token="t").startswith(b"%PDF-")


def test_pictures__of_other_words__differ() -> None:
    """What is given is really on the page."""
    found = set()
    for words in ("Li", "Wang", "王", "*Li*"):
        deed, dedication = dedicated(words)
        found.add(picture_of(certificate_of(deed, PLACE, "en", dedication=dedication), address=ADDRESS))
    assert len(found) == 4


def test_font__other_than_the_pinned_one__is_refused(tmp_path: Path) -> None:
    font = tmp_path / "NotoSerifSC-Regular.otf"
    font.write_bytes(b"another font")

    with pytest.raises(CertificateFontChanged) as refused:
        require_pinned(font)
    assert refused.value.code == "certificate.font_changed"


class TestToken:
    TOKEN = Token(PLAIN.deed_id, "zh", "0123456789abcdef", True, WORDS)

    def test_token__read_back_from_the_file__is_the_same(self) -> None:
        for token in (self.TOKEN, Token(PLAIN.deed_id, "en", "e", False, None)):
            assert token_in(b"%PDF (" + token.text().encode() + b") junk") == token

    @given(st.binary(max_size=200))
    def test_token__of_anything_else__is_unreadable(self, junk: bytes) -> None:
        for file in (junk, b"tanyu-certificate-1-" + junk):
            with pytest.raises(CertificateUnreadable):
                token_in(file)
