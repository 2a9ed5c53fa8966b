"""Databases for tests that only use the tables: PostgreSQL's is made once and emptied for each test, which is far quicker."""

import importlib
import pkgutil
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, delete, text

from deflect_api import store
from deflect_api.store.db import Database
from deflect_api.store.models import Table

for found in pkgutil.iter_modules(store.__path__, f"{store.__name__}."):
    importlib.import_module(found.name)  # a table is known once its module was read


@contextmanager
def made_on(server: str, template: str) -> Iterator[str]:
    """Make a database for a while; its address."""
    name = f"made_{uuid.uuid4().hex}"
    admin = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield f"{server}/{name}"
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(scope="session")
def kept_postgres(postgres_address: str) -> Iterator[str]:
    with made_on(postgres_address, "template_deflect") as address:
        yield address


@pytest.fixture(params=["sqlite", "postgres"])
def blank_address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table: SQLite and PostgreSQL in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'blank.db'}"
        return
    with made_on(request.getfixturevalue("postgres_address"), "template0") as address:
        yield address


@pytest.fixture(params=["sqlite", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty, migrated database: SQLite and PostgreSQL in turn."""
    if request.param == "sqlite":
        path = tmp_path / "deflect.db"
        path.write_bytes(request.getfixturevalue("sqlite_template"))
        return f"sqlite:///{path}"
    kept: str = request.getfixturevalue("kept_postgres")
    with closing(Database(kept)) as database, database.write() as session:
        others = "datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        session.execute(text(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {others}"))
        for table in reversed(Table.metadata.sorted_tables):
            session.execute(delete(table))
        session.execute(text("ALTER SEQUENCE ticket_id_seq RESTART WITH 1001"))
    return kept


@pytest.fixture
def local(sqlite_address: str) -> Iterator[Database]:
    """One SQLite database, for what does not depend on which database it is."""
    with closing(Database(sqlite_address)) as made:
        yield made
