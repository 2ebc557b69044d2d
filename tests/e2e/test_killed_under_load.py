"""A real server under load is killed at random, again and again: what was acknowledged is there, once, as it was told.

The traders are processes of their own that ask until they are answered. At the end an auditor replays the journal.
"""

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from backend.access.client import ApiClient
from backend.audit.journal import Journal
from backend.audit.replay import audit_journal
from backend.chain.artifacts import CHECKOUT
from backend.kernel.clock import SystemClock
from backend.kernel.digest import to_hex
from backend.market.disclosure import disclosed, write
from tests.e2e.loader_process import answer_of, until_answered
from tests.e2e.processes import START_S, Processes
from tests.patience import until

TRADERS = ((0, "sell"), (1, "buy"))
KILLS, KILLS_FULL = 3, 30
LATEST_KILL_MS = 2_500
NEWS = 5
"""Answers that each trader has to get between two kills, so that every restart takes part in the load."""


@dataclass
class Load:
    """The traders' processes and what they were answered."""

    processes: Processes
    running: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def notes(self, index: int) -> Path:
        return self.processes.folder / f"trader-{index}.jsonl"

    def start(self) -> None:
        for index, side in TRADERS:
            url, deployment = self.processes.settings.base_url, self.processes.settings.deployment_path
            arguments = [url, str(deployment), str(index), side, str(self.notes(index))]
            command = [sys.executable, "-m", "tests.e2e.loader_process", *arguments]
            self.running.append(subprocess.Popen(command, cwd=CHECKOUT))

    def answered(self) -> list[int]:
        """How many answers each trader has."""
        assert all(process.poll() is None for process in self.running), "a trader got an answer that it did not expect"
        return [len(path.read_bytes().splitlines()) if path.exists() else 0 for path in map(self.notes, (0, 1))]

    def wait_for_news(self) -> None:
        before = self.answered()
        until(
            lambda: all(now >= was + NEWS for now, was in zip(self.answered(), before, strict=True)), "answers", START_S
        )

    def stop(self) -> list[dict[str, Any]]:
        """Every request that was answered, with its first answer."""
        for index, _ in TRADERS:
            self.notes(index).with_name(self.notes(index).name + ".stop").touch()
        assert [process.wait(120) for process in self.running] == [0, 0]
        return [json.loads(line) for index, _ in TRADERS for line in self.notes(index).read_text().splitlines()]

    def end(self) -> None:
        for process in self.running:
            process.kill()
            process.wait()


@pytest.fixture
def load(tmp_path: Path, compiled: None) -> Iterator[Load]:  # noqa: ARG001 - a fixture wanted for its effect
    processes = Processes(tmp_path)
    people = processes.people
    people.mint(0, 10**9)
    people.approve(0, "Exchange")
    people.pay(1, 10**15)
    processes.start_server()
    processes.wait_ready()
    made = Load(processes)
    try:
        yield made
    finally:
        made.end()
        processes.stop()


def _kill_under(load: Load, kills: int) -> None:
    load.start()
    load.wait_for_news()
    for _ in range(kills):
        time.sleep(secrets.randbelow(LATEST_KILL_MS) / 1000)
        load.processes.kill_server()
        load.processes.start_server()
        load.wait_for_news()  # of the market alone: most kills then come while the link still catches up with the chain


def _journal(load: Load) -> Journal:
    """As the operator writes it for an auditor."""
    database, deployment = load.processes.database(), load.processes.deployment
    path = load.processes.folder / "journal.jsonl"
    operator = str(load.processes.people.contracts.exchange.functions.operator().call())
    with database.read() as session:
        write(path, disclosed(session, deployment.domain("Exchange"), operator, SystemClock().now()))
    database.close()
    return Journal.load(path)


def _check_answers_again(client: ApiClient, said: list[dict[str, Any]]) -> None:
    """The same request gets the answer of the first, word for word, from another process."""
    for note in said:
        ask = partial(answer_of, client, note["path"], note["body"])
        assert until_answered(ask) == note["answer"]


def _check_journal(journal: Journal, said: list[dict[str, Any]]) -> None:
    """Every acknowledged order, cancellation and fill stands in the journal where it was told to be, and once."""
    report = audit_journal(journal)
    assert report.findings == ()
    assert report.counts["journal.trades"] == journal.header.trades
    lines = {line.sequence: line for line in journal.lines()}
    assert sorted(lines) == list(range(1, len(lines) + 1)), "sequence numbers go on where they were"
    placed = [note["answer"] for note in said if note["path"] == "/orders"]
    for ack in placed:
        line = lines[ack["sequence"]]
        assert (line.kind, line.payload["orderHash"], to_hex(line.hash)) == (
            *("place", ack["orderHash"]),
            ack["journalHead"],
        )
        told = [(fill["tradeId"], int(fill["lots"]), int(fill["pricePerKg"])) for fill in ack["fills"]]
        assert told == [(trade.trade_id, trade.lots, trade.price_per_kg) for trade in line.trades]
    cancelled = [note["answer"] for note in said if "lotsMatched" in note["answer"]]
    for ack in cancelled:
        line = lines[ack["sequence"]]
        assert (line.kind, line.payload["orderHash"]) == ("cancel", ack["orderHash"])
    for acks in (placed, cancelled):
        assert len({ack["sequence"] for ack in acks}) == len({ack["orderHash"] for ack in acks}) == len(acks)
    assert len(placed) >= NEWS
    assert cancelled


def _run(load: Load, kills: int) -> None:
    _kill_under(load, kills)
    said = load.stop()
    with load.processes.client() as client:
        _check_answers_again(client, said)
    load.processes.kill_server()
    _check_journal(_journal(load), said)


@pytest.mark.timeout(1800)
def test_server_under_load__killed_at_random__keeps_and_repeats_every_answer(load: Load) -> None:
    _run(load, KILLS)


@pytest.mark.full
@pytest.mark.timeout(4 * 3600)
def test_server_under_load__killed_at_random_many_times__keeps_and_repeats_every_answer(load: Load) -> None:
    _run(load, KILLS_FULL)
