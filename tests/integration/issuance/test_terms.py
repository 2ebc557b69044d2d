"""A verifier's term ends on a real chain too: the registrar removes it, and what it attested stands."""

from datetime import timedelta

import pytest

from backend.chain.keys import DevRole, dev_signer, personal_sign
from backend.issuance.accreditation import Accreditation, accreditations, grant, grant_text
from backend.issuance.registrar_desk import RegistrarDesk, RemovalRefused
from backend.issuance.task import is_orphaned
from backend.issuance.verifier import accredited
from backend.kernel.clock import SystemClock, from_unix_s, unix_s
from backend.ledger.service import statements_in
from backend.ledger.state import State
from tests.integration.issuance.desk import VERIFIERS, Desk

FIRST = VERIFIERS[0].address
REGISTRAR = dev_signer(DevRole.REGISTRAR)


def first(desk: Desk) -> Accreditation:
    with desk.database.read() as session:
        return next(one for one in accreditations(session) if one.verifier == FIRST)


def test_verifier__whose_term_is_over__is_removed_by_the_registrar_alone_and_not_revoked(desk: Desk) -> None:
    desk.all_attested()
    now = from_unix_s(unix_s(desk.now))
    granted_at, until = now - timedelta(minutes=30), now - timedelta(minutes=10)
    said = {"verifier": FIRST, "granted_by": REGISTRAR.address, "granted_at": granted_at, "until": until}
    with desk.database.write() as session:
        signature = personal_sign(REGISTRAR, grant_text(desk.deployment, **said))  # type: ignore[arg-type]  # words
        grant(session, desk.deployment, **said, signature=signature, by_registrar=True, at=now)  # type: ignore[arg-type]  # as above
        assert FIRST in accredited(session)

    with pytest.raises(RemovalRefused) as caught:
        RegistrarDesk(desk.contracts, dev_signer(DevRole.OPERATOR), SystemClock()).remove([FIRST])
    assert caught.value.code == "accreditation.removal_refused"
    registrar = RegistrarDesk(desk.contracts, REGISTRAR, SystemClock())
    assert len(registrar.remove([FIRST])) == 1
    assert registrar.remove([FIRST]) == [], "the chain hears it no more"
    desk.follow()

    left = first(desk)
    assert left.removed_at is not None
    assert (left.expires_at, left.revoked_at) == (until, None)
    with desk.database.read() as session:
        assert FIRST not in accredited(session)
        attested = statements_in(session, State.ATTESTED)
        assert attested
        assert not any(is_orphaned(session, one) for one in attested)
