"""The facts of this server, on a page without script: true numbers, two languages, escaped, nothing from elsewhere."""

import json
import re
from dataclasses import replace

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from backend.access.figures import decimal_text, kg_text, percent_floor
from backend.access.language import language_of
from backend.api.app import create_app
from backend.api.html import PAGES, h, text
from backend.api.start import BAR_UNITS, CampaignFacts, ChainFacts, ClassFacts, StartPageFacts, bar, render_start
from backend.api.stylesheet import stylesheet_url
from backend.chain.artifacts import CHECKOUT
from backend.kernel.clock import FixedClock
from backend.storage.database import Database
from tests.api.access_app import a_client
from tests.api.sample_facts import FACTS, some_facts
from tests.web import TestClient

EXTERNAL = re.compile(
    r"""(?:src|href|action|data|poster|content)\s*=\s*["']?\s*(?:[a-z][a-z0-9+.\-]*:|//)|@import|url\("""
)


def an_app(database: Database, clock: FixedClock, facts: StartPageFacts = FACTS) -> FastAPI:
    return create_app({"database": database, "clock": clock}, [], {}, start_facts=lambda: facts)


@pytest.fixture
def client(database: Database, clock: FixedClock) -> TestClient:
    return a_client(an_app(database, clock))


class TestLanguage:
    @pytest.mark.parametrize(
        ("asked", "header", "language"),
        [
            (None, "", "en"),
            (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
            (None, "en-GB,en;q=0.9,zh;q=0.8", "en"),
            (None, "fr, zh;q=0.2", "zh"),
            (None, "zh;q=0, en;q=0", "en"),
            (None, "zh;q=x", "en"),
            (None, "de", "en"),
            ("zh", "en", "zh"),
            ("zh-TW", "en", "zh"),
            ("en", "zh", "en"),
            ("tlh", "zh", "zh"),
        ],
    )
    def test_reader__gets_the_language_asked_for_or_liked_best(
        self, asked: str | None, header: str, language: str
    ) -> None:
        assert language_of(asked, header) == language

    def test_page__says_its_language_and_offers_the_other(self, client: TestClient) -> None:
        chinese = client.get("/facts", headers={"Accept-Language": "zh-CN"})
        english = client.get("/facts?lang=en", headers={"Accept-Language": "zh-CN"})

        assert (chinese.headers["content-language"], english.headers["content-language"]) == ("zh", "en")
        assert chinese.headers["vary"] == "Accept-Language"
        assert '<html lang="zh-CN">' in chinese.text
        assert 'href="/facts?lang=en"' in chinese.text
        assert '<html lang="en">' in english.text
        assert 'href="/facts?lang=zh"' in english.text

    def test_catalogue__has_the_same_sentences_with_the_same_places_in_both(self) -> None:
        catalogue = json.loads((PAGES / "start.json").read_text(encoding="utf-8"))

        assert catalogue["en"].keys() == catalogue["zh"].keys()
        for name, sentence in catalogue["en"].items():
            places = sorted(re.findall(r"\{\w+\}", sentence))
            assert places == sorted(re.findall(r"\{\w+\}", catalogue["zh"][name])), name
            assert sentence.count("|") == catalogue["zh"][name].count("|"), name


class TestContent:
    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_numbers__are_those_of_the_facts(self, client: TestClient, language: str) -> None:
        page = client.get(f"/facts?lang={language}").text

        for shown in ("7", "9,555", "1,900", "1,250", "6,100 kg", "120.5", "0.0850", "1.2500", "US-CA/2025/SIM", "412"):
            assert shown in page
        for address in FACTS.contracts.values():
            assert address in page
        assert FACTS.audit_command in page

    def test_local_chain__everything_is_said_to_be_simulated(self) -> None:
        assert "SIM: a simulated year on a local chain." in render_start(FACTS, "en")
        assert "SIM：本地链上的模拟年度。" in render_start(FACTS, "zh")

    def test_another_chain__is_not_called_simulated(self) -> None:
        page = render_start(some_facts(chain=ChainFacts(1, 5, 5)), "en")

        assert "simulated" not in page

    def test_nothing_yet__is_said_plainly(self) -> None:
        page = render_start(some_facts(classes=(), trades=(), campaigns=()), "en")

        for sentence in (
            "No credits have been issued yet.",
            "No trade has settled yet.",
            "No campaign has been opened",
        ):
            assert sentence in page

    def test_silent_chain__is_said_plainly(self) -> None:
        assert "does not answer right now" in render_start(some_facts(chain=ChainFacts(31337, None, 7)), "en")

    def test_campaign_beyond_its_target__shows_the_whole_percentage_and_a_full_bar(self) -> None:
        page = render_start(FACTS, "en")

        assert "150 %: 750 of 500 kg given." in page
        assert f'width="{BAR_UNITS}"' in page

    def test_every_request__reads_the_facts_afresh(self, database: Database, clock: FixedClock) -> None:
        people = iter([7, 8])
        app = create_app(
            {"database": database, "clock": clock}, [], {}, start_facts=lambda: some_facts(people=next(people))
        )
        client = a_client(app)

        assert "<dd>7</dd>" in client.get("/facts").text
        assert "<dd>8</dd>" in client.get("/facts").text

    def test_without_a_provider__there_are_no_facts(self, database: Database, clock: FixedClock) -> None:
        client = a_client(create_app({"database": database, "clock": clock}, [], {}))

        assert client.get("/facts").status_code == 404


class TestSafety:
    HOSTILE = '<script>alert(1)</script>"onload="x&'

    def test_hostile_words__are_escaped_wherever_they_stand(self) -> None:
        hostile = self.HOSTILE
        facts = some_facts(
            classes=(ClassFacts(hostile, 1, 1, 0, 0, 0, 0),),
            campaigns=(CampaignFacts(hostile, hostile, "aid", 1, 1, 0, 0),),
            trades=tuple(replace(trade, class_code=hostile, tx_hash=hostile) for trade in FACTS.trades),
            contracts={hostile: hostile},
            audit_command=hostile,
            reads=(hostile,),
        )

        for language in ("en", "zh"):
            page = render_start(facts, language)
            assert "<script" not in page
            assert '"onload=' not in page
            assert "&lt;script&gt;" in page

    @pytest.mark.parametrize("path", ["/facts?lang=en", "/facts?lang=zh"])
    def test_page__refers_to_no_other_host_and_runs_no_script(self, client: TestClient, path: str) -> None:
        answer = client.get(path)

        assert not EXTERNAL.search(answer.text.replace(FACTS.audit_command, ""))
        for forbidden in ("<script", " style=", "javascript:", "<iframe", " onclick="):
            assert forbidden not in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "script-src" not in answer.headers["content-security-policy"]

    def test_stylesheet_and_icon__load_from_here_and_refer_nowhere(self, client: TestClient) -> None:
        page = client.get("/facts").text
        stylesheet = re.search(r'rel="stylesheet" href="([^"]+)"', page)
        assert stylesheet is not None
        css, icon = client.get(stylesheet[1]), client.get("/favicon.svg")

        assert (css.status_code, icon.status_code) == (200, 200)
        assert css.headers["content-type"] == "text/css; charset=utf-8"
        assert "immutable" in css.headers["cache-control"]
        assert not re.search(r"url\(|@import|https?:", css.text)
        assert icon.headers["content-type"] == "image/svg+xml"
        assert "<script" not in icon.text

    def test_language_asked_for__is_never_echoed(self, client: TestClient) -> None:
        assert "alert(1)" not in client.get("/facts", params={"lang": self.HOSTILE}).text


class TestFigures:
    @given(st.integers(min_value=-(10**30), max_value=10**30), st.integers(min_value=0, max_value=18))
    def test_decimal_text__reads_back_to_the_very_units(self, units: int, decimals: int) -> None:
        shown = decimal_text(units, decimals).replace(",", "").replace("−", "-")
        whole, _, places = shown.partition(".")
        sign = -1 if shown.startswith("-") else 1

        assert abs(int(whole)) * 10**decimals + int(places.ljust(decimals, "0") or "0") == sign * units

    def test_kg_text__shows_grams_only_when_there_are_any(self) -> None:
        assert [kg_text(grams) for grams in (0, 1, 999, 1000, 12_345_670)] == ["0", "0.001", "0.999", "1", "12,345.67"]

    def test_percent_floor__of_nothing__is_zero(self) -> None:
        assert (percent_floor(5, 0), percent_floor(999, 1000), percent_floor(3, 2)) == (0, 99, 150)

    @given(st.lists(st.integers(min_value=0, max_value=10**12), max_size=5))
    def test_bar__parts_of_a_whole__never_overflow_it(self, sizes: list[int]) -> None:
        drawn = bar([("held", size) for size in sizes], sum(sizes), "label")

        ends = [int(x) + int(width) for x, width in re.findall(r'x="(\d+)" y="0" width="(\d+)"', drawn)]
        assert ends == sorted(ends)
        assert all(end <= BAR_UNITS for end in ends)

    def test_html__text_is_escaped_and_markup_of_ours_is_not(self) -> None:
        assert h("a", "<b>", h("i", "&"), href='"x"', class_="c") == (
            '<a href="&quot;x&quot;" class="c">&lt;b&gt;<i>&amp;</i></a>'
        )
        assert h("br") == "<br>"
        assert text(None) == ""


def test_chinese__uses_the_glossary_s_words_and_no_other() -> None:
    glossary = CHECKOUT.joinpath("docs", "glossary.md").read_text("utf-8")
    said = json.loads((PAGES / "start.json").read_text(encoding="utf-8"))["zh"]
    page = "\n".join(text for text in said.values() if isinstance(text, str))
    for word in ("碳信用", "碳账单", "结算", "核销", "注销", "缓冲池", "签发"):
        assert word in glossary, word
        assert word in page, word
    for other in ("额度", "交割", "撤销", "年度结算", "已发行"):
        assert other not in page, other


def test_audit_command__wraps_and_is_whole(client: TestClient) -> None:
    assert f'<pre class="wrap" tabindex="0"><code>{FACTS.audit_command}</code></pre>' in client.get("/facts").text
    assert "white-space: pre-wrap" in client.get(stylesheet_url()).text.partition("pre.wrap code")[2][:80]
