"""PostgreSQL is killed again and again under load: what was acknowledged is there, and we serve again soon after it does."""

import os
import pwd
import shutil
import signal
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path

from sqlalchemy import select

from deflect_api.delivery.relay import utc_now
from deflect_api.errors import Unavailable
from deflect_api.intake import tickets
from deflect_api.store.models import Ticket
from deflect_api.store.ready import ready_database
from soak.table import Row, Skipped
from tests import postgres
from tests.intake.made import SUPPORT, draft

CLIENTS = 4


class Server:
    """One that may be killed, with all its processes."""

    def __init__(self, folder: Path) -> None:
        programs = postgres.programs()
        assert programs is not None
        self.folder, self.programs, self.port = folder, programs, postgres.free_port()
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(folder, user.pw_uid, user.pw_gid)
        postgres._as_postgres(
            programs / "initdb", "-D", folder / "data", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C"
        )

    @property
    def address(self) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder}"
        postgres._as_postgres(
            self.programs / "pg_ctl", "-D", self.folder / "data", "-w", "-l", self.folder / "log", "-o", options, "start"
        )

    def kill(self) -> None:
        first = int((self.folder / "data" / "postmaster.pid").read_text(encoding="utf-8").split()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text(encoding="utf-8").split()
        for pid in (first, *map(int, children)):
            os.kill(pid, signal.SIGKILL)
        while any(Path(f"/proc/{pid}").exists() and "Z" not in _state(pid) for pid in (first, *children)):
            time.sleep(0.02)
        time.sleep(0.5)  # its shared memory is let go a moment later
        (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)


def _state(pid: object) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def run(kills: int = 50) -> Row | Skipped:
    if postgres.programs() is None:
        return Skipped("PostgreSQL killed", "it is not installed")
    folder = Path(tempfile.mkdtemp(prefix="deflect-soak-"))
    try:
        return _tried(Server(folder), kills)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _tried(server: Server, kills: int) -> Row:
    server.start()
    database, stop, slowest = ready_database(server.address), threading.Event(), 0.0
    acknowledged: dict[str, str] = {}

    def client() -> None:
        while not stop.is_set():
            word = uuid.uuid4().hex
            while word not in acknowledged and not stop.is_set():
                try:
                    with database.write() as session:
                        key = tickets.Key(word, "digest")
                        made = tickets.submit(session, draft(subject=word), key, support=SUPPORT, now=utc_now())
                    acknowledged[word] = made.reference
                except Unavailable:
                    time.sleep(0.02)

    clients = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for each in clients:
        each.start()
    for _ in range(kills):
        before = len(acknowledged)
        while len(acknowledged) < before + 5:
            time.sleep(0.01)
        server.kill()
        server.start()
        began, before = time.monotonic(), len(acknowledged)
        while len(acknowledged) == before and time.monotonic() - began < 60:
            time.sleep(0.01)
        slowest = max(slowest, time.monotonic() - began)
    stop.set()
    for each in clients:
        each.join()
    with database.read() as session:
        there = {subject: str(number) for number, subject in session.execute(select(Ticket.id, Ticket.subject))}
        total = len(session.scalars(select(Ticket.id)).all())
    database.close()
    server.kill()
    lost = sum(there.get(word) != reference for word, reference in acknowledged.items())
    twice = total - len(there)
    return Row(
        "PostgreSQL killed",
        f"{kills} kills, {len(acknowledged)} acknowledged: lost {lost}, stored twice {twice}; serving again at most "
        f"{slowest:.1f} s after it did",
        "a start with `fsync` off is refused, which the suite tries",
        lost == 0 and twice == 0 and slowest < 5,
    )


if __name__ == "__main__":
    print(run(*(int(word) for word in sys.argv[1:])))
