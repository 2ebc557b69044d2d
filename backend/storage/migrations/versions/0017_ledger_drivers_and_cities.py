"""Ledger: from when on an erased driver was of age, sealed with its use of the vehicle; what was told of cities."""

import sqlalchemy as sa
from alembic import op

from backend.storage import columns

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version. Of who was erased before it, nothing is known."""
    op.add_column("ledger_vehicle_user", sa.Column("sealed", sa.LargeBinary(), nullable=True))
    op.create_table(
        "ledger_city_told",
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("vintage", sa.Integer(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("told_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("region", "vintage"),
    )


def downgrade() -> None:
    """From this version."""
    op.drop_table("ledger_city_told")
    op.drop_column("ledger_vehicle_user", "sealed")
