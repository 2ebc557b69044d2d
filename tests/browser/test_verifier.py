"""A verifier sees what waits, looks into a statement that proves itself in the page, and attests it with a wallet's
key; returns another with reasons.
"""

from datetime import date
from typing import Any

from playwright.sync_api import Page, expect

from backend.access.client import ApiClient
from backend.api.rooms import books_of_all_rooms
from backend.api.sample.cast import cast_of_the_year
from backend.chain.deployment import Deployment
from backend.chain.keys import Signer
from backend.issuance.task import attester_of
from backend.kernel.clock import SystemClock
from backend.kernel.digest import to_hex
from backend.ledger.books import Books
from backend.ledger.closing import close, submit
from backend.ledger.home import found_home
from backend.ledger.person import join
from backend.ledger.personhood import LedgerKeys
from backend.ledger.record import import_csv, inspect
from backend.ledger.sample import SAMPLE_VINTAGE, sample_households
from backend.storage.database import Database
from tests.browser.accessibility import axe
from tests.browser.looks import Look
from tests.browser.opening import Opened, Opener
from tests.browser.words import Words
from tests.browser.world import World

VERIFIERS = ("verifier-a", "verifier-b", "verifier-c")


def handed_in(world: World) -> tuple[str, Signer]:
    """A stranger's year 2025, closed and submitted, as it comes from a household's bills; and whose turn it is."""
    deployment = Deployment.load(world.folder / "deployment.json")
    books = books_of_all_rooms(Books.on_chain(LedgerKeys.at(world.folder / "ledger-keys.json"), deployment.chain_id))
    household = next(found for found in sample_households() if found.key == "chengdu-flat")
    now, who = SystemClock().now(), world.stranger().address
    verifiers = {cast_of_the_year()[key].signer.address: cast_of_the_year()[key].signer for key in VERIFIERS}
    database = Database.at(world.folder / "tanyu.db")
    try:
        with database.write() as session:
            person = join(
                session, books, address=who, region=household.region, identity=f"a stranger, {who}",
                joined_on=date(SAMPLE_VINTAGE, 1, 1), at=now,
            )  # fmt: skip
            own: dict[str, Any] = {"person_id": person.person_id}
            home = found_home(
                session, region=household.region, since_on=date(SAMPLE_VINTAGE, 1, 1), at=now,
                grid_area=household.grid_area, **own,
            )  # fmt: skip
            kept: list[int] = []
            for text in household.csv_texts:
                own_meters = text.replace("-meter,", f"-meter-{who[-8:]},")
                kept += import_csv(session, books, text=own_meters, home=home.code, at=now, **own)
            inspect(session, verifier=next(iter(verifiers)), activity_ids=kept, at=now)
            close(session, books, vintage=SAMPLE_VINTAGE, at=now, **own)
            statement = submit(session, books, vintage=SAMPLE_VINTAGE, at=now, **own)
            turn = attester_of(session, statement, now)
        assert turn is not None
        return to_hex(statement.digest), verifiers[turn]
    finally:
        database.close()


def signed_in(opener: Opener, verifier: Signer, look: Look, path: str) -> Opened:
    """The desk, signed in with the verifier's wallet."""
    words = Words(look.language)
    opened = opener.open(path, look, wallet_of=verifier)
    opened.person.press(opened.page.get_by_role("button", name=words.like("key.by_wallet")))
    return opened


def queue_of(client: ApiClient) -> set[str]:
    return {task["statement"] for task in client.get("/verification/queue", limit=200)}


def accept_findings(opened: Opened) -> None:
    page: Page = opened.page
    for box in page.get_by_role("checkbox").all():
        opened.person.press(box)


def test_verifier__looks_into_a_statement__attests_it_with_their_own_key(
    opener: Opener, world: World, look: Look
) -> None:
    words = Words(look.language)
    digest, verifier = handed_in(world)
    opened = signed_in(opener, verifier, look, "/verifier")
    page, person = opened.page, opened.person

    person.press(page.locator(f"a[href='/verifier/case/{digest}']"))
    expect(page.get_by_role("heading", name=words["verifier.evidence"])).to_be_visible()
    axe(page)
    attest = page.get_by_role("button", name=words["verifier.attest"])
    accept_findings(opened)
    person.press(attest)
    person.press(page.get_by_role("button", name=words["key.sign"]))
    expect(page.get_by_role("heading", name=words["verifier.attested"])).to_be_visible()

    with world.client(verifier) as client:
        assert digest not in queue_of(client)


def test_verifier__finds_a_bill_missing__returns_the_statement_with_reasons(
    opener: Opener, world: World, look: Look
) -> None:
    words = Words(look.language)
    digest, verifier = handed_in(world)
    opened = signed_in(opener, verifier, look, f"/verifier/case/{digest}")
    page, person = opened.page, opened.person

    returning = page.get_by_role("region", name=words["verifier.return_title"])
    person.write(returning.get_by_label(words["verifier.reasons"]), "the July bill is missing")
    person.press(returning.get_by_role("button", name=words["verifier.return"]))
    expect(page.get_by_role("heading", name=words["verifier.returned"])).to_be_visible()

    with world.client(verifier) as client:
        assert digest not in queue_of(client)


def test_verifier__has_nothing_waiting__is_told_where_work_comes_from(opener: Opener, world: World, look: Look) -> None:
    words = Words(look.language)
    opened = signed_in(opener, world.person(VERIFIERS[0]), look, "/verifier/inspections")
    page = opened.page
    expect(page.get_by_text(words["verifier.nothing_waits"])).to_be_visible()
    opened.person.press(page.get_by_role("link", name=words["verifier.terms"]))
    expect(page.get_by_role("row")).to_have_count(1 + len(VERIFIERS))
    axe(page)
