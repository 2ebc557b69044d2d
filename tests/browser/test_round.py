"""A round of aid at a charity's desk: opened there; once it has awarded, granted by both signers to who applied."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from backend.access.client import ApiClient, ApiProblem
from backend.access.signed_in import Key
from backend.chain.class_id import parse_code
from backend.chain.keys import Signer, dev_signer
from backend.chain.rpc import connect
from backend.giving.eligibility import eligibility_credential
from backend.giving.signed_message import deadline_after, fresh_number, signed_body
from backend.kernel.clock import iso, parse_iso
from tests.browser.accessibility import axe
from tests.browser.charities import Charity
from tests.browser.looks import Look
from tests.browser.opening import Opener
from tests.browser.pressing import agree, at_desk, button
from tests.browser.words import Words
from tests.browser.world import World
from tests.patience import PATIENCE_S, until
from tests.unit.giving.pictures import png

BODY = dev_signer(91)
CODE = "US-CA/2025/SIM"
GIVEN_GCO2E = 3_000
DONOR = "coastal-3"
APPLICANTS = ("desert-flat-2", "desert-house-2", "desert-house-3")
STORY = """
title_en = "{title}"
title_zh = "{title}"
story_en = "What is given here settles deficits."
story_zh = "这里捐出的信用用于结清赤字。"
"""
WAYS_S = ((10, 30), (60, 120), (300, 600))
"""How long before it opens a round is asked for, and how long it is open: as short as this machine lets three people
apply.
"""
TOO_SLOW = {"aid.round_invalid", "aid.round_closed"}
BLOCK_EVERY_S = 5


def given_to(world: World, title: str, folder: Path) -> str:
    """An aid campaign of this title that holds some grams."""
    terms = ("--kind", "aid", "--target", "200000")
    campaign_id = Charity(world, "aid-charity").campaign(STORY.format(title=title), title, *terms, folder=folder)
    donor = world.person(DONOR)
    with world.client(donor) as client:

        def sign(kind: str, contract: str, message: dict[str, object]) -> dict[str, Any]:
            ends = {"number": fresh_number(), "deadline": deadline_after(datetime.now(UTC))}
            return signed_body(client, Key(donor, is_development=True), kind, message | ends, contract=contract)

        operator = client.get("/signing")["contracts"]["Charity"]
        allow: dict[str, object] = {"account": donor.address, "operator": operator, "approved": True}
        client.post("/approvals", sign("Approve", "CarbonCredit", allow))
        until(lambda: bool(client.get("/approvals", account=donor.address)["charity"]), "the contract to be allowed")
        what: dict[str, object] = {"campaignId": int(campaign_id), "classId": parse_code(CODE)}
        gift = {"donor": donor.address, **what, "amountGco2e": GIVEN_GCO2E, "receipt": False}
        client.post("/donations", sign("Donate", "Charity", gift))
        until(lambda: bool(client.get(f"/campaigns/{campaign_id}")["byClass"]), "the gift in the index")
    return campaign_id


def test_round__opened_at_the_desk__takes_applications(
    opener: Opener, world: World, look: Look, tmp_path: Path
) -> None:
    words, title = Words(look.language), f"Cool rooms {look}"
    campaign_id = given_to(world, title, tmp_path)
    desk = at_desk(opener, world, look, "aid-charity")
    campaign, person = desk.page.get_by_role("region", name=title), desk.person

    person.press(campaign.locator("summary", has_text=words["give.open_round"]))
    for label, kg in (("pot_kg", "3"), ("cap_kg", "1"), ("step_kg", "0.5")):
        person.write(campaign.get_by_label(words[f"give.{label}"]), kg)
    closes_on = (datetime.now(UTC) + timedelta(days=9)).date()
    person.write(campaign.get_by_label(words["give.closes_on"]), closes_on.isoformat())
    axe(desk.page)
    person.press(campaign.get_by_role("button", name=words["give.open_round"]))

    expect(campaign.get_by_role("listitem").filter(has_text=words.like("give.round_no"))).to_be_visible()
    with world.client() as client:
        (opened,) = client.get("/aid/rounds", campaign=campaign_id)
    assert (opened["potGco2e"], opened["capGco2e"], opened["stepGco2e"]) == ("3000", "1000", "500")
    assert opened["closesAt"] == f"{closes_on.isoformat()}T00:00:00Z"


def test_picture__chosen_at_the_desk__is_shown_as_it_is_published(
    opener: Opener, world: World, look: Look, tmp_path: Path
) -> None:
    words, picture = Words(look.language), tmp_path / "moor.png"
    picture.write_bytes(png(8, 3))
    text = tmp_path / "moor.txt"
    text.write_text("no picture")
    desk = at_desk(opener, world, look, "aid-charity")
    page = desk.page

    with desk.watch.expect_refusal(r"/pictures$", 422):
        page.get_by_label(words["give.picture"]).set_input_files(text)
        expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label(words["give.picture"]).set_input_files(picture)
    shown = page.get_by_alt_text(words["give.picture_preview"])
    expect(shown).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    until(lambda: shown.evaluate("image => image.naturalWidth") == 8, "the picture to be there")
    axe(page)


def applied(world: World, charity: ApiClient, campaign_id: str, ways_s: Sequence[tuple[int, int]] = WAYS_S) -> int:
    """A round to which three people have applied, each with a body's yes."""
    (lead_s, window_s), *later = ways_s
    opens = datetime.now(UTC) + timedelta(seconds=lead_s)
    terms = {
        "classId": str(parse_code(CODE)),
        "rule": "equal",
        "potGco2e": str(GIVEN_GCO2E),
        "capGco2e": "1000",
        "stepGco2e": "500",
        "leastPeople": len(APPLICANTS),
        "opensAt": iso(opens),
        "closesAt": iso(opens + timedelta(seconds=window_s)),
    }
    round_id = 0
    try:
        opened = charity.post(f"/campaigns/{campaign_id}/aid-rounds", terms)
        round_id = int(opened["roundId"])
        until(lambda: datetime.now(UTC) > parse_iso(opened["opensAt"]), "the round to open", lead_s + PATIENCE_S)
        for who in APPLICANTS:
            apply(world, world.person(who), round_id)
    except ApiProblem as refusal:
        if refusal.problem_code not in TOO_SLOW or not later:
            raise
        if refusal.problem_code == "aid.round_closed":
            concluded(world, round_id, window_s)
        return applied(world, charity, campaign_id, later)
    concluded(world, round_id, window_s)
    return round_id


