"""Access: API keys."""

import sqlalchemy as sa
from alembic import op

from backend.storage import columns

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.create_table('access_api_key',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('account', columns.Address(), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('scopes', sa.String(length=32), nullable=False),
    sa.Column('created_at', columns.UtcTime(), nullable=False),
    sa.Column('last_used_at', columns.UtcTime(), nullable=True),
    sa.Column('revoked_at', columns.UtcTime(), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('access_api_key', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_access_api_key_account'), ['account'], unique=False)



def downgrade() -> None:
    """Back from this version."""
    with op.batch_alter_table('access_api_key', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_access_api_key_account'))

    op.drop_table('access_api_key')
