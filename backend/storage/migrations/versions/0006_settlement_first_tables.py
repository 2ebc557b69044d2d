"""Settlement: first tables."""

import sqlalchemy as sa
from alembic import op

from backend.storage import columns

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "settlement_batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("settlement_batch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_settlement_batch_state"), ["state"], unique=False)

    op.create_table(
        "settlement_fee_rate",
        sa.Column("block_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fee_bps", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("block_number", "log_index"),
    )
    op.create_table(
        "settlement_fill",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.Column("at", columns.UtcTime(), nullable=False),
        sa.Column("tx_hash", columns.Bytes32(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.Column("trade_id", sa.Integer(), nullable=True),
        sa.Column("class_id", columns.Uint256(), nullable=False),
        sa.Column("buy_hash", columns.Bytes32(), nullable=False),
        sa.Column("sell_hash", columns.Bytes32(), nullable=False),
        sa.Column("buyer", columns.Address(), nullable=False),
        sa.Column("seller", columns.Address(), nullable=False),
        sa.Column("lots", columns.Uint256(), nullable=False),
        sa.Column("price_per_kg", columns.Uint256(), nullable=False),
        sa.Column("buyer_fee", columns.Uint256(), nullable=False),
        sa.Column("seller_fee", columns.Uint256(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("block_number", "log_index"),
    )
    with op.batch_alter_table("settlement_fill", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_settlement_fill_buy_hash"), ["buy_hash"], unique=False)
        batch_op.create_index(batch_op.f("ix_settlement_fill_buyer"), ["buyer"], unique=False)
        batch_op.create_index(batch_op.f("ix_settlement_fill_class_id"), ["class_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_settlement_fill_sell_hash"), ["sell_hash"], unique=False)
        batch_op.create_index(batch_op.f("ix_settlement_fill_seller"), ["seller"], unique=False)
        batch_op.create_index(batch_op.f("ix_settlement_fill_trade_id"), ["trade_id"], unique=False)

    op.create_table(
        "settlement_leg",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("match_index", sa.Integer(), nullable=False),
        sa.Column("trade_id", sa.Integer(), nullable=False),
        sa.Column("buy_hash", columns.Bytes32(), nullable=False),
        sa.Column("sell_hash", columns.Bytes32(), nullable=False),
        sa.Column("lots", sa.BigInteger(), nullable=False),
        sa.Column("price_per_kg", columns.Uint256(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["settlement_batch.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("batch_id", "match_index"),
    )
    with op.batch_alter_table("settlement_leg", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_settlement_leg_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_settlement_leg_trade_id"), ["trade_id"], unique=False)


def downgrade() -> None:
    """Back from this version."""
    with op.batch_alter_table("settlement_leg", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_settlement_leg_trade_id"))
        batch_op.drop_index(batch_op.f("ix_settlement_leg_state"))

    op.drop_table("settlement_leg")
    with op.batch_alter_table("settlement_fill", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_settlement_fill_trade_id"))
        batch_op.drop_index(batch_op.f("ix_settlement_fill_seller"))
        batch_op.drop_index(batch_op.f("ix_settlement_fill_sell_hash"))
        batch_op.drop_index(batch_op.f("ix_settlement_fill_class_id"))
        batch_op.drop_index(batch_op.f("ix_settlement_fill_buyer"))
        batch_op.drop_index(batch_op.f("ix_settlement_fill_buy_hash"))

    op.drop_table("settlement_fill")
    op.drop_table("settlement_fee_rate")
    with op.batch_alter_table("settlement_batch", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_settlement_batch_state"))

    op.drop_table("settlement_batch")
