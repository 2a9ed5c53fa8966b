"""The power is cut again and again under load: what was acknowledged is there, and nothing is there by half.

`python -m soak.power_cut CUTS CONTROL SEED` tries a share: so many cuts, so many of the control.
"""

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
from dataclasses import dataclass, field
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
        number, began = 0, time.monotonic()
        while True:
            number += 1
            time.sleep(max(began + number * CLIENTS / A_SECOND - time.monotonic(), 0))
            kept = shelf.place([b"x" * 20_000]).name if number % 10 == 0 else ""
            with database.write() as session:
                ticket = submitted(session, utc_now(), subject=f"{uuid.uuid4().hex} {kept}")
            with lock:
                os.write(1, f"{ticket.subject}\n".encode())

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


@dataclass
class Seen:
    cuts: int = 0
    acknowledged: set[str] = field(default_factory=set)
    lost: int = 0
    halves: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        known = len(self.acknowledged)
        rate = known / max(self.seconds, 0.001)
        return f"{self.cuts} cuts, {known} acknowledged at {rate:.0f} a second: lost {self.lost}, by half {self.halves}"


def trial(cuts: int, seed: int, *, careless: bool) -> Seen:
    """Cut so often, and look after each cut for all that was ever acknowledged."""
    chance, seen = random.Random(seed), Seen(cuts)
    with tempfile.TemporaryDirectory() as folder:
        for name in ("live", "durable", "mount"):
            (Path(folder) / name).mkdir()
        machine = Machine(Path(folder), careless)
        for _ in range(cuts):
            machine.start()
            after = chance.random()
            seen.acknowledged |= set(machine.cut(after))
            there, halves = look(Path(folder))
            seen.lost, seen.halves = max(seen.lost, len(seen.acknowledged - there)), seen.halves + halves
            seen.seconds += after
    return seen


def run(cuts: int = 200, control: int = 10, seed: int = 9) -> Row | Skipped:
    if why := available():
        return Skipped("Power cut", why)
    ours, careless = trial(cuts, seed, careless=False), trial(control, seed, careless=True)
    return Row(
        "Power cut", str(ours), f"`synchronous=NORMAL`: {careless}", not ours.lost and not ours.halves and careless.lost > 0
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["write"]:
        write(Path(sys.argv[2]), sys.argv[3] == "careless")
    else:
        print(run(*(int(word) for word in sys.argv[1:])))
