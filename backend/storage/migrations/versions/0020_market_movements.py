"""Market: what came to and went from accounts, from the transfers already indexed; trades by class and time."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from backend.storage import columns

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ZERO_ADDRESS = "0x" + 40 * "0"
ROWS_AT_ONCE = 1_000

EVENT = sa.table(
    "link_event",
    sa.column("block_number"),
    sa.column("log_index"),
    sa.column("tx_hash", columns.Bytes32()),
    sa.column("contract"),
    sa.column("name"),
    sa.column("args"),
)
BLOCK = sa.table("link_block", sa.column("number"), sa.column("time", columns.UtcTime()))


def rows_of(event: Any) -> list[dict[str, object]]:
    """As the projection makes them."""
    args = json.loads(event.args)
    moved: list[tuple[int | None, int]]
    if event.contract == "PaymentToken":
        moved = [(None, int(args["value"]))]
    elif event.name == "TransferSingle":
        moved = [(int(args["id"]), int(args["value"]))]
    else:
        moved = [(int(item), int(value)) for item, value in zip(args["ids"], args["values"], strict=True)]
    sides = ((args["from"], args["to"], False), (args["to"], args["from"], True))
    return [
        {
            "block_number": event.block_number,
            "log_index": event.log_index,
            "part": 2 * part + is_in,
            "account": account,
            "other": other,
            "is_in": is_in,
            "class_id": class_id,
            "amount": amount,
            "tx_hash": event.tx_hash,
            "at": event.time,
        }
        for part, (class_id, amount) in enumerate(moved)
        for account, other, is_in in sides
        if account != ZERO_ADDRESS
    ]


def upgrade() -> None:
    """To this version."""
    movement = op.create_table(
        "market_movement",
        sa.Column("block_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("part", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account", columns.Address(), nullable=False),
        sa.Column("other", columns.Address(), nullable=False),
        sa.Column("is_in", sa.Boolean(), nullable=False),
        sa.Column("class_id", columns.Uint256(), nullable=True),
        sa.Column("amount", columns.Uint256(), nullable=False),
        sa.Column("tx_hash", columns.Bytes32(), nullable=False),
        sa.Column("at", columns.UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("block_number", "log_index", "part"),
    )
    with op.batch_alter_table("market_movement", schema=None) as batch_op:
        batch_op.create_index("market_movement_account", ["account", "block_number", "log_index", "part"], unique=False)
    with op.batch_alter_table("market_trade", schema=None) as batch_op:
        batch_op.create_index("market_trade_class_time", ["class_id", "matched_at"], unique=False)
    names = ("Transfer", "TransferSingle", "TransferBatch")
    query = (
        sa.select(*EVENT.c, BLOCK.c.time)
        .join(BLOCK, BLOCK.c.number == EVENT.c.block_number)
        .where(EVENT.c.contract.in_(("PaymentToken", "CarbonCredit")), EVENT.c.name.in_(names))
    )
    found = op.get_bind().execute(query)
    while events := found.fetchmany(ROWS_AT_ONCE):
        op.bulk_insert(movement, [row for event in events for row in rows_of(event)])


def downgrade() -> None:
    """From this version."""
    with op.batch_alter_table("market_trade", schema=None) as batch_op:
        batch_op.drop_index("market_trade_class_time")
    with op.batch_alter_table("market_movement", schema=None) as batch_op:
        batch_op.drop_index("market_movement_account")
    op.drop_table("market_movement")
