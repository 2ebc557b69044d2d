"""A trader's story: an order with a wallet, changed and cancelled; one that meets somebody else's, up to the chain; and
whoever begins with nothing.
"""

import json
from pathlib import Path

from eth_account import Account
from playwright.sync_api import Locator, Page, expect

from backend.chain.keys import Signer
from tests.browser.accessibility import axe
from tests.browser.looks import Look
from tests.browser.opening import Opened, Opener
from tests.browser.wallet import Wallet
from tests.browser.words import Words
from tests.browser.world import World

CODE = "CN-SC/2025/SIM"
PASSPHRASE = "seven quiet rivers under one moon"
QUICK_SCRYPT = 1 << 13
"""Rounds of the test's own keystore file: what takes long is not what is told here."""


def test_trader__whose_order_meets_anothers__sees_it_become_final(
    opener: Opener, world: World, look: Look, tmp_path: Path
) -> None:
    words = Words(look.language)
    trader = opener.open(f"/trade/{CODE}", look, wallet_of=world.person("trader"))
    _sign_in_by_wallet(trader, words)
    axe(trader.page)

    _write_order(trader, words, kg="2", price="0.0712")
    _place(trader, words, "trade.place_buy")
    mine = _order_at(trader.page, "0.0712")
    expect(mine).to_contain_text(words["trade.state_open"])

    _change(trader, words, mine, price="0.0713")
    changed = _order_at(trader.page, "0.0713")
    expect(changed).to_contain_text(words["trade.state_open"])
    expect(mine).to_contain_text(words["trade.reason_replaced"])

    trader.person.press(changed.get_by_role("button", name=words["trade.cancel"]))
    expect(changed).to_contain_text(words["trade.reason_by_maker"])
    assert [data["message"]["pricePerKg"] for data in _signed_orders(trader.wallet)] == ["71200", "71300"]

    _write_order(trader, words, kg="3", price="0.0852")
    _place(trader, words, "trade.place_buy")
    expect(_order_at(trader.page, "0.0852")).to_contain_text(words["trade.state_open"])
    _sell_surplus(opener, words, look, world.person("zigong-couple-1"), tmp_path)

    met = _order_at(trader.page, "0.0852")
    expect(met).to_contain_text(words["trade.state_filled"])
    trader.person.press(met.get_by_role("link"))
    expect(trader.page.get_by_role("listitem").filter(has_text=words["trade.step_final"])).to_be_visible()
    axe(trader.page)


def test_trader__who_declines_or_asks_for_too_much__has_placed_nothing(
    opener: Opener, world: World, look: Look
) -> None:
    words = Words(look.language)
    trader = opener.open(f"/trade/{CODE}", look, wallet_of=world.person("trader"))
    _sign_in_by_wallet(trader, words)
    page = trader.page
    form = page.locator("form").filter(has=page.locator("#place"))

    _write_order(trader, words, kg="1.5", price="0.08005")
    trader.person.press(page.locator("#place"))
    expect(form).to_contain_text(words["trade.fault_kg_whole"])
    expect(form).to_contain_text(words.like("trade.fault_price_tick"))

    _write_order(trader, words, kg="1000000", price="0.0711")
    expect(form).to_contain_text(words["trade.would_be_refused"])

    _write_order(trader, words, kg="1", price="0.0711")
    trader.person.press(page.locator("#place"))
    trader.person.press(page.get_by_role("button", name=words["key.decline"]))
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(_order_at(page, "0.0711")).to_have_count(0)
    assert _signed_orders(trader.wallet) == []


def test_trader__who_begins_with_nothing__gets_test_money_and_buys_at_once(
    opener: Opener, world: World, look: Look
) -> None:
    words = Words(look.language)
    trader = opener.open("/trade/funds", look, wallet_of=world.stranger())
    page = trader.page
    trader.person.press(page.get_by_role("button", name=words.like("key.by_wallet")))
    trader.person.press(page.get_by_role("button", name=words["trade.test_money_ask"]))
    expect(page.get_by_text(words["trade.test_money_here"])).to_be_visible()

    page.goto(f"/trade/{CODE}")
    trader.person.write(page.get_by_label(words["trade.kg"], exact=True), "1")
    trader.person.press(page.get_by_label(words["trade.kind_market"], exact=True))
    trader.person.press(page.get_by_label(words["trade.retires"]))
    trader.person.press(page.get_by_role("button", name=words["trade.allow_money"]))
    _agree_by_wallet(trader, words)
    expect(page.get_by_role("button", name=words["trade.allow_money"])).to_have_count(0)

    trader.person.press(page.get_by_role("button", name=words["trade.place_buy"]))
    expect(page.get_by_role("dialog")).to_contain_text(words.like("trade.says_retire"))
    trader.person.press(page.get_by_role("button", name=words["key.sign"], exact=True))
    expect(page.get_by_text(words.like("trade.matched_now"))).to_be_visible()
    trader.person.press(page.get_by_role("listitem").filter(has_text=words["trade.state_filled"]).get_by_role("link"))
    expect(page.get_by_role("listitem").filter(has_text=words["trade.step_final"])).to_be_visible()
    assert [data["message"]["action"] for data in _signed_orders(trader.wallet)] == ["retire"]


