"""Open the database for work: durable and with the schema of this code, or not at all."""

from deflect_api.store import migrate
from deflect_api.store.db import Database


def ready_database(address: str) -> Database:
    """Open it, refuse settings that could lose a ticket, and bring the schema up to date. Raises ConfigError, Unavailable."""
    database = Database(address)
    database.check_durable()
    migrate.upgrade(database)
    return database
