"""`/verify`: what anybody with a browser sees of a deed; no script, both languages, nothing given stays anywhere."""

import re
from html import unescape
from html.parser import HTMLParser

import pytest
from httpx import Response

from backend.kernel.digest import to_hex
from tests.integration.giving.deeds import Deeds
from tests.integration.giving.world import POOL_STORY, World

HONEST = {"en": "not an offset, not proof of a reduction", "zh": "不是碳抵消，也不证明任何减排"}


class Balanced(HTMLParser):
    """Fails at an element that is closed out of turn; collects the names that occur."""

    VOID = frozenset({"meta", "link", "input", "br", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def page(world: World, path: str, language: str = "en") -> Response:
    answer: Response = world.client().get(f"/verify/{path}", params={"lang": language})
    return answer


def file_of(world: World, deed_id: str, **given: str) -> Response:
    answer: Response = world.client().post(f"/verify/{deed_id}/pdf", data={"language": "en", **given})
    return answer


def uploaded(world: World, file: bytes, language: str = "en") -> Response:
    files = {"file": ("certificate.pdf", file, "application/pdf")}
    answer: Response = world.client().post("/verify", params={"lang": language}, files=files)
    return answer


class TestPage:
    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_page__of_every_deed__says_what_it_is_and_is_not(self, world: World, deeds: Deeds, language: str) -> None:
        for deed_id in deeds.all:
            answer = page(world, deed_id, language)
            assert answer.status_code == 200, answer.text
            markup = answer.text
            Balanced().feed(markup)
            assert HONEST[language] in markup
            assert "SIM" in markup
            assert deed_id.partition("-")[0] in markup
            assert f"{world.witness.deed(deed_id).deed.block_number}, 0x" in markup

    def test_page__runs_nothing_and_loads_only_our_stylesheet(self, world: World, deeds: Deeds) -> None:
        answer = page(world, deeds.gift)

        found = Balanced()
        found.feed(answer.text)
        assert not {"script", "iframe", "object", "img"} & found.seen
        assert "style=" not in answer.text
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "form-action 'self'" in policy
        assert answer.headers["cache-control"] == "no-store"

    def test_gift__shows_its_campaign_and_what_became_of_it(self, world: World, deeds: Deeds) -> None:
        english, chinese = (page(world, deeds.gift, language).text for language in ("en", "zh"))

        assert POOL_STORY.title_en in english
        assert POOL_STORY.title_zh in chinese
        assert "Allowance surplus given away" in english
        hero = english.partition("</section>")[0]
        assert "retired" not in hero.lower()
        assert "ERC-5192" in english
        assert re.search(r"<dt>retired</dt><dd>1</dd>", english)

    def test_page__is_read_from_the_chain_and_not_from_the_database(self, world: World, deeds: Deeds) -> None:
        client = world.client()
        client.app.state.database = None  # type: ignore[attr-defined] # Starlette's client names it ASGIApp

        assert client.get(f"/verify/{deeds.own}").status_code == 200

    @pytest.mark.parametrize(
        ("deed_id", "status", "said"),
        [
            ("nothing", 422, "not a certificate"),
            ("0x" + "1" * 64 + "-0", 404, "forged"),
            ("<script>", 422, "not a certificate"),
        ],
    )
    def test_page__of_nothing__says_so_kindly(self, world: World, deed_id: str, status: int, said: str) -> None:
        answer = page(world, deed_id)

        assert answer.status_code == status
        assert said in unescape(answer.text)
        assert "<script>" not in answer.text

    def test_search__leads_to_the_page(self, world: World, deeds: Deeds) -> None:
        client = world.client()

        assert 'name="id"' in client.get("/verify").text
        answer = client.get("/verify", params={"id": f" {deeds.own} ", "lang": "zh"}, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/verify/{deeds.own}?lang=zh")
        for elsewhere in ("//evil.example/x", "https://evil.example", "../x"):
            answer = client.get("/verify", params={"id": elsewhere}, follow_redirects=False)
            assert (answer.status_code, "location" in answer.headers) == (422, False)


class TestWords:
    def test_words__with_their_salt__are_shown_and_go_into_the_file(self, world: World, deeds: Deeds) -> None:
        given = {"words": deeds.words.words, "salt": to_hex(deeds.words.salt)}

        shown = world.client().post(f"/verify/{deeds.named}", data=given)

        assert shown.status_code == 200
        assert f'<bdi class="named">{deeds.words.words}</bdi>' in shown.text
        assert "the ones the chain commits to" in shown.text
        made = file_of(world, deeds.named, **given)
        assert made.headers["content-type"] == "application/pdf"
        assert deeds.words.words in uploaded(world, made.content, "zh").text

    def test_words__never_stand_in_an_address(self, world: World, deeds: Deeds) -> None:
        """Histories and logs keep addresses: forms are posted, and a query with words is not heard."""
        markup = page(world, deeds.named).text
        assert all('method="post"' in form for form in re.findall(r"<form[^>]*>", markup))

        query = {"words": deeds.words.words, "salt": to_hex(deeds.words.salt)}
        assert deeds.words.words not in world.client().get(f"/verify/{deeds.named}", params=query).text

    @pytest.mark.parametrize(
        ("words", "salt", "code"),
        [
            ("somebody else", "0x" + "00" * 16, "dedication.mismatch"),
            ("<img src=x onerror=alert(1)>", "00" * 16, "dedication.mismatch"),
            ("x", "not hex", "dedication.invalid"),
            ("x", "", "dedication.invalid"),
            ("", "0x" + "00" * 16, "dedication.invalid"),
            ("abc\u202efdp", "0x" + "00" * 16, "dedication.invalid"),
            ("y" * 10_240, "0x" + "00" * 16, "dedication.invalid"),
        ],
    )
    def test_words__that_are_not_the_chains__are_refused_and_not_repeated(
        self, world: World, deeds: Deeds, words: str, salt: str, code: str
    ) -> None:
        answer = world.client().post(f"/verify/{deeds.named}", data={"words": words, "salt": salt})

        assert answer.status_code == 422
        assert code in answer.text
        assert "onerror" not in answer.text
        assert "\u202e" not in answer.text
        assert file_of(world, deeds.named, words=words, salt=salt).status_code == 422


class TestFile:
    @pytest.mark.parametrize(("language", "said"), [("en", "Genuine"), ("zh", "真实")])
    def test_file__made_here__is_genuine(self, world: World, deeds: Deeds, language: str, said: str) -> None:
        answer = uploaded(world, file_of(world, deeds.own, language=language).content, language)

        assert answer.status_code == 200
        assert said in answer.text
        assert 'class="good"' in answer.text

    def test_file__that_was_altered__is_said_to_be_and_shows_the_chains_facts(self, world: World, deeds: Deeds) -> None:
        file = file_of(world, deeds.own).content

        answer = uploaded(world, file.replace(b"%%EOF", b"%%EOG"))

        assert answer.status_code == 200
        assert "Not genuine" in answer.text
        assert '<p class="amount"><b>12</b>' in answer.text

    def test_form_without_a_certificate__is_refused(self, world: World) -> None:
        for answer in (
            uploaded(world, b"hello"),
            uploaded(world, b""),
            world.client().post("/verify", data={"file": "text"}),
            world.client().post(
                "/verify", content=b"junk", headers={"Content-Type": "multipart/form-data; boundary=x"}
            ),
        ):
            assert answer.status_code == 422
            assert "certificate.unreadable" in answer.text

    def test_file__that_is_too_large__is_refused(self, world: World) -> None:
        answer = uploaded(world, b"0" * (2 * 1024 * 1024))

        assert answer.status_code == 413
