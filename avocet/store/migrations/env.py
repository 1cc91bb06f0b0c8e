"""Alembic's entry: it migrates on the connection that avocet/store/database.py opened."""

from alembic import context

from avocet.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
