"""Four relays on one PostgreSQL, killed again and again: each ticket reaches the desk once."""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, func, select, text

from deflect_api.delivery import outbox
from deflect_api.delivery.relay import utc_now
from deflect_api.store.db import Database
from deflect_api.store.models import Message
from deflect_api.store.ready import ready_database
from soak.changed import changed
from soak.stand_in import serving
from soak.table import Row
from tests import postgres
from tests.intake.made import submitted
from tests.served import ROOT

RELAYS, LONGEST_SECONDS = 4, 540
UNLOCKED = (".limit(most).with_for_update(skip_locked=True)", ".limit(most)")


def settings_for(home: Path, url: str) -> Path:
    """Write a support.yml whose desk is the stand-in."""
    whole = (ROOT / "support.yml").read_text(encoding="utf-8")
    desk = f"connector: zendesk\n  settings: {{url: '{url}', user: d@example.org, token: key}}\n"
    changed = whole.replace("connector: builtin        # the desk that comes with it; others: docs/team/connectors.md\n", desk)
    path = home / "support.yml"
    path.write_text(changed.replace("  settings: {}\n", ""), encoding="utf-8")
    return path


def start(home: Path, config: Path, address: str, source: Path) -> subprocess.Popen[bytes]:
    given = {"DEFLECT_HOME": str(home), "DEFLECT_CONFIG": str(config), "DEFLECT_DATABASE": address}
    words = [sys.executable, "-m", "deflect_api.cli", "relay"]
    with (home / "relay.log").open("ab") as log:
        return subprocess.Popen(words, cwd=source, env={**os.environ, **given}, stdout=log, stderr=log)


def left(database: Database) -> int:
    with database.read() as session:
        wanted = select(func.count()).where(Message.kind == "forward", Message.state != outbox.DELIVERED)
        return int(session.scalar(wanted) or 0)


@dataclass(frozen=True)
class Seen:
    """What the desk holds in the end, and what it took."""

    tickets: int
    killed: int
    seconds: float
    at_the_desk: int
    twice: int

    def __str__(self) -> str:
        return (
            f"{RELAYS} relays, {self.tickets} tickets, {self.killed} SIGKILLs, {self.seconds:.0f} s: "
            f"at the desk {self.at_the_desk}, twice {self.twice}"
        )


def trial(tickets: int, kills: int, source: Path = ROOT) -> Seen:
    """Let the relays of `source` carry out what is owed, and kill one again and again meanwhile."""
    with postgres.server() as server, serving() as desk, tempfile.TemporaryDirectory() as folder:
        create_database(server)
        home, address = Path(folder), f"{server}/soak"
        config, database = settings_for(home, desk.url), ready_database(address)
        with database.write() as session:
            for number in range(tickets):
                submitted(session, utc_now(), email=f"p{number}@example.org")
        relays = [start(home, config, address, source) for _ in range(RELAYS)]
        began, killed = time.monotonic(), 0
        try:
            killed = _kill_meanwhile(
                relays,
                [number * tickets // (kills + 1) for number in range(1, kills + 1)],
                lambda: tickets - left(database),
                lambda: start(home, config, address, source),
            )
            while left(database) and time.monotonic() - began < LONGEST_SECONDS:
                time.sleep(0.2)
        finally:
            for relay in relays:
                relay.kill()
                relay.wait()
            database.close()
        times = desk.times()
    return Seen(tickets, killed, time.monotonic() - began, len(times), sum(number > 1 for number in times.values()))


def _kill_meanwhile(
    relays: list[subprocess.Popen[bytes]],
    when: Sequence[int],
    done: Callable[[], int],
    another: Callable[[], subprocess.Popen[bytes]],
) -> int:
    """Kill one each time that so many are done, and start another in its place; return how many were killed."""
    chance, give_up = random.Random(9), time.monotonic() + LONGEST_SECONDS
    for killed, number in enumerate(when):
        while done() < number:
            if time.monotonic() > give_up:
                return killed
            time.sleep(0.05)
        victim = chance.randrange(RELAYS)
        relays[victim].send_signal(signal.SIGKILL)
        relays[victim].wait()
        relays[victim] = another()
    return len(when)


def run(tickets: int = 1500, kills: int = 12, control: int = 300) -> Row:
    ours = trial(tickets, kills)
    with changed("delivery/outbox.py", *UNLOCKED) as source:
        careless = trial(control, 0, source)
    return Row(
        "Replicas on PostgreSQL",
        str(ours),
        f"claims without SKIP LOCKED: {careless}",
        (ours.at_the_desk, ours.twice, ours.killed) == (tickets, 0, kills) and careless.twice > 0,
    )


def create_database(server: str) -> None:
    admin = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("CREATE DATABASE soak"))
    admin.dispose()


if __name__ == "__main__":
    print(run(*(int(word) for word in sys.argv[1:])))
