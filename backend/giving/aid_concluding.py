"""A round from its close to its end: the tree of applications, its root on the chain, a chance made after that, awards.

A lottery's chance is the seed of a verification draw whose list names the root: the verifiers' secrets are in it, and
they commit to them after the chain has the root and before there is the draw's block. Where only last steps hang on
turns, the hash of a block does. Each step is a function of the one before, so a crash between two changes nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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
from backend.issuance.draw_list import day_number
from backend.issuance.draw_roots import await_seed, drawn_for, is_awaiting, waiting_roots
from backend.issuance.drawing import open_draw
from backend.issuance.verification_rules import shipped_rules
from backend.issuance.verification_tables import DrawRow
from backend.issuance.verifier import serving
from backend.kernel.clock import unix_s
from backend.link.node import Header
from backend.link.outbox import enqueue, intent_of
from backend.link.tables import IndexedBlock, IndexedEvent, Intent, IntentState
from backend.storage.database import Database

ANCHOR_KIND = "giving.aid_root"
SEED_AFTER = timedelta(minutes=1)
"""The seed's block is the first so long after the root's: later than all who could have seen the root and its block."""
DRAW_TERM = timedelta(days=30)
"""A lottery that no draw gave a seed so long after its close gives nothing: who applied can apply to the next."""
DAY_S = 86_400

FindBlock: TypeAlias = Callable[[int], Header | None]
"""The first confirmed block from a time in Unix seconds; None while there is none."""


@dataclass(frozen=True)
class Concluded:
    """Rounds that were closed, and rounds that were concluded."""

    closed: tuple[int, ...] = ()
    concluded: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Due:
    """Rounds by what they wait for."""

    over: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    """Their root has to be handed in again."""
    anchored: dict[int, datetime] = field(default_factory=dict)
    """When the chain has had the root since, of rounds that a block decides."""
    undrawn: list[int] = field(default_factory=list)
    """Lotteries whose root no draw was asked a seed for."""
    drawn: list[int] = field(default_factory=list)
    given_up: list[int] = field(default_factory=list)
    asks_for_draw: bool = False


def advance_rounds(database: Database, contracts: Contracts, find_block: FindBlock, now: datetime) -> Concluded:
    """What is due of every round. The node is asked while no transaction is open. Raises NodeUnavailable."""
    with database.read() as session:
        due = _due(session, now)
    asked = {key: find_block(unix_s(at + SEED_AFTER)) for key, at in due.anchored.items()}
    found = {key: block for key, block in asked.items() if block is not None}
    ended = (*found, *due.drawn, *due.given_up)
    if not due.over and not due.refused and not due.undrawn and not due.asks_for_draw and not ended:
        return Concluded()
    with database.write() as session:
        for round_id in due.over:
            _close(session, contracts, round_at(session, round_id), now)
        for round_id in due.refused:
            _anchor(session, contracts, round_at(session, round_id), now)
        _ask_for_draws(session, contracts, due, now)
        _end(session, due, found, now)
    return Concluded(tuple(due.over), ended)


def _due(session: Session, now: datetime) -> _Due:
    due = _Due(asks_for_draw=bool(waiting_roots(session)) and _may_open_draw(session, now))
    for row in session.exec(select(AidRound).where(col(AidRound.concluded_at).is_(None))).all():
        assert row.id is not None
        if row.closed_at is None:
            due.over.extend([row.id] if row.closes_at <= now else [])
        elif (at := _anchored_at(session, row)) is None:
            due.refused.extend([row.id] if _is_untried(session, row.id, now) else [])
        elif row.rule != AidRule.LOTTERY:
            due.anchored[row.id] = at
        else:
            _lottery_due(session, due, row, now)
    return due


def _lottery_due(session: Session, due: _Due, row: AidRound, now: datetime) -> None:
    assert row.id is not None
    assert row.root is not None, "a closed round that runs has applications"
    assert row.closed_at is not None
    if drawn_for(session, row.root) is not None:
        due.drawn.append(row.id)
    elif now >= row.closed_at + DRAW_TERM:
        due.given_up.append(row.id)
    elif not is_awaiting(session, row.root):
        due.undrawn.append(row.id)


def _ask_for_draws(session: Session, contracts: Contracts, due: _Due, now: datetime) -> None:
    """Has the next draw's list name the roots that wait, and opens one if none was opened today."""
    for round_id in due.undrawn:
        root = round_at(session, round_id).root
        assert root is not None
        await_seed(session, root, now)
    if waiting_roots(session) and _may_open_draw(session, now):
        open_draw(session, contracts, now)


def _may_open_draw(session: Session, now: datetime) -> bool:
    """One a day; and none while too few verifiers serve to make a seed of."""
    is_first = session.get(DrawRow, day_number(now.date())) is None
    return is_first and len(serving(session, now)) >= shipped_rules().draw.least_secrets


def _end(session: Session, due: _Due, found: Mapping[int, Header], now: datetime) -> None:
    for round_id, block in found.items():
        row = round_at(session, round_id)
        row.block_number, row.block_hash = block.number, block.hash
        _conclude(session, row, now)
    for round_id in due.drawn:
        row = round_at(session, round_id)
        assert row.root is not None
        draw = drawn_for(session, row.root)
        assert draw is not None
        row.draw_day, row.draw_seed = draw.day, draw.seed
        _conclude(session, row, now)
    for round_id in due.given_up:
        row = round_at(session, round_id)
        row.concluded_at = now
        session.add(row)
        session.flush()


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


def _conclude(session: Session, row: AidRound, now: datetime) -> None:
    """Fewer grants than the round's least people are none: each would be too easily somebody's."""
    assert row.id is not None
    row.concluded_at = now
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
