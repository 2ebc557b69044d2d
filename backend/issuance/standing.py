"""Whether what a batch was worked out from still stands.

To open a million statements takes minutes, in which others write. So whoever works a batch out asks here once more,
set by set and of what is written by then, right before the outcome is kept. Nothing has to be locked for it: what
changes a moment later is as what changes a day later, and who signs next finds it. What changed is refused and not left
out: attested is one-way, so it is rare, and the cause (a verifier revoked, a person erased) is one to know of.
"""

from collections.abc import Sequence

from sqlmodel import Session, col

from backend.issuance.reading import digests_in, row_at
from backend.issuance.tables import ClaimRow
from backend.issuance.task import attested_by_revoked
from backend.kernel.digest import to_hex
from backend.kernel.errors import Conflict
from backend.ledger.figures import Group, attested_digests

SHOWN_MOST = 20


class BatchStale(Conflict):
    """What a batch was worked out from changed before it could be kept; do it again."""

    code = "batch.stale"

    def __init__(self, class_id: int, why: str, statements: Sequence[bytes] = ()) -> None:
        super().__init__(
            f"class {class_id}: {why}; nothing was kept, do it again",
            class_id=str(class_id),
            why=why,
            statements=[to_hex(one) for one in statements],
        )


def require_standing(session: Session, root: bytes) -> None:
    """Each statement of a batch must still be current, attested by a verifier who is accredited, under the batch's
    policy and factors, and of somebody who is not erased. Raises BatchUnknown, BatchStale.
    """
    row = row_at(session, root)
    group = Group(row.class_id, row.policy_id, row.policy_digest, row.factors_digest)
    standing = attested_digests(group, leaving_out=[attested_by_revoked(session)])
    fallen = digests_in(root).where(col(ClaimRow.statement_digest).not_in(standing)).limit(SHOWN_MOST)
    found = session.exec(fallen).all()
    if found:
        raise BatchStale(row.class_id, "statements of the batch are no longer as they were", found)
