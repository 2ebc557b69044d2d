"""Market: a class is listed with all its rules; acts of governance; the spread of trading days."""

import json

import sqlalchemy as sa
from alembic import op

from backend.storage import columns

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_LISTED = sa.table(
    "market_class",
    sa.column("class_id", columns.Uint256()),
    sa.column("rules", sa.String()),
    *(sa.column(name, sa.BigInteger()) for name in ("tick", "lots_min", "lots_max", "price_max")),
    sa.column("open_orders_max", sa.Integer()),
)
_CALLS = [hour * 3600 for hour in (2, 6, 10, 14, 18)]


def upgrade() -> None:
    """To this version. What was listed before gets the rules of a thin class, as if the chain were read anew."""
    op.create_table(
        "market_governed_act",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("class_id", columns.Uint256(), nullable=False),
        sa.Column("by_account", columns.Address(), nullable=True),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("changes", sa.String(), nullable=False),
        sa.Column("at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
    )
    op.create_index("market_governed_act_class", "market_governed_act", ["class_id", "sequence"], unique=False)
    op.create_table(
        "market_spread_day",
        sa.Column("class_id", columns.Uint256(), nullable=False),
        sa.Column("day", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("moments", sa.Integer(), nullable=False),
        sa.Column("spread_bps", sa.Integer(), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("class_id", "day"),
    )
    op.add_column("market_class", sa.Column("rules", sa.String(), nullable=False, server_default=""))
    for row in op.get_bind().execute(sa.select(_LISTED)).all():
        rules = json.dumps(_rules(row), sort_keys=True, separators=(",", ":"))
        op.execute(sa.update(_LISTED).where(_LISTED.c.class_id == row.class_id).values(rules=rules))
    with op.batch_alter_table("market_class") as table:
        table.alter_column("rules", existing_type=sa.String(), existing_nullable=False, server_default=None)
        for name in ("tick", "lots_min", "lots_max", "price_max", "open_orders_max"):
            table.drop_column(name)


def _rules(row: sa.Row[tuple[object, ...]]) -> dict[str, object]:
    day = {"calls": _CALLS, "collectS": 600, "randomEndS": 30, "volatilityS": 180}
    return {
        "tick": str(row.tick),
        "lotsMin": str(row.lots_min),
        "lotsMax": str(row.lots_max),
        "priceMax": str(row.price_max),
        "openOrdersMax": row.open_orders_max,
        "lotsHeldMax": None,
        "bandBps": 1_000,
        "protectionBps": 500,
        "resaleNextDay": False,
        "mode": "call",
        "modePinned": False,
        "day": day | {"opensS": 0, "closesS": 86_400, "preOpenS": 0},
    }


def downgrade() -> None:
    """From this version. What is listed has the rules that every class was listed with."""
    with op.batch_alter_table("market_class") as table:
        table.drop_column("rules")
        for name, value in (("tick", 100), ("lots_min", 1), ("lots_max", 1_000_000), ("price_max", 10**12)):
            table.add_column(sa.Column(name, sa.BigInteger(), nullable=False, server_default=str(value)))
        table.add_column(sa.Column("open_orders_max", sa.Integer(), nullable=False, server_default="200"))
    with op.batch_alter_table("market_class") as table:
        for name in ("tick", "lots_min", "lots_max", "price_max", "open_orders_max"):
            table.alter_column(name, server_default=None)
    op.drop_table("market_spread_day")
    op.drop_index("market_governed_act_class", "market_governed_act")
    op.drop_table("market_governed_act")
