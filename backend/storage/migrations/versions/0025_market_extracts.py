"""Market: extracts of the journal, so that a replay of all of it takes little longer than the matching."""

import sqlalchemy as sa
from alembic import op

from backend.storage import columns

revision = "0025"
down_revision = "0022"
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


def downgrade() -> None:
    """From this version: a replay of all of the journal reads each of its lines."""
    op.drop_table("market_extract")
