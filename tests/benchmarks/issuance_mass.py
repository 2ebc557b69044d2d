"""Mass issuance: one batch of a million statements, planned, signed by two verifiers, anchored, claimed from.

Everything measured is the product's own code on a real database file and a real node. What stands before is not:
people, statements and attestations are written by a fast path (`issuance_fill.py`). Each is a real document with salts,
sealed by a key of its person's own in a file of its own, and each attestation a real signature; but a document holds
only the fields that a batch reads, where a lived year has hundreds.

Seconds are CPU time of this process, but for what others wait for, which is of the wall: the transaction that follows
the anchoring, and the lock, for which a bystander asks all the while. The second verifier signs at the same time in a
process of its own. Memory is the peak resident set during a step. Baselines, of the same run: for the tree, bare double
and single hashes of as many words; for planning, that tree; for a verifier, bare recoveries of as many signatures; for
the anchoring transaction, the gas of the smallest batch; for a proof, the tree in memory.
"""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from hexbytes import HexBytes
from sqlmodel import Session, SQLModel, col, func, select

from backend.chain.compile import compile_contracts
from backend.chain.contracts import Contracts
from backend.chain.deploy import ClassSpec, deploy_all, local_roles
from backend.chain.deployment import Deployment
from backend.chain.keccak import keccak
from backend.chain.keys import DevRole, dev_signer
from backend.chain.merkle import MerkleTree, claim_leaf
from backend.chain.node import LocalNode
from backend.chain.rpc import connect
from backend.chain.typed_data import recover, sign
from backend.issuance import service
from backend.issuance.reading import Batch, claims_of
from backend.issuance.tables import AttestationRow, ClaimRow
from backend.kernel.digest import sha256, to_hex
from backend.ledger.state import State
from backend.ledger.tables import StatementStateRow
from backend.link.tables import Intent
from backend.storage.database import Database
from tests.benchmarks.issuance_fill import POLICY, Row, fill
from tests.contract.people import People
from tests.integration.issuance.desk import VERIFIERS, Desk

PEOPLE = 1_000_000
CLAIMED = 20
TREE_GOAL = 1.5
SAMPLE = 2_000
ASKS_EVERY_S = 0.2


def _row(name: str, value: object, unit: str, baseline: float | None = None, goal: float | None = None) -> Row:
    ratio = round(float(str(value)) / baseline, 3) if baseline else None
    met = None if goal is None or ratio is None else ratio <= goal
    shown = None if baseline is None else round(baseline, 6)
    return {
        "name": f"issuance: {name}",
        "value": value,
        "unit": unit,
        "baseline": shown,
        "ratio": ratio,
        "goal": None if goal is None else f"ratio {goal}",
        "met": met,
    }


class Step:
    """What a step took: seconds, and megabytes at its peak."""

    cpu_s = 0.0
    wall_s = 0.0
    peak_mb = 0


@contextmanager
def _step() -> Iterator[Step]:
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    step, start, cpu = Step(), time.perf_counter(), time.process_time()
    yield step
    step.wall_s, step.cpu_s = round(time.perf_counter() - start, 3), time.process_time() - cpu
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    step.peak_mb = int(peak.split()[1]) // 1024


def tree_row(people: int) -> Row:
    """The tree of as many claims against bare hashes: leaves twice, nodes once, the words of the leaves given."""
    words = [sha256(b"%d" % number) * 5 for number in range(people)]
    with _step() as bare:
        for word in words:
            keccak(keccak(word))
        for word in words[1:]:
            keccak(word[:64])
    claims = [(to_hex(word[:20]), POLICY.class_id, 10_000, word[:32], word[32:64]) for word in words]
    with _step() as ours:
        MerkleTree(claim_leaf(*claim) for claim in claims)
    return _row(f"tree of {people} claims", round(ours.cpu_s, 3), "s", bare.cpu_s, TREE_GOAL)


def _recovery_s(desk: Desk) -> float:
    """Seconds of one bare recovery of a signature."""
    domain = desk.deployment.domain("Issuance")
    with desk.database.read() as session:
        rows = session.exec(select(AttestationRow).limit(SAMPLE)).all()
    made = [(sha256(row.statement_digest), sign(VERIFIERS[0], "Batch", domain, _EMPTY)) for row in rows[:1]] * len(rows)
    with _step() as bare:
        for message, signature in made:
            recover(message, signature)
    return bare.cpu_s / len(made)


