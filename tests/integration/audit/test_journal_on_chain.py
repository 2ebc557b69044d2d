"""INV-08 against a real chain: prices and fills follow the anchored journal, or it is found out."""

import json
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result
from web3 import Web3

from backend.api.serve import Tanyu
from backend.audit.history import History
from backend.audit.journal import Journal, JournalForeign
from backend.audit.recording import record
from backend.audit.replay import audit
from backend.audit.report import Report
from backend.chain.contracts import Contracts
from backend.chain.deployment import Deployment
from backend.chain.keys import DevRole
from backend.chain.node import LocalNode
from backend.cli import app
from backend.kernel.clock import FixedClock, SystemClock
from backend.kernel.digest import canonical_json
from backend.link.outbox import intent_of
from backend.link.tables import IntentState
from backend.market.anchoring import ANCHOR_KIND, Anchored, Anchoring
from backend.market.disclosure import disclosed
from backend.market.journal import JournalBroken, genesis
from backend.market.order import Side
from tests.contract.people import People
from tests.integration.audit.journal_story import Rows
from tests.integration.settlement.conftest import Floor, new_tanyu
from tests.patience import until

SELLER, BUYER = 0, 1
TOMORROW = timedelta(days=1)


@pytest.fixture(scope="module")
def floor(
    w3: Web3, node: LocalNode, deployment: Deployment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Floor]:
    """Two trades settled, on one day whenever the tests run."""
    settings = new_tanyu(node.url, deployment, tmp_path_factory.mktemp("tanyu")).settings
    tanyu = Tanyu(settings, FixedClock(SystemClock().now()))
    tanyu.start()
    told = Floor(tanyu, People(w3, Contracts(w3, deployment)))
    told.funded(SELLER, credits_gco2e=50_000)
    told.funded(BUYER, money=10**9)
    told.place(SELLER, Side.SELL, 30, 900)
    told.place(BUYER, Side.BUY, 20, 1000)
    told.place(BUYER, Side.BUY, 4, 900)
    assert told.last_settled().id == 2
    yield told
    tanyu.stop()


def _run(*args: str | Path) -> Result:
    return CliRunner().invoke(app, [*map(str, args)])


def _rows(floor: Floor, *, late: timedelta = timedelta()) -> Rows:
    """The journal as of now, written so much later."""
    tanyu = floor.tanyu
    with tanyu.database.read() as session:
        domain = tanyu.deployment.domain("Exchange")
        told = list(disclosed(session, domain, tanyu.operator.address, tanyu.clock.now() + late))
    return Rows([json.loads(canonical_json(row)) for row in told])


def _history(floor: Floor, node: LocalNode, journal: Journal) -> History:
    return record(node.url, floor.tanyu.deployment, told=journal)


def _audit(floor: Floor, node: LocalNode, journal: Journal) -> Report:
    return audit(_history(floor, node, journal), journal)


def _found(report: Report) -> set[str]:
    return {finding.check for finding in report.findings}


def _pass_time(w3: Web3, seconds: int) -> None:
    w3.provider.make_request("evm_increaseTime", [seconds])  # type: ignore[arg-type]  # web3 lists no test methods
    w3.provider.make_request("evm_mine", [])  # type: ignore[arg-type]  # as above


def test_anchoring__when_the_day_is_over__puts_its_last_head_on_the_chain_once(floor: Floor) -> None:
    tanyu = floor.tanyu
    now = tanyu.clock.now()
    assert Anchoring(tanyu.database, tanyu.contracts).step(now) == Anchored(), "the day is not over"
    first = Anchoring(tanyu.database, tanyu.contracts)
    done = first.step(now + TOMORROW + timedelta(minutes=10))
    assert done.day is not None
    for restarted in (first, Anchoring(tanyu.database, tanyu.contracts)):
        for later in (TOMORROW, 2 * TOMORROW, 9 * TOMORROW):
            assert restarted.step(now + later + timedelta(minutes=10)) == Anchored()
    reference = now.date().isoformat()

    def is_anchored() -> bool:
        with tanyu.database.read() as session:
            intent = intent_of(session, ANCHOR_KIND, reference)
        return intent is not None and intent.state == IntentState.CONFIRMED

    until(is_anchored, "the anchor")
    topic = genesis(tanyu.deployment.domain("Exchange")).hash
    digest = tanyu.contracts.anchors.functions.digestOf(topic, done.day).call()
    assert "0x" + digest.hex() == _rows(floor).header["head"]["hash"]


def test_audit__with_the_journal__holds_in_every_row(floor: Floor, node: LocalNode, tmp_path: Path) -> None:
    journal = _rows(floor).written(tmp_path)
    report = _audit(floor, node, journal)
    assert report.findings == ()
    assert {name: report.counts[name] for name in ("journal.fills", "journal.anchored", "journal.covered")} == {
        "journal.fills": 2,
        "journal.anchored": 1,
        "journal.covered": 1,
    }
    alone = audit(record(node.url, floor.tanyu.deployment))
    assert alone.holds
    assert any("journal" in note for note in alone.notes), "what was not looked at is said"


