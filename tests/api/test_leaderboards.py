"""Leaderboards over HTTP: nobody is listed who did not ask; names are harmless; whoever leaves is gone at once."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlmodel import col, select

from backend.access.session import signed_in
from backend.access.site import Site
from backend.api.app import create_app
from backend.chain.keys import dev_signer
from backend.giving.board_routes import router as boards
from backend.kernel.clock import FixedClock
from backend.ledger.address import ROTATION, change_address
from backend.ledger.tables import PersonRow
from backend.storage.database import Database
from tests.unit.giving.chain import ALICE, BOB, DEPLOYMENT, OTHER_CLASS_ID, START, ToyChain, a_deficit
from tests.web import TestClient

CAROL, NEW_KEY = dev_signer(12).address, dev_signer(13).address
RETIRED, GIVEN, MINE = "/leaderboards/retired", "/leaderboards/given", "/leaderboards/my-name"


class Place:
    """A toy chain behind the routes; `as_account` is who is signed in."""

    def __init__(self, database: Database) -> None:
        self.database, self.chain = database, ToyChain(database)
        self.app: FastAPI = create_app(
            {
                "database": database,
                "clock": FixedClock(START + timedelta(hours=1)),
                "deployment": DEPLOYMENT,
                "site": Site.local(8000),
            },
            [boards],
            {},
        )

    def client(self, as_account: str | None = None) -> TestClient:
        self.app.dependency_overrides = {} if as_account is None else {signed_in: lambda: as_account}
        return TestClient(self.app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False)

    def join(self, account: str, name: str) -> Any:
        return self.client(account).put(MINE, json={"name": name})

    def board(self, path: str) -> list[tuple[int, str, str]]:
        found = self.client().get(path).json()
        return [(one["rank"], one["name"], one["amountGco2e"]) for one in found["standings"]]


@pytest.fixture
def place(database: Database) -> Iterator[Place]:
    yield Place(database)
    database.close()


def test_boards__without_anybody_who_asked__are_empty(place: Place) -> None:
    place.chain.opened(1)
    place.chain.donated(500)
    place.chain.retired(400)

    assert place.board(RETIRED) == place.board(GIVEN) == []
    assert place.client(ALICE).get(MINE).json() == {"name": None, "joinedAt": None}
    assert place.client().put(MINE, json={"name": "Alice"}).status_code == 401


def test_retired__counts_what_was_retired_for_good_and_no_settled_deficit(place: Place) -> None:
    with place.database.write() as session:
        reference = a_deficit(session, 10_000, ALICE)
    place.join(ALICE, "Family Li")
    place.join(BOB, "鲍勃")
    place.chain.retired(400)
    place.chain.retired(300, class_id=OTHER_CLASS_ID, purpose="another", beneficiary=BOB)
    place.chain.retired(9_000, purpose="deficit", ref=reference)
    place.chain.retired(900, purpose="retire", ref=reference)
    place.chain.retired(700, account=BOB, beneficiary=BOB)
    place.chain.retired(9_999, account=CAROL, beneficiary=ALICE)

    assert place.board(RETIRED) == [(1, "Family Li", "700"), (1, "鲍勃", "700")]
    first = place.client().get(RETIRED).json()["standings"][0]
    assert first["byClass"] == {"US-CA/2025/SIM": "400", "CN-SC/2025/SIM": "300"}, "no class stands for another"
    assert ALICE not in json.dumps(place.client().get(RETIRED).json()), "no address stands there"
    assert place.board(f"{RETIRED}?year=2026") == place.board(RETIRED)
    assert place.board(f"{RETIRED}?year=2025") == []
    assert place.board(f"{RETIRED}?limit=1") == [(1, "Family Li", "700")]


def test_given__by_campaign_and_year__counts_nothing_that_goes_back(place: Place) -> None:
    place.chain.opened(1)
    place.chain.opened(2, funding=1)
    place.join(ALICE, "Alice")
    place.join(BOB, "Bob")
    place.chain.donated(500)
    place.chain.donated(800, donor=BOB)
    place.chain.donated(700, campaign_id=2)
    place.chain.donated(9_000, donor=CAROL)

    assert place.board(GIVEN) == [(1, "Alice", "1200"), (2, "Bob", "800")]
    assert place.board(f"{GIVEN}?campaign=1&year=2026") == [(1, "Bob", "800"), (2, "Alice", "500")]
    place.chain.apply("Charity", "CampaignFinalised", campaignId=2, state=3)
    assert place.board(GIVEN) == [(1, "Bob", "800"), (2, "Alice", "500")]
    assert place.board(f"{GIVEN}?campaign=2") == []
    assert place.client().get(f"{GIVEN}?campaign=9").json()["code"] == "campaign.unknown"


def test_words__say_what_the_grams_are_not__and_nothing_given_is_called_retired(place: Place) -> None:
    place.chain.opened(1)
    place.join(ALICE, "Alice")
    place.chain.donated(500)

    given, retired = (place.client().get(path).json() for path in (GIVEN, RETIRED))

    assert given["wordsEn"].startswith("Allowance surplus given away; not an offset, not proof of a reduction.")
    assert "retired" not in given["wordsEn"]
    assert "SIM" in given["wordsEn"], "simulated credits are named as such"
    assert retired["wordsEn"] == "Allowance surplus retired; not an offset, not proof of a reduction."
    assert "不" in given["wordsZh"]


def test_leaving__takes_effect_at_once_and_joining_again_is_free(place: Place) -> None:
    place.chain.retired(400)
    joined = place.join(ALICE, "Alice").json()
    assert place.client(ALICE).get(MINE).json() == joined
    assert place.join(ALICE, "Somebody").json()["joinedAt"] == joined["joinedAt"]
    assert place.board(RETIRED) == [(1, "Somebody", "400")]

    assert place.client(ALICE).delete(MINE).status_code == 204
    assert place.board(RETIRED) == []
    assert place.client(ALICE).delete(MINE).status_code == 204, "again, changes nothing"
    assert place.join(ALICE, "Alice").status_code == 200


def test_leaving__with_a_new_key__takes_the_old_address_off_too(place: Place) -> None:
    with place.database.write() as session:
        a_deficit(session, 1, ALICE)
    place.join(ALICE, "Alice")
    place.chain.retired(400)
    with place.database.write() as session:
        person = session.exec(select(PersonRow).where(col(PersonRow.address) == ALICE)).one()
        change_address(session, person, NEW_KEY, because=ROTATION, at=START)

    assert place.client(NEW_KEY).delete(MINE).status_code == 204
    assert place.board(RETIRED) == []


@pytest.mark.parametrize("name", ["", " ", "\u200b", "x" * 61, "two\nlines", "\u202eecilA", "a" + "\u0301" * 9])
def test_name__that_hides_or_turns_something__is_refused(place: Place, name: str) -> None:
    assert place.join(ALICE, name).json()["code"] == "public_text.unfit"


def test_name__in_markup__is_text_and_what_reads_like_anothers_is_refused(place: Place) -> None:
    place.chain.retired(400)
    assert place.join(ALICE, "<script>alert(1)</script>").status_code == 200
    assert place.board(RETIRED)[0][1] == "<script>alert(1)</script>"
    place.join(ALICE, "Family Li")

    for same in ("Family Li", "FAMILY  LI", "Ｆamily Li"):
        assert place.join(BOB, same).json()["code"] == "board.name_taken"
    assert place.join(BOB, "Family Lin").status_code == 200
