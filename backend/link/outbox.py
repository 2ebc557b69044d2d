"""The outbox: what shall be sent to the chain, exactly once, written in the same transaction as the reason for it."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session, col, select

from backend.chain.artifacts import CONTRACT_NAMES
from backend.chain.signature import checksum_address
from backend.kernel.errors import Conflict, InvalidInput
from backend.link.tables import Attempt, Intent, IntentState

FILLER_KIND = "link.filler"
"""Intents of our own that take a nonce nobody holds, so that later ones can be mined."""

UNFINISHED = (IntentState.NEW, IntentState.SIGNED, IntentState.MINED)


class IntentDiffers(Conflict):
    """The same (kind, reference) was enqueued before with another call."""

    code = "link.intent_differs"

    def __init__(self, kind: str, reference: str) -> None:
        super().__init__(
            f"intent ({kind}, {reference}) exists with another contract or data", kind=kind, reference=reference
        )


class ContractUnknown(InvalidInput):
    """Neither an EIP-55 address nor the name of a deployed contract."""

    code = "link.contract_unknown"

    def __init__(self, contract: str) -> None:
        super().__init__(
            f"{contract!r} is neither an EIP-55 address nor one of {', '.join(CONTRACT_NAMES)}", contract=contract
        )


def _require_contract(contract: str) -> None:
    if contract in CONTRACT_NAMES:
        return
    try:
        raw = bytes.fromhex(contract.removeprefix("0x"))
    except ValueError:
        raw = b""
    if len(raw) != 20 or checksum_address(raw) != contract:
        raise ContractUnknown(contract)


def enqueue(session: Session, *, kind: str, reference: str, contract: str, data: bytes, now: datetime) -> Intent:
    """Writes an intent, or returns the one already there under (kind, reference).

    It is sent after the caller's transaction commits, in the order of enqueueing. `contract` is an EIP-55 address or
    the name of a deployed contract. Raises IntentDiffers if the key was used for another call, ContractUnknown.
    """
    _require_contract(contract)
    known = intent_of(session, kind, reference)
    if known is not None:
        if (known.contract, known.data) != (contract, data):
            raise IntentDiffers(kind, reference)
        return known
    intent = Intent(kind=kind, reference=reference, contract=contract, data=data, created_at=now)
    session.add(intent)
    session.flush()
    return intent


def intent_of(session: Session, kind: str, reference: str) -> Intent | None:
    """The intent under this key."""
    return session.exec(select(Intent).where(Intent.kind == kind, Intent.reference == reference)).first()


def intents_in(session: Session, states: Iterable[IntentState]) -> list[Intent]:
    """Intents in any of these states, in the order of enqueueing."""
    return list(session.exec(select(Intent).where(col(Intent.state).in_(list(states))).order_by(col(Intent.id))))


def attempts_of(session: Session, intent_id: int) -> list[Attempt]:
    """Every transaction ever signed for an intent, oldest first."""
    return list(session.exec(select(Attempt).where(Attempt.intent_id == intent_id).order_by(col(Attempt.id))))


def unwind(session: Session, from_block: int) -> int:
    """Takes intents mined at or after a block back to signed, because that block is gone; how many.

    A reverted intent stays reverted: it was said to be over, so the sender takes its nonce with nothing instead.
    """
    gone = session.exec(
        select(Intent).where(
            col(Intent.block_number) >= from_block,
            col(Intent.state).in_([IntentState.MINED, IntentState.CONFIRMED]),
        )
    ).all()
    for intent in gone:
        unmine(intent)
        session.add(intent)
    return len(gone)


def unmine(intent: Intent) -> None:
    """The intent's transaction is on the chain no longer."""
    intent.state = IntentState.SIGNED
    intent.block_number = intent.block_hash = intent.succeeded = None
