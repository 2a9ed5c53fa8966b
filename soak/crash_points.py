"""Every fsync, write and send of one submit and one delivery fails in turn: killed there, or answered with EIO or ENOSPC."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing, suppress
from pathlib import Path

from deflect_api.config.support import Mail
from deflect_api.connectors.email import Email
from deflect_api.connectors.mailer import open_mailer
from deflect_api.delivery import forward
from deflect_api.delivery.relay import Relay, utc_now
from deflect_api.errors import DeflectError
from deflect_api.intake import tickets
from deflect_api.store.ready import ready_database
from soak.table import Row, Skipped
from tests.intake.made import SUPPORT, draft

CALLS = ("fsync", "fdatasync", "pwrite64", "write", "rename", "sendto")
FAULTS = ("signal=KILL", "error=EIO", "error=ENOSPC")
KEY = tickets.Key("the key of one request", "digest")


def work(home: Path) -> None:
    """Store one request, say so, and deliver it: what `deflect serve` does, without its web server."""
    database = ready_database(f"sqlite:///{home / 'd.db'}")
    with suppress(DeflectError):
        with database.write() as session:
            ticket = tickets.submit(session, draft(), KEY, support=SUPPORT, now=utc_now())
        os.write(1, f"acknowledged {ticket.reference}\n".encode())
    desk = Email("desk@example.org", open_mailer(Mail(), home / "mail"))
    handlers = {**forward.handlers(forward.Way(database, desk, lambda _: "link")), "mail": lambda _: forward.Done()}
    relay = Relay(database, handlers, kinds=frozenset({"forward", "mail"}))
    relay._take_over()
    with suppress(DeflectError):
        while relay.run_once():
            pass
    database.close()


def trace(home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    words = [
        "strace",
        "-f",
        "-qq",
        "-o",
        str(home / "trace"),
        *options,
        sys.executable,
        "-m",
        "soak.crash_points",
        "work",
        str(home),
    ]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=300)


def points(template: Path) -> dict[str, int]:
    """Count each kind of call of an undisturbed run."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(template, folder, dirs_exist_ok=True)
        trace(Path(folder), "-e", f"trace={','.join(CALLS)}")
        whole = (Path(folder) / "trace").read_text(encoding="utf-8")
    return {call: len(re.findall(rf"^\d+ +{call}\(", whole, re.M)) for call in CALLS}


def broken(home: Path, told: str) -> str:
    """Say which invariant does not hold, after an undisturbed run has followed."""
    with suppress(OSError), closing(sqlite3.connect(home / "d.db")) as database:
        there = database.execute("SELECT count(*) FROM ticket").fetchone()[0]
        if "acknowledged" in told and there != 1:
            return "acknowledged and lost"
    subprocess.run([sys.executable, "-m", "soak.crash_points", "again", str(home)], check=True, timeout=300, capture_output=True)
    with closing(sqlite3.connect(home / "d.db")) as database:
        if database.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            return "the database is damaged"
        if database.execute("SELECT count(*) FROM ticket").fetchone() != (1,):
            return "not one ticket"
        states = {state for (state,) in database.execute("SELECT state FROM message WHERE kind = 'forward'")}
    if states != {"delivered"}:
        return f"forward {states}"
    if len(list((home / "mail").glob("*.eml"))) != 1:
        return "not one mail"
    return ""


def run(most: int = 10_000) -> Row | Skipped:
    if shutil.which("strace") is None or trace(Path(tempfile.mkdtemp()), "-e", "trace=none").returncode != 0:
        return Skipped("Crash points", "strace is not installed, or may not trace")
    with tempfile.TemporaryDirectory() as folder:
        ready_database(f"sqlite:///{Path(folder) / 'd.db'}").close()
        found, tried, wrong, hit = points(Path(folder)), 0, list[str](), 0
        every = [(call, n, fault) for call, number in found.items() for n in range(1, number + 1) for fault in FAULTS]
        step = max(1, len(every) // most)
        for call, number, fault in every[::step]:
            with tempfile.TemporaryDirectory() as place:
                shutil.copytree(folder, place, dirs_exist_ok=True)
                done = trace(Path(place), "-e", f"inject={call}:{fault}:when={number}")
                hit += done.returncode != 0
                tried += 1
                if why := broken(Path(place), done.stdout):
                    wrong.append(f"{call} {number} {fault}: {why}")
    print(wrong, flush=True)
    return Row(
        "Crash points",
        f"{tried} of {len(every)} points ({', '.join(f'{call} {number}' for call, number in found.items() if number)}), "
        f"{hit} ended the process: invariants broken at {len(wrong)}",
        "the power cut's control: `synchronous=NORMAL`",
        not wrong and tried > 0,
    )


def again(home: Path) -> None:
    """Start once more, as a person would: what was put back for later is due now."""
    with closing(sqlite3.connect(home / "d.db")) as database:
        database.execute("UPDATE message SET not_before = '2020-01-01 00:00:00.000000'")
        database.execute("UPDATE message SET leased_until = '2020-01-01 00:00:00.000000' WHERE state = 'claimed'")
        database.commit()
    work(home)


if __name__ == "__main__":
    if sys.argv[1:2] == ["work"]:
        work(Path(sys.argv[2]))
    elif sys.argv[1:2] == ["again"]:
        again(Path(sys.argv[2]))
    else:
        print(run(*(int(word) for word in sys.argv[1:])))
