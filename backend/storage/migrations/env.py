"""Run by Alembic for every command: on the connection that `storage.migrate` hands over."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from backend.storage import columns


def render_item(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """How our own column types are written in a new version."""
    name = type(item).__name__
    if kind == "type" and type(item).__module__ == columns.__name__:
        return f"columns.{name}()"
    if kind == "type" and name == "AutoString":
        length = getattr(item, "length", None)
        return f"sa.String(length={length})" if length else "sa.String()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=context.config.attributes.get("metadata"),
    render_as_batch=True,
    compare_type=False,
    render_item=render_item,
)
with context.begin_transaction():
    context.run_migrations()
