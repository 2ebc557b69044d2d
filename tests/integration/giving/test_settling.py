"""What a person owes, and settling it from a terminal in one act: by a buy that retires, or with credits at hand."""

import json
import socket
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from sqlmodel import select
from typer.testing import CliRunner

from backend.access.client import ApiClient
from backend.access.signed_in import Key
from backend.chain.contracts import Contracts
from backend.chain.deployment import Deployment
from backend.chain.keys import dev_signer
from backend.chain.node import LocalNode
from backend.chain.rpc import connect
from backend.giving.certificate_commands import app as retire
from backend.giving.owing_commands import me
from backend.giving.signed_message import MessageUnknown, signed_body
from backend.kernel.digest import to_hex
from backend.ledger.deficit import deficit_at
from backend.ledger.tables import PersonRow
from backend.market.order import Side
from tests.contract.people import People
from tests.integration.settlement.conftest import Floor, new_tanyu
from tests.patience import until
from tests.postgres import fresh_database
from tests.unit.giving.chain import a_deficit

SELLER, BUYER, HOLDER, IDLE = 1, 2, 3, 4
GUARDIAN, WARD, OTHERS_WARD = 6, 7, 8
OWED_GCO2E = 3_500
DEV_FIRST = 100
"""Of `People`."""


class Served(Floor):
    """The floor at an address, with what is typed at a terminal."""

    url: str

    def said(self, app: Any, index: int, *words: str, code: int = 0) -> Any:
        """What a command of a person prints as JSON."""
        told = CliRunner().invoke(app, [*words, "--dev", str(DEV_FIRST + index), "--url", self.url, "--json"])
        assert told.exit_code == code, told.output
        return json.loads(told.stdout)

    def shown(self, app: Any, index: int, *words: str, code: int = 0, lang: str = "en") -> str:
        """What it prints for people, and what it asks."""
        options = ["--dev", str(DEV_FIRST + index), "--url", self.url, "--lang", lang]
        told = CliRunner().invoke(app, [*words, *options], env={"COLUMNS": "300"}, input="n\n")
        assert told.exit_code == code, told.output
        return told.output

    def owes(self, index: int) -> bytes:
        """A deficit of the person, by its reference."""
        with self.tanyu.database.write() as session:
            return a_deficit(session, OWED_GCO2E, self.people.person(index).address)

    def outstanding(self, reference: bytes) -> int:
        with self.tanyu.database.read() as session:
            return deficit_at(session, reference).outstanding_gco2e


