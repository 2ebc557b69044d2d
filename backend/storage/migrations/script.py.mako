"""${message.capitalize()}."""

import sqlalchemy as sa
from alembic import op

from backend.storage import columns

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Back from this version."""
    ${downgrades if downgrades else "pass"}
