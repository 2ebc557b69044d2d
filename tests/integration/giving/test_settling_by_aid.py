"""Settling what is owed by aid, from a terminal: seen beside the other ways, applied for, granted, and proved."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select
from typer.testing import CliRunner

from backend.chain.keys import DevRole
from backend.chain.node import LocalNode
from backend.giving.aid_commands import app as aid_app
from backend.giving.kinds import Funding
from backend.giving.owing_commands import me
from backend.ledger.deficit import deficit_at
from backend.ledger.tables import PersonRow
from tests.integration.giving.aiding import BODY, apply, conclude, credential, open_round, person
from tests.integration.giving.served import Place, serving
from tests.integration.giving.world import AID_STORY, World
from tests.unit.giving.chain import a_deficit

OWES, OTHERS, NEEDS_NOTHING, WARD = 200, (201, 202), 203, 204
DEV_FIRST = 100
"""Of the world's people."""


@pytest.fixture(scope="module")
def place(world: World, node: LocalNode, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with serving(world, node, tmp_path_factory.mktemp("deployment")) as served:
        yield served


@pytest.fixture(scope="module")
def references(world: World) -> dict[int, bytes]:
    with world.database.write() as session:
        owed = {
            index: a_deficit(session, 4_000, person(world, index).address, essential_gco2e=3_300)
            for index in (OWES, *OTHERS)
        }
        owed[NEEDS_NOTHING] = a_deficit(session, 4_000, person(world, NEEDS_NOTHING).address, essential_gco2e=0)
        return owed


@pytest.fixture(scope="module")
def campaign_id(world: World, place: Place, references: dict[int, bytes]) -> int:
    assert references
    place.run(aid_app, "register", BODY.address, "Social services", "--dev", int(DevRole.REGISTRAR))
    opened = world.open(world.aid, "aid for who owes", AID_STORY, Funding.KEEP_WHAT_YOU_RAISE, days=200)
    world.donor(210, 100_000)
    world.give(210, opened, 20_000)
    return opened


def said(place: Place, index: int, *words: object, code: int = 0) -> Any:
    return place.run(me, *words, "--dev", DEV_FIRST + index, code=code)


def shown(place: Place, index: int, *words: object, lang: str = "en") -> str:
    options = ["--dev", str(DEV_FIRST + index), "--url", place.url, "--lang", lang]
    told = CliRunner().invoke(me, [*map(str, words), *options], env={"COLUMNS": "400"}, input="n\n")
    return told.output


def statement_of(place: Place, index: int) -> dict[str, Any]:
    [found] = said(place, index, "statements")["statements"]
    return dict(found)


def test_owing__without_a_round__says_that_no_aid_and_no_offer_stands(place: Place, campaign_id: int) -> None:
    [owed] = said(place, OWES, "owe")

    assert campaign_id
    assert owed["aid"] == {"rounds": [], "applied": []}
    words = shown(place, OWES, "owe")
    assert "no round is open that could give to it" in words
    assert "none of 4 kg is on offer, so there is no price now" in words
    assert "These would: US-CA/2025/SIM" in words
    refused = said(place, OWES, "settle", 2025, "--by", "aid", code=1)
    assert (refused["code"], refused["classes"]) == ("deficit.nothing_fits", ["US-CA/2025/SIM"])


class TestByAid:
    """One person's way from seeing the round to a settled deficit, with two others beside it."""

    @pytest.fixture(scope="class")
    def round_id(self, world: World, campaign_id: int) -> int:
        return open_round(world, campaign_id)

    @pytest.fixture(scope="class")
    def file(self, world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
        path = tmp_path_factory.mktemp("credential") / "yes.jwt"
        path.write_text(credential(world, OWES), "ascii")
        return path

    def test_round__that_could_serve__is_told_as_the_third_way(self, place: Place, round_id: int) -> None:
        [owed] = said(place, OWES, "owe")

        [chance] = owed["aid"]["rounds"]
        assert (chance["roundId"], chance["mostGco2e"], chance["classCode"]) == (round_id, "3000", "US-CA/2025/SIM")
        assert f"Aid: round {round_id} of campaign" in shown(place, OWES, "owe")
        assert "最多资助 3 kg" in shown(place, OWES, "owe", lang="zh")
        assert said(place, NEEDS_NOTHING, "owe")[0]["aid"]["rounds"] == [], "nothing of it is essential"
        assert statement_of(place, OWES)["aid"] is None

    def test_settling_by_aid__that_cannot_be__is_refused_before_anything_is_sent(
        self, place: Place, round_id: int, file: Path
    ) -> None:
        def code(*words: object, code: int = 1) -> str:
            return str(said(place, OWES, "settle", 2025, "--by", "aid", *words, code=code)["code"])

        assert code(code=2) == "aid.credential_missing"
        assert code("--credential", file, "--round", round_id + 9) == "deficit.nothing_fits"
        assert code("--credential", "/nowhere/yes.jwt", code=2) == "eligibility.malformed"
        [would] = said(place, OWES, "settle", 2025, "--by", "aid", "--dry-run")
        assert "for at most 3 kg of what you owe for 2025" in would["wouldApply"][0]
        grams = CliRunner().invoke(me, ["settle", "2025", "--by", "aid", "--grams", "5", "--dev", "300"])
        assert grams.exit_code == 2
        assert "Aborted" in shown(place, OWES, "settle", 2025, "--by", "aid", "--credential", file)
        assert said(place, OWES, "owe")[0]["aid"]["applied"] == []

    def test_settling_by_aid__applies_in_private_and_the_statement_says_so(
        self, world: World, place: Place, round_id: int, file: Path
    ) -> None:
        [applied] = said(place, OWES, "settle", 2025, "--by", "aid", "--credential", file, "--yes")

        assert (applied["roundId"], applied["stage"], applied["needGco2e"]) == (round_id, "applied", "3000")
        [owed] = said(place, OWES, "owe")
        assert owed["aid"]["rounds"] == [], "one applies once"
        assert [(one["stage"], one["deedId"]) for one in owed["aid"]["applied"]] == [("applied", None)]
        assert owed["outstandingGco2e"] == "4000"
        assert statement_of(place, OWES)["aid"] == "applied"
        assert f"you applied to round {round_id} for 3 kg" in shown(place, OWES, "owe")
        assert "applied" not in repr(world.client().get(f"/aid/rounds/{round_id}").json()), "nobody else sees it"

    def test_settling_by_aid__for_a_ward__is_by_its_guardian_with_a_credential_of_the_ward(
        self, world: World, place: Place, round_id: int, file: Path, tmp_path: Path
    ) -> None:
        ward, own = person(world, WARD).address, tmp_path / "ward.jwt"
        with world.database.write() as session:
            a_deficit(session, 4_000, ward, essential_gco2e=3_300)
            row = session.exec(select(PersonRow).where(PersonRow.address == ward)).one()
            row.guardian, row.born_on = person(world, OWES).address, date(2020, 1, 1)
            session.add(row)
        own.write_text(credential(world, WARD), "ascii")
        by_aid = ("settle", 2025, "--by", "aid", "--yes", "--ward", ward)

        assert said(place, OWES, *by_aid, "--credential", file, code=1)["code"] == "eligibility.unfit", "not its own"
        [applied] = said(place, OWES, *by_aid, "--credential", own)
        assert applied["roundId"] == round_id
        assert said(place, OWES, "owe", "--ward", ward)[0]["aid"]["applied"][0]["stage"] == "applied"
        assert len(said(place, OWES, "owe")[0]["aid"]["applied"]) == 1, "beside its own"

    def test_awarded_then_granted__is_settled_with_the_grants_proof(
        self, world: World, place: Place, round_id: int, references: dict[int, bytes]
    ) -> None:
        for index in OTHERS:
            assert apply(world, round_id, index).status_code == 201
        conclude(world, round_id)
        assert statement_of(place, OWES)["aid"] == "awarded"

        keys = ("--dev", int(DevRole.AID_CHARITY), "--second-dev", int(DevRole.AID_CHARITY_SECOND))
        place.desk(aid_app, "grant", round_id, *keys)
        world.index()

        [owed] = said(place, OWES, "owe")
        [application] = owed["aid"]["applied"]
        assert application["stage"] == "granted"
        [proof] = owed["settlements"]
        assert (proof["deedId"], proof["amountGco2e"]) == (application["deedId"], application["settledGco2e"])
        deed = world.client().get(f"/receipts/{proof['deedId']}").json()
        assert (deed["kind"], deed["amountGco2e"]) == ("grant", proof["amountGco2e"])
        statement = statement_of(place, OWES)
        assert (statement["state"], statement["aid"], statement["settledBy"]) == ("partly_settled", "granted", [proof])
        with world.database.read() as session:
            left = deficit_at(session, references[OWES]).outstanding_gco2e
        assert left == 4_000 - int(proof["amountGco2e"])
        assert f"the proof is the deed {proof['deedId']}" in shown(place, OWES, "owe")

    def test_granted__once__no_other_round_is_offered(self, world: World, place: Place, campaign_id: int) -> None:
        other = open_round(world, campaign_id)

        assert said(place, OWES, "owe")[0]["aid"]["rounds"] == []
        assert other not in [one["roundId"] for one in said(place, OTHERS[0], "owe")[0]["aid"]["rounds"]]
