"""Somebody who brings a wallet: says no to the connection and to a signature once each, then signs in with it, opens
an account, and leaves again.
"""

from playwright.sync_api import expect

from backend.access.session import COOKIE_HTTP
from tests.browser.accessibility import axe
from tests.browser.looks import Look
from tests.browser.opening import Opener
from tests.browser.words import Words
from tests.browser.world import World
from tests.patience import until


def test_wallet__of_somebody_new__declines_once_then_signs_in_joins_and_leaves(
    opener: Opener, world: World, look: Look
) -> None:
    words, newcomer = Words(look.language), world.stranger()
    opened = opener.open("/?start", look, wallet_of=newcomer)
    page, person, wallet = opened.page, opened.person, opened.wallet
    assert wallet is not None
    use = page.get_by_role("button", name=words["key.by_wallet"].replace("{wallet}", "Test wallet"))

    wallet.refuses = True
    person.press(use)
    until(lambda: bool(page.evaluate("true") and wallet.asked), "a question to the wallet")
    expect(use).to_be_enabled()
    expect(page.get_by_role("alert")).to_have_count(0)
    assert COOKIE_HTTP not in {cookie["name"] for cookie in opened.context.cookies()}

    wallet.refuses, wallet.refuses_to_sign = False, True
    person.press(use)
    until(lambda: bool(page.evaluate("true") and "personal_sign" in dict(wallet.asked)), "a signature to be asked for")
    expect(use).to_be_enabled()
    expect(page.get_by_role("alert")).to_have_count(0)
    assert COOKIE_HTTP not in {cookie["name"] for cookie in opened.context.cookies()}

    wallet.refuses_to_sign = False
    person.press(use)
    expect(page.get_by_role("heading", name=words["welcome.step_account"])).to_be_visible()
    axe(page)
    person.press(page.get_by_label(words["welcome.has_read"]))
    person.choose(page.get_by_label(words["key.region"], exact=True), "US-CA")
    person.write(page.get_by_label(words["welcome.identity"], exact=True), f"wallet {look}")
    person.press(page.get_by_role("button", name=words["welcome.join"]))
    expect(page.get_by_role("heading", name=words["welcome.step_next"])).to_be_visible()
    with world.client(newcomer) as client:
        assert client.get("/accounts/me")["region"] == "US-CA"

    session = {cookie["name"]: cookie for cookie in opened.context.cookies()}[COOKIE_HTTP]
    assert session["httpOnly"]
    short = f"{newcomer.address[:6]}…{newcomer.address[-4:]}"
    person.press(page.get_by_role("button", name=short, exact=True))
    person.press(page.get_by_role("button", name=words["shell.sign_out"]))
    expect(page.get_by_role("link", name=words["shell.sign_in"])).to_be_visible()
    assert COOKIE_HTTP not in {cookie["name"] for cookie in opened.context.cookies()}


def test_wallet__that_signs_in_from_a_page__comes_back_to_it(opener: Opener, world: World, look: Look) -> None:
    words = Words(look.language)
    opened = opener.open("/trade/CN-SC/2025/SIM", look, wallet_of=world.person("trader"))
    page, person = opened.page, opened.person

    person.press(page.get_by_role("link", name=words["shell.sign_in"]))
    person.press(page.get_by_role("button", name=words["key.by_wallet"].replace("{wallet}", "Test wallet")))

    expect(page.get_by_role("heading", name=words["trade.my_open_orders"])).to_be_visible()
    assert page.url.endswith("/trade/CN-SC/2025/SIM")