def test_commands__from_the_operators_file_to_the_auditors_verdict(
    floor: Floor, node: LocalNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = floor.tanyu.settings
    monkeypatch.setenv("TANYU_DATA_DIR", str(settings.data_dir))
    file, history = tmp_path / "journal.jsonl", tmp_path / "history.json"
    told = _run("market", "journal", "--out", file, "--json")
    assert (told.exit_code, json.loads(told.stdout)["rows"]) == (0, len(_rows(floor).rows))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600, "who may see it is the operator's to say"
    chain = ("--rpc", node.url, "--deployment", settings.deployment_path)
    whole = _run("audit", *chain, "--journal", file, "--record", history)
    assert whole.exit_code == 0, whole.output
    assert "with a journal: prices and fills follow it" in whole.stdout
    for source in (chain, ("--from-file", history)):
        held = json.loads(_run("audit", "journal", file, *source, "--json").stdout)
        assert held["holds"]
        assert {check["invariant"] for check in held["checks"]} == {"EVIDENCE", "INV-08"}
        assert {check["name"]: check["checked"] for check in held["checks"]}["journal.fills"] == 2


def test_audit__history_rewritten_consistently__is_not_the_anchored_one(
    floor: Floor, node: LocalNode, tmp_path: Path
) -> None:
    rows = _rows(floor, late=TOMORROW)
    rows.lines[0]["payload"]["owner"] = "somebody"
    rows.rechain()
    assert _found(_audit(floor, node, rows.written(tmp_path))) == {"journal.anchored"}


def test_audit__trades_told_at_another_price__are_not_the_fills(floor: Floor, node: LocalNode, tmp_path: Path) -> None:
    rows = _rows(floor)
    for row in rows.lines:
        for trade in row["trades"]:
            trade["pricePerKg"] = "950"
    report = _audit(floor, node, rows.written(tmp_path))
    assert _found(report) == {"journal.trades"}, "the fills are held against what the audit's own matcher made"


def test_audit__of_another_operator_or_exchange__says_so(floor: Floor, node: LocalNode, tmp_path: Path) -> None:
    rows = _rows(floor)
    rows.header["operator"] = floor.people.person(5).address
    assert _found(_audit(floor, node, rows.written(tmp_path))) == {"journal.operator"}
    rows.header["exchange"] = floor.people.person(5).address
    with pytest.raises(JournalForeign):
        _audit(floor, node, rows.written(tmp_path))


def test_audit__operator_settles_inside_the_limits_at_a_price_of_its_own__is_found_inv_08(
    floor: Floor, node: LocalNode, tmp_path: Path
) -> None:
    """No contract can refuse it: both makers signed limits that allow it. Only the journal tells."""
    assert floor.tanyu.settling.stop(timedelta(seconds=60))
    before = _rows(floor)
    sell = floor.place(SELLER, Side.SELL, 5, 800)
    buy = floor.place(BUYER, Side.BUY, 5, 1000)
    floor.tanyu.worker.stop(timedelta(seconds=60))
    receipt = floor.people.settle([(SELLER, sell), (BUYER, buy)], [(1, 0, 5, 990)])
    report = _audit(floor, node, _rows(floor).written(tmp_path))
    assert _found(report) == {"journal.fills", "journal.anchored"}, "and more lines came on the anchored day"
    (fill,) = (finding for finding in report.findings if finding.check == "journal.fills")
    assert (fill.where.transaction, fill.found) == (receipt["transactionHash"], "5 kg at 990")
    assert "at 800" in fill.expected
    older = _audit(floor, node, before.written(tmp_path))
    assert older.holds
    assert any("1 fills are of after" in note for note in older.notes)


def test_audit__fill_of_orders_the_journal_never_saw__is_found_inv_08(
    floor: Floor, node: LocalNode, tmp_path: Path
) -> None:
    sell = floor.people.order(SELLER, Side.SELL, 1, 700, number=900_001)
    buy = floor.people.order(BUYER, Side.BUY, 1, 700, number=900_002)
    floor.people.settle([(SELLER, sell), (BUYER, buy)], [(1, 0, 1, 700)], by=DevRole.OPERATOR)
    rows = _rows(floor, late=TOMORROW)
    report = _audit(floor, node, rows.written(tmp_path))
    assert [finding.found for finding in report.findings if finding.check == "journal.fills"][-1] == "1 kg at 700"


def test_audit__lines_nobody_anchored_in_two_days__are_found(
    floor: Floor, w3: Web3, node: LocalNode, tmp_path: Path
) -> None:
    _pass_time(w3, 3 * 24 * 3600)
    report = _audit(floor, node, _rows(floor).written(tmp_path))
    (late,) = (finding for finding in report.findings if finding.check == "journal.covered")
    assert late.where.line == 1, "the anchored head is not the last line of its day any more, so it covers nothing"


def test_anchoring__outbox_holds_another_head_of_the_day__stops_and_says_so(floor: Floor) -> None:
    """A line was added to a day after its head was anchored, or the journal was exchanged."""
    tanyu = floor.tanyu
    with pytest.raises(JournalBroken, match="not the head anchored that day"):
        Anchoring(tanyu.database, tanyu.contracts).step(tanyu.clock.now() + TOMORROW + timedelta(minutes=10))
