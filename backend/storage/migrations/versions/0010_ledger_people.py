"""Ledger: addresses and residences over time, hand-overs, and what was taken back."""

import sqlalchemy as sa
from alembic import op

from backend.storage import columns

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version. Everybody has had one address and one region until now."""
    op.create_table(
        "ledger_address",
        sa.Column("address", columns.Address(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("since_at", columns.UtcTime(), nullable=False),
        sa.Column("until_at", columns.UtcTime(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["ledger_person.id"]),
        sa.PrimaryKeyConstraint("address"),
    )
    op.create_index(op.f("ix_ledger_address_person_id"), "ledger_address", ["person_id"], unique=False)
    op.create_table(
        "ledger_residence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("since_on", sa.Date(), nullable=False),
        sa.Column("declared_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["ledger_person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("person_id", "since_on"),
    )
    op.create_index(op.f("ix_ledger_residence_person_id"), "ledger_residence", ["person_id"], unique=False)
    op.create_table(
        "ledger_hand_over",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("new_address", columns.Address(), nullable=False),
        sa.Column("asked_at", columns.UtcTime(), nullable=False),
        sa.Column("effective_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["ledger_person.id"]),
        sa.PrimaryKeyConstraint("person_id"),
        sa.UniqueConstraint("new_address"),
    )
    op.execute(
        "INSERT INTO ledger_address (address, person_id, since_at) SELECT address, id, registered_at FROM ledger_person"
    )
    op.execute(
        "INSERT INTO ledger_residence (person_id, region, since_on, declared_at) "
        "SELECT id, region, joined_on, registered_at FROM ledger_person"
    )
    with op.batch_alter_table("ledger_person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("left_because", sa.String(), nullable=True))
    with op.batch_alter_table("ledger_occupancy", schema=None) as batch_op:
        batch_op.add_column(sa.Column("entered_at", columns.UtcTime(), nullable=True))
        batch_op.add_column(sa.Column("ended_at", columns.UtcTime(), nullable=True))
    with op.batch_alter_table("ledger_activity", schema=None) as batch_op:
        batch_op.add_column(sa.Column("withdrawn_at", columns.UtcTime(), nullable=True))
    with op.batch_alter_table("ledger_statement", schema=None) as batch_op:
        batch_op.add_column(sa.Column("account", columns.Address(), nullable=True))
    with op.batch_alter_table("ledger_deficit_settlement", schema=None) as batch_op:
        batch_op.add_column(sa.Column("beneficiary", columns.Address(), nullable=True))


def downgrade() -> None:
    """Back from this version."""
    with op.batch_alter_table("ledger_deficit_settlement", schema=None) as batch_op:
        batch_op.drop_column("beneficiary")
    with op.batch_alter_table("ledger_statement", schema=None) as batch_op:
        batch_op.drop_column("account")
    with op.batch_alter_table("ledger_activity", schema=None) as batch_op:
        batch_op.drop_column("withdrawn_at")
    with op.batch_alter_table("ledger_occupancy", schema=None) as batch_op:
        batch_op.drop_column("ended_at")
        batch_op.drop_column("entered_at")
    with op.batch_alter_table("ledger_person", schema=None) as batch_op:
        batch_op.drop_column("left_because")
    op.drop_table("ledger_hand_over")
    op.drop_index(op.f("ix_ledger_residence_person_id"), table_name="ledger_residence")
    op.drop_table("ledger_residence")
    op.drop_index(op.f("ix_ledger_address_person_id"), table_name="ledger_address")
    op.drop_table("ledger_address")
