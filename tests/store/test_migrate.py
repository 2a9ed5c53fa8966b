"""Migrations: from nothing to the models and back, whoever starts first."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from deflect_api.store import full_text, migrate
from deflect_api.store.db import Database
from deflect_api.store.models import Table
from tests.conftest import MONDAY, ROOT
from tests.intake.made import submitted

START = """
import sys
from deflect_api.store import full_text, migrate
from deflect_api.store.db import Database
print("ready", flush=True)
sys.stdin.readline()
database = Database(sys.argv[1])
database.check_durable()
migrate.upgrade(database)
print(migrate.is_current(database), flush=True)
database.close()
"""


@pytest.fixture
def empty(blank_address: str) -> Iterator[Database]:
    """A database that holds nothing at all."""
    with closing(Database(blank_address)) as database:
        yield database


def tables(database: Database) -> set[str]:
    return {name for name in inspect(database.engine).get_table_names() if is_ours(name)} - {"alembic_version"}


def is_ours(name: str) -> bool:
    """The tables of SQLite's full-text index are its own."""
    return not name.startswith(full_text.INDEX)


def is_a_models_part(_part: Any, name: str | None, *_: Any) -> bool:
    """The full-text index of either database is made by the migration alone."""
    return is_ours(name or "") and name != "ix_ticket_words_vector"


def test_from_nothing_the_migrations_make_exactly_the_models(empty: Database) -> None:
    assert tables(empty) == set()
    migrate.upgrade(empty)
    with empty.engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True, "include_object": is_a_models_part}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Table.metadata) == []
    assert tables(empty) == set(Table.metadata.tables)


def test_every_foreign_key_has_the_models_name_and_rule(empty: Database) -> None:
    migrate.upgrade(empty)
    found = inspect(empty.engine)
    for table in Table.metadata.tables.values():
        wanted = {(key.name, key.ondelete) for key in table.foreign_key_constraints}
        assert {(key["name"], key["options"].get("ondelete")) for key in found.get_foreign_keys(table.name)} == wanted


def test_migrations_go_down_to_nothing_and_up_again(empty: Database) -> None:
    migrate.upgrade(empty)
    migrate.downgrade(empty, "base")
    assert tables(empty) == set()
    migrate.upgrade(empty)
    assert tables(empty) == set(Table.metadata.tables)
    with empty.write() as session:
        assert submitted(session, MONDAY).reference == "1001"


def test_migrating_twice_changes_nothing(database: Database) -> None:
    with database.write() as session:
        reference = submitted(session, MONDAY).reference
    migrate.upgrade(database)
    with database.write() as session:
        assert int(submitted(session, MONDAY).reference) == int(reference) + 1


def test_only_a_migrated_database_is_current(empty: Database) -> None:
    assert not migrate.is_current(empty)
    migrate.upgrade(empty)
    assert migrate.is_current(empty)
    migrate.downgrade(empty, "base")
    assert not migrate.is_current(empty)


def test_two_processes_that_start_at_once_on_nothing_both_serve(blank_address: str) -> None:
    with ExitStack() as running:
        started = [
            running.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", START, blank_address],
                    cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                )
            )
            for _ in range(2)
        ]  # fmt: skip
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in started:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in started:
            told, complaint = process.communicate(timeout=60)
            assert (told, process.returncode) == ("True\n", 0), complaint
