"""A copy of everything that cannot be made again: database, files, secrets. Taken while the service writes.

The database is copied first, so that each file it names is still there when the files are copied.
"""

import shutil
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from deflect_api.errors import ConfigError
from deflect_api.store.db import Database
from deflect_api.store.models import Message, Ticket
from deflect_api.unpacking import unpack

DATABASE, SECRETS, FILES, LETTERS = "deflect.db", "secrets.json", "files", "mail-in"
GAP = 1000  # more than the requests that can have come between a backup and the loss


def take(home: Path, database: Database, target: Path) -> int:
    """Write a backup to `target`, a new .tar; return its size in bytes. With PostgreSQL it holds files and secrets alone."""
    if target.exists():
        raise ConfigError(f"{target} exists already. Choose another name.")
    with tempfile.TemporaryDirectory(dir=home, prefix=".backup-") as folder:
        draft = Path(folder) / "draft.tar"
        with tarfile.open(draft, "w") as tar:
            if database.is_sqlite:
                copy = Path(folder) / DATABASE
                _copy_sqlite(Path(str(database.engine.url.database)), copy)
                tar.add(copy, DATABASE)
            for name in (SECRETS, f"{FILES}/kept", f"{LETTERS}/kept"):
                if (home / name).exists():
                    tar.add(home / name, name, filter=_still_there)
        shutil.copyfile(draft, target)
    target.chmod(0o600)
    return target.stat().st_size


def put_back(source: Path, home: Path, *, database_file: Path | None) -> None:
    """Unpack a backup into an empty home. Raises ConfigError when something is there that it would replace."""
    wanted = [home / FILES / "kept", home / LETTERS / "kept", *([database_file] if database_file else [])]
    if there := [str(path) for path in wanted if path.exists()]:
        raise ConfigError(f"{there[0]} is there already. Restore into an empty DEFLECT_HOME, or move it away first.")
    try:
        with tarfile.open(source) as tar:
            unpack(tar, home)
    except (OSError, tarfile.TarError) as error:
        raise ConfigError(f"{source} cannot be read as a backup: {error}.") from None
    if database_file and database_file != home / DATABASE:
        (home / DATABASE).replace(database_file)


def after(
    session: Session, *, open_states: tuple[str, ...], unknown: str, waiting: str, mails: tuple[str, ...]
) -> tuple[int, int]:
    """Make a restored database safe to work on; return how many messages are looked up first, and how many wait for a human.

    New requests must not get the numbers of those that came after the backup: the desk has them, and they would be taken for
    the same. What was owed may have been done since: the desk is asked, and mails, which nobody can ask, wait for a human.
    """
    _leave_gap(session, Ticket)
    _leave_gap(session, Message)
    owed = Message.state.in_(open_states)
    asked = session.execute(
        update(Message).where(owed, Message.kind.not_in(mails)).values(state=unknown, leased_until=None),
        execution_options={"synchronize_session": False},
    )
    kept = session.execute(
        update(Message).where(owed, Message.kind.in_(mails)).values(state=waiting, leased_until=None),
        execution_options={"synchronize_session": False},
    )
    return int(asked.rowcount), int(kept.rowcount)  # type: ignore[attr-defined] # an update has it


def _leave_gap(session: Session, table: type[Ticket] | type[Message]) -> None:
    last = (session.scalar(select(func.max(table.id))) or 0) + GAP
    name = table.__tablename__
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :last)"), {"name": name, "last": last})
        return
    session.execute(text("UPDATE sqlite_sequence SET seq = max(seq, :last) WHERE name = :name"), {"name": name, "last": last})


def _copy_sqlite(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, whole by itself


def _still_there(info: tarfile.TarInfo) -> tarfile.TarInfo | None:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info
