"""Link: a lease has a fencing token, and says where its holder answers."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version. Nobody holds a lease while the schema changes."""
    with op.batch_alter_table("link_lease", schema=None) as batch_op:
        batch_op.add_column(sa.Column("token", sa.BigInteger(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("url", sa.String(length=255), nullable=True))
    with op.batch_alter_table("link_lease", schema=None) as batch_op:
        batch_op.alter_column("token", existing_type=sa.BigInteger(), server_default=None)


def downgrade() -> None:
    """From this version."""
    with op.batch_alter_table("link_lease", schema=None) as batch_op:
        batch_op.drop_column("url")
        batch_op.drop_column("token")
