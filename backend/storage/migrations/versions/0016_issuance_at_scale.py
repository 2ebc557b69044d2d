"""Issuance: a batch's leaves are found by their place, and wards by their guardian, in a table of a million too."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.drop_index("ix_issuance_claim_root", "issuance_claim")
    op.create_index("issuance_claim_place", "issuance_claim", ["root", "position"])
    op.create_index("ix_ledger_person_guardian", "ledger_person", ["guardian"])


def downgrade() -> None:
    """From this version."""
    op.drop_index("ix_ledger_person_guardian", "ledger_person")
    op.drop_index("issuance_claim_place", "issuance_claim")
    op.create_index("ix_issuance_claim_root", "issuance_claim", ["root"])
