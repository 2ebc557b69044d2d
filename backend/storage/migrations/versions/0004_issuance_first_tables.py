"""Issuance: first tables."""

import sqlalchemy as sa
from alembic import op

from backend.storage import columns

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "issuance_anchoring",
        sa.Column("root", columns.Bytes32(), nullable=False),
        sa.Column("anchored_at", columns.UtcTime(), nullable=False),
        sa.Column("tx_hash", columns.Bytes32(), nullable=False),
        sa.Column("verifiers", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("root"),
    )
    op.create_table(
        "issuance_approval",
        sa.Column("root", columns.Bytes32(), nullable=False),
        sa.Column("verifier", columns.Address(), nullable=False),
        sa.Column("signature", sa.LargeBinary(length=65), nullable=False),
        sa.Column("approved_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("root", "verifier"),
    )
    op.create_table(
        "issuance_attestation",
        sa.Column("statement_digest", columns.Bytes32(), nullable=False),
        sa.Column("verifier", columns.Address(), nullable=False),
        sa.Column("nullifier", columns.Bytes32(), nullable=False),
        sa.Column("class_id", columns.Uint256(), nullable=False),
        sa.Column("credit_gco2e", sa.BigInteger(), nullable=False),
        sa.Column("deficit_gco2e", sa.BigInteger(), nullable=False),
        sa.Column("rule_version", sa.String(), nullable=False),
        sa.Column("attested_at", columns.UtcTime(), nullable=False),
        sa.Column("accepted", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(length=65), nullable=False),
        sa.PrimaryKeyConstraint("statement_digest"),
    )
    with op.batch_alter_table("issuance_attestation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_issuance_attestation_verifier"), ["verifier"], unique=False)

    op.create_table(
        "issuance_batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("root", columns.Bytes32(), nullable=False),
        sa.Column("class_id", columns.Uint256(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("budgets_gco2e", columns.Uint256(), nullable=False),
        sa.Column("footprints_gco2e", columns.Uint256(), nullable=False),
        sa.Column("surpluses_gco2e", columns.Uint256(), nullable=False),
        sa.Column("deficits_gco2e", columns.Uint256(), nullable=False),
        sa.Column("policy_id", sa.String(), nullable=False),
        sa.Column("policy_digest", columns.Bytes32(), nullable=False),
        sa.Column("factors_digest", columns.Bytes32(), nullable=False),
        sa.Column("deadline", columns.UtcTime(), nullable=False),
        sa.Column("planned_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("root"),
    )
    op.create_table(
        "issuance_claim",
        sa.Column("statement_digest", columns.Bytes32(), nullable=False),
        sa.Column("root", columns.Bytes32(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("account", columns.Address(), nullable=False),
        sa.Column("amount_gco2e", sa.BigInteger(), nullable=False),
        sa.Column("nullifier", columns.Bytes32(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("statement_digest"),
    )
    with op.batch_alter_table("issuance_claim", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_issuance_claim_root"), ["root"], unique=False)

    op.create_table(
        "issuance_mint",
        sa.Column("nullifier", columns.Bytes32(), nullable=False),
        sa.Column("root", columns.Bytes32(), nullable=False),
        sa.Column("statement_digest", columns.Bytes32(), nullable=False),
        sa.Column("buffer_gco2e", columns.Uint256(), nullable=False),
        sa.Column("minted_at", columns.UtcTime(), nullable=False),
        sa.Column("tx_hash", columns.Bytes32(), nullable=False),
        sa.PrimaryKeyConstraint("nullifier"),
    )
    with op.batch_alter_table("issuance_mint", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_issuance_mint_root"), ["root"], unique=False)

    op.create_table(
        "issuance_suspension_change",
        sa.Column("block_number", sa.Integer(), nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.Column("root", columns.Bytes32(), nullable=False),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("block_number", "log_index"),
    )
    with op.batch_alter_table("issuance_suspension_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_issuance_suspension_change_root"), ["root"], unique=False)

    op.create_table(
        "issuance_threshold_change",
        sa.Column("block_number", sa.Integer(), nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("block_number", "log_index"),
    )
    op.create_table(
        "issuance_verifier_change",
        sa.Column("block_number", sa.Integer(), nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.Column("verifier", columns.Address(), nullable=False),
        sa.Column("accredited", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("block_number", "log_index"),
    )
    with op.batch_alter_table("issuance_verifier_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_issuance_verifier_change_verifier"), ["verifier"], unique=False)


def downgrade() -> None:
    """Back from this version."""
    with op.batch_alter_table("issuance_verifier_change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_issuance_verifier_change_verifier"))

    op.drop_table("issuance_verifier_change")
    op.drop_table("issuance_threshold_change")
    with op.batch_alter_table("issuance_suspension_change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_issuance_suspension_change_root"))

    op.drop_table("issuance_suspension_change")
    with op.batch_alter_table("issuance_mint", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_issuance_mint_root"))

    op.drop_table("issuance_mint")
    with op.batch_alter_table("issuance_claim", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_issuance_claim_root"))

    op.drop_table("issuance_claim")
    op.drop_table("issuance_batch")
    with op.batch_alter_table("issuance_attestation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_issuance_attestation_verifier"))

    op.drop_table("issuance_attestation")
    op.drop_table("issuance_approval")
    op.drop_table("issuance_anchoring")
