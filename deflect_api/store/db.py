"""The database: opened once, checked for durability, handed out as short sessions.

Only the rim (web, relay, commands) commits.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from deflect_api.errors import ConfigError, Unavailable
from deflect_api.i18n import said

BUSY_MILLISECONDS = 10_000
CHECKPOINT_SECONDS = 30
PRAGMAS = (
    f"busy_timeout={BUSY_MILLISECONDS}",  # first: the next one may have to wait for another process
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "secure_delete=ON",  # what is deleted is overwritten
)
_WORD_INDEXES = "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%fts5%'"
_LATER = said("The request could not be stored just now. Try again in a moment.")
_UNUSABLE = "DEFLECT_DATABASE should be sqlite:///path/of/a/file or postgresql+psycopg://user@host/name."


class Database:
    """One engine; `write()` and `read()` give sessions that end with the block."""

    def __init__(self, address: str) -> None:
        self.engine = _engine(address)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._turn = threading.Lock()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Commit when the block ends, roll back when it raises. Raises Unavailable when the database is locked, full or gone."""
        with _told(), self._in_turn(), Session(self.engine, expire_on_commit=False) as session:
            session.connection(execution_options={"deflect_write": True})
            yield session
            session.commit()

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        # SQLite lets one write at a time and makes the others sleep and look again; in line here, nobody sleeps too long.
        if not self.is_sqlite:
            yield
            return
        if not self._turn.acquire(timeout=BUSY_MILLISECONDS / 1000):
            raise Unavailable(_LATER)
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """See one state, whatever others write meanwhile; nothing is kept."""
        with _told(), Session(self.engine, expire_on_commit=False) as session:
            if not self.is_sqlite:  # SQLite's transactions see one state anyway
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            yield session

    def check_durable(self) -> None:
        """Raise ConfigError when the database would answer before a commit is on disk."""
        with self.read() as session:
            for question, right in _durability(self.is_sqlite):
                answer = str(session.execute(text(question)).scalar_one())
                if answer not in right:
                    raise ConfigError(
                        f"The database answers {question!r} with {answer!r}; a ticket could be lost. It should be {right[0]}."
                    )

    def compact(self) -> None:
        """Leave nothing of what was deleted in the database's own files (PostgreSQL: in its tables). Raises Unavailable.

        SQLite is rewritten whole and its log emptied; readers go on meanwhile, writers wait.
        """
        with _told():
            if not self.is_sqlite:
                with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    connection.exec_driver_sql("VACUUM")
                return
            with self._in_turn(), closing(self.engine.raw_connection()) as pooled:
                _rewrite(pooled.driver_connection)

    def close(self) -> None:
        self.engine.dispose()


def claim_name(session: Session, name: str) -> bool:
    """Hold `name` until the transaction ends; False when another holds it. On SQLite a writer is alone anyway."""
    if session.get_bind().dialect.name != "postgresql":
        return True
    asked = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))")
    return bool(session.execute(asked, {"name": name}).scalar_one())


def wait_for_name(session: Session, name: str) -> None:
    """Hold `name` until the transaction ends, after whoever holds it now. On SQLite a writer is alone anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


def _durability(is_sqlite: bool) -> list[tuple[str, tuple[str, ...]]]:
    if is_sqlite:
        return [("PRAGMA journal_mode", ("wal",)), ("PRAGMA synchronous", ("2", "3"))]
    return [("SHOW fsync", ("on",)), ("SHOW synchronous_commit", ("on", "remote_apply", "remote_write", "local"))]


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (OperationalError, PoolTimeoutError) as error:
        raise Unavailable(_LATER) from error
    except DatabaseError as error:
        if type(error) is not DatabaseError:  # a constraint, a type: a defect of ours
            raise
        raise Unavailable(_LATER) from error  # the file is damaged, or no database


def _engine(address: str) -> Engine:
    try:
        url = make_url(address)
        if url.get_backend_name() == "postgresql":
            return create_engine(url, hide_parameters=True, pool_pre_ping=True, pool_size=10, max_overflow=10)
    except (ArgumentError, ValueError):
        raise ConfigError(_UNUSABLE) from None  # the address may hold a password: it is not repeated
    except ModuleNotFoundError:
        raise ConfigError("DEFLECT_DATABASE names PostgreSQL. Install its driver: pip install 'deflect[postgres]'.") from None
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        raise ConfigError(_UNUSABLE)
    return _sqlite_engine(url)


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(
        url, hide_parameters=True, connect_args={"timeout": BUSY_MILLISECONDS / 1000}, pool_size=10, max_overflow=10
    )
    Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy, not the driver, says BEGIN: see _begin_sqlite
    for pragma in PRAGMAS:
        _set(connection, pragma)


def _set(connection: sqlite3.Connection, pragma: str) -> None:
    """SQLite does not wait when two connections change a new file to WAL at once: one of them is refused, so it tries again."""
    give_up = time.monotonic() + BUSY_MILLISECONDS / 1000
    while True:
        try:
            connection.execute(f"PRAGMA {pragma}")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(0.02)
        else:
            return


def _rewrite(connection: Any) -> None:
    try:
        for (name,) in connection.execute(_WORD_INDEXES).fetchall():
            connection.execute(f'INSERT INTO "{name}"("{name}") VALUES(\'optimize\')')
        connection.execute("VACUUM")
        give_up = time.monotonic() + CHECKPOINT_SECONDS
        while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:  # a reader still looks at an older state
            if time.monotonic() > give_up:
                raise Unavailable("The database's files could not be cleaned: something reads it without end. Try again later.")
            time.sleep(0.05)
    except sqlite3.OperationalError as error:
        raise Unavailable(_LATER) from error


def _begin_sqlite(connection: Any) -> None:
    # A transaction that will write takes the lock at once: upgrading a read later fails without waiting when another wrote.
    wants_write = connection.get_execution_options().get("deflect_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if wants_write else "BEGIN")
