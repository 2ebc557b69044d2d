"""A draw played in a world: opened and anchored, committed to, revealed."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from backend.chain.keys import Signer, personal_sign
from backend.issuance.draw import commitment_of, commitment_text
from backend.issuance.draw_list import DRAW_TOPIC, DrawList, day_number
from backend.issuance.drawing import advance, commit, draw_at, list_of, open_draw, reveal
from backend.issuance.verification_routes import draw_out
from backend.issuance.verification_rules import shipped_rules
from backend.issuance.verifier_check import secret_of
from backend.kernel.digest import sha256
from backend.link.node import Header
from tests.unit.issuance.world import AT, VERIFIERS, World

DAY = day_number(AT.date())
RULES = shipped_rules().draw
BLOCK_AT = AT + RULES.block_after + timedelta(seconds=7)
BLOCK = Header(number=77, hash=sha256(b"block"), parent_hash=sha256(b"parent"), time=BLOCK_AT, base_fee_wei=1)


def found(_from_s: int) -> Header | None:
    return BLOCK


def no_block(_from_s: int) -> Header | None:
    return None


def opened(world: World, **changed: Any) -> DrawList:
    """Opened and, the chain says, anchored."""
    with world.database.write() as session:
        listed = list_of(open_draw(session, world.contracts, AT, **changed))
    world.event("Anchors", "Anchored", topic=DRAW_TOPIC, day=DAY, digest=listed.digest)
    return listed


def committed(world: World, listed: DrawList, *signers: Signer, at: timedelta = timedelta(minutes=1)) -> None:
    for signer in signers:
        commitment = commitment_of(listed.digest, signer.address, secret_of(listed, signer))
        signature = personal_sign(signer, commitment_text(listed, signer.address, commitment))
        with world.database.write() as session:
            commit(session, DAY, signer.address, commitment=commitment, signature=signature, at=AT + at)


def revealed(
    world: World,
    listed: DrawList,
    *signers: Signer,
    find: Callable[[int], Header | None] = found,
    after: timedelta = RULES.block_after + timedelta(minutes=1),
) -> None:
    advance(world.database, find, AT + after)
    for signer in signers:
        with world.database.write() as session:
            reveal(session, DAY, signer.address, secret=secret_of(listed, signer), at=AT + after)


def record_of(world: World) -> dict[str, Any]:
    with world.database.read() as session:
        record: dict[str, Any] = json.loads(draw_out(session, draw_at(session, DAY)).model_dump_json(by_alias=True))
    return record


def played(world: World) -> dict[str, Any]:
    listed = opened(world)
    committed(world, listed, *VERIFIERS)
    revealed(world, listed, *VERIFIERS)
    return record_of(world)


def all_drawn(world: World) -> None:
    """A draw that chooses every attested statement."""
    listed = opened(world, rules=replace(RULES, sample_bps=10_000))
    committed(world, listed, *VERIFIERS)
    revealed(world, listed, *VERIFIERS)
