"""Settlement: a fill has one fee, which either side pays."""

import sqlalchemy as sa
from alembic import op

from backend.storage import columns

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version. Both fees were always equal."""
    op.execute("ALTER TABLE settlement_fill RENAME COLUMN buyer_fee TO fee")
    with op.batch_alter_table("settlement_fill", schema=None) as batch_op:
        batch_op.drop_column("seller_fee")


def downgrade() -> None:
    """From this version."""
    op.execute("ALTER TABLE settlement_fill RENAME COLUMN fee TO buyer_fee")
    with op.batch_alter_table("settlement_fill", schema=None) as batch_op:
        batch_op.add_column(sa.Column("seller_fee", columns.Uint256(), nullable=True))
    op.execute("UPDATE settlement_fill SET seller_fee = buyer_fee")
    with op.batch_alter_table("settlement_fill", schema=None) as batch_op:
        batch_op.alter_column("seller_fee", existing_type=columns.Uint256(), nullable=False)
