"""Mass issuance: one batch of a million statements, planned, signed by two verifiers, anchored, claimed from.

Everything measured is the product's own code on a real database file and a real node. What stands before is not:
people, statements and attestations are written by the fast path below. Each is a real document with salts, sealed by a
key of its person's own in a file of its own, and each attestation a real signature; but a document holds only the
fields that a batch reads, where a lived year has hundreds.

Seconds are CPU time of this process, but for the transaction that follows the anchoring, which others wait for: that is
of the wall. Memory is the peak resident set during a step. Baselines, of the same run: for the tree, bare double and
single hashes of as many words; for planning, that tree; for a verifier, bare recoveries of as many signatures; for the
anchoring transaction, the gas of the smallest batch; for a proof, the tree in memory.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from secrets import token_bytes
from tempfile import TemporaryDirectory

from hexbytes import HexBytes
from sqlalchemy import insert
from sqlmodel import Session, SQLModel, col, func, select

from backend.chain.compile import compile_contracts
from backend.chain.contracts import Contracts
from backend.chain.deploy import ClassSpec, deploy_all, local_roles
from backend.chain.keccak import keccak
from backend.chain.keys import DevRole, dev_signer
from backend.chain.merkle import MerkleTree, claim_leaf
from backend.chain.node import LocalNode
from backend.chain.rpc import connect
from backend.chain.signature import checksum_address
from backend.chain.typed_data import recover, sign
from backend.issuance import service
from backend.issuance.reading import Batch, claims_of
from backend.issuance.tables import AttestationRow, ClaimRow
from backend.kernel.clock import unix_s
from backend.kernel.digest import Json, sha256, to_hex
from backend.kernel.mass import share_ceil
from backend.ledger.compartments import STATEMENT
from backend.ledger.document import document_of
from backend.ledger.key_names import person_key_name
from backend.ledger.policy import shipped_policies
from backend.ledger.service import random_salt
from backend.ledger.state import State
from backend.ledger.tables import PersonRow, StatementRow
from backend.link.tables import Intent
from backend.storage.database import Database
from backend.storage.keys import KEY_BYTES, encrypt
from backend.storage.sealing import bound_to, seal
from tests.contract.people import People
from tests.integration.issuance.desk import VERIFIERS, Desk

PEOPLE = 1_000_000
POLICY = shipped_policies().policy("us-ca-home-electricity-2025")
FACTORS_DIGEST = sha256(b"factors")
AT = datetime(2026, 2, 1, tzinfo=UTC)
CHUNK = 5_000
CLAIMED = 20
TREE_GOAL = 1.5
SAMPLE = 2_000

Row = dict[str, object]


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


def _made(number: int, desk: Desk) -> tuple[Row, Row, Row]:
    """A person, its statement and its attestation, as rows. Every third year earns nothing, every seventh owes."""
    account = checksum_address(sha256(b"account %d" % number)[:20])
    nullifier = sha256(b"nullifier %d" % number)
    credit = 0 if number % 3 == 0 else 10_000 * (1 + number % 20)
    deficit = 5_000 + number % 1_000 if number % 21 == 0 else 0
    figures = {
        "budget": 459_000,
        "footprint": 459_000 + deficit if not credit else 459_000 - credit - credit // 4,
        "credit": credit,
        "deficit": deficit,
        "buffer": share_ceil(credit, POLICY.buffer_bps),
    }
    made = document_of(
        {
            "account": account,
            "nullifier": to_hex(nullifier),
            "classId": str(POLICY.class_id),
            "policyDigest": to_hex(POLICY.digest),
            "factorsDigest": to_hex(FACTORS_DIGEST),
            **{f"{name}Gco2e": str(value) for name, value in figures.items()},
        },
        random_salt,
    )
    person = {
        "id": number,
        "address": account,
        "region": POLICY.region,
        "commitment": sha256(b"person %d" % number),
        "joined_on": date(2024, 1, 1),
        "registered_at": AT,
    }
    statement = {
        "person_id": number,
        "vintage": POLICY.vintage,
        "version": 1,
        "current": True,
        "state": str(State.ATTESTED),
        "region": POLICY.region,
        "account": account,
        "methodology": POLICY.methodology,
        "class_id": POLICY.class_id,
        "policy_id": POLICY.id,
        "policy_digest": POLICY.digest,
        "factors_digest": FACTORS_DIGEST,
        "nullifier": nullifier,
        "digest": made.digest,
        **{f"{name}_gco2e": figures[name] for name in ("budget", "credit", "deficit")},
        **{f"{name}_gco2e": 0 for name in ("carried_in", "netted", "carried_out")},
        "closed_at": AT,
    }
    contents: dict[str, Json] = {
        "document": made.text(),
        "footprint_gco2e": figures["footprint"],
        "bound_gco2e": 0,
        "surplus_gco2e": 0,
    }
    statement["sealed"] = _sealed(desk, sha256(b"person %d" % number), statement, contents)
    word = {
        "statementDigest": made.digest,
        "nullifier": nullifier,
        "classId": POLICY.class_id,
        "creditGco2e": credit,
        "deficitGco2e": deficit,
        "ruleVersion": "bench",
        "attestedAt": unix_s(AT),
    }
    attestation = {
        "statement_digest": made.digest,
        "verifier": VERIFIERS[2].address,
        "nullifier": nullifier,
        "class_id": POLICY.class_id,
        "credit_gco2e": credit,
        "deficit_gco2e": deficit,
        "rule_version": "bench",
        "attested_at": AT,
        "accepted": "[]",
        "signature": sign(VERIFIERS[2], "Attestation", desk.deployment.domain("Issuance"), word),
    }
    return person, statement, attestation


def _sealed(desk: Desk, commitment: bytes, statement: Row, contents: dict[str, Json]) -> bytes:
    """What a statement keeps sealed, by a key of its person's own in the key store; not made durable one by one."""
    store, name = desk.database.keys, person_key_name(commitment)
    assert store is not None
    master, key = bytes.fromhex(store.master_file.read_text("ascii")), token_bytes(KEY_BYTES)
    path = store.folder / name.hex()[:2] / f"{name.hex()}.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encrypt(master, key, name))
    compartment = STATEMENT[0]
    table = str(StatementRow.__tablename__)
    return seal(key, contents, bound_to(table, compartment.column, {one: statement[one] for one in compartment.bound}))


