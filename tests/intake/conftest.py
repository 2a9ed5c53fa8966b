"""These tests use the tables and change nothing about the database, so PostgreSQL's is kept and emptied."""

from tests.store.emptied import address, kept_postgres, local  # noqa: F401 - fixtures
