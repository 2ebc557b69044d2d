"""Ledger: vehicles with their users and odometers, and splits that all who share have signed."""

import sqlalchemy as sa
from alembic import op

from backend.storage import columns

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_INDEXES = (
    ("ledger_vehicle_user", "vehicle_id"),
    ("ledger_vehicle_user", "person_id"),
    ("ledger_split", "premises_id"),
    ("ledger_split", "vehicle_id"),
    ("ledger_odometer", "vehicle_id"),
)


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "ledger_vehicle",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("plate_hash", columns.Bytes32(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("registered_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
        sa.UniqueConstraint("plate_hash"),
    )
    op.create_table(
        "ledger_vehicle_user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("vehicle_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("since_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("entered_at", columns.UtcTime(), nullable=False),
        sa.Column("ended_at", columns.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["vehicle_id"], ["ledger_vehicle.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["ledger_person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "ledger_split",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("premises_id", sa.Integer(), nullable=True),
        sa.Column("vehicle_id", sa.Integer(), nullable=True),
        sa.Column("since_on", sa.Date(), nullable=False),
        sa.Column("proposed_at", columns.UtcTime(), nullable=False),
        sa.Column("agreed_at", columns.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["premises_id"], ["ledger_premises.id"]),
        sa.ForeignKeyConstraint(["vehicle_id"], ["ledger_vehicle.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "ledger_split_part",
        sa.Column("split_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("part_bps", sa.Integer(), nullable=False),
        sa.Column("signature", sa.LargeBinary(length=65), nullable=True),
        sa.Column("signed_at", columns.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["split_id"], ["ledger_split.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["ledger_person.id"]),
        sa.PrimaryKeyConstraint("split_id", "person_id"),
    )
    with op.batch_alter_table("ledger_activity", schema=None) as batch_op:
        batch_op.add_column(sa.Column("vehicle_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key("ledger_activity_vehicle", "ledger_vehicle", ["vehicle_id"], ["id"])
        batch_op.create_index(batch_op.f("ix_ledger_activity_vehicle_id"), ["vehicle_id"], unique=False)
    op.create_table(
        "ledger_odometer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("vehicle_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("read_on", sa.Date(), nullable=False),
        sa.Column("km", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=True),
        sa.Column("charged_premises_id", sa.Integer(), nullable=True),
        sa.Column("charged_kwh", sa.String(), nullable=False),
        sa.Column("entered_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["vehicle_id"], ["ledger_vehicle.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["ledger_person.id"]),
        sa.ForeignKeyConstraint(["activity_id"], ["ledger_activity.id"]),
        sa.ForeignKeyConstraint(["charged_premises_id"], ["ledger_premises.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("activity_id"),
        sa.UniqueConstraint("vehicle_id", "read_on"),
    )
    for table, column in _INDEXES:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)


def downgrade() -> None:
    """Back from this version."""
    for table, column in _INDEXES:
        op.drop_index(op.f(f"ix_{table}_{column}"), table_name=table)
    op.drop_table("ledger_odometer")
    with op.batch_alter_table("ledger_activity", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_activity_vehicle_id"))
        batch_op.drop_constraint("ledger_activity_vehicle", type_="foreignkey")
        batch_op.drop_column("vehicle_id")
    for table in ("ledger_split_part", "ledger_split", "ledger_vehicle_user", "ledger_vehicle"):
        op.drop_table(table)
