"""Market: extracts of the journal, so that a replay of all of it takes little longer than the matching. Access: signed
requests that were taken.
"""

import sqlalchemy as sa
from alembic import op

from backend.storage import columns

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version: extracts of the lines that are there are made while the market goes on."""
    op.create_table(
        "market_extract",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", columns.Bytes32(), nullable=False),
        sa.Column("previous_hash", columns.Bytes32(), nullable=False),
        sa.Column("digest", columns.Bytes32(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
    )
    op.create_table(
        "access_taken_request",
        sa.Column("signature", columns.Bytes32(), nullable=False),
        sa.Column("taken_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("signature"),
    )
    with op.batch_alter_table("access_taken_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_taken_request_taken_at"), ["taken_at"], unique=False)


def downgrade() -> None:
    """From this version: a replay of all of the journal reads each of its lines, and a signed request can be taken again
    by another process.
    """
    with op.batch_alter_table("access_taken_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_access_taken_request_taken_at"))
    op.drop_table("access_taken_request")
    op.drop_table("market_extract")
