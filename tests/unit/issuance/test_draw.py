"""A draw is nobody's: its arithmetic repeats, its record convicts whoever changes it, its steps come in one order."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.chain.keys import personal_sign
from backend.issuance.draw import commitment_text, drawn_of, seed_of
from backend.issuance.draw_list import DRAW_TOPIC, Candidate, draw_list_of
from backend.issuance.draw_record import wrong_with
from backend.issuance.drawing import (
    Advanced,
    CommitmentUnfit,
    DrawEmpty,
    DrawExists,
    DrawNotNow,
    DrawTimesUnfit,
    DrawUnknown,
    advance,
    candidates_of,
    commit,
    conclude,
    draw_at,
    list_of,
    open_draw,
    reveal,
)
from backend.issuance.reauditing import reaudits_in
from backend.issuance.verifier_check import secret_of
from backend.kernel.digest import sha256
from backend.ledger.service import Statement
from tests.unit.issuance.drawing import (
    BLOCK_AT,
    DAY,
    RULES,
    committed,
    found,
    no_block,
    opened,
    played,
    record_of,
    revealed,
)
from tests.unit.issuance.world import AT, STRANGER, VERIFIERS, World

DIGESTS = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40, unique=True)
SEEDS = st.binary(min_size=32, max_size=32)


@given(digests=DIGESTS, seed=SEEDS, chance=st.integers(0, 10_000), least=st.integers(0, 3))
def test_drawn__by_any_seed__repeats_and_keeps_its_bounds(
    digests: list[bytes], seed: bytes, chance: int, least: int
) -> None:
    candidates = [Candidate(one, chance) for one in digests]
    drawn = drawn_of(seed, candidates, least)
    assert drawn == drawn_of(seed, candidates[::-1], least)
    assert min(least, len(digests)) <= len(drawn) <= len(digests)
    more = drawn_of(seed, [Candidate(one, min(10_000, chance + 500)) for one in digests], least)
    assert set(drawn) <= set(more), "a higher chance never lets one go"
    if chance == 10_000:
        assert drawn == sorted(digests)


def test_drawn__over_many_seeds__is_as_likely_as_its_chance() -> None:
    candidates = [Candidate(sha256(b"%d" % number), 500) for number in range(100)]
    total = sum(len(drawn_of(sha256(b"seed %d" % number), candidates, 0)) for number in range(100))
    assert 400 < total < 600, total


@given(secrets=st.dictionaries(st.sampled_from([one.address for one in VERIFIERS]), SEEDS, min_size=1))
def test_seed__without_any_one_part__is_another(secrets: dict[str, bytes]) -> None:
    whole = seed_of(sha256(b"list"), sha256(b"block"), secrets)
    assert whole == seed_of(sha256(b"list"), sha256(b"block"), dict(reversed(secrets.items())))
    assert whole != seed_of(sha256(b"other"), sha256(b"block"), secrets)
    assert whole != seed_of(sha256(b"list"), sha256(b"other"), secrets)
    for verifier in secrets:
        assert whole != seed_of(sha256(b"list"), sha256(b"block"), {k: v for k, v in secrets.items() if k != verifier})


@pytest.fixture
def statements(world: World) -> list[Statement]:
    return world.three_attested()


@pytest.mark.usefixtures("statements")
def test_draw__with_all_secrets__is_concluded_and_drawn_again_by_anybody(world: World) -> None:
    record = played(world)
    assert record["concludedAt"] is not None
    assert len(record["drawn"]) >= 1
    assert len(record["listed"]["entries"]) == 3
    assert wrong_with(record) == []
    assert draw_list_of(record["listed"]).document() == record["listed"]


@pytest.mark.usefixtures("statements")
def test_record__changed_anywhere__is_found_out(world: World) -> None:
    record = played(world)

    def changed(change: Callable[[dict[str, Any]], object]) -> list[str]:
        copy = json.loads(json.dumps(record))
        change(copy)
        return wrong_with(copy)

    other = "0x" + "11" * 32
    changes: dict[str, Callable[[dict[str, Any]], object]] = {
        "digest": lambda copy: copy["listed"]["entries"].pop(),
        "seed": lambda copy: copy.update(blockHash=other),
        "seed is": lambda copy: copy.update(seed=other),
        "drawn": lambda copy: copy["drawn"].append({"statement": other}),
        "another secret": lambda copy: copy["parts"][0].update(secret=other),
        "did not sign": lambda copy: copy["parts"][0].update(commitment=other),
        "no part": lambda copy: copy["parts"][0].update(verifier=STRANGER.address),
        "older": lambda copy: copy.update(blockAt="2026-01-15T12:00:01Z"),
        "not concluded": lambda copy: copy.update(concludedAt=None),
        "too late": lambda copy: copy["parts"][0].update(committedAt="2026-02-15T12:00:01Z"),
        "no draw": lambda copy: copy.pop("listed"),
        "two parts": lambda copy: copy["parts"].append(copy["parts"][0]),
    }
    for expected, change in changes.items():
        assert any(expected in sentence for sentence in changed(change)), expected


@pytest.mark.usefixtures("statements")
def test_draw__one_who_does_not_reveal__is_left_out_and_its_statements_are_likelier_next_time(world: World) -> None:
    listed = opened(world)
    committed(world, listed, *VERIFIERS)
    revealed(world, listed, *VERIFIERS[:2])
    with world.database.write() as session, pytest.raises(DrawNotNow):
        conclude(session, DAY, AT + RULES.block_after)
    assert advance(world.database, found, AT + RULES.block_after) == Advanced()
    assert advance(world.database, found, AT + RULES.reveal_until).concluded == (DAY,)
    assert advance(world.database, found, AT + RULES.reveal_until) == Advanced()
    with world.database.write() as session:
        ended = conclude(session, DAY, AT + RULES.reveal_until)
        assert ended.seed is not None
        assert conclude(session, DAY, AT + RULES.reveal_until).seed == ended.seed
        chances = {one.statement_digest: one.chance_bps for one in candidates_of(session, RULES)}
    record = record_of(world)
    assert wrong_with(record) == []
    assert [part["secret"] is None for part in record["parts"]].count(True) == 1
    assert set(chances.values()) <= {RULES.unrevealed_bps}, "only what that verifier attested is listed again"


@pytest.mark.usefixtures("statements")
def test_draw__with_one_secret__comes_to_nothing_and_is_listed_again(world: World) -> None:
    listed = opened(world)
    committed(world, listed, VERIFIERS[0])
    revealed(world, listed, VERIFIERS[0])
    record = record_of(world)
    assert (record["seed"], record["drawn"]) == (None, [])
    assert wrong_with(record) == []
    with world.database.read() as session:
        assert len(candidates_of(session, RULES)) == 3


def test_draw__after_a_revocation__lists_that_verifiers_last_twelve_months_with_certainty(
    world: World, statements: list[Statement]
) -> None:
    played(world)
    gone = world.attested_by(statements[0])
    world.event("Issuance", "VerifierSet", verifier=gone.address, accredited=False)
    with world.database.read() as session:
        again = candidates_of(session, RULES)
        drawn = {row.statement_digest for row in reaudits_in(session, DAY)}
    own = {one.digest for one in statements if world.attested_by(one) == gone} - drawn
    assert {one.statement_digest for one in again} == own
    assert {one.chance_bps for one in again} <= {RULES.revoked_bps}


def test_open__a_second_time_or_with_nothing_to_list__is_refused(world: World) -> None:
    with world.database.write() as session, pytest.raises(DrawEmpty):
        open_draw(session, world.contracts, AT)
    world.three_attested()
    opened(world)
    with world.database.write() as session, pytest.raises(DrawExists):
        open_draw(session, world.contracts, AT + timedelta(minutes=1))
    with world.database.read() as session, pytest.raises(DrawUnknown):
        draw_at(session, DAY + 1)


@pytest.mark.usefixtures("statements")
def test_open__with_reveals_before_the_block__is_refused(world: World) -> None:
    with world.database.write() as session, pytest.raises(DrawTimesUnfit):
        open_draw(session, world.contracts, AT, times=replace(RULES, reveal_until=RULES.commit_for))


@pytest.mark.usefixtures("statements")
def test_commit__before_the_list_is_anchored_late_twice_or_by_a_stranger__is_refused(world: World) -> None:
    with world.database.write() as session:
        listed = list_of(open_draw(session, world.contracts, AT))
    with pytest.raises(DrawNotNow, match="not anchored"):
        committed(world, listed, VERIFIERS[0])
    world.event("Anchors", "Anchored", topic=DRAW_TOPIC, day=DAY, digest=sha256(b"another list"))
    with pytest.raises(DrawNotNow, match="not anchored"):
        committed(world, listed, VERIFIERS[0])
    world.undo()
    world.event("Anchors", "Anchored", topic=DRAW_TOPIC, day=DAY, digest=listed.digest)
    with pytest.raises(DrawNotNow, match="over"):
        committed(world, listed, VERIFIERS[0], at=RULES.commit_for)
    world.event("Issuance", "VerifierSet", verifier=STRANGER.address, accredited=True)
    with pytest.raises(CommitmentUnfit, match="does not name"):
        committed(world, listed, STRANGER)
    committed(world, listed, VERIFIERS[0])
    with pytest.raises(CommitmentUnfit, match="already"):
        committed(world, listed, VERIFIERS[0])
    own, other = VERIFIERS[1].address, sha256(b"x")
    forged = personal_sign(VERIFIERS[2], commitment_text(listed, own, other))
    with world.database.write() as session, pytest.raises(CommitmentUnfit, match="signature"):
        commit(session, DAY, own, commitment=other, signature=forged, at=AT + timedelta(minutes=1))


@pytest.mark.usefixtures("statements")
def test_reveal__before_the_block_late_or_of_another_secret__is_refused(world: World) -> None:
    listed = opened(world)
    committed(world, listed, *VERIFIERS[:2])
    with pytest.raises(DrawNotNow, match="not there"):
        revealed(world, listed, VERIFIERS[0], find=no_block)
    with pytest.raises(DrawNotNow, match="not there"):
        revealed(world, listed, VERIFIERS[0], after=timedelta(minutes=2))
    with pytest.raises(DrawNotNow, match="over"):
        revealed(world, listed, VERIFIERS[0], after=RULES.reveal_until)
    with pytest.raises(CommitmentUnfit):
        revealed(world, listed, VERIFIERS[2])
    secret = secret_of(listed, VERIFIERS[1])
    with world.database.write() as session, pytest.raises(CommitmentUnfit):
        reveal(session, DAY, VERIFIERS[0].address, secret=secret, at=BLOCK_AT)
