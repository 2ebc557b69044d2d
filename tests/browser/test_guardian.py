"""A guardian opens an account for a child, with a key of the child's own, and looks at the child's ledger."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from tests.browser.accessibility import axe
from tests.browser.looks import Look
from tests.browser.opening import Opener
from tests.browser.words import Words
from tests.browser.world import World

PASSPHRASE = "eleven small boats at the pier"


def test_guardian__opens_a_child_s_account__and_sees_its_ledger(opener: Opener, world: World, look: Look) -> None:
    words, guardian = Words(look.language), world.stranger()
    with world.client(guardian) as client:
        client.post("/accounts", {"region": "US-CA", "identity": f"guardian {look}"})
    opened = opener.open("/my/account", look, session_of=guardian)
    page, person = opened.page, opened.person

    children = page.get_by_role("region", name=words["key.children"])
    person.press(children.get_by_role("button", name=words["key.child_add"]))
    person.write(children.get_by_label(words["key.child_name"]), "Mei")
    person.write(children.get_by_label(words["key.new_passphrase"], exact=True), PASSPHRASE)
    person.write(children.get_by_label(words["key.passphrase_again"], exact=True), PASSPHRASE)
    person.press(page.get_by_role("button", name=words["key.child_key"]))
    born = (datetime.now(UTC) - timedelta(days=9 * 365)).date().isoformat()
    person.write(page.get_by_label(words["key.child_born"]), born)
    person.write(page.get_by_label(words["key.child_identity"]), f"child {look}")
    axe(page)
    person.press(page.get_by_role("button", name=words["key.child_open"]))
    expect(children.get_by_text("Mei")).to_be_visible()
    with world.client(guardian) as client:
        (ward,) = client.get("/accounts/me")["wards"]

    person.press(page.get_by_role("link", name=words["key.child_see"]))
    shown_for = page.get_by_label(words["my.for_whom"])
    expect(shown_for).to_have_value(ward)
    axe(page)
    person.choose(shown_for, "")
    expect(shown_for).to_have_value("")
