"""An account's ways: its key's file opens it on another device, it moves to a new key, all of it is taken away, and it
is erased; and somebody who grew up takes over the account that a guardian opened.
"""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from eth_account import Account
from playwright.sync_api import Download, Locator, expect

from backend.chain.keys import Signer, signer_from_keystore
from backend.kernel.clock import SystemClock
from backend.ledger.hand_over import WAITING, ask_hand_over
from backend.ledger.person import join
from tests.browser.accessibility import axe
from tests.browser.desk import desk_of
from tests.browser.kept import kept_in_browser
from tests.browser.looks import Look
from tests.browser.opening import Opened, Opener
from tests.browser.words import Words
from tests.browser.world import World

PASSPHRASE = "nine wet umbrellas at the door"
NEW_PASSPHRASE = "two quiet foxes under the bridge"


def test_account__of_a_lost_device__is_opened_from_its_file_moved_to_a_new_key_exported_and_erased(
    opener: Opener, world: World, look: Look, tmp_path: Path
) -> None:
    told = Words(look.language)
    first = opener.open("/?start", look)
    file = _makes_a_key(first, told, tmp_path)
    signer = signer_from_keystore(file, PASSPHRASE)
    with world.client(signer) as client:
        client.post("/accounts", {"region": "CN-SC", "identity": f"a mover, {signer.address}"})

    second = opener.open("/my/account", look)
    _opens_the_file(second, told, file)
    expect(second.page.get_by_text(told["key.kept_passphrase"])).to_be_visible()
    _keeps_no_secret(second, file)

    new = _moves_to_a_new_key(second, told, tmp_path)
    with world.client(new) as client:
        assert client.get("/accounts/me")["address"] == new.address
    with second.page.expect_download() as exported:
        second.person.press(second.page.get_by_role("link", name=told["key.export_get"]))
    assert json.loads(Path(exported.value.path()).read_text("utf-8"))["account"][0]["address"] == new.address

    _erases(second, told)
    with world.client(new) as client:
        assert client.get("/me")["account"] is None


def _makes_a_key(opened: Opened, told: Words, folder: Path) -> Path:
    page, hands = opened.page, opened.person
    _says_twice(opened, told, page.locator("main"), PASSPHRASE)
    hands.press(page.get_by_role("button", name=told["welcome.make_key"]))
    with page.expect_download() as saved:
        hands.press(page.get_by_role("button", name=told["key.save_file"]))
    return _kept(saved.value, folder / "first.json")


def _says_twice(opened: Opened, told: Words, within: Locator, passphrase: str) -> None:
    opened.person.write(within.get_by_label(told["key.new_passphrase"], exact=True), passphrase)
    opened.person.write(within.get_by_label(told["key.passphrase_again"], exact=True), passphrase)


def _kept(saved: Download, file: Path) -> Path:
    saved.save_as(file)
    return file


def _opens_the_file(opened: Opened, told: Words, file: Path) -> None:
    page, hands = opened.page, opened.person
    hands.press(page.get_by_text(told["key.have_file"]))
    page.get_by_label(told["key.file"], exact=True).set_input_files(file)
    hands.write(page.get_by_label(told["key.passphrase"], exact=True), PASSPHRASE)
    hands.press(page.get_by_role("button", name=told["key.sign_in"], exact=True))
    expect(page.get_by_role("heading", name=told["key.account_key"])).to_be_visible()


def _keeps_no_secret(opened: Opened, file: Path) -> None:
    signer = signer_from_keystore(file, PASSPHRASE)
    in_browser = kept_in_browser(opened.page)
    assert signer.address.lower().removeprefix("0x") in in_browser, "the sealed key is kept there"
    assert Account.decrypt(file.read_text("utf-8"), PASSPHRASE).hex().removeprefix("0x") not in in_browser
    assert PASSPHRASE not in in_browser


