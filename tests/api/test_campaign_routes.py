"""Campaigns over HTTP: lists, search, stories and pictures, names; whatever a charity writes is shown harmless."""

import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from backend.access.session import signed_in
from backend.access.site import Site
from backend.api.app import create_app
from backend.giving import publishing
from backend.giving.campaign_routes import router as campaigns
from backend.giving.kinds import CampaignKind
from backend.giving.routes import router
from backend.giving.story import Story
from backend.giving.tables import StoryRow
from backend.kernel.clock import FixedClock
from backend.kernel.digest import sha256, to_hex
from backend.storage.database import Database
from tests.unit.giving.chain import AID, ALICE, BOB, DEPLOYMENT, POOL, START, ToyChain
from tests.unit.giving.pictures import png
from tests.web import TestClient

STORY = {
    "titleEn": "A quieter sky",
    "titleZh": "让天空安静些",
    "storyEn": "All is retired.\n\nFor ever.",
    "storyZh": "全部注销。",
    "kind": "retire-pool",
    "targetGco2e": "1000",
}
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)> [link=http://evil]click[/link] ${7*7}"


class Place:
    """A toy chain behind the routes; `as_account` is who is signed in."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.chain = ToyChain(database)
        self.clock = FixedClock(START + timedelta(hours=1))
        self.app: FastAPI = create_app(
            {"database": database, "clock": self.clock, "deployment": DEPLOYMENT, "site": Site.local(8000)},
            [router, campaigns],
            {},
        )

    def client(self, as_account: str | None = None) -> TestClient:
        self.app.dependency_overrides = {} if as_account is None else {signed_in: lambda: as_account}
        return TestClient(self.app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False)

    def list_charity(self, charity: str) -> None:
        self.chain.apply("Charity", "CharityListed", charity=charity, listed=True, secondSigner=BOB)

    def tell(self, **changed: str) -> str:
        """A published story's digest."""
        answer = self.client(POOL).post("/stories", json=STORY | changed)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["digest"])

    def opened(self, campaign_id: int, digest: str, **terms: int) -> None:
        self.chain.opened(campaign_id, story_digest=bytes.fromhex(digest[2:]), **terms)


@pytest.fixture
def place(database: Database) -> Iterator[Place]:
    made = Place(database)
    made.list_charity(POOL)
    made.list_charity(AID)
    yield made
    database.close()


def ids(found: Any) -> list[str]:
    return [one["campaignId"] for one in found.json()]


def test_campaigns__by_words_kind_phase_and_charity__are_found(place: Place) -> None:
    place.opened(1, place.tell())
    place.opened(2, place.tell(titleEn="Warm Winter", titleZh="暖冬", kind="aid"), kind=1)
    place.opened(3, "0x" + "00" * 32, target=0)
    get = place.client().get

    assert ids(get("/campaigns")) == ["1", "2", "3"]
    assert ids(get("/campaigns?q=QUIETER%20sky")) == ["1"]
    assert ids(get("/campaigns?q=暖冬")) == ["2"]
    assert ids(get("/campaigns?q=winter%20quieter")) == []
    assert ids(get("/campaigns?kind=aid")) == ["2"]
    assert ids(get(f"/campaigns?charity={POOL}&after=1")) == ["3"]
    assert ids(get("/campaigns?limit=2")) == ["1", "2"]
    assert ids(get("/campaigns?phase=closed")) == []
    place.clock.at = START + timedelta(days=1)
    assert ids(get("/campaigns?phase=closed")) == ["1", "2", "3"]
    assert get("/campaigns?phase=nonsense").json()["code"] == "input.invalid"
    assert get("/campaigns/3").json()["progressBps"] == 10_000, "no target is reached at once"


def test_progress__counts_gifts_donors_and_the_part_of_the_target(place: Place) -> None:
    place.opened(1, place.tell())
    for donor, amount in ((ALICE, 300), (ALICE, 33), (BOB, 1)):
        place.chain.donated(amount, donor=donor)

    shown = place.client().get("/campaigns/1").json()

    assert (shown["gifts"], shown["donors"], shown["progressBps"], shown["phase"]) == (3, 2, 3340, "collecting")


