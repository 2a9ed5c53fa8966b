"""Bring the schema up to date. One call, safe to repeat, safe when several processes start at once."""

from collections.abc import Callable
from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from deflect_api.store.db import Database

_LOCK = 7_316_401  # any constant: PostgreSQL's advisory lock for "somebody is migrating"


def upgrade(database: Database, revision: str = "head") -> None:
    """Migrate to `revision`; a reader of the old schema goes on until it is done."""
    _run(database, lambda config: command.upgrade(config, revision))


def downgrade(database: Database, revision: str = "-1") -> None:
    """Go back to `revision`, by default one step."""
    _run(database, lambda config: command.downgrade(config, revision))


def is_current(database: Database) -> bool:
    """Tell whether the schema is the one this code was written for."""
    with database.engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    return found == ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("deflect_api.store") / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def _run(database: Database, step: Callable[[Config], None]) -> None:
    with database.engine.connect().execution_options(deflect_write=True) as connection, connection.begin():
        if not database.is_sqlite:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        config = _config()
        config.attributes["connection"] = connection
        step(config)
