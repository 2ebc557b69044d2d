"""A guardian signs in, opens an account for a child with a key of the child's own, keeps that key's file, and enters
what the child did; nobody is shown a way to sell for it.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from backend.chain.keys import Signer, signer_from_keystore
from tests.browser.accessibility import axe
from tests.browser.looks import Look
from tests.browser.opening import Opened, Opener
from tests.browser.words import Words
from tests.browser.world import World

PASSPHRASE = "eleven small boats at the pier"
KM = "7.25"


def test_guardian__opens_a_child_s_account_and_keeps_its_ledger(
    opener: Opener, world: World, look: Look, tmp_path: Path
) -> None:
    words, guardian, other = Words(look.language), world.stranger(), world.stranger()
    for signer in (guardian, other):
        with world.client(signer) as client:
            client.post("/accounts", {"region": "US-CA", "identity": f"guardian {signer.address}"})
    opened = opener.open("/my/account", look, wallet_of=guardian)
    opened.person.press(opened.page.get_by_role("button", name=words.like("key.by_wallet")))

    file = _opens_the_account(opened, words, tmp_path)
    with world.client(guardian) as client:
        (ward,) = client.get("/accounts/me")["wards"]
    assert signer_from_keystore(file, PASSPHRASE).address == ward

    _enters_a_trip_and_takes_it_back(opened, words, ward)
    _is_not_offered_to_sell(opened, words)
    _leaves_nothing_to_who_comes_next(opened, words, guardian, other, ward)


def _opens_the_account(opened: Opened, words: Words, folder: Path) -> Path:
    page, person = opened.page, opened.person
    children = page.get_by_role("region", name=words["key.children"])
    person.press(children.get_by_role("button", name=words["key.child_add"]))
    person.write(children.get_by_label(words["key.child_name"]), "Mei")
    person.write(children.get_by_label(words["key.new_passphrase"], exact=True), PASSPHRASE)
    person.write(children.get_by_label(words["key.passphrase_again"], exact=True), PASSPHRASE)
    person.press(children.get_by_role("button", name=words["key.child_key"]))
    with page.expect_download() as saved:
        person.press(children.get_by_role("button", name=words["key.save_file"]))
    file = folder / saved.value.suggested_filename
    saved.value.save_as(file)

    born = (datetime.now(UTC) - timedelta(days=9 * 365)).date().isoformat()
    person.write(page.get_by_label(words["key.child_born"]), born)
    person.write(page.get_by_label(words["key.child_identity"]), f"child {file.stem}")
    axe(page)
    person.press(page.get_by_role("button", name=words["key.child_open"]))
    expect(children.get_by_text("Mei")).to_be_visible()
    return file


def _enters_a_trip_and_takes_it_back(opened: Opened, words: Words, ward: str) -> None:
    page, person = opened.page, opened.person
    person.press(page.get_by_role("link", name=words["key.child_see"]))
    expect(page.get_by_label(words["my.for_whom"])).to_have_value(ward)
    axe(page)
    person.press(page.get_by_role("link", name=words["my.nav_activities"], exact=True))
    today = datetime.now(UTC).date()
    form = page.get_by_role("region", name=words["my.add_activity"])
    person.choose(form.get_by_label(words["my.kind"]), "bus")
    person.write(form.get_by_label(words["my.quantity"]), KM)
    person.write(form.get_by_label(words["my.first_day"]), (today - timedelta(days=2)).isoformat())
    person.press(form.get_by_role("button", name=words["my.record"]))
    expect(form.get_by_text(words["my.recorded"])).to_be_visible()

    row = _rows_of_the_trip(page)
    expect(row).to_have_count(1)
    person.press(row.get_by_role("button"))
    dialog = page.get_by_role("dialog", name=words["my.take_back_title"])
    person.press(dialog.get_by_role("button", name=words["my.take_back"], exact=True))
    expect(dialog).to_be_hidden()
    expect(_rows_of_the_trip(page)).to_have_count(0)


def _rows_of_the_trip(page: Page) -> Locator:
    return page.get_by_role("row").filter(has_text=KM)


def _is_not_offered_to_sell(opened: Opened, words: Words) -> None:
    page, person = opened.page, opened.person
    selling = page.locator("main a[href^='/trade']")
    for room in ("my.nav_overview", "my.nav_year"):
        person.press(page.get_by_role("link", name=words[room], exact=True))
        expect(page.get_by_role("heading", level=2).first).to_be_visible()
        axe(page)  # which waits for all of it: what is asked for after signing out is refused
        expect(selling).to_have_count(0)


def _leaves_nothing_to_who_comes_next(opened: Opened, words: Words, guardian: Signer, other: Signer, ward: str) -> None:
    page, person, wallet = opened.page, opened.person, opened.wallet
    assert wallet is not None
    person.press(page.get_by_role("button", name=f"{guardian.address[:6]}…{guardian.address[-4:]}", exact=True))
    person.press(page.get_by_role("button", name=words["shell.sign_out"]))
    wallet.signer = other
    person.press(page.get_by_role("button", name=words.like("key.by_wallet")))
    expect(page.get_by_role("link", name=words["my.nav_overview"], exact=True)).to_be_visible()
    expect(page.get_by_label(words["my.for_whom"])).to_have_count(0)

    page.goto(f"/my?ward={ward}")
    expect(page.get_by_text(words["my.not_your_child"])).to_be_visible()
    expect(page.get_by_role("heading", name=words["my.position"])).to_be_visible()
