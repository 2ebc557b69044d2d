"""Credit minted wrongly leaves a real chain's supply: the registrar's own key records it, the buffer cancels it."""

from datetime import timedelta

import pytest

from backend.chain.class_id import pack
from backend.chain.keys import DevRole, dev_signer
from backend.issuance.registrar_desk import RegistrarDesk, ReversalPending, ReversalRefused
from backend.issuance.reversal import Reversal, cancel_reversed
from backend.kernel.clock import SystemClock, unix_s
from backend.kernel.digest import sha256
from backend.link import desk as desk_of_link
from backend.link.balances import credit_class
from backend.link.named_block import first_block_from
from backend.link.node import Node
from backend.link.tables import CreditClassTotals
from tests.integration.issuance.desk import Desk

US = pack("US-CA", 2025, "SIM")
REVERSED_GCO2E = 3_000


@pytest.fixture(scope="module")
def minted(desk: Desk) -> Desk:
    desk.all_attested()
    root = desk.batch(US).root
    desk.anchored(root)
    desk.claimed(root)
    return desk


def totals(desk: Desk) -> CreditClassTotals:
    with desk.database.read() as session:
        found = credit_class(session, US)
    assert found is not None
    return found


def test_reversal__recorded_once_by_the_registrar__is_cancelled_and_minting_goes_on(minted: Desk) -> None:
    before = totals(minted)
    registrar = RegistrarDesk(minted.contracts, dev_signer(DevRole.REGISTRAR), SystemClock())
    due = [Reversal(sha256(b"a reference"), US, REVERSED_GCO2E, recorded=False)]

    assert len(registrar.record(due)) == 1
    assert registrar.record(due) == [], "the chain knows the reference"
    minted.follow()
    assert totals(minted).reversed_gco2e == REVERSED_GCO2E
    assert cancel_reversed(minted.database, minted.contracts, minted.now).sent == 1
    minted.follow()

    after = totals(minted)
    assert (after.cancelled_gco2e, after.buffer_gco2e) == (REVERSED_GCO2E, before.buffer_gco2e - REVERSED_GCO2E)
    assert after.issued_gco2e == before.issued_gco2e
    on_chain = minted.contracts.credit.functions.cancelledOf(US).call()
    assert on_chain == REVERSED_GCO2E
    assert cancel_reversed(minted.database, minted.contracts, minted.now).sent == 0


@pytest.mark.parametrize("role", [DevRole.OPERATOR, DevRole.VERIFIER_A])
def test_reversal__by_the_operator_or_a_verifier__is_refused(minted: Desk, role: DevRole) -> None:
    other = RegistrarDesk(minted.contracts, dev_signer(role), SystemClock())
    with pytest.raises(ReversalRefused) as caught:
        other.record([Reversal(sha256(b"another"), US, 1, recorded=False)])
    assert caught.value.code == "reversal.refused"


def test_reversal__in_no_block_yet__says_so_and_is_not_sent_twice(
    minted: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = minted.contracts.w3.provider
    due = [Reversal(sha256(b"a slow one"), US, 1, recorded=False)]
    registrar = RegistrarDesk(minted.contracts, dev_signer(DevRole.REGISTRAR), SystemClock())
    provider.make_request("evm_setAutomine", [False])  # type: ignore[arg-type]  # a development node's own method
    try:
        monkeypatch.setattr(desk_of_link, "POLLS_MAX", 2)
        with pytest.raises(ReversalPending):
            registrar.record(due)
    finally:
        provider.make_request("evm_setAutomine", [True])  # type: ignore[arg-type]  # as above
        provider.make_request("evm_mine", [])  # type: ignore[arg-type]  # as above
    assert registrar.record(due) == []


def test_named_block__of_a_real_chain__is_the_first_from_its_time(minted: Desk) -> None:
    node = Node(minted.contracts.w3)
    head = node.head()
    third = node.header(3)
    assert third is not None
    found = first_block_from(node, unix_s(third.time), 0)
    assert found is not None
    before = node.header(found.number - 1) if found.number else None
    assert found.time == third.time
    assert before is None or before.time < found.time
    assert first_block_from(node, unix_s(head.time + timedelta(days=1)), 0) is None
    assert first_block_from(node, unix_s(head.time), head.number + 1) is None
