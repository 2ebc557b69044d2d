"""How fast the books come back: 1,000,000 journal rows of the `standard` workload, against the bare matching core.

`restart`: what a restarted server does, which is the newest picture that the sequencer would have taken and the rows
since; told as rows of the whole journal a second. `by extracts`: from the first row when no picture holds, by the
extracts that a server makes while it runs. `line by line`: from the first row without either, every row's hash checked.
The matching core does the same messages in the same run, interleaved, without journal or database: goal, half its rate
for what a server does.
"""

import gc
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from sqlalchemy import insert
from sqlmodel import Session, SQLModel

from backend.chain.class_id import pack
from backend.chain.typed_data import Domain
from backend.kernel.digest import Json, sha256, to_hex
from backend.market.book import Entry
from backend.market.extract import Extract
from backend.market.extracting import Extracting
from backend.market.journal import Head, Kind, genesis, pages
from backend.market.matching import Engine
from backend.market.order import ZERO_REF, Action, SignedOrder
from backend.market.recovery import Recovered, by_extracts, recover, replayed
from backend.market.snapshot import EVERY_AT_MOST, save
from backend.storage.database import Database
from tests.benchmarks.market_matching import Workload, workload

ROWS = 1_000_000
ROUNDS = 5
GOAL = 0.5
RESTING = 2_000
GROUP = 100
"""Lines that share one commit, and so one time."""

DOMAIN = Domain("Tanyu Exchange", "1", 31337, "0x5FbDB2315678afecb367f032d93F642f64180aa3")
GENESIS = genesis(DOMAIN)
CLASS_ID = pack("CN-SC", 2025, "SIM")


def _payload(message: Entry | int) -> tuple[Kind, dict[str, Json]]:
    """As `place` and `cancel` write it; hashes and signatures are of the right length."""
    if isinstance(message, int):
        return Kind.CANCEL, {"orderId": message, "orderHash": _noise(message, 32), "reason": "by_maker"}
    entry = message
    order = SignedOrder(
        maker=entry.owner,
        beneficiary=entry.owner,
        class_id=CLASS_ID,
        side=entry.side,
        amount_gco2e=entry.lots * 1000,
        price_per_kg=entry.price_per_kg,
        max_fee_bps=entry.fee_bound_bps,
        expiry=entry.expiry,
        number=entry.order_id,
        epoch=0,
        action=Action.HOLD,
        ref=ZERO_REF,
    )
    hashes: dict[str, Json] = {"orderHash": _noise(entry.order_id, 32), "signature": _noise(entry.order_id, 65)}
    return Kind.PLACE, {"order": order.wire(), "owner": entry.owner, **hashes}


def _noise(seed: int, size: int) -> str:
    return to_hex((sha256(seed.to_bytes(8)) * 3)[:size])


def _lines(load: Workload) -> Iterator[dict[str, object]]:
    """The journal of a workload. Its order ids are the sequences of their lines, as in life."""
    head, time_, sequences = GENESIS, datetime(2026, 1, 15, 12, 0, tzinfo=UTC), dict[int, int]()
    for message in (*load.preload, *load.messages):
        if isinstance(message, int):
            kind, payload = _payload(sequences[message])
        else:
            sequences[message.order_id] = head.sequence + 1
            kind, payload = _payload(message)
        if head.sequence % GROUP == 0:
            time_ += timedelta(milliseconds=3)
        line = head.line(kind, payload, time_)
        head = Head(line.sequence, line.hash)
        yield line.row()


def _write(database: Database, load: Workload) -> None:
    lines, table = _lines(load), SQLModel.metadata.tables["market_journal"]
    with database.write() as session:
        while rows := list(islice(lines, 5_000)):
            session.connection().execute(insert(table), rows)


def _take_picture(database: Database) -> None:
    """As many lines before the end as there ever are between two: the most that a restart replays."""
    engine, head = Engine(), GENESIS
    with database.read() as session:
        for page in pages(session, head):
            Extract.of(page.lines).carry_out(engine, head.sequence + 1)
            head = page.head
            if head.sequence >= ROWS - EVERY_AT_MOST:
                break
    with database.write() as session:
        save(session, engine, head, datetime(2026, 1, 16, tzinfo=UTC))


def _extract(database: Database) -> None:
    """As a server does while it runs."""
    extracting = Extracting(database, DOMAIN)
    while extracting.step().sequence is not None:
        pass


def _core_seconds(load: Workload) -> float:
    """The engine alone, on every message of the journal."""
    engine = Engine()
    place, remove = engine.place, engine.remove
    gc.collect()
    gc.disable()
    start = time.process_time()
    for message in (*load.preload, *load.messages):
        if type(message) is int:
            remove(message)
        else:
            place(message)  # type: ignore[arg-type]  # not an int, so an Entry; an isinstance check would cost more
    seconds = time.process_time() - start
    gc.enable()
    return seconds


def _timed(database: Database, bring_back: Callable[[Session], Recovered]) -> tuple[float, Recovered]:
    gc.collect()
    with database.read() as session:
        start = time.process_time()
        found = bring_back(session)
        return time.process_time() - start, found


def _row(name: str, seconds: list[float], core: list[float], *, goal: float | None = GOAL) -> dict[str, object]:
    value, baseline = (int(ROWS / statistics.median(took)) for took in (seconds, core))
    ratio = round(value / baseline, 3)
    held = {} if goal is None else {"goal": goal, "met": ratio >= goal}
    return {
        "name": f"recovery: {name}",
        "value": value,
        "unit": "rows/s",
        "baseline": baseline,
        "ratio": ratio,
        **held,
    }


def rows() -> list[dict[str, object]]:
    """CPU time, medians of interleaved rounds."""
    load = workload("standard", resting=RESTING, count=ROWS - RESTING, seed=1)
    core: list[float] = []
    restart: list[float] = []
    by_extract: list[float] = []
    by_line: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        database = Database.at(Path(folder) / "market.db")
        SQLModel.metadata.create_all(database.writer)
        _write(database, load)
        _extract(database)
        _take_picture(database)
        for _ in range(ROUNDS):
            core.append(_core_seconds(load))
            took, found = _timed(database, lambda session: recover(session, GENESIS))
            restart.append(took)
            took, extracted = _timed(database, lambda session: replayed(session, *by_extracts(session, GENESIS)))
            by_extract.append(took)
            took, whole = _timed(database, lambda session: replayed(session, Engine(), GENESIS))
            by_line.append(took)
            assert (found.replayed, extracted.replayed, whole.replayed) == (EVERY_AT_MOST, 0, ROWS)
            assert extracted.head == found.head == whole.head
            digest = whole.engine.state_digest()
            assert extracted.engine.state_digest() == found.engine.state_digest() == digest
        database.close()
    return [
        _row(f"restart, {ROWS:,} rows, picture {EVERY_AT_MOST:,} rows old", restart, core),
        _row(f"replay of {ROWS:,} rows, by extracts", by_extract, core),
        _row(f"replay of {ROWS:,} rows, line by line", by_line, core, goal=None),
    ]
