"""A round from its close to its end: the tree of applications, its root on the chain, a block made after that, awards.

Nobody has to be asked for any of it; each step is a function of the one before, so a crash between two changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from sqlmodel import Session, col, or_, select

from backend.chain.contracts import Contracts
from backend.chain.merkle import MerkleTree
from backend.giving.aid import AidRule, Need, awards_of, topic_of
from backend.giving.aid_application import applications_in, readable
from backend.giving.aid_round import available_gco2e, round_at, seed_at
from backend.giving.aid_tables import AidApplication, AidAward, AidRound
from backend.giving.deciding import next_reference
from backend.kernel.clock import unix_s
from backend.link.node import Header
from backend.link.outbox import enqueue, intent_of
from backend.link.tables import IndexedBlock, IndexedEvent, Intent, IntentState
from backend.storage.database import Database

ANCHOR_KIND = "giving.aid_root"
SEED_AFTER = timedelta(minutes=1)
"""The seed's block is the first so long after the root's: later than all who could have seen the root and its block."""
DAY_S = 86_400

FindBlock: TypeAlias = Callable[[int], Header | None]
"""The first confirmed block from a time in Unix seconds; None while there is none."""


@dataclass(frozen=True)
class Concluded:
    """Rounds that were closed, and rounds that were concluded."""

    closed: tuple[int, ...] = ()
    concluded: tuple[int, ...] = ()


def advance_rounds(database: Database, contracts: Contracts, find_block: FindBlock, now: datetime) -> Concluded:
    """What is due of every round. The node is asked while no transaction is open. Raises NodeUnavailable."""
    with database.read() as session:
        running = session.exec(select(AidRound).where(col(AidRound.concluded_at).is_(None))).all()
        over = [row.id for row in running if row.closed_at is None and row.closes_at <= now]
        anchored = {row.id: _anchored_at(session, row) for row in running if row.closed_at is not None}
        refused = [key for key, at in anchored.items() if at is None and _is_untried(session, key, now)]
    due = {key: find_block(unix_s(at + SEED_AFTER)) for key, at in anchored.items() if key and at is not None}
    found = {key: block for key, block in due.items() if block is not None}
    if not over and not refused and not found:
        return Concluded()
    with database.write() as session:
        for round_id in filter(None, over):
            _close(session, contracts, round_at(session, round_id), now)
        for round_id in filter(None, refused):
            _anchor(session, contracts, round_at(session, round_id), now)
        for round_id, block in found.items():
            _conclude(session, round_at(session, round_id), block, now)
    return Concluded(tuple(key for key in over if key), tuple(found))


def _close(session: Session, contracts: Contracts, row: AidRound, now: datetime) -> None:
    """No application can come any more; the root of those there are goes to the chain. Without any, that is all."""
    assert row.id is not None
    leaves = [one.leaf for one in applications_in(session, row.id)]
    row.closed_at, row.applications = now, len(leaves)
    if leaves:
        row.root = MerkleTree(leaves).root
        _anchor(session, contracts, row, now)
    else:
        row.concluded_at = now
    session.add(row)
    session.flush()


def _anchor(session: Session, contracts: Contracts, row: AidRound, now: datetime) -> None:
    """Hands the root to the outbox; once for each reference, so again only after the chain would not have it."""
    assert row.id is not None
    deployment = contracts.deployment
    topic = topic_of(deployment.chain_id, deployment.address("Charity"), row.id)
    data = contracts.encode("Anchors", "publish", [topic, unix_s(row.closes_at) // DAY_S, row.root])
    reference = next_reference(session, ANCHOR_KIND, str(row.id), now)
    enqueue(session, kind=ANCHOR_KIND, reference=reference, contract="Anchors", data=data, now=now)


def _is_untried(session: Session, round_id: int | None, now: datetime) -> bool:
    reference = next_reference(session, ANCHOR_KIND, str(round_id), now)
    return intent_of(session, ANCHOR_KIND, reference) is None


def _anchored_at(session: Session, row: AidRound) -> datetime | None:
    """When the chain has had a round's root since; None while it has not."""
    query = (
        select(IndexedBlock.time)
        .join(IndexedEvent, col(IndexedEvent.block_number) == col(IndexedBlock.number))
        .join(Intent, col(Intent.tx_hash) == col(IndexedEvent.tx_hash))
        .where(Intent.kind == ANCHOR_KIND, Intent.state == IntentState.CONFIRMED)
        .where(or_(col(Intent.reference) == str(row.id), col(Intent.reference).startswith(f"{row.id}:")))
        .where(IndexedEvent.contract == "Anchors", IndexedEvent.name == "Anchored")
    )
    return session.exec(query).first()


def _conclude(session: Session, row: AidRound, block: Header, now: datetime) -> None:
    """Fewer grants than the round's least people are none: each would be too easily somebody's."""
    assert row.id is not None
    row.block_number, row.block_hash, row.concluded_at = block.number, block.hash, now
    seed = seed_at(row)
    assert seed is not None, "a round with applications has a root"
    own = {one.leaf: one for one in applications_in(session, row.id) if readable(one)}
    needs = [Need(leaf, int(one.need_gco2e)) for leaf, one in own.items()]
    pot = available_gco2e(session, row)
    awards = awards_of(AidRule(row.rule), needs, seed=seed, pot_gco2e=pot, step_gco2e=row.step_gco2e)
    if len(awards) >= row.least_people:
        for leaf, amount in awards.items():
            session.add(AidAward(round_id=row.id, reference=_reference(own[leaf]), amount_gco2e=amount))
    session.add(row)
    session.flush()


def _reference(row: AidApplication) -> bytes:
    return bytes.fromhex(row.reference[2:])
