"""Market: only orders with a name of their maker's are indexed by it."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_IS_NAMED = sa.text("client_order_id IS NOT NULL")


def upgrade() -> None:
    """To this version."""
    op.drop_index("market_order_client_id", table_name="market_order")
    op.create_index(
        "market_order_client_id",
        "market_order",
        ["maker", "client_order_id"],
        unique=True,
        sqlite_where=_IS_NAMED,
        postgresql_where=_IS_NAMED,
    )


def downgrade() -> None:
    """Back from this version."""
    op.drop_index("market_order_client_id", table_name="market_order")
    op.create_index("market_order_client_id", "market_order", ["maker", "client_order_id"], unique=True)
