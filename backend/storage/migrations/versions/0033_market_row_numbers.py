"""Market: what is written with every order has on SQLite no index of its row numbers beside it, and lines of the journal
none of their hashes, by which nobody looks for them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_NUMBERS = {"market_order": "id", "market_trade": "id"}
_NAMES = {"uq": "uq_%(table_name)s_%(column_0_name)s"}
"""SQLite's constraints have no names until they are given some."""


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _retype(table: str, column: str, was: sa.types.TypeEngine[int], becomes: sa.types.TypeEngine[int]) -> None:
    with op.batch_alter_table(table) as batch_op:
        batch_op.alter_column(column, existing_type=was, type_=becomes, existing_nullable=False)


def upgrade() -> None:
    """To this version."""
    if not _is_sqlite():
        op.drop_constraint("market_journal_hash_key", "market_journal", type_="unique")
        return
    with op.batch_alter_table("market_journal", naming_convention=_NAMES) as batch_op:
        batch_op.drop_constraint("uq_market_journal_hash", type_="unique")
        batch_op.alter_column(
            "sequence", existing_type=sa.BigInteger(), type_=sa.Integer(), existing_nullable=False
        )
    for table, column in _NUMBERS.items():
        _retype(table, column, sa.BigInteger(), sa.Integer())


def downgrade() -> None:
    """Back from this version."""
    if not _is_sqlite():
        op.create_unique_constraint("market_journal_hash_key", "market_journal", ["hash"])
        return
    for table, column in _NUMBERS.items():
        _retype(table, column, sa.Integer(), sa.BigInteger())
    with op.batch_alter_table("market_journal") as batch_op:
        batch_op.alter_column(
            "sequence", existing_type=sa.Integer(), type_=sa.BigInteger(), existing_nullable=False
        )
        batch_op.create_unique_constraint("uq_market_journal_hash", ["hash"])
