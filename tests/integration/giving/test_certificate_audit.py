"""`tanyu audit certificate` on a real node: it has no word of the server, and comes to the same deeds."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from backend.audit.commands import app
from backend.chain.node import LocalNode
from backend.giving.kept_words import keep_words
from tests.integration.giving.deeds import Deeds
from tests.integration.giving.test_certificates import body_of, pdf
from tests.integration.giving.world import World

root = typer.Typer()
root.add_typer(app)


@root.command()
def other() -> None:
    """Typer makes `audit` a subcommand only beside another one."""


Audit = Callable[..., Result]


@pytest.fixture(scope="module")
def audit(world: World, node: LocalNode, tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """The command, for a file's content."""
    folder = tmp_path_factory.mktemp("audit")
    deployment = folder / "deployment.json"
    world.contracts.deployment.save(deployment)

    def run(content: bytes | Mapping[str, Any], *more: str | Path) -> Result:
        file = folder / "certificate"
        file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        named = ["audit", "certificate", str(file), "--rpc", node.url, "--deployment", str(deployment)]
        return CliRunner().invoke(root, [*named, *map(str, more)])

    return run


def shown(world: World, deed_id: str) -> dict[str, Any]:
    found: dict[str, Any] = world.client().get(f"/certificates/{deed_id}").json()
    return found


def findings(result: Result) -> set[str]:
    assert result.exit_code == 1, result.output
    return {f"{one['check']} {one['subject']}" for one in json.loads(result.stdout)["findings"]}


def test_deed__of_every_kind__is_the_same_from_the_chain_alone(world: World, deeds: Deeds, audit: Audit) -> None:
    for deed_id in deeds.all:
        result = audit(shown(world, deed_id), "--json")

        assert result.exit_code == 0, result.output
        report = json.loads(result.stdout)
        counts = {check["name"]: check["checked"] for check in report["checks"]}
        assert counts["certificate.claims"] >= 15
        assert counts["evidence.receipts_root"] == 3
        assert report["covered"]["deedId"] == deed_id


@pytest.mark.parametrize(
    ("field", "claim"),
    [
        ("amountGco2e", "12001"),
        ("classCode", "CN-SC/2025/SIM"),
        ("vintage", 2024),
        ("beneficiary", "0x" + "11" * 20),
        ("served", "another"),
        ("blockNumber", 1),
        ("blockHash", "0x" + "22" * 32),
        ("at", "2020-01-01T00:00:00Z"),
        ("isRetired", False),
        ("receiptToken", "7"),
    ],
)
def test_claim__that_is_not_the_chains__is_a_finding(
    world: World, deeds: Deeds, audit: Audit, field: str, claim: object
) -> None:
    result = audit(shown(world, deeds.own) | {field: claim}, "--json")

    assert findings(result) == {f"certificate.claims {field}"}


def test_campaign__of_another_number__is_a_finding(world: World, deeds: Deeds, audit: Audit) -> None:
    gift = shown(world, deeds.gift)

    assert findings(audit(gift | {"campaign": gift["campaign"] | {"campaignId": "77"}}, "--json")) == {
        "certificate.claims campaignId"
    }


def test_sheet__names_its_deed_and_its_words__which_the_chain_confirms(
    world: World, deeds: Deeds, audit: Audit
) -> None:
    sheet = pdf(world, deeds.named, "zh", deeds.words).content

    result = audit(sheet)

    assert result.exit_code == 0, result.output
    for part in ("12000", "US-CA/2025/SIM", "a PDF's print cannot be read here"):
        assert part in result.stdout
    assert json.loads(audit(sheet, "--json").stdout)["covered"]["deed.served"] == "another"


def test_words__with_their_salt_or_without__are_held_against_the_digest(
    world: World, deeds: Deeds, audit: Audit, tmp_path: Path
) -> None:
    told = shown(world, deeds.named) | {"words": deeds.words.words}
    kept = tmp_path / "kept.json"
    keep_words(kept, deeds.words)

    assert "without their salt" in audit(told).stdout
    assert audit(told, "--kept", kept).exit_code == 0
    kept.write_text(json.dumps(body_of(deeds.words) | {"words": "Somebody else"}))
    assert findings(audit(told, "--kept", kept, "--json")) == {"certificate.words 'Somebody else'"}


def test_deed__that_the_chain_does_not_have__is_a_finding(world: World, deeds: Deeds, audit: Audit) -> None:
    told = shown(world, deeds.own)
    for deed_id in (f"0x{'ab' * 32}-0", f"{told['txHash']}-999"):
        assert findings(audit(told | {"deedId": deed_id}, "--json")) == {f"certificate.there {deed_id}"}
    assert "certificate.final" in str(findings(audit(told, "--block", str(told["blockNumber"] - 1), "--json")))


def test_file__that_is_no_certificate__is_told_apart_from_a_finding(audit: Audit, tmp_path: Path) -> None:
    for content in (b"%PDF-1.7 nothing of ours", b"{}", b"\xff", b'{"deedId": "7"}', b"[1]"):
        result = audit(content, "--json")
        assert (result.exit_code, json.loads(result.stdout)["code"]) == (2, "audit.certificate_malformed")
    absent = CliRunner().invoke(root, ["audit", "certificate", str(tmp_path / "none"), "--json"])
    assert (absent.exit_code, json.loads(absent.stdout)["code"]) == (2, "audit.certificate_missing")
