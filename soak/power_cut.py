"""The power is cut again and again under load: what was acknowledged is there, and nothing is there by half."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from contextlib import closing
from pathlib import Path

from sqlalchemy import event

from deflect_api.delivery.relay import utc_now
from deflect_api.store.ready import ready_database
from deflect_api.store.shelf import Shelf
from soak.table import Row, Skipped
from tests.intake.made import submitted

A_SECOND = 50
CLIENTS = 4


def available() -> str:
    """Say why it cannot be tried here, or nothing."""
    if not Path("/dev/fuse").exists():
        return "there is no /dev/fuse"
    try:
        import mfusepy  # noqa: F401, PLC0415 - asked for, not used here
    except (ImportError, OSError):
        return "mfusepy or libfuse is not installed"
    return "" if os.geteuid() == 0 else "only root may mount"


def write(home: Path, careless: bool) -> None:
    """Acknowledge tickets on standard output until killed, each once it is committed; every tenth has a file."""
    database, shelf, lock = ready_database(f"sqlite:///{home / 'deflect.db'}"), Shelf(home / "files"), threading.Lock()
    if careless:
        event.listen(database.engine, "checkout", lambda connection, *_: connection.execute("PRAGMA synchronous=NORMAL"))

    def client() -> None:
        number = 0
        while True:
            number += 1
            kept = shelf.place([b"x" * 20_000]).name if number % 10 == 0 else ""
            with database.write() as session:
                ticket = submitted(session, utc_now(), subject=f"{uuid.uuid4().hex} {kept}")
            with lock:
                os.write(1, f"{ticket.subject}\n".encode())
            time.sleep(CLIENTS / A_SECOND)

    for _ in range(CLIENTS):
        threading.Thread(target=client, daemon=True).start()
    threading.Event().wait()


class Machine:
    """One machine whose disk forgets; `cut()` ends it and lets it start again from what was durable."""

    def __init__(self, root: Path, careless: bool) -> None:
        self.root, self.careless = root, careless

    def start(self) -> None:
        self.disk = subprocess.Popen([sys.executable, "-m", "soak.volatile", str(self.root)], stderr=subprocess.DEVNULL)
        while not os.path.ismount(self.root / "mount"):
            time.sleep(0.02)
        words = [sys.executable, "-m", "soak.power_cut", "write", str(self.root / "mount"), "careless" if self.careless else ""]
        self.writer = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def cut(self, after: float) -> list[str]:
        """Return what was acknowledged before the power went."""
        assert self.writer.stdout
        first = self.writer.stdout.readline().decode()
        time.sleep(after)
        self.disk.send_signal(signal.SIGSTOP)  # nothing reaches the disk from here on
        self.writer.send_signal(signal.SIGKILL)
        self.disk.send_signal(signal.SIGKILL)
        self.disk.wait()
        subprocess.run(["umount", "-l", str(self.root / "mount")], check=False)
        told = first + self.writer.stdout.read().decode()
        self.writer.wait()
        return told.splitlines()


def look(root: Path) -> tuple[set[str], int]:
    """Return the subjects that are there after the cut, and how much is there by half."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("deflect.db", "deflect.db-wal"):
            if (root / "durable" / name).exists():
                (Path(folder) / name).write_bytes((root / "durable" / name).read_bytes())
        with closing(sqlite3.connect(Path(folder) / "deflect.db")) as database:
            if database.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                return set(), 1
            there = {subject for (subject,) in database.execute("SELECT subject FROM ticket")}
            half = "SELECT count(*) FROM ticket WHERE id NOT IN (SELECT ticket_id FROM message WHERE kind = 'forward')"
            halves = int(database.execute(half).fetchone()[0])
    for subject in there:
        name = subject.partition(" ")[2]
        kept = root / "durable" / "files" / "kept" / name
        halves += bool(name) and (not kept.exists() or kept.stat().st_size != 20_000)
    return there, halves


def trial(cuts: int, *, careless: bool) -> tuple[int, int, int]:
    """Return acknowledged, lost, by half."""
    chance, acknowledged, lost, halves = random.Random(9), set[str](), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for name in ("live", "durable", "mount"):
            (Path(folder) / name).mkdir()
        machine = Machine(Path(folder), careless)
        for _ in range(cuts):
            machine.start()
            acknowledged |= set(machine.cut(chance.random()))
            there, half = look(Path(folder))
            lost, halves = max(lost, len(acknowledged - there)), halves + half
    return len(acknowledged), lost, halves


def run(cuts: int = 200, control: int = 10) -> Row | Skipped:
    if why := available():
        return Skipped("Power cut", why)
    acknowledged, lost, halves = trial(cuts, careless=False)
    some, gone, _ = trial(control, careless=True)
    return Row(
        "Power cut",
        f"{cuts} cuts, {acknowledged} acknowledged: lost {lost}, by half {halves}",
        f"`synchronous=NORMAL`, {control} cuts: {gone} of {some} lost",
        lost == 0 and halves == 0 and gone > 0,
    )


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(Path(sys.argv[2]), sys.argv[3] == "careless")
    print(run(*(int(word) for word in sys.argv[1:])))
