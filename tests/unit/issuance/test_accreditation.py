"""A verifier's accreditation ends: by its term, by a registrar's shorter word, or by the chain at once."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from backend.access.signed_text import SignedTextSignerWrong
from backend.chain.keys import DevRole, Signer, dev_signer, personal_sign
from backend.issuance import service
from backend.issuance.accreditation import (
    Accreditation,
    GrantInvalid,
    GrantorUnfit,
    accreditations,
    grant,
    grant_text,
)
from backend.issuance.drawing import candidates_of
from backend.issuance.task import is_orphaned, queue_of
from backend.issuance.verification_rules import shipped_rules
from backend.issuance.verifier import VerifierExpired, accredited, serving, unrevoked
from backend.kernel.clock import from_unix_s, unix_s
from tests.unit.issuance.world import AT, DEPLOYMENT, STRANGER, THRIFTY, VERIFIERS, World

REGISTRAR = dev_signer(DevRole.REGISTRAR)
FIRST = VERIFIERS[0].address
TERM = shipped_rules().term
SOON = AT + timedelta(days=10)


def granted(world: World, ends: datetime, by: Signer = REGISTRAR, **changed: Any) -> None:
    fields: dict[str, Any] = {
        "verifier": FIRST,
        "granted_by": REGISTRAR.address,
        "granted_at": from_unix_s(unix_s(AT)),
        "until": ends,
    }
    signed = fields | {name: changed[name] for name in ("verifier", "granted_at") if name in changed}
    whole = signed | {"at": AT, "by_registrar": True} | changed
    with world.database.write() as session:
        grant(session, DEPLOYMENT, signature=personal_sign(by, grant_text(DEPLOYMENT, **signed)), **whole)


def first(world: World) -> Accreditation:
    with world.database.read() as session:
        return next(one for one in accreditations(session) if one.verifier == FIRST)


def test_accreditation__without_a_grant__runs_a_term_from_the_chains_word(world: World) -> None:
    found = first(world)
    assert found.since_at == AT + timedelta(seconds=1)
    assert (found.granted_by, found.expires_at) == (None, found.since_at + TERM)
    with world.database.read() as session:
        assert FIRST in serving(session, found.expires_at - timedelta(seconds=1))
        assert FIRST not in serving(session, found.expires_at)
        assert FIRST in accredited(session), "the chain still hears it: the registrar has to remove it there"


def test_grant__by_a_registrar__sets_the_end_and_says_who(world: World) -> None:
    granted(world, SOON)
    found = first(world)
    assert (found.granted_by, found.expires_at) == (REGISTRAR.address, from_unix_s(unix_s(SOON)))
    with world.database.read() as session, pytest.raises(VerifierExpired) as caught:
        queue_of(session, FIRST, SOON, limit=10)
    assert caught.value.code == "verifier.expired"


def test_grant__ended__leaves_work_and_batches_to_others(world: World) -> None:
    (statement,) = world.household(THRIFTY, 11)
    granted(world, SOON)
    assert world.attester(statement, SOON).address != FIRST
    with world.database.write() as session, pytest.raises(VerifierExpired):
        service.attest(session, DEPLOYMENT, statement.digest, VERIFIERS[0], SOON)


@pytest.mark.parametrize(
    ("until", "by", "changed", "error"),
    [
        (AT - timedelta(seconds=1), REGISTRAR, {}, GrantInvalid),
        (AT + TERM + timedelta(days=1), REGISTRAR, {}, GrantInvalid),
        (SOON, REGISTRAR, {"at": AT + timedelta(hours=2)}, GrantInvalid),
        (SOON, STRANGER, {}, SignedTextSignerWrong),
        (SOON, REGISTRAR, {"until": SOON + timedelta(days=1)}, SignedTextSignerWrong),
        (SOON, REGISTRAR, {"by_registrar": False}, GrantorUnfit),
    ],
)
def test_grant__too_long_late_forged_or_by_no_registrar__is_refused(
    world: World, until: datetime, by: Signer, changed: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        granted(world, until, by, **changed)
    assert first(world).granted_by is None


def test_grant__of_an_earlier_accreditation__is_over_with_it(world: World) -> None:
    granted(world, SOON)
    world.event("Issuance", "VerifierSet", verifier=FIRST, accredited=False)
    assert first(world).revoked_at is not None
    world.wait(timedelta(days=3))
    world.event("Issuance", "VerifierSet", verifier=FIRST, accredited=True)
    found = first(world)
    assert (found.granted_by, found.revoked_at) == (None, None)
    assert found.expires_at == found.since_at + TERM


def test_removed__after_its_term__has_left_and_what_it_attested_stands(world: World) -> None:
    (statement, *_) = world.three_attested()
    gone = world.attested_by(statement).address
    world.wait(TERM)
    world.event("Issuance", "VerifierSet", verifier=gone, accredited=False)
    with world.database.read() as session:
        left = next(one for one in accreditations(session) if one.verifier == gone)
        assert left.removed_at is not None
        assert left.removed_at >= left.expires_at == left.since_at + TERM
        assert (left.revoked_at, left.since_at < AT + timedelta(minutes=1)) == (None, True)
        assert gone not in accredited(session), "no signature of its makes a batch any more"
        assert gone in unrevoked(session)
        assert not is_orphaned(session, world.again(statement))
        chances = {one.chance_bps for one in candidates_of(session, shipped_rules().draw)}
        assert chances == {shipped_rules().draw.sample_bps}, "nothing is likelier to be looked at again"
    granted_after = AT + TERM + timedelta(hours=1)
    world.wait(timedelta(hours=1))
    granted(world, granted_after + timedelta(days=9), verifier=gone, granted_at=granted_after, at=granted_after)
    with world.database.read() as session:
        assert next(one for one in accreditations(session) if one.verifier == gone) == left, "it is of the past"


def test_removed__within_its_term__is_revoked_and_another_attests_anew(world: World) -> None:
    (statement, *_) = world.three_attested()
    gone = world.attested_by(statement).address
    world.wait(timedelta(days=1))
    world.event("Issuance", "VerifierSet", verifier=gone, accredited=False)
    with world.database.read() as session:
        revoked = next(one for one in accreditations(session) if one.verifier == gone)
        assert revoked.revoked_at == revoked.removed_at is not None
        assert gone not in unrevoked(session)
        assert is_orphaned(session, world.again(statement))
