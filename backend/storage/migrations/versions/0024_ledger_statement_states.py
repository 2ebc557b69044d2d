"""Ledger: where a statement stands, apart from it."""

import sqlalchemy as sa
from alembic import op

from backend.storage import columns

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "ledger_statement_state",
        sa.Column("statement_id", sa.Integer(), nullable=False),
        sa.Column("digest", columns.Bytes32(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("once_anchored", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["statement_id"], ["ledger_statement.id"]),
        sa.PrimaryKeyConstraint("statement_id"),
        sa.UniqueConstraint("digest"),
    )
    op.execute(
        "INSERT INTO ledger_statement_state (statement_id, digest, state, once_anchored) "
        "SELECT id, digest, state, CASE WHEN credit_gco2e > 0 THEN 'issued' WHEN deficit_gco2e > 0 THEN 'deficit' "
        "ELSE 'neutral' END FROM ledger_statement"
    )
    op.execute("ALTER TABLE ledger_statement DROP COLUMN state")  # a copy would let go of what refers to it


def downgrade() -> None:
    """Back from this version."""
    op.add_column("ledger_statement", sa.Column("state", sa.String(), nullable=False, server_default="closed"))
    op.execute(
        "UPDATE ledger_statement SET state = (SELECT state FROM ledger_statement_state "
        "WHERE statement_id = ledger_statement.id)"
    )
    op.drop_table("ledger_statement_state")
