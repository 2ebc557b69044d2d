"""Somebody who owes: settles with credits it holds, with credits bought for it, and for a child in its care."""

import re

from playwright.sync_api import Route, expect

from tests.browser.accessibility import axe
from tests.browser.looks import Look
from tests.browser.opening import Opener
from tests.browser.pressing import agree, button, sign_in
from tests.browser.words import Words
from tests.browser.world import World
from tests.patience import until

CODE = "US-CA/2025/SIM"


def outstanding_gco2e(world: World, who: str, ward: str | None = None) -> int:
    with world.client(world.person(who)) as client:
        (owed,) = client.get("/deficits", **({} if ward is None else {"ward": ward}))
        return int(owed["outstandingGco2e"])


def test_debtor__with_credits_of_its_own__settles_a_part_and_tries_again_what_the_chain_refused(
    opener: Opener, world: World, look: Look
) -> None:
    words, before = Words(look.language), outstanding_gco2e(world, "mountain-1")
    opened = opener.open("/give/owe", look, wallet_of=world.person("mountain-1"))
    page, person = opened.page, opened.person
    sign_in(opened, words)
    expect(page.get_by_role("heading", name=words["give.deficit_of"].replace("{year}", "2025"))).to_be_visible()
    axe(page)

    def refuse(route: Route) -> None:
        answer = route.fetch()
        told = [{**relay, "state": "reverted", "reason": "of the test"} for relay in answer.json()]
        route.fulfill(response=answer, json=told)

    page.route(re.compile(r"/relays\?"), refuse)
    person.write(page.get_by_label(words["give.settle_part"]), "0.25")
    person.press(button(opened, words["give.settle_own"]))
    agree(opened, words, saying="give.sign_retire_deficit")
    expect(page.get_by_text("of the test")).to_be_visible()
    axe(page)
    page.unroute(re.compile(r"/relays\?"))
    person.press(button(opened, words["give.look_again"]))
    until(lambda: outstanding_gco2e(world, "mountain-1") == before - 250, "what was sent all the same")

    person.write(page.get_by_label(words["give.settle_part"]), "1.5")
    person.press(button(opened, words["give.settle_own"]))
    agree(opened, words, saying="give.sign_retire_deficit")
    expect(page.get_by_role("heading", name=words["give.settlements"])).to_be_visible()
    until(lambda: outstanding_gco2e(world, "mountain-1") == before - 1750, "the deficit to shrink")
    assert opened.wallet is not None
    assert [data["message"]["purpose"] for data in opened.wallet.signed] == ["deficit", "deficit"]


def test_debtor__at_the_market__buys_whole_kg_and_is_told_so(opener: Opener, world: World, look: Look) -> None:
    words, debtor = Words(look.language), world.person("mountain-2")
    with world.client(debtor) as client:
        client.post("/faucet", {"account": debtor.address})
        until(lambda: client.get("/balances")["money"]["held"] != "0", "money of the test")
    before = outstanding_gco2e(world, "mountain-2")
    opened = opener.open("/give/owe", look, wallet_of=debtor)
    page, person = opened.page, opened.person
    sign_in(opened, words)

    person.write(page.get_by_label(words["give.settle_part"]), "1.5")
    expect(page.get_by_text(words["give.market_whole"])).to_be_visible()
    axe(page)
    person.press(button(opened, words["give.settle_market"]))
    agree(opened, words, saying="give.sign_money")
    agree(opened, words, saying="give.sign_buy_settle")
    expect(page.get_by_text(words.like("give.bought"))).to_be_visible()
    assert opened.wallet is not None
    (order,) = [data["message"] for data in opened.wallet.signed if data["primaryType"] == "Order"]
    assert (order["amountGco2e"], order["action"], order["beneficiary"]) == ("2000", "retire", debtor.address)

    until(lambda: outstanding_gco2e(world, "mountain-2") == before - 2000, "the trade to settle the deficit")
    person.press(button(opened, words["give.look_again"]))
    expect(page.get_by_role("heading", name=words["give.settlements"])).to_be_visible()


def test_guardian__of_a_child_that_owes__settles_for_it_with_credits_of_its_own(
    opener: Opener, world: World, look: Look
) -> None:
    words, guardian = Words(look.language), world.person("mountain-1")
    with world.client(guardian) as client:
        (child,) = client.get("/accounts/me")["wards"]
    before, own = outstanding_gco2e(world, "mountain-1", child), outstanding_gco2e(world, "mountain-1")
    opened = opener.open("/give/owe", look, wallet_of=guardian)
    page, person = opened.page, opened.person
    sign_in(opened, words)

    person.choose(page.get_by_label(words["give.for_whom"]), child)
    expect(page.get_by_text(words["give.for_child_settle"])).to_be_visible()
    axe(page)
    person.write(page.get_by_label(words["give.settle_part"]), "1")
    person.press(button(opened, words["give.settle_own"]))
    agree(opened, words, saying="give.sign_retire_child")

    expect(page.get_by_role("heading", name=words["give.settlements"])).to_be_visible()
    until(lambda: outstanding_gco2e(world, "mountain-1", child) == before - 1000, "the child's deficit to shrink")
    assert outstanding_gco2e(world, "mountain-1") == own
    with world.client(guardian) as client:
        until(lambda: client.get("/retired", ward=child)["amountGco2e"] == "1000", "it to count as the child's")
