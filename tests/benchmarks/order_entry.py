"""Order entry end to end: a signed POST that is verified, funded, durable, matched and acknowledged, against a trivial
FastAPI + pydantic POST of the same body. One server process at a time, one loader process, loopback, in one run.

The rate: wrk (else our own loader), 256 connections; every order is a new one, nine in ten rest, one in ten crosses.
The latency: at half of that rate, open-loop, beside the trivial endpoint's and the bare disk's. Each is the median of
interleaved rounds, in each of which everything is measured in turn and at that round's own rate: a machine whose speed
changes meanwhile is the same for all, and one that stands still for a moment takes one round with it, of either server.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random  # noqa: TID251 - seeded: the same orders in every run

import httpx

from backend.chain.order_digest import OrderDigest
from backend.kernel.digest import to_hex
from backend.market.order import ZERO_REF, Action, Side, SignedOrder
from tests.benchmarks.entry_loader import CONNECTIONS, full_rate, has_wrk, latencies_us
from tests.benchmarks.entry_server import CLASS_ID, DEPLOYMENT, NUMBERS_EACH, makers

ROUNDS = 7
ROUND_S = 2
LATENCY_S = 3
ORDERS = 160_000
"""For a machine that takes 5,500 a second: seven rounds of two seconds, and seven of three at half of that."""
WARM_UP = 1_024
GOAL = 0.75
MID = 100_000
PAGE = 4_096
"""Bytes of an append beside the database: as the disk takes them."""
START_TIMEOUT_S = 300


def bodies(count: int) -> list[bytes]:
    """Signed orders, each under a number of its own."""
    chance, digest, keys = Random(1), OrderDigest(DEPLOYMENT.domain("Exchange")), makers()
    expiry = int(time.time()) + 86_400  # noqa: TID251 - orders that are good while the benchmark runs
    made = []
    for at in range(count):
        maker = keys[at % len(keys)]
        side = chance.choice([Side.BUY, Side.SELL])
        away = chance.randrange(1, 50) if chance.random() < 0.9 else -chance.randrange(1, 10)
        order = SignedOrder(
            maker=maker.address,
            beneficiary=maker.address,
            class_id=CLASS_ID,
            side=side,
            amount_gco2e=chance.randrange(1, 20) * 1000,
            price_per_kg=(MID - away if side is Side.BUY else MID + away) * 100,
            max_fee_bps=100,
            expiry=expiry,
            number=at % len(keys) * NUMBERS_EACH + at // len(keys) + 1,
            epoch=0,
            action=Action.HOLD,
            ref=ZERO_REF,
        )
        signature = maker.sign_digest(digest(order.message()))
        made.append(json.dumps(order.wire() | {"signature": to_hex(signature)}).encode())
    return made


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def _server(kind: str, folder: Path) -> Iterator[tuple[int, int]]:
    """Its port and process id."""
    port = _free_port()
    command = [sys.executable, "-m", "tests.benchmarks.entry_server", kind, str(port), str(folder)]
    process = subprocess.Popen(command)
    try:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            assert process.poll() is None, f"the {kind} server ended"
            with suppress(httpx.TransportError):
                if httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False).status_code == 200:
                    break
            time.sleep(0.1)
        else:
            raise TimeoutError(f"the {kind} server did not start in {START_TIMEOUT_S} s")
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(START_TIMEOUT_S)


def _cpu_us(process_id: int) -> int:
    """CPU time that a process and its threads took so far, in microseconds."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1_000_000 // os.sysconf("SC_CLK_TCK")


