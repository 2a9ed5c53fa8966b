"""Every fsync, write and send of one submit, forward and mail fails in turn: killed there, or answered with EIO or ENOSPC.

`python -m soak.crash_points SHARE SHARES` tries every SHARES-th point, beginning with the SHARE-th; the control is in share 0.
"""

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from deflect_api import config
from deflect_api.connectors.mailer import open_mailer
from deflect_api.connectors.zendesk import Zendesk
from deflect_api.delivery import forward, mail
from deflect_api.delivery.relay import Relay, utc_now
from deflect_api.errors import DeflectError
from deflect_api.intake import tickets
from deflect_api.store.ready import ready_database
from soak.stand_in import StandIn, serving
from soak.table import Row, Skipped
from tests.intake.made import SUPPORT, draft
from tests.served import ROOT

CALLS = ("fsync", "fdatasync", "pwrite64", "write", "rename", "sendto", "ftruncate", "unlink")
FAULTS = ("signal=KILL", "error=EIO", "error=ENOSPC")
KEY = tickets.Key("the key of one request", "digest")
SECONDS = 60  # the database waits for 10 seconds at most, a call to the desk for less: what is not over by then hangs
DUE = "2020-01-01 00:00:00.000000"


def work(home: Path, desk: str, careless: bool = False) -> None:
    """Store one request, say so, and carry out what is owed: what `deflect serve` does, without its web server.

    A careless one says so before the transaction is over.
    """
    database = ready_database(f"sqlite:///{home / 'd.db'}")
    with suppress(DeflectError):
        with database.write() as session:
            ticket = tickets.submit(session, draft(), KEY, support=SUPPORT, now=utc_now())
            if careless:
                _acknowledge(ticket.reference)
        if not careless:
            _acknowledge(ticket.reference)
    given = {"DEFLECT_HOME": str(home), "DEFLECT_CONFIG": str(ROOT / "support.yml"), "DEFLECT_SECRET": "one"}
    settings = config.load(given)
    way = forward.Way(database, Zendesk(desk, "d@example.org", "key"), lambda _: "link")
    mailer = open_mailer(SUPPORT.mail, home / "mail")
    handlers = {**forward.handlers(way), "mail": mail.handler(database, mailer, settings)}
    relay = Relay(database, handlers, kinds=frozenset({"forward", "mail"}))
    relay._take_over()
    with suppress(DeflectError):
        while relay.run_once():
            pass
    database.close()


def _acknowledge(reference: str) -> None:
    os.write(1, f"acknowledged {reference}\n".encode())


@dataclass(frozen=True)
class Case:
    """One run of `work` in a folder of its own, with a desk that holds what reached it."""

    home: Path
    desk: StandIn
    careless: bool = False

    def trace(self, *options: str) -> str | None:
        """Run it under strace; return what it said, or None when it hung."""
        said, to = os.pipe()
        number = os.fork()  # what is imported already need not be imported, and failed, hundreds of times
        if not number:
            _stopped(to, self)
        os.close(to)
        os.waitpid(number, os.WUNTRACED)
        with _traced(number, "-o", str(self.home / "trace"), *options):
            os.kill(number, signal.SIGCONT)
            hung = not _over(number)
        with open(said, encoding="utf-8") as file:
            return None if hung else file.read()

    def broken(self, call: str, number: int, fault: str) -> str:
        """Inject the fault; say which invariant does not hold once an undisturbed run has followed, or nothing."""
        told = self.trace("-e", f"trace={call}", "-e", f"inject={call}:{fault}:when={number}")
        if told is None:
            return "it hung"
        if "acknowledged" in told and self._one("SELECT count(*) FROM ticket") != 1:
            return "acknowledged and lost"
        return self._again() or self._wrong()

    def _again(self) -> str:
        """Start once more, as a person would: what was put back for later is due now."""
        with closing(sqlite3.connect(self.home / "d.db")) as database:
            database.execute("UPDATE message SET not_before = ?", (DUE,))
            database.execute("UPDATE message SET leased_until = ? WHERE state = 'claimed'", (DUE,))
            database.execute("UPDATE channel SET down_since = NULL, resting_until = NULL, failures = 0")
            database.commit()
        return "it hung" if Case(self.home, self.desk).trace("-e", "trace=none") is None else ""

    def _wrong(self) -> str:
        if self._one("PRAGMA integrity_check") != "ok":
            return "the database is damaged"
        if self._one("SELECT count(*) FROM ticket") != 1:
            return "not one ticket"
        if self._one("SELECT count(*) FROM message WHERE kind IN ('forward', 'mail') AND state != 'delivered'"):
            return "not all is delivered"
        if len(self.desk.creates) != 1:
            return f"{len(self.desk.creates)} tickets at the desk"
        mails = [path.read_bytes() for path in (self.home / "mail").glob("*.eml")]
        return "" if len(mails) == 1 and mails[0].rstrip().endswith(b"--") else "not one whole mail"

    def _one(self, question: str) -> object:
        with closing(sqlite3.connect(self.home / "d.db")) as database:
            return database.execute(question).fetchone()[0]


