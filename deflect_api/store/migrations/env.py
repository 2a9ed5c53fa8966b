"""Alembic's entry: it runs the migrations on the connection that store.migrate hands over."""

from alembic import context

from deflect_api.store import abuse, desk, helpful, privacy, staff, uploads  # noqa: F401 - their tables belong to the metadata
from deflect_api.store.models import Table

context.configure(connection=context.config.attributes["connection"], target_metadata=Table.metadata, transactional_ddl=True)
context.run_migrations()
