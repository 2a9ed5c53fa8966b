"""Four relays on one PostgreSQL, killed again and again: each ticket reaches the desk once. And PostgreSQL itself killed."""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import create_engine, func, select, text

from deflect_api.delivery import outbox
from deflect_api.delivery.relay import utc_now
from deflect_api.store.db import Database
from deflect_api.store.models import Message
from deflect_api.store.ready import ready_database
from soak.stand_in import serving
from soak.table import Row
from tests import postgres
from tests.intake.made import submitted
from tests.served import ROOT

RELAYS = 4


def settings_for(home: Path, url: str) -> Path:
    """Write a support.yml whose desk is the stand-in."""
    whole = (ROOT / "support.yml").read_text(encoding="utf-8")
    desk = f"connector: zendesk\n  settings: {{url: '{url}', user: d@example.org, token: key}}\n"
    changed = whole.replace("connector: builtin        # the desk that comes with it; others: docs/team/connectors.md\n", desk)
    path = home / "support.yml"
    path.write_text(changed.replace("  settings: {}\n", ""), encoding="utf-8")
    return path


def start(home: Path, config: Path, address: str) -> subprocess.Popen[bytes]:
    given = {"DEFLECT_HOME": str(home), "DEFLECT_CONFIG": str(config), "DEFLECT_DATABASE": address}
    log = (home / "relay.log").open("ab")
    return subprocess.Popen(
        [sys.executable, "-m", "deflect_api.cli", "relay"], env={**os.environ, **given}, stdout=log, stderr=log
    )


def left(database: Database) -> int:
    with database.read() as session:
        wanted = select(func.count()).where(Message.kind == "forward", Message.state != outbox.DELIVERED)
        return int(session.scalar(wanted) or 0)


def run(tickets: int = 1500, kills: int = 12) -> Row:
    chance = random.Random(9)
    with postgres.server() as server, serving() as desk, tempfile.TemporaryDirectory() as folder:
        _create(server)
        home, address = Path(folder), f"{server}/soak"
        config, database = settings_for(home, desk.url), ready_database(address)
        with database.write() as session:
            made = [submitted(session, utc_now(), email=f"p{n}@example.org").reference for n in range(tickets)]
        relays = [start(home, config, address) for _ in range(RELAYS)]
        started, killed = time.monotonic(), 0
        while left(database):
            time.sleep(0.2)
            if killed < kills and tickets - left(database) >= (killed + 1) * tickets // (kills + 1):
                victim = chance.randrange(RELAYS)
                relays[victim].send_signal(signal.SIGKILL)
                relays[victim].wait()
                relays[victim], killed = start(home, config, address), killed + 1
        seconds = time.monotonic() - started
        for relay in relays:
            relay.kill()
            relay.wait()
        database.close()
        times = desk.times()
    twice = sum(number > 1 for number in times.values())
    return Row(
        "Replicas on PostgreSQL",
        f"{RELAYS} relays, {tickets} tickets, {killed} SIGKILLs, {seconds:.0f} s: at the desk {len(times)}, twice {twice}",
        "see the control of lost answers: without the look-up a killed relay's ticket is made again",
        len(times) == len(made) and not twice and killed == kills,
    )


def _create(server: str) -> None:
    admin = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("CREATE DATABASE soak"))
    admin.dispose()


if __name__ == "__main__":
    print(run(*(int(word) for word in sys.argv[1:])))
