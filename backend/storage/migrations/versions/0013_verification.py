"""Issuance and ledger: terms of accreditation, returns, questions, appeals, draws, re-audits, corrections.

Words lie sealed from the first; the next version seals what was there before.
"""

import sqlalchemy as sa
from alembic import op

from backend.storage import columns

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version. When a verifier was accredited is what its block says, which the index kept."""
    op.create_table(
        "issuance_accreditation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("verifier", columns.Address(), nullable=False),
        sa.Column("granted_by", columns.Address(), nullable=False),
        sa.Column("granted_at", columns.UtcTime(), nullable=False),
        sa.Column("expires_at", columns.UtcTime(), nullable=False),
        sa.Column("signature", sa.LargeBinary(length=65), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("issuance_accreditation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_issuance_accreditation_verifier"), ["verifier"], unique=False)

    op.create_table(
        "issuance_draw",
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("listed", sa.Text(), nullable=False),
        sa.Column("list_digest", columns.Bytes32(), nullable=False),
        sa.Column("opened_at", columns.UtcTime(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=True),
        sa.Column("block_hash", columns.Bytes32(), nullable=True),
        sa.Column("block_at", columns.UtcTime(), nullable=True),
        sa.Column("concluded_at", columns.UtcTime(), nullable=True),
        sa.Column("seed", columns.Bytes32(), nullable=True),
        sa.PrimaryKeyConstraint("day"),
    )
    op.create_table(
        "issuance_draw_anchoring",
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("digest", columns.Bytes32(), nullable=False),
        sa.Column("anchored_at", columns.UtcTime(), nullable=False),
        sa.Column("tx_hash", columns.Bytes32(), nullable=False),
        sa.PrimaryKeyConstraint("day"),
    )
    op.create_table(
        "issuance_inspection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("vintage", sa.Integer(), nullable=False),
        sa.Column("nullifier", columns.Bytes32(), nullable=False),
        sa.Column("asked_at", columns.UtcTime(), nullable=False),
        sa.Column("verifier", columns.Address(), nullable=True),
        sa.Column("inspected", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("decided_at", columns.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["ledger_person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("issuance_inspection", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_issuance_inspection_person_id"), ["person_id"], unique=False)

    op.create_table(
        "issuance_question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("statement_digest", columns.Bytes32(), nullable=False),
        sa.Column("verifier", columns.Address(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("asked_at", columns.UtcTime(), nullable=False),
        sa.Column("answered_at", columns.UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("issuance_question", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_issuance_question_statement_digest"), ["statement_digest"], unique=False)

    op.create_table(
        "issuance_return",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("statement_digest", columns.Bytes32(), nullable=False),
        sa.Column("verifier", columns.Address(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("returned_at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("issuance_return", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_issuance_return_statement_digest"), ["statement_digest"], unique=False)

    op.create_table(
        "issuance_reversal",
        sa.Column("block_number", sa.Integer(), nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.Column("class_id", columns.Uint256(), nullable=False),
        sa.Column("amount_gco2e", columns.Uint256(), nullable=False),
        sa.Column("reference", columns.Bytes32(), nullable=False),
        sa.PrimaryKeyConstraint("block_number", "log_index"),
    )
    with op.batch_alter_table("issuance_reversal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_issuance_reversal_reference"), ["reference"], unique=False)

    op.create_table(
        "issuance_appeal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("statement_digest", columns.Bytes32(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("against", sa.String(), nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("decided_against_by", columns.Address(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", columns.UtcTime(), nullable=False),
        sa.Column("due_at", columns.UtcTime(), nullable=False),
        sa.Column("verifier", columns.Address(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("decided_at", columns.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["ledger_person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("against", "decision_id"),
    )
    with op.batch_alter_table("issuance_appeal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_issuance_appeal_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_issuance_appeal_statement_digest"), ["statement_digest"], unique=False)

    op.create_table(
        "issuance_commitment",
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("verifier", columns.Address(), nullable=False),
        sa.Column("commitment", columns.Bytes32(), nullable=False),
        sa.Column("signature", sa.LargeBinary(length=65), nullable=False),
        sa.Column("committed_at", columns.UtcTime(), nullable=False),
        sa.Column("secret", columns.Bytes32(), nullable=True),
        sa.Column("revealed_at", columns.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["day"],
            ["issuance_draw.day"],
        ),
        sa.PrimaryKeyConstraint("day", "verifier"),
    )
    op.create_table(
        "issuance_reaudit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("statement_digest", columns.Bytes32(), nullable=False),
        sa.Column("verifier", columns.Address(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("amount_gco2e", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("decided_at", columns.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["day"],
            ["issuance_draw.day"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("day", "statement_digest"),
    )
    with op.batch_alter_table("issuance_reaudit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_issuance_reaudit_day"), ["day"], unique=False)
        batch_op.create_index(batch_op.f("ix_issuance_reaudit_statement_digest"), ["statement_digest"], unique=False)

    op.create_table(
        "ledger_correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("statement_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("vintage", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount_gco2e", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("reference", columns.Bytes32(), nullable=False),
        sa.Column("made_at", columns.UtcTime(), nullable=False),
        sa.Column("lifted_at", columns.UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["ledger_person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["ledger_statement.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("reference"),
        sa.UniqueConstraint("source"),
    )
    with op.batch_alter_table("ledger_correction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_correction_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_correction_statement_id"), ["statement_id"], unique=False)

    with op.batch_alter_table("issuance_verifier_change", schema=None) as batch_op:
        batch_op.add_column(sa.Column("changed_at", columns.UtcTime(), nullable=True))
    op.execute(
        "UPDATE issuance_verifier_change SET changed_at = "
        "(SELECT time FROM link_block WHERE link_block.number = issuance_verifier_change.block_number)"
    )
    with op.batch_alter_table("issuance_verifier_change", schema=None) as batch_op:
        batch_op.alter_column("changed_at", existing_type=columns.UtcTime(), nullable=False)


def downgrade() -> None:
    """From this version."""
    with op.batch_alter_table("issuance_verifier_change", schema=None) as batch_op:
        batch_op.drop_column("changed_at")

    with op.batch_alter_table("ledger_correction", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_correction_statement_id"))
        batch_op.drop_index(batch_op.f("ix_ledger_correction_person_id"))

    op.drop_table("ledger_correction")
    with op.batch_alter_table("issuance_reaudit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_issuance_reaudit_statement_digest"))
        batch_op.drop_index(batch_op.f("ix_issuance_reaudit_day"))

    op.drop_table("issuance_reaudit")
    op.drop_table("issuance_commitment")
    with op.batch_alter_table("issuance_appeal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_issuance_appeal_statement_digest"))
        batch_op.drop_index(batch_op.f("ix_issuance_appeal_person_id"))

    op.drop_table("issuance_appeal")
    with op.batch_alter_table("issuance_reversal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_issuance_reversal_reference"))

    op.drop_table("issuance_reversal")
    with op.batch_alter_table("issuance_return", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_issuance_return_statement_digest"))

    op.drop_table("issuance_return")
    with op.batch_alter_table("issuance_question", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_issuance_question_statement_digest"))

    op.drop_table("issuance_question")
    with op.batch_alter_table("issuance_inspection", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_issuance_inspection_person_id"))

    op.drop_table("issuance_inspection")
    op.drop_table("issuance_draw_anchoring")
    op.drop_table("issuance_draw")
    with op.batch_alter_table("issuance_accreditation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_issuance_accreditation_verifier"))

    op.drop_table("issuance_accreditation")