def _synced_p99_us(folder: Path, rate: int, seconds: int) -> int:
    """Of appends to a file on the disk that the database lies on, each synced and as an order due at its time whether
    the one before is done or not; those that are due share a sync. The least that durability costs at a rate: syncs one
    after the other, with nobody waiting, tell little of a disk that stands still now and then.
    """
    found: list[int] = []
    start = time.perf_counter_ns()
    with (folder / "sync").open("wb") as file:
        while len(found) < rate * seconds:
            early_ns = start + len(found) * 1_000_000_000 // rate - time.perf_counter_ns()
            if early_ns > 0:
                time.sleep(early_ns / 1e9)
            due = min((time.perf_counter_ns() - start) * rate // 1_000_000_000 + 1, rate * seconds) - len(found)
            file.write(b"x" * PAGE * due)
            file.flush()
            os.fdatasync(file.fileno())
            now_ns = time.perf_counter_ns() - start
            found += [(now_ns - at * 1_000_000_000 // rate) // 1000 for at in range(len(found), len(found) + due)]
    return _p99(found)


def _p99(found: list[int]) -> int:
    return sorted(found)[len(found) * 99 // 100]


def _slice(folder: Path, orders: list[bytes], start: int, count: int) -> Path:
    """A file of some orders, on the disk before anybody's time counts: brought there meanwhile, its megabytes would go
    before the syncs that orders wait for.
    """
    assert start < len(orders), "more orders were asked for than are made"
    path = folder / f"orders-{start}"
    with path.open("wb") as file:
        file.write(b"\n".join(orders[start : start + count]))
        file.flush()
        os.fsync(file.fileno())
    return path


@dataclass(frozen=True)
class Measured:
    """Of both servers, by round: requests a second and CPU microseconds a request; p99 at half load, and the disk's."""

    rates: tuple[list[float], list[float]]
    cpu_us: tuple[list[float], list[float]]
    p99_us: tuple[list[int], list[int]]
    sync_p99_us: list[int]


def _measured(orders: list[bytes], folder: Path) -> Measured:
    used = 0
    rates: tuple[list[float], list[float]] = ([], [])
    cpu_us: tuple[list[float], list[float]] = ([], [])
    p99_us: tuple[list[int], list[int]] = ([], [])
    sync_us: list[int] = []
    with _server("market", folder) as market, _server("trivial", folder) as trivial:
        latencies_us(market[0], _slice(folder, orders, 0, WARM_UP), WARM_UP, 1)  # every maker is asked for once
        used += WARM_UP
        for _ in range(ROUNDS):
            for which, (port, process_id) in enumerate((market, trivial)):
                start = _cpu_us(process_id)
                rate, asked = full_rate(port, _slice(folder, orders, 0 if which else used, len(orders)), ROUND_S)
                rates[which].append(rate)
                cpu_us[which].append((_cpu_us(process_id) - start) / asked)
                if not which:
                    used += asked + CONNECTIONS  # as many may be on their way when a round ends
            half = max(int(rates[0][-1]) // 2, 1)
            sync_us.append(_synced_p99_us(folder, half, LATENCY_S))
            for which, (port, _) in enumerate((market, trivial)):
                file = _slice(folder, orders, 0 if which else used, half * LATENCY_S)
                p99_us[which].append(_p99(latencies_us(port, file, half, LATENCY_S)))
            used += half * LATENCY_S
    assert used <= len(orders), "more orders were asked for than are made"
    return Measured(rates, cpu_us, p99_us, sync_us)


def rows() -> list[dict[str, object]]:
    """Rate, CPU time and latency, each beside what it is held against."""
    if not has_wrk():
        sys.stderr.write("order entry is loaded by our own loader, for want of Debian's wrk: apt install wrk\n")
    with tempfile.TemporaryDirectory() as folder:
        found = _measured(bodies(ORDERS), Path(folder))
    value, baseline = (int(statistics.median(rounds)) for rounds in found.rates)
    cpu, cpu_baseline = (int(statistics.median(rounds)) for rounds in found.cpu_us)
    slow, quick = (int(statistics.median(rounds)) for rounds in found.p99_us)
    sync = int(statistics.median(found.sync_p99_us))
    allowed = 5 * quick + 2 * sync
    return [
        {
            "name": "market: order entry, against a trivial POST of the same body",
            "value": value,
            "unit": "orders/s",
            "baseline": baseline,
            "ratio": round(value / baseline, 3),
            "goal": GOAL,
            "met": value >= GOAL * baseline,
        },
        {
            "name": "market: order entry, CPU time of the server",
            "value": cpu,
            "unit": "us/order",
            "baseline": cpu_baseline,
            "ratio": round(cpu_baseline / cpu, 3),
            "goal": None,
            "met": None,
        },
        {
            "name": f"market: order entry, p99 at half load (trivial {quick} us, the disk alone {sync} us)",
            "value": slow,
            "unit": "us",
            "baseline": allowed,
            "ratio": round(slow / allowed, 3),
            "goal": 1,
            "met": slow <= allowed,
        },
    ]
