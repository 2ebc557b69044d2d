"""Run by Alembic for every command: on the connection that `storage.migrate` hands over."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=context.config.attributes.get("metadata"),
    render_as_batch=True,
    compare_type=False,
)
with context.begin_transaction():
    context.run_migrations()
