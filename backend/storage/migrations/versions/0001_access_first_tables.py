"""Access: first tables."""

import sqlalchemy as sa
from alembic import op

from backend.storage import columns

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "access_nonce",
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("expires_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("nonce"),
    )
    with op.batch_alter_table("access_nonce", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_nonce_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "access_session",
        sa.Column("token_digest", columns.Bytes32(), nullable=False),
        sa.Column("address", columns.Address(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("expires_at", columns.UtcTime(), nullable=False),
        sa.Column("revoked_at", columns.UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("token_digest"),
    )
    with op.batch_alter_table("access_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_session_address"), ["address"], unique=False)
        batch_op.create_index(batch_op.f("ix_access_session_expires_at"), ["expires_at"], unique=False)


def downgrade() -> None:
    """Back from this version."""
    with op.batch_alter_table("access_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_access_session_expires_at"))
        batch_op.drop_index(batch_op.f("ix_access_session_address"))

    op.drop_table("access_session")
    with op.batch_alter_table("access_nonce", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_access_nonce_expires_at"))

    op.drop_table("access_nonce")
