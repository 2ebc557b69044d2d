"""Giving: who asked to be on the leaderboards, and under which name; and draws whose seeds aid's lotteries are drawn by."""

import sqlalchemy as sa
from alembic import op

from backend.storage import columns

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version. Nobody is on a leaderboard who did not ask; a lottery that was decided was so by a block."""
    op.create_table(
        "giving_board_name",
        sa.Column("account", columns.Address(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("folded", columns.Bytes32(), nullable=False),
        sa.Column("joined_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("account"),
        sa.UniqueConstraint("folded"),
    )
    op.create_table(
        "issuance_draw_root",
        sa.Column("root", columns.Bytes32(), nullable=False),
        sa.Column("asked_at", columns.UtcTime(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["day"], ["issuance_draw.day"]),
        sa.PrimaryKeyConstraint("root"),
    )
    op.add_column("giving_aid_round", sa.Column("draw_day", sa.Integer(), nullable=True))
    op.add_column("giving_aid_round", sa.Column("draw_seed", columns.Bytes32(), nullable=True))


def downgrade() -> None:
    """Back from this version."""
    op.execute("ALTER TABLE giving_aid_round DROP COLUMN draw_seed")
    op.execute("ALTER TABLE giving_aid_round DROP COLUMN draw_day")
    op.drop_table("issuance_draw_root")
    op.drop_table("giving_board_name")
