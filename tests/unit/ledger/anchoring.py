"""A statement whose batch the chain has, or has no more, as the set of one that it is."""

from sqlmodel import Session

from backend.ledger.anchored import mark_all_anchored, unmark_all_anchored
from backend.ledger.service import Statement, statement_at


def mark_anchored(session: Session, digest: bytes) -> Statement:
    """The statement, issued, neutral or a deficit."""
    mark_all_anchored(session, [digest])
    return statement_at(session, digest)


def unmark_anchored(session: Session, digest: bytes) -> Statement:
    """The statement, attested again."""
    unmark_all_anchored(session, [digest])
    return statement_at(session, digest)
