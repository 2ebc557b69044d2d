"""Giving: who asked to be on the leaderboards, and under which name."""

import sqlalchemy as sa
from alembic import op

from backend.storage import columns

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version. Nobody is on a leaderboard who did not ask."""
    op.create_table(
        "giving_board_name",
        sa.Column("account", columns.Address(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("folded", columns.Bytes32(), nullable=False),
        sa.Column("joined_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("account"),
        sa.UniqueConstraint("folded"),
    )


def downgrade() -> None:
    """Back from this version."""
    op.drop_table("giving_board_name")
