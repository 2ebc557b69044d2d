"""`tanyu statement`: verify and disclose offline, show from the database."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from backend.issuance.statement_commands import statement as statement_command
from backend.kernel.clock import FixedClock
from backend.ledger.document import disclose, verify
from backend.storage.database import Database
from tests.api.access_app import ALICE
from tests.api.ledger.callers import (
    AFTER,
    Caller,
    a_year_of_bills,
    joined,
)


class TestCommand:
    @pytest.fixture
    def document(self, alice: Caller, clock: FixedClock) -> str:
        home = joined(alice)
        clock.at = AFTER
        alice.renew()
        alice.post_csv(a_year_of_bills(), home=home)
        alice.post("/statements/2025/close")
        return json.dumps(alice.get("/statements/2025").json()["document"])

    def test_verify__whole_document__exits_0(self, document: str, tmp_path: Path) -> None:
        file = tmp_path / "statement.json"
        file.write_text(document)

        told = CliRunner().invoke(statement_command, ["verify", str(file), "--json"])

        assert told.exit_code == 0
        assert json.loads(told.stdout)["findings"] == []

    def test_verify__tampered_document__exits_1(self, document: str, tmp_path: Path) -> None:
        file = tmp_path / "statement.json"
        file.write_text(document.replace('"459000"', '"559000"', 1))

        told = CliRunner().invoke(statement_command, ["verify", str(file), "--json"])

        assert told.exit_code == 1
        assert json.loads(told.stdout)["code"] == "document.tampered"

    def test_disclose__chosen_fields__verify_on_their_own(self, document: str, tmp_path: Path) -> None:
        whole, part = tmp_path / "whole.json", tmp_path / "part.json"
        whole.write_text(document)
        shown = CliRunner().invoke(statement_command, ["verify", str(whole), "--disclose", "creditGco2e"])
        part.write_text(shown.stdout)

        told = CliRunner().invoke(statement_command, ["verify", str(part), "--json"])

        (paper,) = json.loads(told.stdout)["papers"]
        assert paper == {
            "kind": "disclosure",
            "digest": json.loads(document)["digest"],
            "creditGco2e": verify(document).values["creditGco2e"],
        }
        assert shown.stdout.strip() == disclose(verify(document), ["creditGco2e"])

    @pytest.mark.parametrize(("content", "code"), [(b"\xff", "document.unreadable"), (b"{}", "document.malformed")])
    def test_verify__no_document__is_bad_usage(self, tmp_path: Path, content: bytes, code: str) -> None:
        file = tmp_path / "statement.json"
        file.write_bytes(content)

        told = CliRunner().invoke(statement_command, ["verify", str(file), "--json"])

        assert (told.exit_code, json.loads(told.stdout)["code"]) == (2, code)

    def test_show__from_the_database__is_the_document(
        self, document: str, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DATABASE_URL", database.url)

        whole = CliRunner().invoke(statement_command, ["show", ALICE.address, "2025", "--json"])
        short = CliRunner().invoke(statement_command, ["show", ALICE.address, "2025"], env={"LC_ALL": "C"})
        none = CliRunner().invoke(statement_command, ["show", ALICE.address, "2024", "--json"])

        assert json.loads(whole.stdout) == json.loads(document)
        assert "459.000 kg" in short.stdout
        assert "{" not in short.stdout
        assert (none.exit_code, json.loads(none.stdout)["code"]) == (2, "statement.unknown")