_EMPTY: dict[str, object] = {
    "classId": 0, "root": bytes(32), "people": 0, "budgetsGco2e": 0, "footprintsGco2e": 0, "surplusesGco2e": 0,
    "deficitsGco2e": 0, "policyDigest": bytes(32), "factorsDigest": bytes(32), "deadline": 0,
}  # fmt: skip


def _planned(desk: Desk) -> Batch:
    return service.plan_batch(desk.database, desk.books, POLICY.class_id, desk.now)


def _signed(database: Database, deployment: Deployment, root: bytes, index: int, at: datetime) -> None:
    service.approve(database, deployment, root, VERIFIERS[index], at)


def _signed_apart(url: str, deployment: Deployment, root: bytes, index: int, at: datetime) -> None:
    """In another process, as another server of the same database."""
    database = Database(url)
    _signed(database, deployment, root, index, at)
    database.close()


class Bystander:
    """Somebody else who wants to write: asks for the lock again and again, and notes the longest wait in seconds."""

    def __init__(self, database: Database) -> None:
        self.longest_s = 0.0
        self._database = database
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def _ask(self) -> None:
        while not self._over.wait(ASKS_EVERY_S):
            start = time.perf_counter()
            with self._database.write() as session:
                session.connection()  # BEGIN IMMEDIATE
            self.longest_s = max(self.longest_s, round(time.perf_counter() - start, 3))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_failure: object) -> None:
        self._over.set()
        self._thread.join()


def _anchor(desk: Desk, batch: Batch) -> int:
    """Sends the one transaction; its gas. The index has not read it yet."""
    with desk.database.write() as session:
        sent = service.anchor(session, desk.contracts, batch.root, desk.now)
    desk.sender.step()
    with desk.database.read() as session:
        intent = session.get_one(Intent, sent.id)
    assert intent.tx_hash is not None
    # A node may mine after it has answered.
    receipt = desk.contracts.w3.eth.wait_for_transaction_receipt(HexBytes(intent.tx_hash))
    assert receipt["status"] == 1
    return int(receipt["gasUsed"])


