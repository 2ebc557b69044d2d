"""Ledger: what tells how a person lives is sealed with keys of a store apart; erased persons; the access log.

Existing rows are sealed where they are. `migrate` rewrites an SQLite file afterwards, so that nothing of them is left in
clear; backups made before are in clear and must be destroyed.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import context, op

from backend.kernel.digest import sha256
from backend.storage import columns
from backend.storage.sealing import KeysUnset, bound_to, seal, unseal

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

Row = sa.RowMapping

ACTIVITY_BOUND = (
    "person_id", "premises_id", "vehicle_id", "meter_hash", "point_hash", "source", "category", "start_at", "end_at",
    "entered_at",
)  # fmt: skip
ODOMETER_BOUND = ("vehicle_id", "person_id", "read_on", "activity_id", "charged_premises_id", "entered_at")
STATEMENT_BOUND = ("person_id", "vintage", "version", "digest")

TYPES: dict[str, Any] = {
    "commitment": columns.Bytes32, "meter_hash": columns.Bytes32, "point_hash": columns.Bytes32,
    "digest": columns.Bytes32, "start_at": columns.UtcTime, "end_at": columns.UtcTime, "entered_at": columns.UtcTime,
    "read_on": sa.Date, "born_on": sa.Date,
}  # fmt: skip

COMPARTMENTS: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("ledger_person", "sealed", ("born_on",), ("commitment",)),
    ("ledger_activity", "sealed", ("kind", "quantity", "unit", "given", "place"), ACTIVITY_BOUND),
    ("ledger_activity", "sealed_evidence", ("evidence",), ACTIVITY_BOUND),
    ("ledger_odometer", "sealed", ("km", "charged_kwh"), ODOMETER_BOUND),
    (
        "ledger_statement",
        "sealed",
        ("document", "footprint_gco2e", "bound_gco2e", "surplus_gco2e"),
        STATEMENT_BOUND,
    ),
    ("ledger_statement", "sealed_reason", ("reason",), STATEMENT_BOUND),
)
"""Table, sealed column, what goes into it, and what it is bound to, as they were at this version."""

CLEAR: dict[str, tuple[sa.Column[Any], ...]] = {
    "ledger_person": (sa.Column("born_on", sa.Date(), nullable=True),),
    "ledger_activity": tuple(
        sa.Column(name, sa.String(), nullable=False, server_default="")
        for name in ("kind", "quantity", "unit", "given", "place", "evidence")
    ),
    "ledger_odometer": (
        sa.Column("km", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("charged_kwh", sa.String(), nullable=False, server_default="0"),
    ),
    "ledger_statement": (
        sa.Column("document", sa.Text(), nullable=False, server_default=""),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")
            for name in ("footprint_gco2e", "bound_gco2e", "surplus_gco2e")
        ),
        sa.Column("reason", sa.String(), nullable=True),
    ),
}
"""The columns that were in clear before."""


def upgrade() -> None:
    """To this version. Columns are added and dropped in place: a table that others refer to is not made anew."""
    for table in CLEAR:
        for column in (column for of, column, _, _ in COMPARTMENTS if of == table):
            op.add_column(table, sa.Column(column, sa.LargeBinary(), nullable=True))
    _each(_sealed)
    for table, clear in CLEAR.items():
        for one in clear:
            op.drop_column(table, str(one.name))
    op.add_column("ledger_person", sa.Column("erased_at", columns.UtcTime(), nullable=True))
    op.create_table(
        "ledger_access",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", columns.UtcTime(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["ledger_person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_ledger_access_person_id"), "ledger_access", ["person_id"], unique=False)
    op.create_index(op.f("ix_ledger_statement_account"), "ledger_statement", ["account"], unique=False)


def downgrade() -> None:
    """From this version: everything is in clear again; what nobody can read any more is empty."""
    op.drop_index(op.f("ix_ledger_statement_account"), table_name="ledger_statement")
    op.drop_index(op.f("ix_ledger_access_person_id"), table_name="ledger_access")
    op.drop_table("ledger_access")
    op.drop_column("ledger_person", "erased_at")
    for table, clear in CLEAR.items():
        for one in clear:
            op.add_column(table, one.copy())
    _each(_opened)
    for table in CLEAR:
        for column in (column for of, column, _, _ in COMPARTMENTS if of == table):
            op.drop_column(table, column)


def _each(change: Callable[[bytes, str, Row, tuple[str, ...], bytes], dict[str, Any]]) -> None:
    """Changes every row of every compartment, a page at a time."""
    connection = op.get_bind()
    for table, column, names, bound in COMPARTMENTS:
        wanted = ("id", column, *names, *bound, *_OWNED_BY.get(table, ()))
        typed = sa.table(table, *(sa.column(name, TYPES.get(name)) for name in dict.fromkeys(wanted)))
        after = 0
        while rows := connection.execute(
            sa.select(typed).where(typed.c.id > after).order_by(typed.c.id).limit(500)
        ).all():
            for found in rows:
                row = found._mapping
                key = _key(connection, table, column, row)
                about = bound_to(table, column, {name: row[name] for name in bound})
                values = change(key, column, row, names, about)
                if values:
                    connection.execute(sa.update(typed).where(typed.c.id == row["id"]).values(values))
                after = row["id"]


_OWNED_BY = {"ledger_activity": ("premises_id", "vehicle_id")}


def _key(connection: sa.Connection, table: str, column: str, row: Row) -> bytes:
    keys = context.config.attributes.get("keys")
    if keys is None:
        raise KeysUnset
    found: bytes = keys.key_or_new(_key_name(connection, table, column, row))
    return found


def _key_name(connection: sa.Connection, table: str, column: str, row: Row) -> bytes:
    if table == "ledger_person":
        return sha256(b"tanyu key of a person\0" + row["commitment"])
    if column == "sealed" and row.get("premises_id") is not None:
        return sha256(b"tanyu key of a home\0" + _of(connection, "ledger_premises", "code", row["premises_id"]).encode())
    if column == "sealed" and row.get("vehicle_id") is not None:
        return sha256(b"tanyu key of a vehicle\0" + _of(connection, "ledger_vehicle", "code", row["vehicle_id"]).encode())
    return sha256(b"tanyu key of a person\0" + _of(connection, "ledger_person", "commitment", row["person_id"]))


def _of(connection: sa.Connection, table: str, name: str, row_id: int) -> Any:
    owner = sa.table(table, sa.column("id"), sa.column(name))
    return connection.execute(sa.select(owner.c[name]).where(owner.c.id == row_id)).scalar_one()


def _sealed(key: bytes, column: str, row: Row, names: tuple[str, ...], bound: bytes) -> dict[str, Any]:
    contents = {name: row[name] if isinstance(row[name], int | None) else str(row[name]) for name in names}
    return {column: seal(key, contents, bound) if any(contents.values()) else None}


def _opened(key: bytes, column: str, row: Row, names: tuple[str, ...], bound: bytes) -> dict[str, Any]:
    if row[column] is None:
        return {}
    contents = unseal(key, row[column], bound)
    born_on = contents.get("born_on")
    return contents if born_on is None else {"born_on": sa.func.date(born_on)}
