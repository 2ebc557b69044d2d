"""The page that verifies a deed: what the chain says of it now, in words of one language. No script."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from backend.access.figures import kg_text
from backend.access.language import Language
from backend.api.html import PAGES, Html, fill, h, join
from backend.api.stylesheet import stylesheet_url
from backend.giving.certificate import DEDICABLE, Certificate, Place, certificate_of
from backend.giving.certifier import Verdict
from backend.giving.dedication import WORDS_CHARS_MAX, Dedication
from backend.giving.deed import DeedKind
from backend.giving.story import Story
from backend.giving.witness import CampaignNow, Witnessed
from backend.kernel.digest import to_hex
from backend.kernel.errors import TanyuError

Words = Mapping[str, Any]

LANGUAGES: tuple[tuple[Language, str], ...] = (("en", "English"), ("zh", "中文"))


@dataclass(frozen=True)
class Shown:
    """What the page shows of a deed. `dedication`: words that were given and are the chain's; `verdict` and `digest`:
    of a file that was compared.
    """

    found: Witnessed
    place: Place
    story: Story | None
    dedication: Dedication | None = None
    verdict: Verdict | None = None
    digest: bytes = b""


@cache
def words_of(language: Language) -> Words:
    """The page's sentences in a language."""
    catalogue: dict[str, dict[str, Any]] = json.loads(PAGES.joinpath("verify.json").read_text("utf-8"))
    return catalogue[language]


def render_deed(shown: Shown, language: Language) -> str:
    """The page of a deed."""
    words, found = words_of(language), shown.found
    certificate = certificate_of(found.deed, shown.place, language, dedication=shown.dedication, story=shown.story)
    parts = [
        _hero(certificate, shown, words),
        h("section", h("h2", words["facts_title"]), _facts(certificate, found, words)),
        None if found.campaign is None else _became(found.campaign, found, words),
        h("div", _words_form(shown, words, language), _pdf_form(shown, words, language), class_="pair"),
    ]
    return _page(join(*parts), f"{certificate.title} · Tanyu 碳余", language, f"/verify/{found.deed.deed_id}")


def render_search(language: Language) -> str:
    """The page without a deed: where to begin."""
    words = words_of(language)
    form = h(
        "form",
        _asked(words["find_label"], "id", maxlength=80, spellcheck="false"),
        h("input", type="hidden", name_="lang", value=language),
        h("button", words["find_button"]),
        class_="ask",
        method="get",
        action="/verify",
    )
    hero = h("section", h("h1", words["find_title"]), h("p", words["find_lead"], class_="lead"), form, class_="hero")
    return _page(hero, words["page_title"], language, "/verify")


def render_refusal(error: TanyuError, language: Language) -> str:
    """The page that says why nothing can be shown."""
    words = words_of(language)
    said = words["refused"].get(error.code) or words["refused_otherwise"].format(message=error.message)
    hero = h(
        "section",
        h("h1", words["refused_title"]),
        h("p", said, class_="sim"),
        h("p", h("code", error.code), class_="note"),
        class_="hero",
    )
    return _page(hero, words["page_title"], language, "/verify")


def _page(main: Html, title: str, language: Language, path: str) -> str:
    words = words_of(language)
    other = "en" if language == "zh" else "zh"
    same = ("html_lang", "skip", "other_language", "file_title", "file_note", "file_label", "file_button", "footer")
    return fill(
        "verify.html",
        stylesheet=stylesheet_url(),
        **{name: words[name] for name in same},
        title=title,
        lang=language,
        other_language_link=f"{path}?lang={other}",
        main=main,
    )


def _hero(certificate: Certificate, shown: Shown, words: Words) -> Html:
    found = shown.found
    finality = words["final" if found.is_final else "not_final"].format(
        depth=found.depth, confirmations=found.confirmations
    )
    return h(
        "section",
        None if shown.verdict is None else _verdict(shown, words),
        h("h1", certificate.title),
        h("p", h("b", certificate.amount), h("span", " kg CO₂e", class_="unit"), class_="amount"),
        h("p", certificate.act, class_="lead"),
        h("p", certificate.label, " ", h("bdi", certificate.name, class_="named") if certificate.name else None),
        h("p", certificate.beneath, class_="note") if certificate.beneath else None,
        h("p", words["words_hold"], class_="note") if shown.dedication is not None else None,
        h("p", h("b", certificate.honest), class_="honest"),
        h("p", certificate.simulated, class_="sim") if certificate.simulated else None,
        h("p", finality, " ", words["read_now"].format(chain_id=shown.place.chain_id), class_="note"),
        class_="hero",
    )


