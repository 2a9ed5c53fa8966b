"""Databases that are emptied for each test, and blank ones for the migrations."""

from tests.store.emptied import address, blank_address, kept_postgres  # noqa: F401 - fixtures
