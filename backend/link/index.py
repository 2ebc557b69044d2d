"""What is stored of the chain: where the index stands, and events as rows and back."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlmodel import Session, col, select

from backend.chain.events import ChainEvent, EventDecoder
from backend.kernel.digest import Json, canonical_json, to_hex
from backend.link.tables import Cursor, IndexedBlock, IndexedEvent
from backend.storage.asking import first_of

PAGE = 500
TOPIC_BYTES = 32

_LAST = select(Cursor.number, Cursor.hash).where(Cursor.id == 1)
"""Asked with every group of the market's commands: made once, and past the object mapper."""


def indexed(session: Session) -> Cursor | None:
    """The last applied block; None before the first."""
    return session.get(Cursor, 1)


def indexed_block(session: Session) -> tuple[int, bytes] | None:
    """Number and hash of the last applied block: what every projection is a function of."""
    return first_of(session, _LAST)


def is_final(session: Session, block_number: int) -> bool:
    """Whether a block has the confirmation depth, so that what it holds may be called done."""
    cursor = indexed(session)
    return cursor is not None and block_number <= cursor.final_number


def json_of(value: Any) -> Json:
    """An event argument for readers: integers as decimal strings, bytes as 0x and hex."""
    if isinstance(value, bytes):
        return to_hex(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, list):
        return [json_of(item) for item in value]
    return str(value) if not isinstance(value, bool) else value


def row_of(log: Mapping[str, Any], event: ChainEvent) -> IndexedEvent:
    """The row of an event, with its log as the node gave it."""
    return IndexedEvent(
        block_number=event.block_number,
        log_index=event.log_index,
        block_hash=event.block_hash,
        tx_hash=event.tx_hash,
        contract=event.contract,
        name=event.name,
        args=canonical_json({name: json_of(value) for name, value in event.args.items()}).decode(),
        topics=b"".join(bytes(topic) for topic in log["topics"]),
        data=bytes(log["data"]),
    )


def event_of(row: IndexedEvent, block: IndexedBlock, decoder: EventDecoder) -> ChainEvent:
    """The event of a row, decoded afresh from its stored log."""
    topics = [row.topics[start : start + TOPIC_BYTES] for start in range(0, len(row.topics), TOPIC_BYTES)]
    log = {
        "address": decoder.deployment.address(row.contract),
        "topics": topics,
        "data": row.data,
        "blockNumber": row.block_number,
        "blockHash": row.block_hash,
        "transactionHash": row.tx_hash,
        "logIndex": row.log_index,
    }
    event = decoder.decode(log, block.time)
    assert event is not None, f"stored event {row.block_number}/{row.log_index} is no longer known to the contracts"
    return event


def stored_events(session: Session, decoder: EventDecoder) -> Iterator[ChainEvent]:
    """Every stored event in chain order, read in pages."""
    after = (-1, -1)
    while True:
        number, log_index = col(IndexedEvent.block_number), col(IndexedEvent.log_index)
        page = session.exec(
            select(IndexedEvent, IndexedBlock)
            .join(IndexedBlock, col(IndexedBlock.number) == number)
            .where((number > after[0]) | ((number == after[0]) & (log_index > after[1])))
            .order_by(number, log_index)
            .limit(PAGE)
        ).all()
        for row, block in page:
            yield event_of(row, block, decoder)
        if not page:
            return
        last = page[-1][0]
        after = (last.block_number, last.log_index)


def events_from(session: Session, first_block: int, decoder: EventDecoder) -> list[ChainEvent]:
    """Stored events of a block and all later ones, latest first: the order of undoing."""
    rows = session.exec(
        select(IndexedEvent, IndexedBlock)
        .join(IndexedBlock, col(IndexedBlock.number) == col(IndexedEvent.block_number))
        .where(col(IndexedEvent.block_number) >= first_block)
        .order_by(col(IndexedEvent.block_number).desc(), col(IndexedEvent.log_index).desc())
    ).all()
    return [event_of(row, block, decoder) for row, block in rows]
