"""Somebody who owes and asks for aid, in private; and somebody who owes nothing and cannot."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from backend.access.client import ApiClient, ApiProblem
from backend.chain.class_id import parse_code
from backend.chain.keys import dev_signer
from backend.giving.eligibility import eligibility_credential
from backend.kernel.clock import iso, parse_iso
from tests.browser.accessibility import axe
from tests.browser.charities import Charity
from tests.browser.looks import Look
from tests.browser.opening import Opener
from tests.browser.pressing import button
from tests.browser.words import Words
from tests.browser.world import World
from tests.patience import PATIENCE_S, until

BODY = dev_signer(90)
STORY = """
title_en = "Warm rooms: a round for whoever heats with electricity"
title_zh = "暖屋：资助用电取暖的人"
story_en = "What is given here settles deficits that come from heating."
story_zh = "这里捐出的信用用于结清取暖造成的赤字。"
"""
LEADS_S = (10, 60, 300)
"""How long before it opens a round is asked for: it may not open before its terms stand, and a server may be slow."""


def open_round(client: ApiClient, campaign_id: str, leads_s: Sequence[int] = LEADS_S) -> Any:
    """A round that takes applications in a moment. Raises ApiProblem."""
    lead_s, *later = leads_s
    opens = datetime.now(UTC) + timedelta(seconds=lead_s)
    body = {
        "classId": str(parse_code("CN-SC/2025/SIM")),
        "rule": "equal",
        "potGco2e": "10000",
        "capGco2e": "5000",
        "stepGco2e": "1000",
        "leastPeople": 3,
        "opensAt": iso(opens),
        "closesAt": iso(opens + timedelta(days=2)),
    }
    try:
        return client.post(f"/campaigns/{campaign_id}/aid-rounds", body)
    except ApiProblem as refusal:
        if refusal.problem_code != "aid.round_invalid" or not later:
            raise
        return open_round(client, campaign_id, later)


@pytest.fixture
def round_id(world: World, tmp_path: Path) -> int:
    """A registered body, and a round that takes applications; the one there is, if an earlier story opened it."""
    name = "<b>Social</b> services"
    registered = world.command("aid", "register", BODY.address, name, "--dev", "2", "--url", world.url)
    assert registered.returncode == 0, registered.stderr
    charity, terms = Charity(world, "aid-charity"), ("--kind", "aid", "--target", "200000")
    campaign_id = charity.campaign(STORY, "heats with electricity", *terms, folder=tmp_path)
    with world.client(world.person("aid-charity")) as client:
        known = client.get("/aid/rounds", campaign=campaign_id)
        found = known[0] if known else open_round(client, campaign_id)
    opens = parse_iso(found["opensAt"])
    until(lambda: datetime.now(UTC) > opens, "the round to open", max(LEADS_S) + PATIENCE_S)
    return int(found["roundId"])


def test_applicant__with_a_deficit_and_a_bodys_yes__applies_and_keeps_the_proof(
    opener: Opener, world: World, look: Look, round_id: int, tmp_path: Path
) -> None:
    words, applicant = Words(look.language), world.person("chengdu-flyer-1")
    with world.client() as client:
        chain_id = int(client.get("/signing")["chainId"])
    credential = tmp_path / "yes.jwt"
    credential.write_text(
        eligibility_credential(BODY, chain_id=chain_id, account=applicant.address, at=datetime.now(UTC))
    )
    opened = opener.open("/give/owe", look, session_of=applicant)
    page, person = opened.page, opened.person

    expect(page.get_by_text(words["give.outstanding"])).to_be_visible()
    axe(page)
    person.press(page.get_by_role("main").get_by_role("link", name=words["give.aid"]).last)
    expect(page.get_by_text("<b>Social</b> services")).to_be_visible()
    expect(page.get_by_text(words["give.eligible_deficit"])).to_be_visible()
    expect(button(opened, words["give.apply"])).to_be_disabled()
    page.get_by_label(words["give.credential"]).set_input_files(credential)
    axe(page)
    with page.expect_download() as kept:
        person.press(button(opened, words["give.apply"]))

    proof = json.loads(Path(kept.value.path()).read_text())
    assert (proof["round"]["roundId"], proof["body"]) == (round_id, BODY.address)
    expect(page.get_by_role("heading", name=words["give.my_application"])).to_be_visible()
    expect(page.get_by_text(words["give.inclusion_later"])).to_be_visible()
    axe(page)


def test_somebody_who_owes_nothing__is_told_why_it_cannot_apply(
    opener: Opener, world: World, look: Look, round_id: int
) -> None:
    assert round_id
    words = Words(look.language)
    opened = opener.open("/give/aid", look, session_of=world.person("leshan-family-1"))

    expect(opened.page.get_by_text(words["give.not_eligible"])).to_be_visible()
    expect(opened.page.get_by_text(words["give.not_eligible_nothing"])).to_be_visible()