def test_story__its_bytes__are_what_the_chain_holds_the_digest_of(place: Place) -> None:
    digest = place.tell()
    answer = place.client().get(f"/stories/{digest}")

    assert to_hex(sha256(answer.content)) == digest
    assert answer.headers["content-type"] == "application/json"
    unknown = place.client().get("/stories/0x" + "11" * 32)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "story.unknown")


def test_story_and_picture__by_who_is_not_listed__are_refused(place: Place) -> None:
    picture = {"mediaType": "image/png", "content": b64encode(png()).decode()}
    for path, body in (("/stories", STORY), ("/pictures", picture)):
        refused = place.client(ALICE).post(path, json=body)
        assert (refused.status_code, refused.json()["code"]) == (403, "charity.not_listed")
        assert place.client().post(path, json=body).json()["code"] == "auth.required"


def test_picture__published__is_served_as_a_picture_and_nothing_else(place: Place) -> None:
    body = {"mediaType": "image/png", "content": b64encode(png()).decode()}
    digest = place.client(POOL).post("/pictures", json=body).json()["digest"]
    assert digest == to_hex(sha256(png()))
    assert place.client(POOL).post("/pictures", json=body).json()["digest"] == digest, "again, nothing changes"
    place.opened(1, place.tell(picture=digest))

    answer = place.client().get(f"/pictures/{digest}")

    assert answer.content == png()
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert place.client().get("/campaigns/1").json()["story"]["picture"] == digest
    unknown = "0x" + "22" * 32
    assert place.client().get(f"/pictures/{unknown}").json()["code"] == "picture.unknown"
    assert place.client(POOL).post("/stories", json=STORY | {"picture": unknown}).json()["code"] == "picture.unknown"


def test_pictures__more_than_there_is_room_for__are_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "PICTURES_MAX", 1)
    first, second = ({"mediaType": "image/png", "content": b64encode(png(width)).decode()} for width in (1, 2))

    assert place.client(POOL).post("/pictures", json=first).status_code == 201
    assert place.client(POOL).post("/pictures", json=second).json()["code"] == "picture.too_many"
    assert place.client(AID).post("/pictures", json=second).status_code == 201


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"titleEn": "\u202egnirts desrever"}, 422, "public_text.unfit"),
        ({"titleEn": "two\nlines"}, 422, "public_text.unfit"),
        ({"titleZh": "\u200b"}, 422, "public_text.unfit"),
        ({"storyEn": "x" * 10_001}, 422, "public_text.unfit"),
        ({"storyEn": "x" * 10_000_000}, 413, "input.too_large"),
        ({"titleEn": "a\u0000b"}, 422, "input.invalid"),
        ({"targetGco2e": str(2**64)}, 422, "story.invalid"),
        ({"picture": "0x1234"}, 422, "input.invalid"),
        ({"html": SCRIPT}, 422, "input.invalid"),
    ],
)
def test_story__hostile_or_huge__is_refused(place: Place, changed: dict[str, str], status: int, code: str) -> None:
    refused = place.client(POOL).post("/stories", json=STORY | changed)

    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert place.client().get("/campaigns").json() == []


@pytest.mark.parametrize("content", [SCRIPT.encode(), b"GIF89a", b"x" * 600_000])
def test_picture__that_is_none__is_refused(place: Place, content: bytes) -> None:
    body = {"mediaType": "image/png", "content": b64encode(content).decode()}
    assert place.client(POOL).post("/pictures", json=body).json()["code"] == "picture.unfit"
    assert place.client(POOL).post("/pictures", json=body | {"content": "no base64!"}).status_code == 422
    assert place.client(POOL).post("/pictures", json=body | {"mediaType": "text/html"}).status_code == 422


def test_story__with_markup__is_carried_as_text(place: Place) -> None:
    """JSON that no browser takes for a page; the pages that show it escape it (`tests/api/test_start_page.py`)."""
    place.opened(1, place.tell(titleEn=SCRIPT, storyEn=SCRIPT))
    answer = place.client().get("/campaigns/1")

    assert answer.json()["story"]["titleEn"] == SCRIPT
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_story__from_before_a_rule_that_it_breaks__is_not_shown_any_more(place: Place) -> None:
    story = Story("Old", "旧", "Old.", "旧。", CampaignKind.RETIRE_POOL, 1)
    document = story.document().decode().replace('"Old"', '"Old\u202e"')
    digest = sha256(document.encode())
    with place.database.write() as session:
        session.add(StoryRow(digest=digest, document=document, published_at=START))
    place.opened(1, to_hex(digest))

    shown = place.client().get("/campaigns/1").json()

    assert (shown["story"], shown["storyDigest"]) == (None, to_hex(digest))
    assert json.loads(place.client().get(f"/stories/{to_hex(digest)}").content)["title"]["en"] == "Old\u202e"


