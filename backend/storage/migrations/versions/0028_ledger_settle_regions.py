"""Ledger: which other regions' credits settle what is owed, as the policy that a statement was closed under lists them."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version. No policy before this listed any."""
    column = sa.Column("settle_regions", sa.String(), nullable=False, server_default="")
    op.add_column("ledger_statement", column)  # no copy of the table: it would let go of what refers to it


def downgrade() -> None:
    """Back from this version."""
    op.execute("ALTER TABLE ledger_statement DROP COLUMN settle_regions")
