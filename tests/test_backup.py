"""Backup and restore by the commands, while requests come in: nothing that was acknowledged before is missing or sent again."""

import io
import sqlite3
import subprocess
import tarfile
import threading
import time
import uuid
from contextlib import closing
from pathlib import Path

import pytest

from deflect_api.delivery.relay import utc_now
from deflect_api.store.db import Database
from deflect_api.store.ready import ready_database
from deflect_api.unpacking import unpack
from tests.intake.made import submitted
from tests.served import ROOT, Served


def deflect(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return Served(home).command(*words)


def write_until(stop: threading.Event, database: Database, acknowledged: list[str]) -> None:
    while not stop.is_set():
        with database.write() as session:
            ticket = submitted(session, utc_now(), subject=uuid.uuid4().hex)
        acknowledged.append(ticket.subject)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "home"
    (made / "files" / "kept").mkdir(parents=True)
    (made / "files" / "kept" / "a").write_bytes(b"a file")
    (made / "mail-in" / "kept").mkdir(parents=True)
    (made / "mail-in" / "kept" / "b").write_bytes(b"a mail")
    return made


def test_a_backup_under_load_has_all_that_was_acknowledged_before_it_began(home: Path, tmp_path: Path) -> None:
    database, stop, acknowledged = ready_database(f"sqlite:///{home / 'deflect.db'}"), threading.Event(), list[str]()
    writer = threading.Thread(target=write_until, args=(stop, database, acknowledged))
    writer.start()
    while len(acknowledged) < 20:
        time.sleep(0.01)
    before = list(acknowledged)
    made = deflect(home, "backup", str(tmp_path / "b.tar"))
    stop.set()
    writer.join()
    database.close()
    assert made.returncode == 0, made.stderr
    assert len(acknowledged) > len(before), "the control: it was written to meanwhile"
    other = tmp_path / "other"
    back = deflect(other, "restore", str(tmp_path / "b.tar"))
    assert back.returncode == 0, back.stderr
    with closing(sqlite3.connect(other / "deflect.db")) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        there = {subject for (subject,) in copy.execute("SELECT subject FROM ticket")}
        states = dict(copy.execute("SELECT kind, group_concat(DISTINCT state) FROM message GROUP BY kind").fetchall())
    assert set(before) <= there
    assert states == {"forward": "unknown", "mail": "waiting for a human"}
    assert (other / "files" / "kept" / "a").read_bytes() == b"a file"
    assert (other / "mail-in" / "kept" / "b").read_bytes() == b"a mail"


def test_new_requests_do_not_get_numbers_that_were_used_after_the_backup(home: Path, tmp_path: Path) -> None:
    database = ready_database(f"sqlite:///{home / 'deflect.db'}")
    with database.write() as session:
        before = submitted(session, utc_now()).id
    assert deflect(home, "backup", str(tmp_path / "b.tar")).returncode == 0
    with database.write() as session:
        lost = submitted(session, utc_now()).id
    database.close()
    assert lost == before + 1
    other = tmp_path / "other"
    assert deflect(other, "restore", str(tmp_path / "b.tar")).returncode == 0
    restored = ready_database(f"sqlite:///{other / 'deflect.db'}")
    with restored.write() as session:
        assert submitted(session, utc_now()).id == before + 1001
    restored.close()


def test_a_restore_replaces_nothing_and_a_backup_neither(home: Path, tmp_path: Path) -> None:
    ready_database(f"sqlite:///{home / 'deflect.db'}").close()
    target = tmp_path / "b.tar"
    assert deflect(home, "backup", str(target)).returncode == 0
    again = deflect(home, "backup", str(target))
    assert (again.returncode, "exists already" in again.stderr) == (1, True)
    over = deflect(home, "restore", str(target))
    assert (over.returncode, "is there already" in over.stderr) == (1, True)
    (tmp_path / "no.tar").write_text("no backup", encoding="utf-8")
    none = deflect(tmp_path / "new", "restore", str(tmp_path / "no.tar"))
    assert (none.returncode, "cannot be read as a backup" in none.stderr) == (1, True)


def packed(*members: tuple[str, bytes, str]) -> tarfile.TarFile:
    """An archive of these names, types and, for links, where they lead."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name, kind, link in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.mode = kind, link, 0o600
            tar.addfile(info)
    return tarfile.open(fileobj=io.BytesIO(made.getvalue()))


@pytest.mark.parametrize("filters", [True, False], ids=["newer Python", "Debian 12's Python"])
@pytest.mark.parametrize(
    ("name", "kind", "link"),
    [
        ("../out", tarfile.REGTYPE, ""),
        ("/absolute", tarfile.REGTYPE, ""),
        ("files/../../out", tarfile.REGTYPE, ""),
        ("files", tarfile.SYMTYPE, "/etc"),
        ("hard", tarfile.LNKTYPE, "/etc/passwd"),
        ("device", tarfile.CHRTYPE, ""),
    ],
)
def test_what_does_not_belong_in_a_backup_is_refused_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, filters: bool, name: str, kind: bytes, link: str
) -> None:
    if not filters:
        monkeypatch.delattr(tarfile, "data_filter", raising=False)
    home = tmp_path / "home"
    home.mkdir()
    with packed(("first", tarfile.REGTYPE, ""), (name, kind, link)) as tar, pytest.raises(tarfile.TarError):
        unpack(tar, home)
    assert not list(home.iterdir()), "nothing is written before all is looked at"
    with packed(("files", tarfile.DIRTYPE, ""), ("files/kept", tarfile.REGTYPE, "")) as tar:
        tar.getmember("files").mode = 0o700
        unpack(tar, home)
    assert (home / "files" / "kept").is_file()


def test_archives_are_unpacked_in_one_place_alone() -> None:
    """Others would use what Debian 12's Python does not have."""
    uses = [path.name for path in (ROOT / "deflect_api").rglob("*.py") if ".extractall(" in path.read_text(encoding="utf-8")]
    assert uses == ["unpacking.py"]
