"""Market: instructions beside an order, whose it is for self-trade prevention, what a trade belongs to, and the rules
that governance gives a class.
"""

import sqlalchemy as sa
from alembic import op

from backend.storage import columns

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

PLAIN = {"time_in_force": "gtc", "post_only": "0", "self_trade": "cancel_newest", "is_market": "0"}
"""What every order so far was."""


def upgrade() -> None:
    """To this version."""
    with op.batch_alter_table("market_order", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("time_in_force", sa.String(length=4), nullable=False, server_default=PLAIN["time_in_force"])
        )
        batch_op.add_column(sa.Column("good_until", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("post_only", sa.Boolean(), nullable=False, server_default=PLAIN["post_only"]))
        batch_op.add_column(
            sa.Column("self_trade", sa.String(length=16), nullable=False, server_default=PLAIN["self_trade"])
        )
        batch_op.add_column(sa.Column("client_order_id", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("is_market", sa.Boolean(), nullable=False, server_default=PLAIN["is_market"]))
        batch_op.add_column(sa.Column("owner", sa.String(length=128), nullable=False, server_default=""))
        batch_op.create_index("market_order_client_id", ["maker", "client_order_id"], unique=True)
    op.execute("UPDATE market_order SET owner = maker")
    with op.batch_alter_table("market_order", schema=None) as batch_op:
        for name in (*PLAIN, "owner"):
            batch_op.alter_column(name, server_default=None)
    with op.batch_alter_table("market_trade", schema=None) as batch_op:
        batch_op.add_column(sa.Column("auction_id", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("group_id", sa.BigInteger(), nullable=True))
        batch_op.create_index(batch_op.f("ix_market_trade_group_id"), ["group_id"], unique=False)
    op.create_table(
        "market_rules",
        sa.Column("class_id", columns.Uint256(), nullable=False),
        sa.Column("rules", sa.String(), nullable=False),
        sa.Column("set_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("class_id"),
    )


def downgrade() -> None:
    """Back from this version."""
    op.drop_table("market_rules")
    with op.batch_alter_table("market_trade", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_market_trade_group_id"))
        batch_op.drop_column("group_id")
        batch_op.drop_column("auction_id")
    with op.batch_alter_table("market_order", schema=None) as batch_op:
        batch_op.drop_index("market_order_client_id")
        for name in ("owner", *reversed(PLAIN), "client_order_id", "good_until"):
            batch_op.drop_column(name)
