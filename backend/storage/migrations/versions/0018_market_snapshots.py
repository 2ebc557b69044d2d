"""Market: pictures of the books, so that a restart replays only what came later."""

import sqlalchemy as sa
from alembic import op

from backend.storage import columns

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version: the first picture is taken when the market next starts."""
    op.create_table(
        "market_snapshot",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", columns.Bytes32(), nullable=False),
        sa.Column("state_digest", columns.Bytes32(), nullable=False),
        sa.Column("picture", sa.Text(), nullable=False),
        sa.Column("taken_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
    )


def downgrade() -> None:
    """From this version: everything is replayed from the journal's first line."""
    op.drop_table("market_snapshot")
