"""Giving: certificates that were made here, by their digests."""

import sqlalchemy as sa
from alembic import op

from backend.storage import columns

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "giving_certificate",
        sa.Column("digest", columns.Bytes32(), nullable=False),
        sa.Column("tx_hash", columns.Bytes32(), nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("edition", sa.String(length=16), nullable=False),
        sa.Column("made_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    with op.batch_alter_table("giving_certificate", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_giving_certificate_tx_hash"), ["tx_hash"], unique=False)


def downgrade() -> None:
    """Back from this version."""
    with op.batch_alter_table("giving_certificate", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_giving_certificate_tx_hash"))

    op.drop_table("giving_certificate")
