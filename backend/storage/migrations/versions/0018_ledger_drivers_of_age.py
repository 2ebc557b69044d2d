"""Ledger: from when on an erased driver was of age, sealed with its use of the vehicle."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version. Of who was erased before it, nothing is known."""
    op.add_column("ledger_vehicle_user", sa.Column("sealed", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """From this version."""
    op.drop_column("ledger_vehicle_user", "sealed")