def _verdict(shown: Shown, words: Words) -> Html:
    assert shown.verdict is not None
    told = h("p", h("b", words[shown.verdict]), class_="sim" if shown.verdict is Verdict.ALTERED else "good")
    return join(told, h("p", words["digest"], " ", h("code", to_hex(shown.digest)), class_="note"))


def _facts(certificate: Certificate, found: Witnessed, words: Words) -> Html:
    deed = found.deed
    rows: list[tuple[str, str]] = [(words["class"], certificate.credit_class), *certificate.facts]
    if deed.purpose is not None:
        rows.append((words["purpose"], deed.purpose))
    cells = [h("div", h("dt", label), h("dd", h("code", value))) for label, value in rows]
    of_token = None if deed.receipt_token is None else h("p", words["receipt_note"], class_="note")
    same = h("p", h("a", words["for_programs"], href=f"/certificates/{deed.deed_id}"), class_="note")
    return join(h("dl", *cells, class_="proof"), of_token, same)


def _became(now: CampaignNow, found: Witnessed, words: Words) -> Html:
    lead = words["became_lead"].format(campaign_id=now.campaign_id, state=words[now.state])
    sums = {
        "donated": now.donated_gco2e,
        "held": now.held_gco2e,
        "retired": now.retired_gco2e,
        "granted": now.granted_gco2e,
        "refunded": now.refunded_gco2e,
    }
    tiles = [h("div", h("dt", words[name]), h("dd", kg_text(amount)), class_="tile") for name, amount in sums.items()]
    is_gift = found.deed.kind is DeedKind.DONATION
    return h(
        "section",
        h("h2", words["became_title"]),
        h("p", lead),
        h("dl", *tiles, class_="tiles"),
        h("p", words["donor_now"].format(kg=kg_text(now.donor_gco2e)), class_="note") if is_gift else None,
    )


def _asked(label: str, name: str, **attributes: str | int) -> Html:
    """A field and its label; what is written there is for nobody's memory."""
    written = h("input", id=name, name_=name, required="", autocomplete="off", **attributes)
    return join(h("label", label, for_=name), written)


def _words_form(shown: Shown, words: Words, language: Language) -> Html | None:
    deed = shown.found.deed
    if deed.ref is None or deed.serves not in DEDICABLE:
        return None
    return h(
        "section",
        h("h2", words["words_title"]),
        h("p", words["words_note"], class_="note"),
        h(
            "form",
            _asked(words["words_label"], "words", maxlength=WORDS_CHARS_MAX, dir="auto"),
            _asked(words["salt_label"], "salt", maxlength=40, spellcheck="false"),
            h("button", words["words_button"]),
            class_="ask",
            method="post",
            action=f"/verify/{deed.deed_id}?lang={language}",
        ),
    )


def _pdf_form(shown: Shown, words: Words, language: Language) -> Html:
    deed = shown.found.deed
    title = h("h2", words["pdf_title"])
    if not shown.found.is_final:
        return h("section", title, h("p", words["pdf_wait"], class_="note"))
    kept = shown.dedication
    hidden = {} if kept is None else {"words": kept.words, "salt": to_hex(kept.salt)}
    options = [h("option", name, value=code, selected="" if code == language else None) for code, name in LANGUAGES]
    return h(
        "section",
        title,
        h("p", words["pdf_note"], class_="note"),
        h(
            "form",
            *(h("input", type="hidden", name_=name, value=value) for name, value in hidden.items()),
            h("label", words["language_label"], for_="language"),
            h("select", *options, id="language", name_="language"),
            h("button", words["pdf_button"]),
            class_="ask",
            method="post",
            action=f"/verify/{deed.deed_id}/pdf?lang={language}",
        ),
    )
