"""No database transaction stays open while the node is asked: a slow node must not stop the market's writes."""

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from web3 import Web3
from web3.types import RPCEndpoint, RPCResponse

from backend.chain.keys import DevRole, dev_signer
from backend.kernel.clock import FixedClock
from backend.link.outbox import enqueue, intent_of
from backend.link.reconcile import reconcile
from backend.link.sender import RESEND_AFTER, Sender
from backend.storage.database import Database
from tests.integration.link.acts import Acts, person
from tests.integration.link.counter import step_until
from tests.integration.link.following import an_indexer, catch_up
from tests.postgres import IS_POSTGRESQL

RECEIVER = dev_signer(40).address


pytestmark = pytest.mark.skipif(IS_POSTGRESQL, reason="it asks SQLite's file who holds the write lock")


@pytest.fixture
def asked(acts: Acts, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The questions put to the node; each fails if anybody holds the database's write lock at that moment."""
    questions: list[str] = []
    other = sqlite3.connect(database.url.removeprefix("sqlite:///"), timeout=0, isolation_level=None)
    ask: Callable[[RPCEndpoint, Any], RPCResponse] = acts.w3.provider.make_request

    def guarded(method: RPCEndpoint, params: Any) -> RPCResponse:
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
        questions.append(method)
        return ask(method, params)

    monkeypatch.setattr(acts.w3.provider, "make_request", guarded)
    acts.w3.provider._request_func_cache = (None, None)  # type: ignore[assignment] # forget the bound original
    yield questions
    other.close()
    acts.w3.provider._request_func_cache = (None, None)  # type: ignore[assignment] # and the guard


def test_sender_indexer_and_reconcile__while_they_ask_the_node__hold_no_write_lock(
    acts: Acts, database: Database, clock: FixedClock, asked: list[str]
) -> None:
    data = acts.contracts.encode("PaymentToken", "mint", [Web3.to_checksum_address(RECEIVER), 7])
    with database.write() as session:
        for reference in ("1", "2"):
            enqueue(session, kind="mint", reference=reference, contract="PaymentToken", data=data, now=clock.now())
    indexer = an_indexer(database, acts)
    sender = Sender(database, acts.w3, dev_signer(DevRole.OPERATOR), clock, acts.deployment, confirmations=0)

    def confirmed() -> bool:
        catch_up(indexer)
        with database.read() as session:
            found = intent_of(session, "mint", "2")
        return found is not None and found.state == "confirmed"

    step_until(sender, confirmed)
    acts.rpc("anvil_reorg", 1, [])
    catch_up(indexer)
    clock.at += RESEND_AFTER
    step_until(sender, confirmed)

    assert reconcile(database, acts.w3, acts.deployment) == []
    assert {"eth_sendRawTransaction", "eth_estimateGas", "eth_getLogs", "eth_getTransactionReceipt"} <= set(asked)


def test_guard__write_lock_held__is_noticed(acts: Acts, database: Database, asked: list[str]) -> None:
    with database.write() as session:
        session.connection()
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            acts.nonce(person(0))

    assert asked == []