@pytest.mark.parametrize(("kind", "target"), [(1, 1_000), (0, 999)])
def test_story__of_another_kind_or_target_than_the_chain_has__is_not_the_campaigns(
    place: Place, kind: int, target: int
) -> None:
    place.opened(1, place.tell(), kind=kind, target=target)

    assert place.client().get("/campaigns/1").json()["story"] is None


def test_gifts__unnamed_unless_their_donor_wishes_otherwise(place: Place) -> None:
    place.opened(1, place.tell())
    place.chain.donated(5, donor=ALICE)
    place.chain.donated(6, donor=BOB)
    path = "/campaigns/1/my-name"

    def names() -> dict[str, str | None]:
        return {gift["donor"]: gift["donorName"] for gift in place.client().get("/campaigns/1/gifts").json()}

    assert names() == {ALICE: None, BOB: None}
    assert place.client(ALICE).put(path, json={"name": "Family Li"}).json() == {"name": "Family Li"}
    assert names() == {ALICE: "Family Li", BOB: None}
    trail = place.client().get("/campaigns/1/trails").json()[-1]
    assert (trail["gift"]["donorName"], trail["parts"][0]["fate"]) == ("Family Li", "held")
    assert place.client(ALICE).put(path, json={"name": "\u2066x"}).json()["code"] == "public_text.unfit"
    assert place.client(ALICE).put(path, json={"name": "Li"}).status_code == 200
    assert names()[ALICE] == "Li"
    assert place.client(ALICE).delete(path).status_code == 204
    assert names() == {ALICE: None, BOB: None}
    assert place.client(POOL).put(path, json={"name": "x"}).json()["code"] == "donation.nothing_given"
    assert place.client().put(path, json={"name": "x"}).json()["code"] == "auth.required"


@pytest.mark.parametrize("path", ["/campaigns/1/trails", "/donations/trails"])
def test_trails__page_after_page__tell_of_every_gift_once(place: Place, path: str) -> None:
    place.opened(1, place.tell())
    for amount in (1, 2, 3, 4, 5):
        place.chain.donated(amount, donor=ALICE)
    client, amounts, before = place.client(ALICE), list[str](), ""

    while found := client.get(f"{path}?limit=2{before}").json():
        amounts += [trail["gift"]["amountGco2e"] for trail in found]
        before = f"&before={found[-1]['gift']['receiptId']}"

    assert amounts == ["5", "4", "3", "2", "1"]
    assert client.get(f"{path}?before=5").json()["code"] == "receipt.id_malformed"
    assert client.get(f"{path}?before=0x{'0' * 64}-1").json()["code"] == "receipt.unknown"


def test_charity__removed__suspends_its_campaigns_and_its_history_tells(place: Place) -> None:
    place.opened(1, place.tell())
    nobody = "0x" + "0" * 40
    place.chain.apply("Charity", "CharityListed", charity=POOL, listed=False, secondSigner=nobody)

    shown = place.client().get("/campaigns/1").json()
    assert (shown["phase"], shown["state"], shown["charityListed"]) == ("suspended", "open", False)
    told = {one["charity"]: one for one in place.client().get("/charities").json()}
    assert [(word["listed"], word["secondSigner"]) for word in told[POOL]["history"]] == [(True, BOB), (False, None)]
    assert (told[POOL]["listed"], told[POOL]["secondSigner"]) == (False, None)
    assert told[AID]["listed"]
    assert place.client(POOL).post("/stories", json=STORY).json()["code"] == "charity.not_listed"


def test_story__the_target__is_part_of_what_the_chain_holds_and_cannot_move() -> None:
    story = Story("A", "甲", "B", "乙", CampaignKind.AID, 1_000)

    assert replace(story, target_gco2e=1_001).digest != story.digest