@pytest.fixture(scope="module")
def floor(node: LocalNode, deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("tanyu")
    with fresh_database(folder) as database, socket.socket() as listening:
        tanyu = new_tanyu(node.url, deployment, folder, database.url)
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(tanyu.app(), log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        until(lambda: server.started, "the server")
        w3 = connect(node.url)
        served = Served(tanyu, People(w3, Contracts(w3, deployment)))
        served.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        yield served
        server.should_exit = True
        thread.join()


def test_owing__nothing__is_an_empty_list_and_settling_it_is_refused(floor: Served) -> None:
    reference = floor.owes(IDLE)

    [owed] = floor.said(me, IDLE, "owe")
    assert (owed["vintage"], owed["outstandingGco2e"], owed["ownCredits"]) == (2025, str(OWED_GCO2E), [])
    assert floor.said(me, IDLE, "settle", "2024", "--by", "credits", code=2)["code"] == "deficit.nothing_owed"
    refused = floor.said(me, IDLE, "settle", "2025", "--by", "credits", code=1)
    assert refused["code"] == "deficit.nothing_fits"
    assert "tanyu aid rounds" in refused["detail"], "where aid is applied for"
    assert floor.said(me, IDLE, "settle", "2025", "--by", "market", code=1)["code"] == "deficit.nothing_fits"
    assert floor.outstanding(reference) == OWED_GCO2E


def test_deficit__bought_and_retired_in_one_act__is_settled_with_proof(floor: Served, tmp_path: Path) -> None:
    reference = floor.owes(BUYER)
    floor.funded(SELLER, credits_gco2e=20_000)
    floor.funded(BUYER, money=10_000_000)
    floor.place(SELLER, Side.SELL, 3, 500_000)
    floor.place(SELLER, Side.SELL, 10, 600_000)

    [owed] = floor.said(me, BUYER, "owe")
    market = owed["market"]
    assert (market["lotsWanted"], market["lots"], market["cost"]) == ("4", "4", str(3 * 500_000 + 600_000))
    [offer] = market["offers"]
    assert (offer["classCode"], offer["worstPerKg"]) == ("US-CA/2025/SIM", "600000")
    assert owed["settleBy"].startswith("2027-01-01")
    assert (owed["overdue"], owed["settlements"]) == (False, [])
    [would] = floor.said(me, BUYER, "settle", "2025", "--by", "market", "--dry-run")
    assert "at most 2.4," in would["wouldBuy"][0]
    assert floor.said(me, BUYER, "owe") == [owed]

    [ack] = floor.said(me, BUYER, "settle", "2025", "--by", "market", "--yes")
    assert ack["orderHash"]
    until(lambda: floor.outstanding(reference) == 0, "the deficit to be settled")

    [settled] = floor.said(me, BUYER, "owe")
    assert (settled["settledGco2e"], settled["outstandingGco2e"]) == (str(OWED_GCO2E), "0")
    assert [one["state"] for one in floor.said(me, BUYER, "statements")["statements"]] == ["settled"]
    assert sum(int(one["amountGco2e"]) for one in settled["settlements"]) == OWED_GCO2E
    for proof in settled["settlements"]:
        deed = floor.said(retire, BUYER, "show", proof["deedId"])
        assert (deed["served"], deed["purpose"], deed["ref"]) == ("reference", "retire", "0x" + reference.hex())
        file = tmp_path / f"{deed['logIndex']}.pdf"
        floor.said(retire, BUYER, "certificate", proof["deedId"], str(file), "--in", "zh")
        assert floor.said(retire, BUYER, "verify", str(file))["verdict"] == "genuine"
    assert floor.said(retire, BUYER, "balance")["amountGco2e"] == "4000"
    assert floor.said(me, BUYER, "settle", "2025", "--by", "market", code=2)["code"] == "deficit.nothing_owed"


def test_deficit__settled_with_own_credits__in_parts(floor: Served) -> None:
    reference = floor.owes(HOLDER)
    floor.funded(HOLDER, credits_gco2e=10_000)

    words = floor.shown(me, HOLDER, "settle", "2025", "--by", "credits", code=1)
    assert "You retire 3.5 kg of US-CA/2025/SIM, for ever" in words
    assert "not an offset, not proof of a reduction" in words
    assert "Aborted" in words
    assert floor.outstanding(reference) == OWED_GCO2E

    [act] = floor.said(me, HOLDER, "settle", "2025", "--by", "credits", "--grams", "1000", "--yes")
    assert (act["kind"], act["amountGco2e"]) == ("retire", "1000")
    until(lambda: floor.outstanding(reference) == OWED_GCO2E - 1_000, "the first part")
    assert floor.said(me, HOLDER, "statements")["statements"][0]["state"] == "partly_settled"
    floor.said(me, HOLDER, "settle", "2025", "--by", "credits", "--yes")
    until(lambda: floor.outstanding(reference) == 0, "the rest")

    [owed] = floor.said(me, HOLDER, "owe")
    assert [one["amountGco2e"] for one in owed["settlements"]] == ["1000", "2500"]
    assert "settled" in floor.shown(me, HOLDER, "owe")
    assert "已结清" in floor.shown(me, HOLDER, "owe", lang="zh")


class TestForAWard:
    """A guardian settles what its ward owes: with its own credits, its own money, its own key."""

    @pytest.fixture(scope="class")
    def reference(self, floor: Served) -> bytes:
        floor.owes(GUARDIAN)
        reference = floor.owes(WARD)
        floor.owes(OTHERS_WARD)
        with floor.tanyu.database.write() as session:
            ward = session.exec(select(PersonRow).where(PersonRow.address == self.address(floor, WARD))).one()
            ward.guardian, ward.born_on = self.address(floor, GUARDIAN), date(2020, 1, 1)
            session.add(ward)
        floor.funded(GUARDIAN, credits_gco2e=10_000, money=10_000_000)
        return reference

    @staticmethod
    def address(floor: Served, index: int) -> str:
        return floor.people.person(index).address

    def said(self, floor: Served, *words: str, app: Any = me, code: int = 0) -> Any:
        return floor.said(app, GUARDIAN, *words, "--ward", self.address(floor, WARD), code=code)

    def test_owing__of_a_ward__is_told_with_what_the_guardian_could_settle_it_with(
        self, floor: Served, reference: bytes
    ) -> None:
        [owed] = self.said(floor, "owe")

        assert owed["reference"] == to_hex(reference)
        assert [one["amountGco2e"] for one in owed["ownCredits"]] == ["10000"]
        refused = floor.said(me, GUARDIAN, "owe", "--ward", self.address(floor, OTHERS_WARD), code=2)
        assert refused["code"] == "account.ward_unknown"

    def test_settling__with_own_credits__counts_for_the_ward_and_not_for_the_guardian(
        self, floor: Served, reference: bytes
    ) -> None:
        [act] = self.said(floor, "settle", "2025", "--by", "credits", "--grams", "1000", "--yes")
        assert (act["account"], act["amountGco2e"]) == (self.address(floor, GUARDIAN), "1000")
        until(lambda: floor.outstanding(reference) == OWED_GCO2E - 1_000, "the ward's first part")

        assert self.said(floor, "balance", app=retire)["amountGco2e"] == "1000"
        assert floor.said(retire, GUARDIAN, "balance")["amountGco2e"] == "0"
        assert floor.said(me, GUARDIAN, "owe")[0]["outstandingGco2e"] == str(OWED_GCO2E), "its own stays owed"
        assert self.said(floor, "statements")["statements"][0]["state"] == "partly_settled"

    def test_settling__by_a_buy_and_by_a_retirement__is_for_the_ward_too(self, floor: Served, reference: bytes) -> None:
        floor.funded(SELLER, credits_gco2e=20_000)
        floor.place(SELLER, Side.SELL, 2, 500_000)
        [ack] = self.said(floor, "settle", "2025", "--by", "market", "--grams", "2000", "--limit", "700000", "--yes")
        assert ack["orderHash"]
        until(lambda: floor.outstanding(reference) == 500, "the ward's second part")

        credit = ("US-CA/2025/SIM", "500")
        own = self.said(floor, "make", *credit, "--self", "--yes", app=retire, code=2)
        assert own["code"] == "retirement.beneficiary_wrong", "a guardian's credits do not serve the ward's self"
        self.said(floor, "make", *credit, "--deficit", to_hex(reference), "--yes", app=retire)
        until(lambda: floor.outstanding(reference) == 0, "the ward's rest")

        [owed] = self.said(floor, "owe")
        assert sum(int(one["amountGco2e"]) for one in owed["settlements"]) == OWED_GCO2E
        assert self.said(floor, "balance", app=retire)["amountGco2e"] == str(OWED_GCO2E)


class TestRetiring:
    @pytest.fixture(scope="class", autouse=True)
    def _funded(self, floor: Served) -> None:
        floor.funded(5, credits_gco2e=20_000)

    def make(self, floor: Served, *words: str, code: int = 0) -> Any:
        return floor.said(retire, 5, "make", "US-CA/2025/SIM", *words, code=code)

    @pytest.mark.parametrize(
        ("words", "code"),
        [
            ((), "retirement.serves_not_one"),
            (("--self", "--event"), "retirement.serves_not_one"),
            (("--event",), "retirement.occasion_missing"),
            (("--self", "--words", "x"), "dedication.unkept"),
            (("--deficit", "0x12"), "deficit.reference_malformed"),
            (("--deficit", "zz"), "deficit.reference_malformed"),
            (("--another", "0x12"), "account.address_malformed"),
        ],
    )
    def test_retirement__that_does_not_serve_exactly_one_thing__is_refused(
        self, floor: Served, words: tuple[str, ...], code: str
    ) -> None:
        told = CliRunner().invoke(
            retire, ["make", "US-CA/2025/SIM", "1000", *words, "--dev", "105", "--url", floor.url, "--yes", "--json"]
        )

        assert (told.exit_code, json.loads(told.stdout)["code"]) == (2, code)

    def test_words__of_a_deficit__are_refused(self, floor: Served, tmp_path: Path) -> None:
        kept = ("--words", "x", "--keep", str(tmp_path / "kept.json"))

        assert self.make(floor, "1000", "--deficit", "0x" + "11" * 32, *kept, code=2)["code"] == "retirement.ref_wrong"

    def test_event__with_kept_words__is_retired_shown_and_certified(self, floor: Served, tmp_path: Path) -> None:
        kept, file = tmp_path / "kept.json", tmp_path / "certificate.pdf"
        dry = self.make(floor, "2500", "--event", "--words", "Our wedding", "--keep", str(kept), "--dry-run")
        assert "“Our wedding”" in " ".join(dry["wouldRetire"])
        assert not kept.exists()

        made = self.make(floor, "2500", "--event", "--words", "Our  wedding", "--keep", str(kept), "--yes")
        assert kept.stat().st_mode & 0o077 == 0
        until(lambda: bool(floor.said(retire, 5, "list")), "the retirement")

        [row] = floor.said(retire, 5, "list")
        assert (row["purpose"], row["ref"]) == ("event", made["ref"])
        deed = floor.said(retire, 5, "show", row["receiptId"], "--kept", str(kept))
        assert (deed["words"], deed["served"]) == ("Our wedding", "event")
        floor.said(retire, 5, "certificate", row["receiptId"], str(file), "--kept", str(kept))
        assert floor.said(retire, 5, "verify", str(file))["words"] == "Our wedding"
        assert "not an offset" in floor.shown(retire, 5, "show", row["receiptId"])
        again = floor.said(retire, 5, "certificate", row["receiptId"], str(file), code=2)
        assert again["code"] == "file.unusable", "nothing is written over"
        file.write_bytes(file.read_bytes() + b" ")
        assert floor.said(retire, 5, "verify", str(file), code=1)["verdict"] == "altered"
        table = floor.shown(retire, 5, "list")
        assert "2.500 kg" in table

    def test_files__that_are_no_certificate_or_hold_no_words__are_refused(self, floor: Served, tmp_path: Path) -> None:
        missing, large, junk = tmp_path / "missing.pdf", tmp_path / "large.pdf", tmp_path / "junk.json"
        large.write_bytes(b"0" * (1024 * 1024 + 1))
        junk.write_text("{}")

        for file in (missing, large):
            assert floor.said(retire, 5, "verify", str(file), code=2)["code"] == "certificate.file_unreadable"
        shown = floor.said(retire, 5, "show", "0x" + "0" * 64 + "-0", "--kept", str(junk), code=2)
        assert shown["code"] == "dedication.file_unreadable"

    def test_acts__are_listed_with_where_each_stands(self, floor: Served) -> None:
        self.make(floor, "100", "--self", "--yes")

        until(lambda: {one["state"] for one in floor.said(retire, 5, "acts")} == {"confirmed"}, "the acts to confirm")

    def test_message__that_the_servers_contracts_do_not_take__is_not_signed(self, floor: Served) -> None:
        with ApiClient(floor.url) as client, pytest.raises(MessageUnknown) as refused:
            signed_body(client, Key(dev_signer(105), is_development=True), "Retire", {}, contract="Nowhere")
        assert refused.value.code == "signing.message_unknown"

    def test_receipt__asked_for__is_told_signed_for_and_the_holders(self, floor: Served) -> None:
        dry = self.make(floor, "700", "--self", "--receipt", "--dry-run")
        assert "nobody can move" in " ".join(dry["wouldRetire"])
        assert self.make(floor, "700", "--self", "--receipt", "--yes")["kind"] == "retire-receipt"

        def issued() -> list[str]:
            return [row["receiptToken"] for row in floor.said(retire, 5, "list") if row["receiptToken"] is not None]

        until(lambda: bool(issued()), "the receipt")
        [token] = issued()
        owner = floor.people.contracts.named("RetirementReceipts").functions.ownerOf(int(token)).call()
        assert owner == floor.people.person(5).address
        until(lambda: floor.said(retire, 5, "acts")[0]["state"] == "confirmed", "the act")
        assert "retire, with a receipt" in floor.shown(retire, 5, "acts")
