"""Erased people and the chain: what is anchored stays right, is still claimed, and is indexed anew to the same rows."""

import pytest
from sqlmodel import SQLModel, select

from backend.chain.class_id import pack
from backend.issuance.claim_file import claim_file
from backend.issuance.tables import AnchoringRow, MintRow
from backend.ledger.service import statement_at
from backend.ledger.state import State
from backend.link.balances import credit_balance
from backend.link.reconcile import reconcile
from tests.integration.issuance.desk import Desk
from tests.unit.ledger.erasing import erased

US = pack("US-CA", 2025, "SIM")
NUMBER = {"coastal-1": 10, "coastal-2": 11}
"""The development keys of the sample's first people."""


def indexed_rows(desk: Desk) -> list[str]:
    tables: tuple[type[SQLModel], ...] = (AnchoringRow, MintRow)
    with desk.database.read() as session:
        rows = [sorted(row.model_dump().items()) for table in tables for row in session.exec(select(table))]
    return sorted(map(repr, rows))


@pytest.fixture(scope="module")
def root(desk: Desk) -> bytes:
    """One class anchored; whom it belongs to, one is erased before its claim and one after."""
    desk.all_attested()
    root = desk.batch(US).root
    desk.anchored(root)
    return root


def test_erased_before_and_after_the_claim__chain_and_index_agree_and_others_go_on(desk: Desk, root: bytes) -> None:
    before = {key: desk.statement(key) for key in ("coastal-1", "coastal-2", "coastal-3")}
    assert {one.state for one in before.values()} == {State.ISSUED}
    erased(desk.database, desk.books, desk.people["coastal-1"], NUMBER["coastal-1"], desk.now)
    with desk.database.read() as session:
        file = claim_file(session, desk.deployment, before["coastal-1"].digest)
        assert file["state"] == "open", "the claim of who was erased can still be made by anybody"
    desk.claimed(root)
    desk.claimed(root)
    erased(desk.database, desk.books, desk.people["coastal-2"], NUMBER["coastal-2"], desk.now)

    rows = indexed_rows(desk)
    desk.indexer.reindex()
    assert indexed_rows(desk) == rows
    assert reconcile(desk.database, desk.contracts.w3, desk.deployment) == []
    with desk.database.read() as session:
        for key, statement in before.items():
            found = statement_at(session, statement.digest)
            assert (found.state, found.document == "") == (State.CLAIMED, key in NUMBER)
            assert credit_balance(session, statement.account, US) == statement.credit_gco2e > 0