def _fill(desk: Desk, people: int, first: int = 1) -> None:
    for start in range(first, first + people, CHUNK):
        rows = [_made(number, desk) for number in range(start, min(start + CHUNK, first + people))]
        with desk.database.write() as session:
            for table, made in zip((PersonRow, StatementRow, AttestationRow), zip(*rows, strict=True), strict=True):
                session.execute(insert(table), list(made))


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


def _signed(desk: Desk, batch: Batch, index: int) -> None:
    service.approve(desk.database, desk.deployment, batch.root, VERIFIERS[index], desk.now)


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
    query = select(StatementRow.state, func.count()).group_by(col(StatementRow.state))
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
        _fill(desk, POLICY.minimum_batch)
        small = _planned(desk)
        for index in (0, 1):
            _signed(desk, small, index)
        small_gas = _anchor(desk, small)
        desk.follow()
        found += _big(desk, people, POLICY.minimum_batch + 1, small_gas, float(str(found[0]["value"])))
        database.close()
    return found


def _big(desk: Desk, people: int, first: int, small_gas: int, tree_s: float) -> list[Row]:
    _fill(desk, people, first)
    size_before = _size(desk)
    with _step() as planning:
        batch = _planned(desk)
    per_leaf = (_size(desk) - size_before) // people
    with _step() as signing:
        _signed(desk, batch, 0)
    _signed(desk, batch, 1)
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
        _row("plan, stored a leaf with its part of the tree", per_leaf, "bytes"),
        _row("a verifier works it out and signs", round(signing.cpu_s, 3), "s", recovery_s * people),
        _row("a verifier, peak memory", signing.peak_mb, "MB"),
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