def _stopped(to: int, case: Case) -> NoReturn:
    """Wait to be traced, work, and end at once, in a process of its own."""
    status = 1
    try:
        os.dup2(to, 1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os.kill(os.getpid(), signal.SIGSTOP)
        work(case.home, case.desk.url, case.careless)
        status = 0
    finally:
        os._exit(status)


@contextmanager
def _traced(number: int, *options: str) -> Iterator[None]:
    """Have strace hold a process that has stopped."""
    tracer = subprocess.Popen(["strace", "-f", "-qq", *options, "-p", str(number)], stderr=subprocess.DEVNULL)
    try:
        while not re.search(r"^TracerPid:\s+[1-9]", Path(f"/proc/{number}/status").read_text(encoding="utf-8"), re.M):
            assert tracer.poll() is None, "strace may not trace"
            time.sleep(0.001)
        yield
    finally:
        tracer.terminate()
        tracer.wait()


def _over(number: int) -> bool:
    """Wait for the end of a process; end it, and return False, when it hangs."""
    give_up = time.monotonic() + SECONDS
    while not os.waitpid(number, os.WNOHANG)[0]:
        if time.monotonic() > give_up:
            os.kill(number, signal.SIGKILL)
            os.waitpid(number, 0)
            return False
        time.sleep(0.002)
    return True


def points(template: Path) -> dict[str, int]:
    """Count each kind of call of an undisturbed run."""
    with tempfile.TemporaryDirectory() as folder, serving() as desk:
        shutil.copytree(template, folder, dirs_exist_ok=True)
        if Case(Path(folder), desk).trace("-e", f"trace={','.join(CALLS)}") is None:
            return {}
        whole = (Path(folder) / "trace").read_text(encoding="utf-8")
    return {call: len(re.findall(rf"^\d+ +{call}\(", whole, re.M)) for call in CALLS}


def tried(template: Path, every: list[tuple[str, int, str]], *, careless: bool = False) -> list[str]:
    """Try each point; return which invariant was broken where."""
    wrong = []
    for point in every:
        with tempfile.TemporaryDirectory() as place, serving() as desk:
            shutil.copytree(template, place, dirs_exist_ok=True)
            if why := Case(Path(place), desk, careless).broken(*point):
                wrong.append(f"{point}: {why}")
                print(wrong[-1], flush=True)
    return wrong


def may_trace() -> bool:
    """Tell whether strace is here and may do its work."""
    words = ["strace", "-f", "-e", "trace=none", "-o", os.devnull, "true"]
    return shutil.which("strace") is not None and subprocess.run(words, check=False, capture_output=True).returncode == 0


def run(share: int = 0, shares: int = 1) -> Row | Skipped:
    if not may_trace():
        return Skipped("Crash points", "strace is not installed, or may not trace")
    with tempfile.TemporaryDirectory() as folder:
        ready_database(f"sqlite:///{Path(folder) / 'd.db'}").close()
        found = points(Path(folder))
        every = [(call, n, fault) for call, number in found.items() for n in range(1, number + 1) for fault in FAULTS]
        chosen = every[share::shares]
        wrong = tried(Path(folder), chosen)
        syncs = [("fdatasync", n, fault) for n in range(1, found.get("fdatasync", 0) + 1) for fault in FAULTS[1:]]
        careless = tried(Path(folder), syncs, careless=True) if share == 0 else []
    return Row(
        "Crash points",
        f"{len(chosen)} of {len(every)} points ({', '.join(f'{call} {number}' for call, number in found.items() if number)}): "
        f"invariants broken at {len(wrong)}",
        f"acknowledging before the commit: broken at {len(careless)} of {len(syncs)}" if share == 0 else "with the first share",
        not wrong and bool(chosen) and bool(careless or share),
    )


if __name__ == "__main__":
    print(run(*(int(word) for word in sys.argv[1:])))
