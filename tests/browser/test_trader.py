"""A trader's story: an order with a wallet, changed and cancelled; one that meets somebody else's, up to the chain; and
whoever begins with nothing; everything taken back; any class that fits; a key for a program.
"""

import json
from pathlib import Path

import pytest
from eth_account import Account
from playwright.sync_api import Locator, Page, expect

from backend.access.client import ApiClient, ApiProblem
from backend.access.sender_proof import ApiKey
from backend.chain.class_id import parse_code
from backend.chain.keys import Signer
from backend.market.order import Side
from backend.market.terms import Terms
from backend.market.trader import Trader
from tests.browser.accessibility import axe
from tests.browser.looks import Look
from tests.browser.opening import Opened, Opener
from tests.browser.wallet import Wallet
from tests.browser.words import Words
from tests.browser.world import World
from tests.patience import until

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


def test_trader__who_declines_or_asks_for_too_much__has_placed_nothing_before_the_wallet_agrees(
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

    assert trader.wallet is not None
    trader.wallet.refuses_to_sign = True  # agreed to in the page, and not in the wallet
    trader.person.press(page.locator("#place"))
    sign = page.get_by_role("dialog").get_by_role("button", name=words["key.sign"], exact=True)
    trader.person.press(sign)
    until(lambda: bool(page.evaluate("true") and _signed_orders(trader.wallet)), "the wallet to be asked")
    expect(sign).to_be_enabled()
    expect(_order_at(page, "0.0711")).to_have_count(0)
    trader.wallet.refuses_to_sign = False
    trader.person.press(sign)
    waits = _order_at(page, "0.0711")
    expect(waits).to_contain_text(words["trade.state_open"])
    trader.person.press(waits.get_by_role("button", name=words["trade.cancel"]))
    expect(waits).to_contain_text(words["trade.reason_by_maker"])


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


def test_trader__who_wants_out__cancels_on_the_chain_and_voids_whatever_was_signed(
    opener: Opener, world: World, look: Look
) -> None:
    words = Words(look.language)
    stranger = world.stranger()
    trader = _with_money(opener, words, look, stranger)
    page, person = trader.page, trader.person

    person.press(page.get_by_role("link", name=words["trade.all_classes"]))
    person.press(page.get_by_role("link", name=CODE))
    _write_order(trader, words, kg="1", price="0.0701")
    person.press(page.get_by_text(words["trade.more_choices"]))
    person.choose(page.get_by_label(words["trade.self_trade"]), "cancel_both")
    person.press(page.get_by_role("button", name=words["trade.place_buy"]))
    expect(page.get_by_role("dialog")).to_contain_text(words["trade.says_cancel_both"])
    _agree_by_wallet(trader, words)
    person.press(_order_at(page, "0.0701").get_by_role("link"))

    person.press(page.get_by_role("button", name=words["trade.cancel_hard"]))
    expect(page.get_by_role("dialog")).to_contain_text(words.like("trade.says_cancels_hard"))
    _agree_by_wallet(trader, words)
    expect(page.get_by_text(words["trade.act_confirmed"])).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text=words["trade.step_cancelled"])).to_be_visible()

    with world.client(stranger) as client:
        Trader(client, stranger).place(Terms(Side.BUY, parse_code(CODE), lots=1, price_per_kg=70_200))
    person.press(page.get_by_role("link", name=words["trade.my_orders"]))
    waits = _order_at(page, "0.0702")
    expect(waits).to_contain_text(words["trade.state_open"])
    axe(page)
    person.press(page.get_by_role("button", name=words["trade.void_all"]))
    expect(page.get_by_role("dialog")).to_contain_text(words["trade.says_voids_all"])
    _agree_by_wallet(trader, words)
    expect(page.get_by_text(words["trade.voided_all"])).to_be_visible()
    expect(waits).to_contain_text(words["trade.state_cancelled"])

    with world.client(stranger) as client:
        orders = client.get("/orders")["items"]
    assert {order["state"] for order in orders} == {"cancelled"}
    assert [order["selfTrade"] for order in orders if order["pricePerKg"] == "70100"] == ["cancel_both"]


def test_trader__whose_switch_is_on__loses_the_orders_when_the_market_is_left(
    opener: Opener, world: World, look: Look
) -> None:
    words = Words(look.language)
    trader = opener.open("/trade/orders", look, session_of=world.stranger())
    page, person = trader.page, trader.person
    switch = page.get_by_label(words["trade.dead_man_on"])
    person.press(switch)
    expect(page.get_by_text(words.like("trade.dead_man_until"))).to_be_visible()

    page.goto(f"/trade/{CODE}")  # a page that is loaded anew goes on saying it
    with page.expect_request("**/orders/heartbeat"):
        page.reload()
    person.press(page.get_by_role("link", name=words["trade.dead_man_stands"]))
    expect(switch).to_be_checked()
    person.press(switch)
    expect(page.get_by_text(words.like("trade.dead_man_until"))).to_have_count(0)
    person.press(page.get_by_role("link", name=words["trade.all_classes"]))
    expect(page.get_by_role("link", name=words["trade.dead_man_stands"])).to_have_count(0)


