"""Somebody who has nothing but a browser: a key, its file, an account, and what comes next; then in again."""

import re
from pathlib import Path

from eth_account import Account
from playwright.sync_api import Page, expect

from backend.chain.keys import signer_from_keystore
from tests.browser.kept import kept_in_browser
from tests.browser.looks import Look
from tests.browser.opening import Opened, Opener
from tests.browser.passkey import add_authenticator
from tests.browser.words import Words

PASSPHRASE = "seven grey geese over the river"


def test_newcomer__makes_a_key_saves_its_file_and_opens_an_account(opener: Opener, look: Look, tmp_path: Path) -> None:
    opened, words = opener.open("/?start", look), Words(look.language)
    page, person = opened.page, opened.person

    typed = page.get_by_label(words["key.new_passphrase"], exact=True)
    person.write(typed, PASSPHRASE)
    person.write(page.get_by_label(words["key.passphrase_again"], exact=True), PASSPHRASE)
    expect(typed).to_have_attribute("type", "password")
    person.press(page.get_by_label(words["key.show_typed"]))
    expect(typed).to_have_attribute("type", "text")
    expect(typed).to_have_value(PASSPHRASE)
    person.press(page.get_by_role("button", name=words["welcome.make_key"]))
    with page.expect_download() as download:
        person.press(page.get_by_role("button", name=words["key.save_file"]))
    person.press(page.get_by_label(words["welcome.has_read"]))
    person.choose(page.get_by_label(words["key.region"], exact=True), "CN-SC")
    person.write(page.get_by_label(words["welcome.identity"], exact=True), f"newcomer {look}")
    person.press(page.get_by_role("button", name=words["welcome.join"]))
    expect(page.get_by_role("heading", name=words["welcome.step_next"])).to_be_visible()

    kept = tmp_path / "key.json"
    download.value.save_as(kept)
    signer = signer_from_keystore(kept, PASSPHRASE)
    with opener.world.client(signer) as client:
        assert client.get("/accounts/me")["address"] == signer.address
    _keeps_no_secret(page, kept)

    _sees_its_first_number(opened, words)
    person.press(page.get_by_role("button", name=words["welcome.my_key"], exact=True))
    person.press(page.get_by_role("link", name=words["shell.my_account"]))
    person.press(page.locator("summary").filter(has_text=words["key.forget"]))
    person.press(page.get_by_role("button", name=words["key.forget_now"]))
    expect(page.get_by_text(words["key.kept_nowhere"])).to_be_visible()
    assert signer.address.lower().removeprefix("0x") not in kept_in_browser(page)


def _sees_its_first_number(opened: Opened, words: Words) -> None:
    """A journey of today, on the day of joining: what was before it would count for nothing."""
    page, person = opened.page, opened.person
    person.press(page.get_by_role("link", name=words["welcome.next_bills"]))
    form = page.get_by_role("region", name=words["my.add_activity"])
    person.choose(form.get_by_label(words["my.kind"]), "rail")
    person.write(form.get_by_label(words["my.quantity"]), "300")
    person.press(form.get_by_role("button", name=words["my.record"]))
    person.press(form.get_by_role("link", name=words["my.see_ring"]))
    ring = page.get_by_role("img", name=words.like("my.ring"))
    expect(ring).to_be_visible()
    expect(ring.get_by_text("0 %", exact=True)).to_have_count(0)
    expect(ring.get_by_text(re.compile(r"^[1-9][\d.]*\s%$"))).to_be_visible()


def test_newcomer__makes_a_key_under_a_passkey_and_may_put_its_file_off(opener: Opener, look: Look) -> None:
    opened, words = opener.open("/", look), Words(look.language)
    page, person = opened.page, opened.person
    add_authenticator(page)

    person.press(page.get_by_role("link", name=words["welcome.start"], exact=True))
    person.press(page.get_by_role("button", name=words["key.make_by_passkey"]))
    person.press(page.get_by_text(words["welcome.later"], exact=True))
    person.press(page.get_by_label(words["welcome.later_known"]))
    person.press(page.get_by_role("button", name=words["welcome.later_go"]))

    expect(page.get_by_role("heading", name=words["welcome.step_account"])).to_be_visible()
    stored = page.evaluate("JSON.stringify({...localStorage})")
    assert "sealed" not in stored


def test_newcomer__whose_key_a_passkey_seals__saves_its_file_and_keeps_no_secret_in_the_browser(
    opener: Opener, look: Look, tmp_path: Path
) -> None:
    opened, words = opener.open("/", look), Words(look.language)
    page, person = opened.page, opened.person
    add_authenticator(page)
    person.press(page.get_by_role("link", name=words["welcome.start"], exact=True))
    person.press(page.get_by_role("button", name=words["key.make_by_passkey"]))
    expect(page.get_by_text(words["key.file_needs_passphrase"])).to_be_visible()
    person.write(page.get_by_label(words["key.new_passphrase"], exact=True), PASSPHRASE)
    person.write(page.get_by_label(words["key.passphrase_again"], exact=True), PASSPHRASE)
    with page.expect_download() as download:
        person.press(page.get_by_role("button", name=words["key.save_file"]))
    expect(page.get_by_role("heading", name=words["welcome.step_account"])).to_be_visible()

    kept = tmp_path / "key.json"
    download.value.save_as(kept)
    _keeps_no_secret(page, kept)


def _keeps_no_secret(page: Page, file: Path) -> None:
    """Of the key that a keystore file has."""
    signer = signer_from_keystore(file, PASSPHRASE)
    secret = Account.decrypt(file.read_text("utf-8"), PASSPHRASE).hex()
    in_browser = kept_in_browser(page)
    assert signer.address.lower().removeprefix("0x") in in_browser, "the sealed key is kept there"
    assert secret.removeprefix("0x") not in in_browser
    assert PASSPHRASE not in in_browser
