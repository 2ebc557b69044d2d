"""Market: first tables."""

import sqlalchemy as sa
from alembic import op

from backend.storage import columns

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "market_class",
        sa.Column("class_id", columns.Uint256(), nullable=False),
        sa.Column("tick", sa.BigInteger(), nullable=False),
        sa.Column("lots_min", sa.BigInteger(), nullable=False),
        sa.Column("lots_max", sa.BigInteger(), nullable=False),
        sa.Column("price_max", sa.BigInteger(), nullable=False),
        sa.Column("open_orders_max", sa.Integer(), nullable=False),
        sa.Column("listed_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("class_id"),
    )
    op.create_table(
        "market_journal",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("time", columns.UtcTime(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("payload", sa.String(), nullable=False),
        sa.Column("previous_hash", columns.Bytes32(), nullable=False),
        sa.Column("hash", columns.Bytes32(), nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
        sa.UniqueConstraint("hash"),
    )
    op.create_table(
        "market_number_lease",
        sa.Column("first", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("maker", columns.Address(), nullable=False),
        sa.Column("expires_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("first"),
    )
    with op.batch_alter_table("market_number_lease", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_market_number_lease_maker"), ["maker"], unique=False)

    op.create_table(
        "market_order",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_hash", columns.Bytes32(), nullable=False),
        sa.Column("maker", columns.Address(), nullable=False),
        sa.Column("beneficiary", columns.Address(), nullable=False),
        sa.Column("class_id", columns.Uint256(), nullable=False),
        sa.Column("side", sa.String(length=4), nullable=False),
        sa.Column("lots", sa.BigInteger(), nullable=False),
        sa.Column("price_per_kg", sa.BigInteger(), nullable=False),
        sa.Column("max_fee_bps", sa.Integer(), nullable=False),
        sa.Column("expiry", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(length=8), nullable=False),
        sa.Column("ref", columns.Bytes32(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("lots_open", sa.BigInteger(), nullable=False),
        sa.Column("lots_matched", sa.BigInteger(), nullable=False),
        sa.Column("accepted_at", columns.UtcTime(), nullable=False),
        sa.Column("changed_at", columns.UtcTime(), nullable=False),
        sa.Column("changed_sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("order_hash"),
    )
    with op.batch_alter_table("market_order", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_market_order_number"), ["number"], unique=False)
        batch_op.create_index(batch_op.f("ix_market_order_state"), ["state"], unique=False)
        batch_op.create_index("market_order_maker_state", ["maker", "state"], unique=False)

    op.create_table(
        "market_trade",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("class_id", columns.Uint256(), nullable=False),
        sa.Column("buy_id", sa.BigInteger(), nullable=False),
        sa.Column("sell_id", sa.BigInteger(), nullable=False),
        sa.Column("buy_hash", columns.Bytes32(), nullable=False),
        sa.Column("sell_hash", columns.Bytes32(), nullable=False),
        sa.Column("buyer", columns.Address(), nullable=False),
        sa.Column("seller", columns.Address(), nullable=False),
        sa.Column("taker_side", sa.String(length=4), nullable=False),
        sa.Column("lots", sa.BigInteger(), nullable=False),
        sa.Column("price_per_kg", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("matched_at", columns.UtcTime(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", columns.UtcTime(), nullable=True),
        sa.Column("tx_hash", columns.Bytes32(), nullable=True),
        sa.Column("settled_at", columns.UtcTime(), nullable=True),
        sa.Column("bust_reason", sa.String(length=64), nullable=True),
        sa.Column("busted_at", columns.UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("market_trade", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_market_trade_buy_id"), ["buy_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_market_trade_sell_id"), ["sell_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_market_trade_state"), ["state"], unique=False)
        batch_op.create_index("market_trade_buyer_state", ["buyer", "state"], unique=False)
        batch_op.create_index("market_trade_class", ["class_id", "id"], unique=False)
        batch_op.create_index("market_trade_seller_state", ["seller", "state"], unique=False)


def downgrade() -> None:
    """Back from this version."""
    with op.batch_alter_table("market_trade", schema=None) as batch_op:
        batch_op.drop_index("market_trade_seller_state")
        batch_op.drop_index("market_trade_class")
        batch_op.drop_index("market_trade_buyer_state")
        batch_op.drop_index(batch_op.f("ix_market_trade_state"))
        batch_op.drop_index(batch_op.f("ix_market_trade_sell_id"))
        batch_op.drop_index(batch_op.f("ix_market_trade_buy_id"))

    op.drop_table("market_trade")
    with op.batch_alter_table("market_order", schema=None) as batch_op:
        batch_op.drop_index("market_order_maker_state")
        batch_op.drop_index(batch_op.f("ix_market_order_state"))
        batch_op.drop_index(batch_op.f("ix_market_order_number"))

    op.drop_table("market_order")
    with op.batch_alter_table("market_number_lease", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_market_number_lease_maker"))

    op.drop_table("market_number_lease")
    op.drop_table("market_journal")
    op.drop_table("market_class")
