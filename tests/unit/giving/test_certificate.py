"""What certificates say: the honest sentence on each, one thing served, and no claim beyond what was done."""

import json
import re
from dataclasses import asdict, replace
from importlib.resources import files
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.access.language import Language
from backend.api.html import PAGES
from backend.chain.class_id import pack
from backend.giving.certificate import DEDICABLE, Certificate, Place, certificate_of, words_of
from backend.giving.dedication import Dedication, DedicationMismatch
from backend.giving.deed import Deed, DeedKind, Serves, serves_of
from backend.giving.receipt import _HONEST, _WORDS
from tests.unit.giving.deeds import DEEDS, GIFT, GRANT, PLACE, PLAIN, STORY, WORDS

LANGUAGES: tuple[Language, ...] = get_args(Language)
CLAIMS = {
    "en": re.compile(r"(?<!not an )(?<!Nothing here is an )offset", re.IGNORECASE),
    "zh": re.compile("(?<!不是碳)(?<!没有任何碳)抵消"),
}


def said(certificate: Certificate) -> str:
    """Every word of it but those of others."""
    return json.dumps(asdict(replace(certificate, name="", title_other="", honest_other="")), ensure_ascii=False)


def sentences(found: Any) -> list[str]:
    """Every text in a catalogue."""
    if isinstance(found, str):
        return [found]
    return [text for part in found.values() for text in sentences(part)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS.keys())
class TestEvery:
    def test_certificate__says_in_both_languages_what_it_is_not(self, deed: Deed, language: Language) -> None:
        found = certificate_of(deed, PLACE, language)

        both = {found.honest, found.honest_other}
        assert any("not an offset, not proof of a reduction" in one for one in both)
        assert any("不是碳抵消，也不证明任何减排" in one for one in both)
        is_gift = deed.kind is DeedKind.DONATION
        assert any("Allowance surplus retired;" in one for one in both) is not is_gift

    def test_certificate__claims_no_offset(self, deed: Deed, language: Language) -> None:
        assert not CLAIMS[language].search(said(certificate_of(deed, PLACE, language, story=STORY)))

    def test_certificate__says_retired_only_of_what_is(self, deed: Deed, language: Language) -> None:
        word = {"en": "retired", "zh": "注销"}[language]

        found = said(certificate_of(deed, PLACE, language, story=STORY)).lower()

        assert (word in found) is deed.is_retired

    def test_certificate__shows_amount_and_class_as_the_chain_has_them(self, deed: Deed, language: Language) -> None:
        other = replace(deed, class_id=pack("US-CA", 2024, "GB2"), amount_gco2e=12_345_678)

        found = certificate_of(other, PLACE, language)

        assert found.amount == "12,345.678"
        assert all(part in found.credit_class for part in ("US-CA", "2024", "GB2"))
        assert "2025" not in found.credit_class
        assert (found.simulated, certificate_of(deed, PLACE, language).simulated != "") == ("", True)

    def test_certificate__holds_no_state_that_could_change(self, deed: Deed, language: Language) -> None:
        assert certificate_of(deed, PLACE, language) == certificate_of(deed, PLACE, language)
        assert not re.search("final|depth|held|最终", said(certificate_of(deed, PLACE, language)))