def test_trader__who_hides_money__is_told_what_the_market_is_about(opener: Opener, look: Look) -> None:
    words = Words(look.language)
    trader = opener.open("/trade", look)
    expect(trader.page.get_by_role("link", name=CODE)).to_be_visible()
    trader.page.evaluate("""() => {
      const kept = JSON.parse(localStorage.getItem("tanyu.preferences"));
      localStorage.setItem("tanyu.preferences", JSON.stringify({ ...kept, showsMoney: false }));
    }""")
    trader.page.reload()
    expect(trader.page.get_by_text(words["trade.no_money"])).to_be_visible()
    expect(trader.page.get_by_role("link", name=CODE)).to_have_count(0)
    trader.person.press(trader.page.get_by_role("button", name=words["trade.show_money"]))
    expect(trader.page.get_by_role("link", name=CODE)).to_be_visible()


def _agree_by_wallet(trader: Opened, words: Words) -> None:
    """Agrees to what is asked; a page that was loaded anew asks the wallet again which account it is."""
    trader.person.press(trader.page.get_by_role("dialog").get_by_role("button", name=words["key.sign"], exact=True))
    expect(trader.page.get_by_role("dialog")).to_have_count(0)


def _sign_in_by_wallet(trader: Opened, words: Words) -> None:
    trader.person.press(trader.page.get_by_role("button", name=words["trade.sign_in"]))
    trader.person.press(trader.page.get_by_role("button", name=words.like("key.by_wallet")))
    expect(trader.page.locator("#place")).to_be_visible()


def _write_order(trader: Opened, words: Words, *, kg: str, price: str) -> None:
    page = trader.page
    trader.person.write(page.get_by_label(words["trade.kg"], exact=True), kg)
    trader.person.write(page.get_by_label(words["trade.price_per_kg"], exact=True), price)


def _place(trader: Opened, words: Words, key: str) -> None:
    """Presses, reads in words what would be signed, agrees, and waits for the operator's word."""
    page = trader.page
    trader.person.press(page.get_by_role("button", name=words[key]))
    expect(page.get_by_role("dialog")).to_contain_text(words.like("trade.says_costs"))
    trader.person.press(page.get_by_role("button", name=words["key.sign"], exact=True))
    expect(page.get_by_text(words.like("trade.accepted"))).to_be_visible()


def _order_at(page: Page, price: str) -> Locator:
    return page.get_by_role("listitem").filter(has_text=price)


def _change(trader: Opened, words: Words, order: Locator, *, price: str) -> None:
    page = trader.page
    trader.person.press(order.get_by_role("button", name=words["trade.change"]))
    dialog = page.get_by_role("dialog", name=words["trade.change_title"])
    trader.person.write(dialog.get_by_label(words["trade.price_per_kg"]), price)
    trader.person.press(dialog.get_by_role("button", name=words["trade.change_sign"]))
    trader.person.press(page.get_by_role("button", name=words["key.sign"], exact=True))
    expect(dialog).to_have_count(0)


def _sell_surplus(opener: Opener, words: Words, look: Look, person: Signer, folder: Path) -> None:
    """Somebody with a keystore file sells 3 kg now, through the plain door."""
    file = folder / "key.json"
    file.write_text(json.dumps(Account.encrypt(person.key, PASSPHRASE, kdf="scrypt", iterations=QUICK_SCRYPT)))
    seller = opener.open("/trade/sell", look)
    page = seller.page
    seller.person.press(page.get_by_text(words["key.have_file"]))
    page.get_by_label(words["key.file"]).set_input_files(file)
    seller.person.write(page.get_by_label(words["key.passphrase"]), PASSPHRASE)
    seller.person.press(page.get_by_role("main").get_by_role("button", name=words["key.sign_in"]))
    seller.person.write(page.get_by_label(words["trade.kg"], exact=True), "3")
    seller.person.press(page.get_by_label(words["trade.sell_now"], exact=True))
    seller.person.press(page.get_by_role("button", name=words["trade.place_sell"]))
    expect(page.get_by_role("dialog")).to_contain_text(words.like("trade.says_brings"))
    seller.person.press(page.get_by_role("button", name=words["key.sign"], exact=True))
    expect(page.get_by_text(words.like("trade.matched_now"))).to_be_visible()


def _signed_orders(wallet: Wallet | None) -> list[dict[str, dict[str, str]]]:
    assert wallet is not None
    return [data for data in wallet.signed if data["primaryType"] == "Order"]