def apply(world: World, applicant: Signer, round_id: int) -> None:
    with world.client(applicant) as client:
        chain_id = int(client.get("/signing")["chainId"])
        yes = eligibility_credential(BODY, chain_id=chain_id, account=applicant.address, at=datetime.now(UTC))
        client.post(f"/aid/rounds/{round_id}/applications", {"credential": yes, "vintage": 2025})


def concluded(world: World, round_id: int, window_s: int) -> None:
    """Waits until it is. The block that decides it has to come: on this chain none does by itself."""
    node = connect(world.rpc_url)
    with world.client() as client:

        def is_concluded() -> bool:
            if node.eth.get_block("latest")["timestamp"] + BLOCK_EVERY_S < datetime.now(UTC).timestamp():
                node.provider.make_request("evm_mine", [])  # type: ignore[arg-type]  # a local node's own method
            return client.get(f"/aid/rounds/{round_id}")["concludedAt"] is not None

        until(is_concluded, "the round to be decided", window_s + 2 * PATIENCE_S)


@pytest.mark.full
def test_awards__of_a_round__are_granted_by_both_signers_and_told_to_who_applied(
    opener: Opener, world: World, tmp_path: Path
) -> None:
    look, title = Look(), "Granted rooms"
    words, campaign_id = Words(look.language), given_to(world, title, tmp_path)
    registered = world.command("aid", "register", BODY.address, "Social services", "--dev", "2", "--url", world.url)
    assert registered.returncode == 0, registered.stderr
    with world.client(world.person("aid-charity")) as client:
        round_id = applied(world, client, campaign_id)

    charity = at_desk(opener, world, look, "aid-charity")
    asking = charity.page.get_by_role("region", name=title).get_by_role("button", name=words["give.grants_ask_second"])
    with charity.page.expect_download() as asked:
        charity.person.press(asking)
    errand = tmp_path / "errand.json"
    asked.value.save_as(errand)
    second = at_desk(opener, world, look, "aid-charity-second")
    second.page.get_by_label(words["give.errand_open"]).set_input_files(errand)
    expect(second.page.get_by_text(words.like("give.errand_grant"))).to_be_visible()
    with second.page.expect_download() as signed:
        second.person.press(button(second, words["give.errand_sign"]))
        agree(second, words, saying="give.errand_grant")
    signed.value.save_as(errand)
    errands = charity.page.get_by_role("region", name=words["give.errands"])
    errands.get_by_label(words["give.errand_open"]).set_input_files(errand)
    charity.person.press(button(charity, words["give.errand_send"]))
    agree(charity, words, saying="give.errand_grant")
    expect(charity.page.get_by_text(words["give.sent_by_wallet"])).to_be_visible()

    for who in APPLICANTS:
        with world.client(world.person(who)) as client:

            def stages(of: ApiClient = client) -> list[str]:
                (owed,) = of.get("/deficits")
                return [one["stage"] for one in owed["aid"]["applied"] if one["roundId"] == round_id]

            until(lambda: stages() == ["granted"], "the grant to be counted")
    told = opener.open("/give/owe", look, session_of=world.person(APPLICANTS[0]))
    expect(told.page.get_by_text(words.like("give.aid_granted"))).to_be_visible()
    axe(told.page)
