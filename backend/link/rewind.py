"""Going back: where the stored chain and the node's part ways, and undoing everything after that in one transaction."""

from collections.abc import Callable, Sequence

from sqlalchemy import delete
from sqlmodel import Session, col, select

from backend.chain.events import EventDecoder
from backend.kernel.errors import Unavailable
from backend.link.funds import accounts_in
from backend.link.index import events_from
from backend.link.node import Header, Node
from backend.link.outbox import unwind
from backend.link.projection import Projection
from backend.link.tables import Cursor, IndexedBlock, IndexedEvent
from backend.storage.database import Database

RewindListener = Callable[[Session, int], None]
"""Called with the first block that is gone, inside the transaction that undoes it, after the projections."""


class ReorgTooDeep(Unavailable):
    """The node's chain differs from ours further back than any reorganisation should reach: a person must look."""

    code = "link.reorg_too_deep"

    def __init__(self, cursor_number: int, depth_max: int) -> None:
        super().__init__(
            f"the node's chain differs from the index more than {depth_max} blocks below block {cursor_number}",
            cursor_number=cursor_number,
            depth_max=depth_max,
        )


def common_ancestor(
    database: Database, node: Node, head: Header, cursor: Cursor, *, start: int, depth_max: int
) -> IndexedBlock | None:
    """The highest stored block that is on the node's chain; None if the index holds nothing of it.

    Raises ReorgTooDeep if it lies more than `depth_max` blocks below the cursor. `start` is the first block indexed.
    """
    lowest = cursor.number - depth_max
    with database.read() as session:
        stored = session.exec(
            select(IndexedBlock)
            .where(col(IndexedBlock.number) >= lowest, col(IndexedBlock.number) <= head.number)
            .order_by(col(IndexedBlock.number).desc())
        ).all()
    for block in stored:
        header = node.header(block.number)
        if header is not None and header.hash == block.hash:
            return block
    if start <= lowest:
        raise ReorgTooDeep(cursor.number, depth_max)
    return None


def rewind(
    session: Session, ancestor: IndexedBlock | None, projections: Sequence[Projection], decoder: EventDecoder
) -> tuple[int, set[str]]:
    """Undoes every block after `ancestor`, latest event first; the first block gone and the accounts whose funds moved.

    The cursor is the caller's to set. Intents mined in the blocks gone are to be sent again.
    """
    from_block = ancestor.number + 1 if ancestor else 0
    accounts: set[str] = set()
    for event in events_from(session, from_block, decoder):
        for projection in reversed(projections):
            projection.undo(session, event)
        accounts |= accounts_in(event)
    session.flush()
    session.execute(delete(IndexedEvent).where(col(IndexedEvent.block_number) >= from_block))
    session.execute(delete(IndexedBlock).where(col(IndexedBlock.number) >= from_block))
    unwind(session, from_block)
    return from_block, accounts
