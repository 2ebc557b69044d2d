"""The outbox as a table: each call under one name, in order, and taken back when its block is gone."""

import pytest

from backend.chain.keys import dev_signer
from backend.kernel.clock import FixedClock
from backend.link.outbox import ContractUnknown, IntentDiffers, enqueue, intent_of, intents_in, unwind
from backend.link.tables import Intent, IntentState
from backend.storage.database import Database

ADDRESS = dev_signer(5).address


def put(
    database: Database, clock: FixedClock, reference: str, *, contract: str = ADDRESS, data: bytes = b"x"
) -> Intent:
    with database.write() as session:
        return enqueue(session, kind="k", reference=reference, contract=contract, data=data, now=clock.now())


def test_enqueue__the_same_twice__is_one_intent(database: Database, clock: FixedClock) -> None:
    first = put(database, clock, "1")

    again = put(database, clock, "1")

    assert again.id == first.id
    with database.read() as session:
        assert [intent.id for intent in intents_in(session, IntentState)] == [first.id]


@pytest.mark.parametrize("change", [{"data": b"y"}, {"contract": "Exchange"}])
def test_enqueue__another_call_under_the_same_name__is_refused_and_changes_nothing(
    database: Database, clock: FixedClock, change: dict[str, str]
) -> None:
    put(database, clock, "1")

    with pytest.raises(IntentDiffers) as refused:
        put(database, clock, "1", **change)  # type: ignore[arg-type] # one of the two

    assert refused.value.code == "link.intent_differs"
    assert refused.value.fields == {"kind": "k", "reference": "1"}
    with database.read() as session:
        kept = intent_of(session, "k", "1")
    assert kept is not None
    assert (kept.contract, kept.data) == (ADDRESS, b"x")


@pytest.mark.parametrize("contract", ["", "0x12", "Bank", ADDRESS.lower(), "0x" + 40 * "g"])
def test_enqueue__neither_an_address_nor_a_contract__is_refused(
    database: Database, clock: FixedClock, contract: str
) -> None:
    with pytest.raises(ContractUnknown) as refused:
        put(database, clock, "1", contract=contract)

    assert refused.value.fields == {"contract": contract}


def test_enqueue__in_a_transaction_that_fails__leaves_nothing(database: Database, clock: FixedClock) -> None:
    def fail() -> None:
        with database.write() as session:
            enqueue(session, kind="k", reference="1", contract=ADDRESS, data=b"", now=clock.now())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    with database.read() as session:
        assert intent_of(session, "k", "1") is None


@pytest.mark.parametrize(
    ("state", "block_number", "after"),
    [
        ("new", None, "new"),
        ("signed", None, "signed"),
        ("mined", 9, "mined"),
        ("mined", 10, "signed"),
        ("confirmed", 9, "confirmed"),
        ("confirmed", 11, "signed"),
        ("reverted", 11, "reverted"),
    ],
)
def test_unwind__from_block_ten__takes_back_what_was_mined_there_or_later(
    database: Database, clock: FixedClock, state: str, block_number: int | None, after: str
) -> None:
    intent = put(database, clock, "1")
    with database.write() as session:
        intent.state, intent.block_number = state, block_number
        session.add(intent)

    with database.write() as session:
        count = unwind(session, 10)

    with database.read() as session:
        found = intent_of(session, "k", "1")
    assert found is not None
    assert found.state == after
    assert found.block_number == (None if count else block_number)
    assert count == (state != after)
