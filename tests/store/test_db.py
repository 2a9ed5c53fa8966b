"""The database: durable or refused, all or nothing, and never an error of somebody else's."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import IntegrityError

from deflect_api.errors import ConfigError, Unavailable
from deflect_api.store.db import Database, claim_name
from deflect_api.store.models import Comment, SupportSession
from tests import postgres

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def visit(name: str, product: str = "") -> SupportSession:
    return SupportSession(id=name, product=product, started_at=NOON, last_at=NOON)


def names(database: Database) -> set[str]:
    with database.read() as session:
        return set(session.scalars(select(SupportSession.id)))


def on_connect(database: Database, *pragmas: str) -> Database:
    """Have each new SQLite connection run `pragmas` after the product's own."""

    def run(connection: sqlite3.Connection, _record: Any) -> None:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    event.listen(database.engine, "connect", run)
    return database


@pytest.fixture
def open_database() -> Iterator[Callable[[str], Database]]:
    with ExitStack() as opened:
        yield lambda address: opened.enter_context(closing(Database(address)))


@contextmanager
def locked(address: str) -> Iterator[None]:
    """Another process is in the middle of writing."""
    with closing(sqlite3.connect(address.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_sqlite_is_in_wal_mode_and_syncs_each_commit(sqlite_address: str, open_database: Callable[[str], Database]) -> None:
    with open_database(sqlite_address).read() as session:
        assert session.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
        assert session.execute(text("PRAGMA synchronous")).scalar_one() == 2  # FULL
        assert session.execute(text("PRAGMA foreign_keys")).scalar_one() == 1


def test_a_database_as_we_open_it_is_durable(database: Database) -> None:
    database.check_durable()


def test_a_sqlite_that_does_not_sync_is_refused(sqlite_address: str, open_database: Callable[[str], Database]) -> None:
    for level in ("OFF", "NORMAL"):
        careless = on_connect(open_database(sqlite_address), f"synchronous={level}")
        with pytest.raises(ConfigError, match="synchronous"):
            careless.check_durable()


def test_a_sqlite_without_a_write_ahead_log_is_refused(sqlite_address: str, open_database: Callable[[str], Database]) -> None:
    with pytest.raises(ConfigError, match="journal_mode"):
        on_connect(open_database(sqlite_address), "journal_mode=DELETE").check_durable()


@pytest.mark.parametrize(
    "address", ["", "nonsense", "mysql://host/name", "nosuch://host/name", "sqlite://", "sqlite:///:memory:"]
)
def test_an_address_that_cannot_keep_a_ticket_is_refused_by_name(address: str) -> None:
    with pytest.raises(ConfigError, match="DEFLECT_DATABASE"):
        Database(address)


def test_the_refusal_of_an_address_does_not_tell_its_password() -> None:
    with pytest.raises(ConfigError) as refused:
        Database("nosuch://user:hunter2@host/name")
    assert "hunter2" not in str(refused.value)


def test_a_postgres_that_answers_before_it_syncs_is_refused(
    database: Database, address: str, open_database: Callable[[str], Database]
) -> None:
    if database.is_sqlite:
        pytest.skip("PostgreSQL only")
    name = database.engine.url.database
    with database.write() as session:
        session.execute(text(f'ALTER DATABASE "{name}" SET synchronous_commit = off'))
    with pytest.raises(ConfigError, match="synchronous_commit"):
        open_database(address).check_durable()
    with database.write() as session:
        session.execute(text(f'ALTER DATABASE "{name}" RESET synchronous_commit'))


def test_the_folder_of_a_new_database_is_made(tmp_path: Path, open_database: Callable[[str], Database]) -> None:
    open_database(f"sqlite:///{tmp_path}/not/yet/there.db").check_durable()
    assert (tmp_path / "not/yet/there.db").is_file()


def test_what_a_block_writes_is_there_when_it_has_ended(database: Database) -> None:
    with database.write() as session:
        session.add(visit("one"))
    assert names(database) == {"one"}


def test_a_write_that_raises_leaves_nothing(database: Database) -> None:
    def write_half() -> None:
        with database.write() as session:
            session.add(visit("one"))
            session.flush()
            session.add(visit("two"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert names(database) == set()


def test_a_read_keeps_nothing(database: Database) -> None:
    with database.read() as session:
        _ = session.execute(select(func.count()).select_from(SupportSession)).scalar_one()
    assert names(database) == set()


def test_a_reader_sees_one_state_while_another_writes(database: Database) -> None:
    counted = select(func.count()).select_from(SupportSession)
    with database.read() as session:
        before = session.execute(counted).scalar_one()
        with database.write() as writer:
            writer.add(visit("one"))
        assert session.execute(counted).scalar_one() == before
    assert names(database) == {"one"}


def test_readers_go_on_while_another_process_writes(sqlite_address: str, open_database: Callable[[str], Database]) -> None:
    database = on_connect(open_database(sqlite_address), "busy_timeout=0")
    assert names(database) == set()
    with locked(sqlite_address):
        assert names(database) == set()


@pytest.mark.parametrize("apart", [False, True], ids=["in one process", "as from several processes"])
def test_writers_at_the_same_time_wait_for_each_other_and_all_succeed(
    sqlite_address: str, open_database: Callable[[str], Database], apart: bool
) -> None:
    database = open_database(sqlite_address)
    with database.write() as session:
        session.add(visit("counter", "0"))
    gate, failed = threading.Barrier(4), []

    def count(database: Database) -> None:
        gate.wait()
        try:
            for _ in range(10):
                with database.write() as session:
                    row = session.get_one(SupportSession, "counter")
                    row.product = str(int(row.product) + 1)
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            failed.append(error)

    through = [open_database(sqlite_address) if apart else database for _ in range(4)]
    threads = [threading.Thread(target=count, args=[one]) for one in through]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with database.read() as session:
        assert session.get_one(SupportSession, "counter").product == "40"


def test_a_locked_database_is_unavailable(sqlite_address: str, open_database: Callable[[str], Database]) -> None:
    database = on_connect(open_database(sqlite_address), "busy_timeout=20")
    with locked(sqlite_address), pytest.raises(Unavailable), database.write() as session:
        session.add(visit("one"))
    with database.write() as session:
        session.add(visit("two"))
    assert names(database) == {"two"}


def test_a_full_disk_is_unavailable_and_leaves_nothing(sqlite_address: str, open_database: Callable[[str], Database]) -> None:
    database = on_connect(open_database(sqlite_address), "max_page_count=1")
    with pytest.raises(Unavailable), database.write() as session:
        session.add(visit("one", "x" * 1_000_000))
    assert names(database) == set()


def test_a_damaged_file_is_unavailable(tmp_path: Path, open_database: Callable[[str], Database]) -> None:
    (tmp_path / "damaged.db").write_bytes(b"this is no database, and long enough to have a header" * 100)
    with pytest.raises(Unavailable):
        names(open_database(f"sqlite:///{tmp_path}/damaged.db"))


def test_a_server_that_is_not_there_is_unavailable(open_database: Callable[[str], Database]) -> None:
    with pytest.raises(Unavailable):
        names(open_database(f"postgresql+psycopg://postgres@127.0.0.1:{postgres.free_port()}/none"))


def test_a_server_that_ends_the_connection_is_unavailable_once(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("PostgreSQL only")

    def write_while_it_ends() -> None:
        with database.write() as session:
            session.add(visit("one"))
            session.flush()
            mine = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
            with database.write() as other:
                other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": mine})

    with pytest.raises(Unavailable):
        write_while_it_ends()
    assert names(database) == set()


def test_a_connection_that_ended_while_it_was_idle_is_replaced_unnoticed(
    database: Database, address: str, open_database: Callable[[str], Database]
) -> None:
    if database.is_sqlite:
        pytest.skip("PostgreSQL only")
    assert names(database) == set()
    ours = "datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    with open_database(address).write() as session:
        session.execute(text(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {ours}"))
    assert names(database) == set()


def test_too_many_at_once_is_unavailable(database: Database) -> None:
    database.engine.pool._timeout = 0.05  # there is no public way to wait less than the default half minute
    with ExitStack() as held:
        for _ in range(20):
            held.enter_context(database.read()).connection()
        with pytest.raises(Unavailable):
            names(database)
    assert names(database) == set()


def test_a_defect_is_not_called_unavailable(database: Database) -> None:
    with database.write() as session:
        session.add(visit("one"))
    with pytest.raises(IntegrityError), database.write() as session:
        session.add(visit("one"))


def test_a_row_that_belongs_to_nothing_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError), database.write() as session:
        session.add(Comment(ticket_id=7, at=NOON, author="Bo", body="a comment on no ticket"))


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=3)), timezone(timedelta(hours=-9, minutes=-30))])
def test_times_come_back_aware_in_utc(database: Database, zone: timezone) -> None:
    with database.write() as session:
        session.add(SupportSession(id="one", started_at=NOON.astimezone(zone), last_at=NOON))
    with database.read() as session:
        back = session.get_one(SupportSession, "one").started_at
    assert back == NOON
    assert back.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(Exception, match="aware"), database.write() as session:
        session.add(SupportSession(id="one", started_at=NOON.replace(tzinfo=None), last_at=NOON))
    assert names(database) == set()


def test_a_name_is_held_by_one_transaction_at_a_time(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("a writer is alone on SQLite")
    with database.write() as first:
        assert claim_name(first, "a key")
        with database.write() as second:
            assert not claim_name(second, "a key")
            assert claim_name(second, "another key")
    with database.write() as third:
        assert claim_name(third, "a key")
