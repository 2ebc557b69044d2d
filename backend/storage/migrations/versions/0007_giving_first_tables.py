"""Giving: first tables."""

import sqlalchemy as sa
from alembic import op

from backend.storage import columns

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "giving_campaign",
        sa.Column("campaign_id", columns.Uint256(), nullable=False),
        sa.Column("charity", columns.Address(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("funding", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("opens_at", columns.UtcTime(), nullable=False),
        sa.Column("closes_at", columns.UtcTime(), nullable=False),
        sa.Column("target_gco2e", columns.Uint256(), nullable=False),
        sa.Column("story_digest", columns.Bytes32(), nullable=False),
        sa.Column("opened_at", columns.UtcTime(), nullable=False),
        sa.Column("tx_hash", columns.Bytes32(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id"),
    )
    with op.batch_alter_table("giving_campaign", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_giving_campaign_charity"), ["charity"], unique=False)

    op.create_table(
        "giving_campaign_holding",
        sa.Column("campaign_id", columns.Uint256(), nullable=False),
        sa.Column("class_id", columns.Uint256(), nullable=False),
        sa.Column("donated_gco2e", columns.Uint256(), nullable=False),
        sa.Column("retired_gco2e", columns.Uint256(), nullable=False),
        sa.Column("granted_gco2e", columns.Uint256(), nullable=False),
        sa.Column("refunded_gco2e", columns.Uint256(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "class_id"),
    )
    op.create_table(
        "giving_charity_listing",
        sa.Column("charity", columns.Address(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("charity", "block_number", "log_index"),
    )
    op.create_table(
        "giving_desk_act",
        sa.Column("charity", columns.Address(), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("nonce", sa.BigInteger(), nullable=False),
        sa.Column("tx_hash", columns.Bytes32(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("signed_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("charity", "reference"),
        sa.UniqueConstraint("tx_hash"),
    )
    op.create_table(
        "giving_movement",
        sa.Column("block_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tx_hash", columns.Bytes32(), nullable=False),
        sa.Column("at", columns.UtcTime(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("campaign_id", columns.Uint256(), nullable=False),
        sa.Column("class_id", columns.Uint256(), nullable=False),
        sa.Column("amount_gco2e", columns.Uint256(), nullable=False),
        sa.Column("donor", columns.Address(), nullable=True),
        sa.Column("ref", columns.Bytes32(), nullable=True),
        sa.Column("counted_gco2e", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("block_number", "log_index"),
    )
    with op.batch_alter_table("giving_movement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_giving_movement_campaign_id"), ["campaign_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_giving_movement_donor"), ["donor"], unique=False)
        batch_op.create_index(batch_op.f("ix_giving_movement_ref"), ["ref"], unique=False)
        batch_op.create_index(batch_op.f("ix_giving_movement_tx_hash"), ["tx_hash"], unique=False)

    op.create_table(
        "giving_relay",
        sa.Column("intent_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("account", columns.Address(), nullable=False),
        sa.Column("number", columns.Uint256(), nullable=False),
        sa.Column("class_id", columns.Uint256(), nullable=True),
        sa.Column("amount_gco2e", columns.Uint256(), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("intent_id"),
    )
    with op.batch_alter_table("giving_relay", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_giving_relay_account"), ["account"], unique=False)

    op.create_table(
        "giving_retirement",
        sa.Column("block_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tx_hash", columns.Bytes32(), nullable=False),
        sa.Column("at", columns.UtcTime(), nullable=False),
        sa.Column("account", columns.Address(), nullable=False),
        sa.Column("beneficiary", columns.Address(), nullable=False),
        sa.Column("class_id", columns.Uint256(), nullable=False),
        sa.Column("amount_gco2e", columns.Uint256(), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("ref", columns.Bytes32(), nullable=False),
        sa.Column("counted_gco2e", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("block_number", "log_index"),
    )
    with op.batch_alter_table("giving_retirement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_giving_retirement_account"), ["account"], unique=False)
        batch_op.create_index(batch_op.f("ix_giving_retirement_beneficiary"), ["beneficiary"], unique=False)
        batch_op.create_index(batch_op.f("ix_giving_retirement_tx_hash"), ["tx_hash"], unique=False)

    op.create_table(
        "giving_story",
        sa.Column("digest", columns.Bytes32(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("published_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )


def downgrade() -> None:
    """Back from this version."""
    op.drop_table("giving_story")
    with op.batch_alter_table("giving_retirement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_giving_retirement_tx_hash"))
        batch_op.drop_index(batch_op.f("ix_giving_retirement_beneficiary"))
        batch_op.drop_index(batch_op.f("ix_giving_retirement_account"))

    op.drop_table("giving_retirement")
    with op.batch_alter_table("giving_relay", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_giving_relay_account"))

    op.drop_table("giving_relay")
    with op.batch_alter_table("giving_movement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_giving_movement_tx_hash"))
        batch_op.drop_index(batch_op.f("ix_giving_movement_ref"))
        batch_op.drop_index(batch_op.f("ix_giving_movement_donor"))
        batch_op.drop_index(batch_op.f("ix_giving_movement_campaign_id"))

    op.drop_table("giving_movement")
    op.drop_table("giving_desk_act")
    op.drop_table("giving_charity_listing")
    op.drop_table("giving_campaign_holding")
    with op.batch_alter_table("giving_campaign", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_giving_campaign_charity"))

    op.drop_table("giving_campaign")
