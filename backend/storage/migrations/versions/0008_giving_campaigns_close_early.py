"""Giving: a charity may close its campaign early."""

import sqlalchemy as sa
from alembic import op

from backend.storage import columns

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version. No campaign was ever closed early before it."""
    with op.batch_alter_table("giving_campaign", schema=None) as batch_op:
        batch_op.add_column(sa.Column("closes_at_opening", columns.UtcTime(), nullable=True))
    op.execute("UPDATE giving_campaign SET closes_at_opening = closes_at")
    with op.batch_alter_table("giving_campaign", schema=None) as batch_op:
        batch_op.alter_column("closes_at_opening", existing_type=columns.UtcTime(), nullable=False)


def downgrade() -> None:
    """From this version."""
    with op.batch_alter_table("giving_campaign", schema=None) as batch_op:
        batch_op.drop_column("closes_at_opening")