class TestWords:
    @pytest.mark.parametrize("serves", list(Serves))
    def test_words__stand_on_what_may_bear_them_and_nothing_else(self, serves: Serves) -> None:
        deed = replace(PLAIN, serves=serves, ref=WORDS.digest)

        if serves in DEDICABLE:
            assert certificate_of(deed, PLACE, "en", dedication=WORDS).name == WORDS.words
        else:
            with pytest.raises(DedicationMismatch):
                certificate_of(deed, PLACE, "en", dedication=WORDS)

    @pytest.mark.parametrize("deed", [PLAIN, GIFT, GRANT, replace(PLAIN, ref=b"\x01" * 32)])
    def test_words__that_the_chain_does_not_commit_to__are_refused(self, deed: Deed) -> None:
        with pytest.raises(DedicationMismatch):
            certificate_of(deed, PLACE, "zh", dedication=WORDS)

    @given(st.from_regex("[a-z0-9à-ö一-龥]{1,20}", fullmatch=True), st.binary(min_size=16, max_size=16))
    def test_words__other_words_or_salt__give_another_digest(self, words: str, salt: bytes) -> None:
        deed = replace(PLAIN, serves=Serves.EVENT, ref=WORDS.digest)
        other = Dedication(f"other {words}", salt)

        with pytest.raises(DedicationMismatch):
            certificate_of(deed, PLACE, "en", dedication=other)

    def test_campaign__is_named_by_its_title_where_the_chain_has_its_story(self) -> None:
        assert certificate_of(GIFT, PLACE, "en", story=STORY).name == "Forest Light"
        assert certificate_of(GIFT, PLACE, "zh", story=STORY).name == "林光"
        assert certificate_of(GIFT, PLACE, "en").name == "campaign no. 3"


@pytest.mark.parametrize("language", LANGUAGES)
def test_receipt__of_a_retirement_or_a_gift__is_among_the_facts_and_of_none_is_not(language: Language) -> None:
    def told(deed: Deed, place: Place = PLACE) -> list[str]:
        label = words_of(language)["facts"]["receipt"]
        return [value for name, value in certificate_of(deed, place, language).facts if name == label]

    assert told(PLAIN) == []
    assert told(GIFT) == ["9"]
    assert told(replace(PLAIN, receipt_token=7), replace(PLACE, receipts="0xReceipts")) == ["7, 0xReceipts"]


class TestServes:
    REF = b"\x01" * 32

    @pytest.mark.parametrize(
        ("purpose", "ref", "is_own", "serves"),
        [
            ("self", None, True, Serves.SELF),
            ("self", REF, True, Serves.SELF),
            ("self", None, False, Serves.UNSTATED),
            ("another", None, False, Serves.ANOTHER),
            ("another", None, True, Serves.UNSTATED),
            ("event", REF, True, Serves.EVENT),
            ("event", None, True, Serves.UNSTATED),
            ("deficit", REF, False, Serves.DEFICIT),
            ("deficit", None, True, Serves.UNSTATED),
            ("retire", None, True, Serves.SELF),
            ("retire", None, False, Serves.ANOTHER),
            ("retire", REF, True, Serves.REFERENCE),
            ("charity", REF, False, Serves.UNSTATED),
            ("grant", REF, False, Serves.UNSTATED),
            ("whatever", None, True, Serves.UNSTATED),
        ],
    )
    def test_retirement__serves_exactly_one_thing(
        self, purpose: str, ref: bytes | None, is_own: bool, serves: Serves
    ) -> None:
        assert serves_of(purpose, ref, is_own=is_own) is serves


class TestCatalogues:
    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("catalogue", ["certificate", "page", "receipts"])
    def test_sentences__claim_no_offset(self, catalogue: str, language: Language) -> None:
        page = json.loads(PAGES.joinpath("verify.json").read_text("utf-8"))
        receipts = {
            "en": {kind: pair[0] for kind, pair in _WORDS.items()} | {"honest": _HONEST[0]},
            "zh": {kind: pair[1] for kind, pair in _WORDS.items()} | {"honest": _HONEST[1]},
        }
        found = {"certificate": words_of(language), "page": page[language], "receipts": receipts[language]}[catalogue]

        assert sentences(found)
        assert [one for one in sentences(found) if CLAIMS[language].search(one)] == []

    @pytest.mark.parametrize("path", ["certificate_words.json", "verify.json"])
    def test_languages__have_the_same_sentences(self, path: str) -> None:
        folder = files("backend.giving") if path == "certificate_words.json" else PAGES
        catalogue = json.loads(folder.joinpath(path).read_text("utf-8"))

        def shape(found: Any) -> Any:
            return {name: shape(part) for name, part in sorted(found.items())} if isinstance(found, dict) else ""

        assert shape(catalogue["en"]) == shape(catalogue["zh"])
