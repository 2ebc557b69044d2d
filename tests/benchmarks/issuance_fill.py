"""People with attested statements, for the benchmark of mass issuance: real documents, keys, seals and signatures, made
by several processes and written in bulk.
"""

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from multiprocessing import get_context
from pathlib import Path
from secrets import token_bytes

from sqlalchemy import insert

from backend.chain.signature import checksum_address
from backend.chain.typed_data import Domain, sign
from backend.issuance.tables import AttestationRow
from backend.kernel.clock import unix_s
from backend.kernel.digest import Json, sha256, to_hex
from backend.kernel.mass import share_ceil
from backend.ledger.compartments import STATEMENT
from backend.ledger.document import document_of
from backend.ledger.key_names import person_key_name
from backend.ledger.policy import shipped_policies
from backend.ledger.service import random_salt
from backend.ledger.state import State, once_anchored
from backend.ledger.tables import PersonRow, StatementRow, StatementStateRow
from backend.storage.database import Database
from backend.storage.keys import KEY_BYTES, encrypt
from backend.storage.sealing import bound_to, seal
from tests.integration.issuance.desk import VERIFIERS

POLICY = shipped_policies().policy("us-ca-home-electricity-2025")
FACTORS_DIGEST = sha256(b"factors")
AT = datetime(2026, 2, 1, tzinfo=UTC)
CHUNK = 2_000
TABLES = (PersonRow, StatementRow, StatementStateRow, AttestationRow)

Row = dict[str, object]


@dataclass(frozen=True)
class Maker:
    """What it takes to make people apart from the database: whose chain, and where keys are kept."""

    domain: Domain
    keys: Path
    master: bytes

    def made(self, numbers: range) -> list[list[Row]]:
        """People, their statements and their attestations, as rows for each of `TABLES`."""
        return [list(rows) for rows in zip(*(_made(number, self) for number in numbers), strict=True)]


def _made(number: int, maker: Maker) -> tuple[Row, Row, Row, Row]:
    """A person, its statement, where that stands and its attestation, as rows. Every third year earns nothing, every
    seventh owes.
    """
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
        "id": number,
        "person_id": number,
        "vintage": POLICY.vintage,
        "version": 1,
        "current": True,
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
    statement["sealed"] = _sealed(maker, sha256(b"person %d" % number), statement, contents)
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
        "signature": sign(VERIFIERS[2], "Attestation", maker.domain, word),
    }
    state = {
        "statement_id": number,
        "digest": made.digest,
        "state": str(State.ATTESTED),
        "once_anchored": str(once_anchored(credit, deficit)),
    }
    return person, statement, state, attestation


def _sealed(maker: Maker, commitment: bytes, statement: Row, contents: dict[str, Json]) -> bytes:
    """What a statement keeps sealed, by a key of its person's own in the key store; not made durable one by one."""
    name, key = person_key_name(commitment), token_bytes(KEY_BYTES)
    (maker.keys / name.hex()[:2] / f"{name.hex()}.key").write_bytes(encrypt(maker.master, key, name))
    compartment = STATEMENT[0]
    table = str(StatementRow.__tablename__)
    return seal(key, contents, bound_to(table, compartment.column, {one: statement[one] for one in compartment.bound}))


def fill(database: Database, domain: Domain, people: int, first: int = 1) -> None:
    """Writes so many people with numbers from `first` on, each with an attested statement."""
    store = database.keys
    assert store is not None
    for byte in range(256):
        (store.folder / f"{byte:02x}").mkdir(parents=True, exist_ok=True)
    maker = Maker(domain, store.folder, bytes.fromhex(store.master_file.read_text("ascii")))
    for rows in _in_processes(maker, range(first, first + people)):
        with database.write() as session:
            for table, made in zip(TABLES, rows, strict=True):
                session.execute(insert(table), made)


def _in_processes(maker: Maker, numbers: range) -> Iterator[list[list[Row]]]:
    """The rows of all, a chunk at a time, in order; few chunks wait in memory."""
    chunks = [numbers[start : start + CHUNK] for start in range(0, len(numbers), CHUNK)]
    workers = min(len(chunks), os.cpu_count() or 1)
    if workers == 1:
        yield from map(maker.made, chunks)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        ahead: deque[Future[list[list[Row]]]] = deque()
        for chunk in chunks:
            ahead.append(pool.submit(maker.made, chunk))
            if len(ahead) > 2 * workers:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
