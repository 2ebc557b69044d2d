"""Ledger: where an activity came from, usage points, and meters that take each other's place."""

import sqlalchemy as sa
from alembic import op

from backend.storage import columns

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version. What was recorded before it was typed in or came as CSV; which of both was not kept. What a
    vehicle drove is of its odometer.
    """
    op.create_table(
        "ledger_usage_point",
        sa.Column("point_hash", columns.Bytes32(), nullable=False),
        sa.Column("premises_id", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["premises_id"], ["ledger_premises.id"]),
        sa.PrimaryKeyConstraint("point_hash"),
    )
    op.create_index(op.f("ix_ledger_usage_point_premises_id"), "ledger_usage_point", ["premises_id"], unique=False)
    with op.batch_alter_table("ledger_meter", schema=None) as batch_op:
        batch_op.add_column(sa.Column("replaces", columns.Bytes32(), nullable=True))
        batch_op.add_column(sa.Column("since_at", columns.UtcTime(), nullable=True))
        batch_op.add_column(sa.Column("until_at", columns.UtcTime(), nullable=True))
        batch_op.create_unique_constraint("uq_ledger_meter_replaces", ["replaces"])
    with op.batch_alter_table("ledger_activity", schema=None) as batch_op:
        batch_op.add_column(sa.Column("point_hash", columns.Bytes32(), nullable=True))
        batch_op.add_column(sa.Column("source", sa.String(), nullable=False, server_default="manual"))
        batch_op.create_index("ledger_activity_point_span", ["point_hash", "start_at", "end_at"], unique=False)
    op.execute("UPDATE ledger_activity SET source = 'odometer' WHERE vehicle_id IS NOT NULL")
    with op.batch_alter_table("ledger_activity", schema=None) as batch_op:
        batch_op.alter_column("source", existing_type=sa.String(), server_default=None)


def downgrade() -> None:
    """From this version."""
    with op.batch_alter_table("ledger_activity", schema=None) as batch_op:
        batch_op.drop_index("ledger_activity_point_span")
        batch_op.drop_column("source")
        batch_op.drop_column("point_hash")
    with op.batch_alter_table("ledger_meter", schema=None) as batch_op:
        batch_op.drop_constraint("uq_ledger_meter_replaces", type_="unique")
        batch_op.drop_column("until_at")
        batch_op.drop_column("since_at")
        batch_op.drop_column("replaces")
    op.drop_table("ledger_usage_point")
