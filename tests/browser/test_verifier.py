"""A verifier sees what waits, looks into a statement that proves itself in the page, and attests it with a wallet's
key; returns another with reasons; signs a batch that was worked out again in the page, and has a part in a draw.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from playwright.sync_api import Page, expect

from backend.access.client import ApiClient
from backend.api.rooms import books_of_all_rooms
from backend.api.sample.cast import cast_of_the_year
from backend.chain.class_id import parse_code
from backend.chain.deployment import Deployment
from backend.chain.keys import Signer, personal_sign
from backend.issuance.draw import commitment_of, commitment_text
from backend.issuance.draw_list import draw_list_of
from backend.issuance.draw_record import wrong_with
from backend.issuance.drawing import advance
from backend.issuance.service import attest, plan_batch, review
from backend.issuance.task import attester_of
from backend.issuance.verifier_check import secret_of
from backend.kernel.clock import SystemClock, from_unix_s
from backend.kernel.digest import sha256, to_hex
from backend.ledger.books import Books
from backend.ledger.closing import close, submit
from backend.ledger.home import found_home
from backend.ledger.person import join
from backend.ledger.personhood import LedgerKeys
from backend.ledger.record import import_csv, inspect
from backend.ledger.sample import SAMPLE_VINTAGE, sample_households
from backend.link.node import Header
from backend.storage.database import Database
from tests.browser.accessibility import axe
from tests.browser.looks import Look
from tests.browser.opening import Opened, Opener
from tests.browser.words import Words
from tests.browser.world import World
from tests.patience import until

VERIFIERS = ("verifier-a", "verifier-b", "verifier-c")
CODE = "CN-SC/2025/SIM"
PEOPLE_LEAST = 3
"""In a batch, by the sample's policy."""


def deployment_of(world: World) -> Deployment:
    return Deployment.load(world.folder / "deployment.json")


def books_of(world: World) -> Books:
    keys = LedgerKeys.at(world.folder / "ledger-keys.json")
    return books_of_all_rooms(Books.on_chain(keys, deployment_of(world).chain_id))


@contextmanager
def database_of(world: World) -> Iterator[Database]:
    """The world's own database, past its server."""
    database = Database.at(world.folder / "tanyu.db")
    try:
        yield database
    finally:
        database.close()


def handed_in(world: World) -> tuple[str, Signer]:
    """A stranger's year 2025, closed and submitted, as it comes from a household's bills; and whose turn it is."""
    books = books_of(world)
    household = next(found for found in sample_households() if found.key == "chengdu-flat")
    now, who = SystemClock().now(), world.stranger().address
    verifiers = {cast_of_the_year()[key].signer.address: cast_of_the_year()[key].signer for key in VERIFIERS}
    with database_of(world) as database:
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


def attested(world: World) -> None:
    """A stranger's year, handed in and attested by whose turn it was."""
    digest, verifier = handed_in(world)
    statement, now = bytes.fromhex(digest.removeprefix("0x")), SystemClock().now()
    with database_of(world) as database, database.write() as session:
        looked_into = {finding.rule for finding in review(session, statement)}
        attest(session, deployment_of(world), statement, verifier, now, accepted=looked_into)


def committed(client: ApiClient, day: str, verifier: Signer) -> bytes:
    """A verifier's part in a draw as a terminal takes it; the secret."""
    listed = draw_list_of(client.get(f"/verification/draws/{day}")["listed"])
    secret = secret_of(listed, verifier)
    commitment = commitment_of(listed.digest, verifier.address, secret)
    signature = personal_sign(verifier, commitment_text(listed, verifier.address, commitment))
    body = {"commitment": to_hex(commitment), "signature": to_hex(signature)}
    client.post(f"/verification/draws/{day}/commitment", body)
    return secret


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


def test_verifier__is_shown_a_batch__signs_what_the_page_worked_out_again(
    opener: Opener, world: World, look: Look
) -> None:
    words = Words(look.language)
    for _ in range(PEOPLE_LEAST):
        attested(world)
    with database_of(world) as database:
        batch = plan_batch(database, books_of(world), parse_code(CODE), SystemClock().now())
    verifier = world.person(VERIFIERS[2])
    opened = signed_in(opener, verifier, look, f"/verifier/batches/{to_hex(batch.root)}")
    page, person = opened.page, opened.person

    person.press(page.get_by_role("link", name=words["verifier.back_to_batches"]))
    axe(page)
    person.press(page.locator(f"a[href='/verifier/batches/{to_hex(batch.root)}']"))
    expect(page.get_by_text(words.like("verifier.batch_sound"))).to_be_visible()
    axe(page)
    person.press(page.get_by_role("button", name=words["verifier.approve"]))
    expect(page.get_by_role("dialog")).to_contain_text(words["verifier.approve_once"])
    person.press(page.get_by_role("dialog").get_by_role("button", name=words["key.sign"]))
    expect(page.get_by_text(words["verifier.approved"])).to_be_visible()

    with world.client() as client:
        assert verifier.address in client.get(f"/batches/{to_hex(batch.root)}")["verifiers"]


def test_verifier__has_a_part_in_a_draw__commits_shows_the_secret_and_sees_it_drawn_again(
    opener: Opener, world: World, look: Look
) -> None:
    words = Words(look.language)
    attested(world)
    opening = world.command("verification", "open-draw", "--commit-s", "3600", "--block-after-s", "3601", "--json")
    assert opening.returncode == 0, opening.stderr
    day = json.loads(opening.stdout)["day"]
    verifier, other = world.person(VERIFIERS[0]), world.person(VERIFIERS[1])
    with world.client(other) as client:
        until(lambda: client.get(f"/verification/draws/{day}")["anchoredAt"] is not None, "the list to be anchored")
        secret = committed(client, day, other)

        opened = signed_in(opener, verifier, look, f"/verifier/draws/{day}")
        page, person = opened.page, opened.person
        axe(page)
        person.press(page.get_by_role("button", name=words["verifier.commit"], exact=True))
        for says in ("verifier.secret_words", "verifier.commit_words"):
            expect(page.get_by_role("dialog")).to_contain_text(words.like(says))
            person.press(page.get_by_role("dialog").get_by_role("button", name=words["key.sign"]))
        expect(page.get_by_text(words["verifier.part_wait_block_why"])).to_be_visible()

        find_block(world, client.get(f"/verification/draws/{day}")["listed"]["blockFrom"])
        client.post(f"/verification/draws/{day}/reveal", {"secret": to_hex(secret)})
        person.press(page.get_by_role("button", name=words["verifier.look_again"]))
        person.press(page.get_by_role("button", name=words["verifier.reveal"]))
        person.press(page.get_by_role("dialog").get_by_role("button", name=words["key.sign"]))
        expect(page.get_by_text(words["verifier.draw_right"])).to_be_visible()
        expect(page.get_by_role("heading", name=words["verifier.chosen"])).to_be_visible()
        axe(page)
        assert wrong_with(record := client.get(f"/verification/draws/{day}")) == []
    assert record["seed"] is not None
    assert len(record["drawn"]) >= 1

    person.press(page.get_by_role("link", name=words["verifier.back_to_draws"]))
    expect(page.get_by_role("cell", name=words["verifier.draw_over"])).to_be_visible()


def find_block(world: World, from_s: int) -> None:
    """What the server does when the named block is there, an hour early."""
    at = from_unix_s(from_s)
    block = Header(number=1_000_000, hash=sha256(b"block"), parent_hash=sha256(b"parent"), time=at, base_fee_wei=1)
    with database_of(world) as database:
        advance(database, lambda _from_s: block, at + timedelta(seconds=1))