def _claim(desk: Desk, people: People, batch: Batch) -> tuple[float, float, int]:
    """Mints some claims from their files, spread over the batch; seconds a file, seconds a proof in memory, gas."""
    with desk.database.read() as session:
        found = select(ClaimRow.position).where(col(ClaimRow.root) == batch.root, col(ClaimRow.amount_gco2e) > 0)
        positions = sorted(session.exec(found).all())
        chosen = positions[:: max(1, len(positions) // CLAIMED)][:CLAIMED]
        digests = session.exec(
            select(ClaimRow.statement_digest).where(
                col(ClaimRow.root) == batch.root, col(ClaimRow.position).in_(chosen)
            )
        ).all()
        with _step() as reading:
            files = [service.claim_file(session, desk.deployment, one) for one in digests]
        leaves = [_leaf(row, POLICY.class_id) for row in claims_of(session, batch.root)]
    tree = MerkleTree(claim_leaf(*leaf) for leaf in leaves)
    with _step() as bare:
        for leaf in leaves[:SAMPLE]:
            tree.proof(claim_leaf(*leaf))
    gas = 0
    for file in files:
        said, proof = file["leaf"], file["proof"]
        assert isinstance(said, dict)
        assert isinstance(proof, list)
        own = (
            str(said["account"]),
            int(said["classId"]),
            int(said["amountGco2e"]),
            bytes.fromhex(said["statementDigest"][2:]),
            bytes.fromhex(said["nullifier"][2:]),
        )
        siblings = [bytes.fromhex(str(one)[2:]) for one in proof]
        receipt = people.send("Issuance", "claim", batch.root, own, siblings, by=DevRole.FEE_RECIPIENT)
        gas = max(gas, int(receipt["gasUsed"]))
        held = desk.contracts.credit.functions.balanceOf(own[0], POLICY.class_id).call()
        assert held == own[2], "a claim of the batch did not mint what it says"
    return reading.cpu_s / len(files), bare.cpu_s / min(SAMPLE, len(leaves)), gas


def _leaf(row: ClaimRow, class_id: int) -> tuple[str, int, int, bytes, bytes]:
    return row.account, class_id, row.amount_gco2e, row.statement_digest, row.nullifier


def _states(session: Session) -> dict[str, int]:
    query = select(StatementStateRow.state, func.count()).group_by(col(StatementStateRow.state))
    return dict(session.exec(query).all())


def measure(people: int, folder: Path) -> list[Row]:
    """The rows, on a fresh node and a database in `folder`."""
    found = [tree_row(people)]
    with LocalNode() as node:
        w3 = connect(node.url)
        spec = ClassSpec(POLICY.region, POLICY.vintage, POLICY.methodology, 10**12, POLICY.buffer_bps)
        deployment = deploy_all(w3, dev_signer(DevRole.GOVERNOR), local_roles((spec,)))
        database = Database.at(folder / "mass.db")
        SQLModel.metadata.create_all(database.writer)
        assert database.keys is not None
        database.keys.key_or_new(bytes(32))  # makes the master key
        desk = Desk(database, Contracts(w3, deployment), deployment)
        desk.follow()
        fill(database, deployment.domain("Issuance"), POLICY.minimum_batch)
        small = _planned(desk)
        for index in (0, 1):
            _signed(database, deployment, small.root, index, desk.now)
        small_gas = _anchor(desk, small)
        desk.follow()
        found += _big(desk, people, POLICY.minimum_batch + 1, small_gas, float(str(found[0]["value"])))
        database.close()
    return found


def _big(desk: Desk, people: int, first: int, small_gas: int, tree_s: float) -> list[Row]:
    fill(desk.database, desk.deployment.domain("Issuance"), people, first)
    size_before = _size(desk)
    with _step() as planning, Bystander(desk.database) as beside_plan:
        batch = _planned(desk)
    per_leaf = (_size(desk) - size_before) // people
    signed = (desk.deployment, batch.root)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as another:
        apart = another.submit(_signed_apart, desk.database.url, *signed, 1, desk.now)
        with _step() as signing, Bystander(desk.database) as beside_signing:
            _signed(desk.database, *signed, 0, desk.now)
        apart.result()
    recovery_s = _recovery_s(desk)
    gas = _anchor(desk, batch)
    with _step() as following:
        desk.indexer.step()
    with _step() as again:
        desk.indexer.reindex()
    with desk.database.read() as session:
        states = _states(session)
    assert State.ATTESTED not in states, "anchored, and some of its statements still wait"
    file_s, proof_s, claim_gas = _claim(desk, People(desk.contracts.w3, desk.contracts), batch)
    desk.follow()
    with desk.database.read() as session:
        assert _states(session)[State.CLAIMED] >= min(CLAIMED, people // 2)
    return [
        _row(f"plan a batch of {people}", round(planning.cpu_s, 3), "s", tree_s),
        _row("plan, peak memory", planning.peak_mb, "MB"),
        _row("plan, the longest that another writer waits", beside_plan.longest_s, "s"),
        _row("plan, stored a leaf with its part of the tree", per_leaf, "bytes"),
        _row("a verifier works it out and signs", round(signing.cpu_s, 3), "s", recovery_s * people),
        _row("a verifier, peak memory", signing.peak_mb, "MB"),
        _row("a verifier, the longest that another writer waits", beside_signing.longest_s, "s"),
        _row(f"anchor {people} in one transaction", gas, "gas", small_gas),
        _row("follow the anchoring, one transaction", following.wall_s, "s"),
        _row("follow the anchoring, peak memory", following.peak_mb, "MB"),
        _row("take it back and apply it again", round(again.cpu_s, 3), "s"),
        _row("one claim file with its proof", round(file_s * 1_000, 3), "ms", proof_s * 1_000),
        _row("claim one from its file", claim_gas, "gas"),
    ]


def _size(desk: Desk) -> int:
    with desk.database.read() as session:
        pages, page = (session.connection().exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in _PAGES)
    return int(pages) * int(page)


_PAGES = ("page_count", "page_size")


def rows(people: int = PEOPLE) -> list[Row]:
    """All rows."""
    compile_contracts()
    with TemporaryDirectory() as folder:
        return measure(people, Path(folder))
