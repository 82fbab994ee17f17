"""Alembic's environment: run by `migrations.schema` on the owner's connection, never by hand."""

from alembic import context

from shared_base.migrations.metadata import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