def _moves_to_a_new_key(opened: Opened, told: Words, folder: Path) -> Signer:
    page, hands = opened.page, opened.person
    card = page.get_by_role("region", name=told["key.rotate"])
    hands.press(card.locator("summary"))
    _says_twice(opened, told, card, NEW_PASSPHRASE)
    hands.press(card.get_by_role("button", name=told["key.rotate_make"]))
    dialog = page.get_by_role("dialog", name=told["key.sign_title"])
    expect(dialog.get_by_text(told.like("key.rotate_words"))).to_be_visible()
    hands.press(dialog.get_by_role("button", name=told["key.sign"], exact=True))
    expect(card.get_by_text(told.like("key.rotated"))).to_be_visible()
    axe(page)
    with page.expect_download() as saved:
        hands.press(page.get_by_role("button", name=told["key.save_file"]))
    return signer_from_keystore(_kept(saved.value, folder / "new.json"), NEW_PASSPHRASE)


def _erases(opened: Opened, told: Words) -> None:
    page, hands = opened.page, opened.person
    card = page.get_by_role("region", name=told["key.erase"])
    hands.press(card.get_by_role("button", name=told["key.erase_show"]))
    for part in ("key.erase_goes", "key.erase_remains"):
        expect(card.get_by_role("heading", name=told[part])).to_be_visible()
    axe(page)
    hands.press(card.get_by_label(told["key.erase_sure"]))
    hands.press(card.get_by_role("button", name=told["key.erase_go"]))
    dialog = page.get_by_role("dialog", name=told["key.sign_title"])
    hands.press(dialog.get_by_role("button", name=told["key.sign"], exact=True))
    expect(page.get_by_text(told["welcome.erased"])).to_be_visible()
    expect(page.get_by_role("link", name=told["shell.sign_in"])).to_be_visible()


def test_account__of_a_child_who_grew_up__is_asked_for_waits_and_is_taken_over(
    opener: Opener, world: World, look: Look
) -> None:
    told, guardian, child, grown = Words(look.language), world.stranger(), world.stranger(), world.stranger()
    identity = f"a child that grew up, {child.address}"
    with world.client(guardian) as client:
        client.post("/accounts", {"region": "CN-SC", "identity": f"a guardian, {guardian.address}"})
    with desk_of(world) as desk:
        with desk.database.write() as session:
            join(
                session, desk.books, address=child.address, region="CN-SC", identity=identity,
                joined_on=date(2025, 1, 1), born_on=datetime.now(UTC).date() - timedelta(days=19 * 365),
                guardian=guardian.address, at=SystemClock().now(),
            )  # fmt: skip
        opened = opener.open("/my/account", look, wallet_of=grown)
        page, hands = opened.page, opened.person
        hands.press(page.get_by_role("button", name=told.like("key.by_wallet")))
        card = page.get_by_role("region", name=told["key.hand_over"])
        hands.write(card.get_by_label(told["key.hand_over_account"]), child.address)
        hands.write(card.get_by_label(told["key.identity"]), identity)
        hands.press(card.get_by_role("button", name=told["key.hand_over_ask"]))
        expect(card.get_by_text(told.like("key.hand_over_waits"))).to_be_visible()
        axe(page)
        with opened.watch.expect_refusal(r"/hand-over/completion$", 422):
            hands.press(card.get_by_role("button", name=told["key.hand_over_complete"]))
            expect(card.get_by_role("alert")).to_be_visible()

        with desk.database.write() as session:
            ask_hand_over(
                session, desk.books, account=child.address, new_address=grown.address, identity=identity,
                at=SystemClock().now() - WAITING,
            )  # fmt: skip
    hands.press(card.get_by_role("button", name=told["key.hand_over_complete"]))
    expect(page.get_by_text(told["key.hand_over_done"])).to_be_visible()
    expect(page.get_by_role("heading", name=told["key.account_key"])).to_be_visible()
    with world.client(grown) as client:
        assert client.get("/accounts/me")["guardian"] is None
    with world.client(guardian) as client:
        assert client.get("/accounts/me")["wards"] == []