def test_trader__who_minds_no_class__buys_whatever_fits(opener: Opener, world: World, look: Look) -> None:
    words = Words(look.language)
    trader = _with_money(opener, words, look, world.stranger())
    page, person = trader.page, trader.person
    person.press(page.get_by_role("link", name=words["trade.all_classes"]))
    person.press(page.get_by_role("link", name=words.like("trade.buy_any")))

    person.press(page.get_by_role("button", name=words["trade.plan_look"]))
    expect(page.get_by_text(words["trade.fault_kg_malformed"])).to_be_visible()
    person.write(page.get_by_label(words["trade.kg"], exact=True), "2")
    person.write(page.get_by_label(words["trade.most_per_kg"]), "0.01")
    person.press(page.get_by_role("button", name=words["trade.plan_look"]))
    expect(page.get_by_text(words["trade.plan_nothing"])).to_be_visible()
    person.press(page.get_by_text(words.like("trade.plan_passed")))
    expect(page.get_by_role("cell", name=words["trade.passed_above_limit"]).first).to_be_visible()

    person.write(page.get_by_label(words["trade.most_per_kg"]), "0.095")
    person.choose(page.get_by_label(words["trade.region"]), "CN")
    person.choose(page.get_by_label(words["trade.vintage"]), "2025")
    person.press(page.get_by_role("button", name=words["trade.plan_look"]))
    plan = page.get_by_role("region", name=words["trade.plan"])
    expect(plan.get_by_role("cell", name=CODE)).to_be_visible()
    axe(page)
    person.press(plan.get_by_role("button"))
    expect(page.get_by_role("dialog")).to_contain_text(words.like("trade.says_costs"))
    _agree_by_wallet(trader, words)
    expect(page.get_by_text(words.like("trade.matched_now"))).to_be_visible()
    person.press(page.get_by_role("link", name=words["trade.follow"]))
    expect(page.get_by_role("listitem").filter(has_text=words["trade.step_final"])).to_be_visible()


def test_seller__whose_credits_all_wait_in_an_order__is_told_so_and_sent_to_it(
    opener: Opener, world: World, look: Look
) -> None:
    words = Words(look.language)
    seller = opener.open("/trade/sell", look, wallet_of=world.person("mianyang-couple-1"))
    page, person = seller.page, seller.person
    person.press(page.get_by_role("button", name=words.like("key.by_wallet")))
    person.press(page.get_by_role("button", name=words["trade.place_sell"]))
    person.press(page.get_by_role("button", name=words["key.sign"], exact=True))
    expect(page.get_by_role("heading", name=words["trade.sent"])).to_be_visible()

    person.press(page.get_by_role("button", name=words["trade.sell_more"]))
    expect(page.get_by_text(words.like("trade.none_free"))).to_be_visible()
    expect(page.get_by_role("button", name=words["trade.place_sell"])).to_have_count(0)
    axe(page)
    person.press(page.get_by_role("main").get_by_role("link", name=words["trade.my_orders"]).last)
    person.press(page.get_by_role("button", name=words["trade.cancel"]).first)
    expect(page.get_by_text(words["trade.reason_by_maker"]).first).to_be_visible()


def test_trader__who_makes_a_key__has_a_program_that_sees_until_it_is_revoked(
    opener: Opener, world: World, look: Look, tmp_path: Path
) -> None:
    words = Words(look.language)
    trader = opener.open("/trade/keys", look, session_of=world.stranger())
    page, person = trader.page, trader.person
    expect(page.get_by_text(words["trade.no_keys"])).to_be_visible()
    person.press(page.get_by_role("button", name=words["trade.make_key"]))
    expect(page.get_by_text(words["trade.fault_key_name"])).to_be_visible()
    person.write(page.get_by_label(words["trade.key_name"]), "bot")
    person.press(page.get_by_label(words["trade.scope_cancel"]))
    person.press(page.get_by_role("button", name=words["trade.make_key"]))
    with page.expect_download() as saved:
        person.press(page.get_by_role("button", name=words["trade.key_save"]))
    file = tmp_path / "bot.json"
    saved.value.save_as(file)
    axe(page)
    person.press(page.get_by_role("button", name=words["trade.key_kept"]))
    expect(page.get_by_role("button", name=words["trade.key_save"])).to_have_count(0)

    with ApiClient(world.url) as program:
        program.prove_by(ApiKey.load(file))
        assert program.get("/balances")["money"]["held"] == "0"
        with pytest.raises(ApiProblem) as refused:
            program.post("/orders/numbers", {"count": 1})
        assert refused.value.problem_code == "api_key.scope_missing"

        person.press(page.get_by_role("button", name=words["trade.key_revoke"]))
        expect(page.get_by_text(words.like("trade.key_revoked"))).to_be_visible()
        with pytest.raises(ApiProblem) as gone:
            program.get("/balances")
        assert gone.value.problem_code == "api_key.wrong"


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


def _with_money(opener: Opener, words: Words, look: Look, person: Signer) -> Opened:
    """Somebody's funds, with test money that the Exchange may take."""
    trader = opener.open("/trade/funds", look, wallet_of=person)
    page = trader.page
    trader.person.press(page.get_by_role("button", name=words.like("key.by_wallet")))
    trader.person.press(page.get_by_role("button", name=words["trade.test_money_ask"]))
    expect(page.get_by_text(words["trade.test_money_here"])).to_be_visible()
    trader.person.press(page.get_by_role("button", name=words["trade.allow_money"]))
    _agree_by_wallet(trader, words)
    expect(page.get_by_text(words["trade.money_allowed_all"])).to_be_visible()
    return trader


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
