"""Ledger: first tables."""

import sqlalchemy as sa
from alembic import op

from backend.storage import columns

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "ledger_person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", columns.Address(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("commitment", columns.Bytes32(), nullable=False),
        sa.Column("joined_on", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("born_on", sa.Date(), nullable=True),
        sa.Column("guardian", columns.Address(), nullable=True),
        sa.Column("registered_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("address"),
        sa.UniqueConstraint("commitment"),
    )
    op.create_table(
        "ledger_premises",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("grid_area", sa.String(), nullable=False),
        sa.Column("registered_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
    )
    op.create_table(
        "ledger_activity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("premises_id", sa.Integer(), nullable=True),
        sa.Column("meter_hash", columns.Bytes32(), nullable=True),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("quantity", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("given", sa.String(), nullable=False),
        sa.Column("start_at", columns.UtcTime(), nullable=False),
        sa.Column("end_at", columns.UtcTime(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("grade", sa.String(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("inspected_by", columns.Address(), nullable=True),
        sa.Column("inspected_at", columns.UtcTime(), nullable=True),
        sa.Column("entered_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["ledger_person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["premises_id"],
            ["ledger_premises.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("ledger_activity", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_activity_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_activity_premises_id"), ["premises_id"], unique=False)
        batch_op.create_index("ledger_activity_meter_span", ["meter_hash", "start_at", "end_at"], unique=False)

    op.create_table(
        "ledger_meter",
        sa.Column("meter_hash", columns.Bytes32(), nullable=False),
        sa.Column("premises_id", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["premises_id"],
            ["ledger_premises.id"],
        ),
        sa.PrimaryKeyConstraint("meter_hash"),
    )
    with op.batch_alter_table("ledger_meter", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_meter_premises_id"), ["premises_id"], unique=False)

    op.create_table(
        "ledger_occupancy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("premises_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("since_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["ledger_person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["premises_id"],
            ["ledger_premises.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("ledger_occupancy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_occupancy_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_occupancy_premises_id"), ["premises_id"], unique=False)

    op.create_table(
        "ledger_statement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("vintage", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("methodology", sa.String(), nullable=False),
        sa.Column("class_id", columns.Uint256(), nullable=False),
        sa.Column("policy_id", sa.String(), nullable=False),
        sa.Column("policy_digest", columns.Bytes32(), nullable=False),
        sa.Column("factors_digest", columns.Bytes32(), nullable=False),
        sa.Column("nullifier", columns.Bytes32(), nullable=False),
        sa.Column("digest", columns.Bytes32(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("budget_gco2e", sa.BigInteger(), nullable=False),
        sa.Column("footprint_gco2e", sa.BigInteger(), nullable=False),
        sa.Column("bound_gco2e", sa.BigInteger(), nullable=False),
        sa.Column("surplus_gco2e", sa.BigInteger(), nullable=False),
        sa.Column("carried_in_gco2e", sa.BigInteger(), nullable=False),
        sa.Column("netted_gco2e", sa.BigInteger(), nullable=False),
        sa.Column("credit_gco2e", sa.BigInteger(), nullable=False),
        sa.Column("carried_out_gco2e", sa.BigInteger(), nullable=False),
        sa.Column("deficit_gco2e", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", columns.UtcTime(), nullable=False),
        sa.Column("submitted_at", columns.UtcTime(), nullable=True),
        sa.Column("decided_at", columns.UtcTime(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["ledger_person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
        sa.UniqueConstraint("person_id", "vintage", "version"),
    )
    with op.batch_alter_table("ledger_statement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_statement_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_statement_vintage"), ["vintage"], unique=False)

    op.create_table(
        "ledger_deficit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("statement_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("vintage", sa.Integer(), nullable=False),
        sa.Column("amount_gco2e", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=32), nullable=False),
        sa.Column("reference", columns.Bytes32(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["ledger_person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["ledger_statement.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("reference"),
        sa.UniqueConstraint("statement_id"),
    )
    with op.batch_alter_table("ledger_deficit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_deficit_person_id"), ["person_id"], unique=False)

    op.create_table(
        "ledger_deficit_settlement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("deficit_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("amount_gco2e", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deficit_id"],
            ["ledger_deficit.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source"),
    )
    with op.batch_alter_table("ledger_deficit_settlement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_deficit_settlement_deficit_id"), ["deficit_id"], unique=False)

    op.create_table(
        "ledger_netting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("statement_id", sa.Integer(), nullable=False),
        sa.Column("deficit_id", sa.Integer(), nullable=False),
        sa.Column("amount_gco2e", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deficit_id"],
            ["ledger_deficit.id"],
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["ledger_statement.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("ledger_netting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_netting_deficit_id"), ["deficit_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_netting_statement_id"), ["statement_id"], unique=False)


def downgrade() -> None:
    """Back from this version."""
    with op.batch_alter_table("ledger_netting", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_netting_statement_id"))
        batch_op.drop_index(batch_op.f("ix_ledger_netting_deficit_id"))

    op.drop_table("ledger_netting")
    with op.batch_alter_table("ledger_deficit_settlement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_deficit_settlement_deficit_id"))

    op.drop_table("ledger_deficit_settlement")
    with op.batch_alter_table("ledger_deficit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_deficit_person_id"))

    op.drop_table("ledger_deficit")
    with op.batch_alter_table("ledger_statement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_statement_vintage"))
        batch_op.drop_index(batch_op.f("ix_ledger_statement_person_id"))

    op.drop_table("ledger_statement")
    with op.batch_alter_table("ledger_occupancy", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_occupancy_premises_id"))
        batch_op.drop_index(batch_op.f("ix_ledger_occupancy_person_id"))

    op.drop_table("ledger_occupancy")
    with op.batch_alter_table("ledger_meter", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_meter_premises_id"))

    op.drop_table("ledger_meter")
    with op.batch_alter_table("ledger_activity", schema=None) as batch_op:
        batch_op.drop_index("ledger_activity_meter_span")
        batch_op.drop_index(batch_op.f("ix_ledger_activity_premises_id"))
        batch_op.drop_index(batch_op.f("ix_ledger_activity_person_id"))

    op.drop_table("ledger_activity")
    op.drop_table("ledger_premises")
    op.drop_table("ledger_person")
