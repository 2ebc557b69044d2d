"""Who wants to be heard: asks a verifier to see the documents behind a year, and appeals against a return."""

from playwright.sync_api import expect

from backend.chain.keys import Signer
from tests.browser.accessibility import axe
from tests.browser.desk import VERIFIERS, desk_of
from tests.browser.looks import Look
from tests.browser.opening import Opened, Opener
from tests.browser.words import Words
from tests.browser.world import World

REASON = "the July bill is hard to read"
WORDS = "The bill of July is the third of the paper ones; I have asked for a copy."
RULING = "The copy is readable."


def test_appeal__against_a_return__is_decided_by_another_verifier_and_the_year_is_looked_into_again(
    opener: Opener, world: World, look: Look
) -> None:
    told, person = Words(look.language), world.stranger()
    with desk_of(world) as desk:
        (statement,) = desk.hand_in([person], "coastal")
        first = desk.verifier_of(statement)
        desk.return_(statement, REASON)
    opened = _signed_in(opener, person, look, "/my/year/2025")
    page, hands = opened.page, opened.person
    hands.write(page.get_by_label(told["my.appeal"], exact=True), WORDS)
    axe(page)
    hands.press(page.get_by_role("button", name=told["my.appeal_act"]))
    expect(page.get_by_text(told.like("my.state_is"))).to_contain_text(told["my.state.appealed"])

    digest = f"0x{statement.digest.hex()}"
    judge = _whose(world, digest)
    assert judge.address != first.address
    bench = _signed_in(opener, judge, look, f"/verifier/case/{digest}")
    expect(bench.page.get_by_text(WORDS)).to_be_visible()
    axe(bench.page)
    bench.person.write(bench.page.get_by_label(told["verifier.reasons"]), RULING)
    bench.person.press(bench.page.get_by_role("button", name=told["verifier.decide"]))
    expect(bench.page.get_by_role("heading", name=told["verifier.appeal_decided"])).to_be_visible()

    page.reload()
    expect(page.get_by_text(told["my.submitted_what"])).to_be_visible()


def test_inspection__that_a_person_asks_for__makes_what_the_verifier_saw_documented(
    opener: Opener, world: World, look: Look
) -> None:
    told, person = Words(look.language), world.stranger()
    with desk_of(world) as desk:
        desk.move_in([person], "coastal")
        opened = _signed_in(opener, person, look, "/my/year/2025")
        opened.person.press(opened.page.get_by_role("button", name=told["my.ask_inspection"]))
        opened.page.reload()
        expect(opened.page.get_by_text(told["my.inspection_asked"])).to_be_visible()
        verifier = desk.inspector_of(person)

    desk_page = _signed_in(opener, verifier, look, "/verifier/inspections")
    page, hands = desk_page.page, desk_page.person
    hands.press(page.get_by_role("link", name=told.like("verifier.inspection_of")).last)
    hands.press(page.get_by_role("checkbox").first)
    axe(page)
    hands.write(page.get_by_label(told["verifier.seen_words"]), "the first bill, on paper")
    hands.press(page.get_by_role("button", name=told["verifier.record"]))
    expect(page.get_by_text(told["verifier.inspected"])).to_be_visible()

    opened.person.press(opened.page.get_by_role("link", name=told["my.nav_activities"], exact=True))
    expect(opened.page.get_by_role("heading", name=told["my.recorded_all"])).to_be_visible()
    more = opened.page.get_by_role("button", name=told.like("shell.more"))
    while more.count():
        opened.person.press(more)
    documented = opened.page.locator("table").get_by_text(told["my.grade.D"], exact=True)
    expect(documented).to_have_count(1)
    opened.person.press(opened.page.get_by_role("link", name=told["my.nav_year"], exact=True))
    opened.person.press(opened.page.get_by_role("link", name="2025", exact=True))
    expect(opened.page.get_by_text("the first bill, on paper")).to_be_visible()


def _signed_in(opener: Opener, who: Signer, look: Look, path: str) -> Opened:
    opened = opener.open(path, look, wallet_of=who)
    opened.person.press(opened.page.get_by_role("button", name=Words(look.language).like("key.by_wallet")))
    return opened


def _whose(world: World, digest: str) -> Signer:
    """The verifier in whose queue the appeal against this statement's return stands."""
    for key in VERIFIERS:
        with world.client(world.person(key)) as client:
            tasks = client.get("/verification/queue", limit=200)
        if any(task["statement"] == digest and task["work"] == "appeal" for task in tasks):
            return world.person(key)
    raise AssertionError(f"no verifier was asked to decide the appeal of {digest}")
