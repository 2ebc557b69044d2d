"""Giving: which retirements have a receipt that cannot be moved."""

import sqlalchemy as sa
from alembic import op

from backend.storage import columns

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    with op.batch_alter_table("giving_retirement", schema=None) as batch_op:
        batch_op.add_column(sa.Column("receipt_token", columns.Uint256(), nullable=True))


def downgrade() -> None:
    """Back from this version."""
    with op.batch_alter_table("giving_retirement", schema=None) as batch_op:
        batch_op.drop_column("receipt_token")
