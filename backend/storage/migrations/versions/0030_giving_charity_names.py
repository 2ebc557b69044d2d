"""Giving: what charities are called."""

import sqlalchemy as sa
from alembic import op

from backend.storage import columns

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "giving_charity_name_word",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("charity", columns.Address(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("registrar", columns.Address(), nullable=False),
        sa.Column("said_at", columns.UtcTime(), nullable=False),
        sa.Column("signature", sa.LargeBinary(length=65), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("giving_charity_name_word", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_giving_charity_name_word_charity"), ["charity"], unique=False)


def downgrade() -> None:
    """Back from this version."""
    with op.batch_alter_table("giving_charity_name_word", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_giving_charity_name_word_charity"))

    op.drop_table("giving_charity_name_word")
