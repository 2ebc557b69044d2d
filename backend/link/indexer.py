"""Follows the chain block by block; what leaves the chain is undone, and everything can be rebuilt to the same rows.

The index goes to the head at once. What is deep enough to be final is `Cursor.final_number`; what is not may be undone.
A node whose head is below ours has lost its last blocks (or was rolled back): that is a reorganisation like any other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, exists
from sqlmodel import Session, col
from web3 import Web3

from backend.chain.deployment import Deployment
from backend.chain.events import EventDecoder
from backend.kernel.crash import point
from backend.link.blocks import FetchedBlock, commit_groups, fetch_history, fetch_recent
from backend.link.funds import FundsListener, accounts_in
from backend.link.index import indexed, row_of, stored_events
from backend.link.network import require_network
from backend.link.node import Header, Node
from backend.link.projection import Projection
from backend.link.rewind import RewindListener, common_ancestor, rewind
from backend.link.tables import Cursor, IndexedBlock, IndexedEvent
from backend.storage.database import Database

CHUNK = 64
HISTORY_CHUNK = 1000
REORG_DEPTH_MAX = 256


@dataclass(frozen=True)
class IndexReport:
    """What one step did. `rewound_from`: the first block undone. `cursor`: the last applied block, None before any."""

    head: int
    cursor: int | None
    blocks: int = 0
    events: int = 0
    rewound_from: int | None = None

    @property
    def moved(self) -> bool:
        """Something changed, so that there may be more."""
        return bool(self.blocks) or self.rewound_from is not None


class Indexer:
    """One database's index of one deployment. Call step() again and again from one thread.

    `projections` are applied in their order and undone in reverse. `confirmations`: blocks on top that make a block
    final. `chunk`: most blocks taken in one step. Beyond `reorg_depth_max` it stops with ReorgTooDeep. `fence` is
    called in every transaction that moves the index: what it raises keeps a process whose turn is over from moving it.
    """

    def __init__(
        self,
        database: Database,
        w3: Web3,
        deployment: Deployment,
        projections: Sequence[Projection],
        *,
        confirmations: int = 1,
        chunk: int = CHUNK,
        history_chunk: int = HISTORY_CHUNK,
        reorg_depth_max: int = REORG_DEPTH_MAX,
        funds_listeners: Sequence[FundsListener] = (),
        rewind_listeners: Sequence[RewindListener] = (),
        fence: Callable[[Session], None] | None = None,
    ) -> None:
        self._database, self._deployment, self._projections = database, deployment, tuple(projections)
        self._node, self._decoder = Node(w3), EventDecoder(deployment)
        self._confirmations, self._depth_max = confirmations, reorg_depth_max
        self._chunk, self._history_chunk = chunk, history_chunk
        self._funds_listeners, self._rewind_listeners = tuple(funds_listeners), tuple(rewind_listeners)
        self._fence = fence

    def step(self) -> IndexReport:
        """One pass: rewinds if the stored chain is not the node's, then applies the next blocks.

        Raises WrongNetwork, ReorgTooDeep, NodeUnavailable: nothing is half done, step again later.
        """
        require_network(self._database, self._node, self._deployment.network)
        head = self._node.head()
        cursor = self._cursor()
        rewound_from = None
        if cursor is not None and not self._still_there(cursor, head):
            rewound_from = self._rewind(cursor, head)
            cursor = self._cursor()
        blocks, events = self._advance(cursor, head)
        cursor = self._cursor()
        return IndexReport(head.number, cursor.number if cursor else None, blocks, events, rewound_from)

    def reindex(self) -> int:
        """Empties every projection and applies all stored events again, in one transaction; how many events.

        Listeners are told nothing: the rows come out the same.
        """
        count = 0
        with self._database.write() as session:
            for projection in self._projections:
                projection.reset(session)
            for event in stored_events(session, self._decoder):
                for projection in self._projections:
                    projection.apply(session, event)
                count += 1
        return count

    def refetch(self) -> int:
        """Forgets all that was read from the chain, projections included, and reads it again; how many events.

        Readers see the index grow from nothing meanwhile. Intents keep their states.
        """
        with self._database.write() as session:
            for projection in self._projections:
                projection.reset(session)
            for table in (IndexedEvent, IndexedBlock, Cursor):
                session.execute(delete(table))
        count = 0
        report = self.step()
        while report.moved:
            count += report.events
            report = self.step()
        return count

    def _cursor(self) -> Cursor | None:
        with self._database.read() as session:
            return indexed(session)

    def _still_there(self, cursor: Cursor, head: Header) -> bool:
        if head.number == cursor.number:
            return head.hash == cursor.hash
        header = self._node.header(cursor.number) if head.number > cursor.number else None
        return header is not None and header.hash == cursor.hash

    def _rewind(self, cursor: Cursor, head: Header) -> int | None:
        ancestor = common_ancestor(
            self._database,
            self._node,
            head,
            cursor,
            start=self._deployment.block_number,
            depth_max=self._depth_max,
        )
        with self._database.write() as session:
            if not self._may_move(session, cursor):
                return None
            from_block, accounts = rewind(session, ancestor, self._projections, self._decoder)
            if ancestor is None:
                session.execute(delete(Cursor))
            else:
                self._set_cursor(session, ancestor.number, ancestor.hash, ancestor)
            for tell in self._rewind_listeners:
                tell(session, from_block)
            self._tell_funds(session, accounts)
            point("link.before_block_commit")
        point("link.after_block_commit")
        return from_block

    def _advance(self, cursor: Cursor | None, head: Header) -> tuple[int, int]:
        """Applies the next blocks; how many, and how many events."""
        first = cursor.number + 1 if cursor else self._deployment.block_number
        dense_from = head.number - self._depth_max
        addresses = self._decoder.addresses
        if first < dense_from:
            last = min(first + self._history_chunk, dense_from) - 1
            fetched = fetch_history(self._node, addresses, first, last)
        else:
            last = min(first + self._chunk - 1, head.number)
            fetched = fetch_recent(self._node, addresses, first, last, cursor.hash if cursor else None)
        blocks = events = 0
        for group in commit_groups(fetched):
            applied = self._apply(cursor, group, dense_from)
            if applied is None:
                break
            cursor, count = applied
            blocks, events = blocks + len(group), events + count
        return blocks, events

    def _apply(self, cursor: Cursor | None, group: list[FetchedBlock], dense_from: int) -> tuple[Cursor, int] | None:
        """One transaction: blocks, events, projections, cursor, listeners. None if the cursor moved meanwhile."""
        accounts: set[str] = set()
        count = 0
        with self._database.write() as session:
            if not self._may_move(session, cursor):
                return None
            for block in group:
                decoded = [(log, self._decoder.decode(log, block.header.time)) for log in block.logs]
                ours = [(log, event) for log, event in decoded if event is not None]
                if ours or block.header.number >= dense_from:
                    session.add(_block_row(block.header))
                    session.flush()
                for log, event in ours:
                    session.add(row_of(log, event))
                    for projection in self._projections:
                        projection.apply(session, event)
                    accounts |= accounts_in(event)
                count += len(ours)
            last = group[-1].header
            reached = self._set_cursor(session, last.number, last.hash, last)
            self._prune(session, cursor.number if cursor else last.number, last.number)
            self._tell_funds(session, accounts)
            point("link.before_block_commit")
        point("link.after_block_commit")
        return reached, count

    def _may_move(self, session: Session, cursor: Cursor | None) -> bool:
        """False if another process was faster. Raises what the fence raises."""
        if self._fence is not None:
            self._fence(session)
        return _is_at(session, cursor)

    def _set_cursor(self, session: Session, number: int, block_hash: bytes, block: Header | IndexedBlock) -> Cursor:
        row = indexed(session) or Cursor(number=number, hash=block_hash, time=block.time, final_number=0)
        row.number, row.hash, row.time = number, block_hash, block.time
        row.final_number = number - self._confirmations
        session.add(row)
        session.flush()
        return row

    def _prune(self, session: Session, before: int, now: int) -> None:
        """Empty blocks that have become too deep to be reorganised away are forgotten."""
        number = col(IndexedBlock.number)
        has_events = exists().where(col(IndexedEvent.block_number) == number)
        session.execute(
            delete(IndexedBlock).where(number >= before - self._depth_max, number < now - self._depth_max, ~has_events)
        )

    def _tell_funds(self, session: Session, accounts: set[str]) -> None:
        if accounts:
            for tell in self._funds_listeners:
                tell(session, accounts)


def _is_at(session: Session, cursor: Cursor | None) -> bool:
    now = indexed(session)
    if now is None or cursor is None:
        return now is cursor
    return (now.number, now.hash) == (cursor.number, cursor.hash)


def _block_row(header: Header) -> IndexedBlock:
    return IndexedBlock(number=header.number, hash=header.hash, parent_hash=header.parent_hash, time=header.time)
