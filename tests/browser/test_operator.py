"""The operator at 3 a.m.: is all up, what waits, do index and chain agree; and a class is halted with a reason."""

from playwright.sync_api import expect

from backend.chain.keys import DevRole, dev_signer
from tests.browser.accessibility import axe
from tests.browser.looks import Look
from tests.browser.opening import Opener
from tests.browser.words import Words
from tests.browser.world import World

CODE = "GB/2026/SIM"
"""A class that no other story trades in."""


def test_operator__looks_reconciles_and_halts_a_class__everybody_reads_why(
    opener: Opener, world: World, look: Look
) -> None:
    words = Words(look.language)
    opened = opener.open("/operator", look, session_of=dev_signer(DevRole.OPERATOR))
    page, person = opened.page, opened.person
    expect(page.get_by_text(words["operator.ready"], exact=True)).to_be_visible()
    expect(page.get_by_text(words["operator.owns"])).to_be_visible()
    axe(page)

    person.press(page.get_by_role("button", name=words["operator.compare"]))
    expect(page.get_by_text(words["operator.agrees"])).to_be_visible()

    person.press(page.get_by_role("button", name=f"{words['operator.halt']} {CODE}"))
    person.write(page.get_by_label(words["operator.why"]), "a rehearsal")
    axe(page)
    person.press(page.get_by_role("button", name=words["operator.do_it"]))
    go_on = page.get_by_role("button", name=f"{words['operator.go_on']} {CODE}")
    expect(go_on).to_be_visible()
    with world.client() as client:
        latest = client.get(f"/market/{CODE.replace('/', '~')}/governance")["items"][0]
        assert latest["why"] == "a rehearsal"

    person.press(go_on)
    person.write(page.get_by_label(words["operator.why"]), "it is over")
    person.press(page.get_by_role("button", name=words["operator.do_it"]))
    expect(page.get_by_role("button", name=f"{words['operator.halt']} {CODE}")).to_be_visible()


def test_operator__is_nobody_yet__sees_health_and_is_offered_to_sign_in(opener: Opener, look: Look) -> None:
    words = Words(look.language)
    page = opener.open("/operator", look).page
    expect(page.get_by_text(words["operator.ready"], exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name=words["key.sign_in"])).to_be_visible()
    expect(page.get_by_role("button", name=words["operator.compare"])).not_to_be_visible()
