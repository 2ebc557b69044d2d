"""Link: first tables."""

import sqlalchemy as sa
from alembic import op

from backend.storage import columns

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "link_block",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", columns.Bytes32(), nullable=False),
        sa.Column("parent_hash", columns.Bytes32(), nullable=False),
        sa.Column("time", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("hash"),
    )
    op.create_table(
        "link_credit_approval",
        sa.Column("account", columns.Address(), nullable=False),
        sa.Column("operator", columns.Address(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("account", "operator", "block_number", "log_index"),
    )
    op.create_table(
        "link_credit_balance",
        sa.Column("account", columns.Address(), nullable=False),
        sa.Column("class_id", columns.Uint256(), nullable=False),
        sa.Column("held_gco2e", columns.Uint256(), nullable=False),
        sa.Column("retired_gco2e", columns.Uint256(), nullable=False),
        sa.PrimaryKeyConstraint("account", "class_id"),
    )
    op.create_table(
        "link_credit_class",
        sa.Column("class_id", columns.Uint256(), nullable=False),
        sa.Column("cap_gco2e", columns.Uint256(), nullable=False),
        sa.Column("buffer_rate_bps", sa.Integer(), nullable=False),
        sa.Column("budgets_gco2e", columns.Uint256(), nullable=False),
        sa.Column("surpluses_gco2e", columns.Uint256(), nullable=False),
        sa.Column("issued_gco2e", columns.Uint256(), nullable=False),
        sa.Column("retired_gco2e", columns.Uint256(), nullable=False),
        sa.Column("cancelled_gco2e", columns.Uint256(), nullable=False),
        sa.Column("expired_gco2e", columns.Uint256(), nullable=False),
        sa.Column("buffer_gco2e", columns.Uint256(), nullable=False),
        sa.Column("reversed_gco2e", columns.Uint256(), nullable=False),
        sa.PrimaryKeyConstraint("class_id"),
    )
    op.create_table(
        "link_cursor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", columns.Bytes32(), nullable=False),
        sa.Column("time", columns.UtcTime(), nullable=False),
        sa.Column("final_number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "link_intent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("contract", sa.String(length=64), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", columns.UtcTime(), nullable=False),
        sa.Column("sender", columns.Address(), nullable=True),
        sa.Column("nonce", sa.BigInteger(), nullable=True),
        sa.Column("tx_hash", columns.Bytes32(), nullable=True),
        sa.Column("first_sent_at", columns.UtcTime(), nullable=True),
        sa.Column("block_number", sa.BigInteger(), nullable=True),
        sa.Column("block_hash", columns.Bytes32(), nullable=True),
        sa.Column("succeeded", sa.Boolean(), nullable=True),
        sa.Column("revert_data", sa.LargeBinary(), nullable=True),
        sa.Column("revert_reason", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "reference"),
        sa.UniqueConstraint("sender", "nonce"),
    )
    with op.batch_alter_table("link_intent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_link_intent_block_number"), ["block_number"], unique=False)
        batch_op.create_index(batch_op.f("ix_link_intent_state"), ["state"], unique=False)

    op.create_table(
        "link_lease",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("pid", sa.BigInteger(), nullable=False),
        sa.Column("until", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "link_maker_epoch",
        sa.Column("account", columns.Address(), nullable=False),
        sa.Column("epoch", columns.Uint256(), nullable=False),
        sa.PrimaryKeyConstraint("account"),
    )
    op.create_table(
        "link_network",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("genesis_hash", sa.String(length=66), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "link_payment_allowance",
        sa.Column("account", columns.Address(), nullable=False),
        sa.Column("spender", columns.Address(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("amount", columns.Uint256(), nullable=False),
        sa.PrimaryKeyConstraint("account", "spender", "block_number", "log_index"),
    )
    op.create_table(
        "link_payment_balance",
        sa.Column("account", columns.Address(), nullable=False),
        sa.Column("balance", columns.Uint256(), nullable=False),
        sa.PrimaryKeyConstraint("account"),
    )
    op.create_table(
        "link_spent_number",
        sa.Column("contract", sa.String(length=32), nullable=False),
        sa.Column("account", columns.Address(), nullable=False),
        sa.Column("number", columns.Uint256(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("contract", "account", "number"),
    )
    op.create_table(
        "link_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("intent_id", sa.Integer(), nullable=False),
        sa.Column("sender", columns.Address(), nullable=False),
        sa.Column("nonce", sa.BigInteger(), nullable=False),
        sa.Column("tx_hash", columns.Bytes32(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.Column("gas", sa.BigInteger(), nullable=False),
        sa.Column("max_fee_wei", columns.Uint256(), nullable=False),
        sa.Column("priority_fee_wei", columns.Uint256(), nullable=False),
        sa.Column("signed_at", columns.UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["intent_id"],
            ["link_intent.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tx_hash"),
    )
    with op.batch_alter_table("link_attempt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_link_attempt_intent_id"), ["intent_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_link_attempt_nonce"), ["nonce"], unique=False)

    op.create_table(
        "link_event",
        sa.Column("block_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("block_hash", columns.Bytes32(), nullable=False),
        sa.Column("tx_hash", columns.Bytes32(), nullable=False),
        sa.Column("contract", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("args", sa.String(), nullable=False),
        sa.Column("topics", sa.LargeBinary(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["block_number"], ["link_block.number"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("block_number", "log_index"),
        sa.UniqueConstraint("block_hash", "log_index"),
    )
    with op.batch_alter_table("link_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_link_event_name"), ["name"], unique=False)
        batch_op.create_index(batch_op.f("ix_link_event_tx_hash"), ["tx_hash"], unique=False)


def downgrade() -> None:
    """Back from this version."""
    with op.batch_alter_table("link_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_link_event_tx_hash"))
        batch_op.drop_index(batch_op.f("ix_link_event_name"))

    op.drop_table("link_event")
    with op.batch_alter_table("link_attempt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_link_attempt_nonce"))
        batch_op.drop_index(batch_op.f("ix_link_attempt_intent_id"))

    op.drop_table("link_attempt")
    op.drop_table("link_spent_number")
    op.drop_table("link_payment_balance")
    op.drop_table("link_payment_allowance")
    op.drop_table("link_network")
    op.drop_table("link_maker_epoch")
    op.drop_table("link_lease")
    with op.batch_alter_table("link_intent", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_link_intent_state"))
        batch_op.drop_index(batch_op.f("ix_link_intent_block_number"))

    op.drop_table("link_intent")
    op.drop_table("link_cursor")
    op.drop_table("link_credit_class")
    op.drop_table("link_credit_balance")
    op.drop_table("link_credit_approval")
    op.drop_table("link_block")
