"""The service is killed again and again under load: each acknowledged request is stored, mailed and at the real desk once."""

import random
import sqlite3
import sys
import tempfile
import threading
import time
import uuid
from contextlib import closing
from email import message_from_bytes
from pathlib import Path
from typing import Any

from soak.desks.rigs import RT_URL, RtRig, rt_connector
from soak.table import Row
from tests.journeys.test_never_lost import send
from tests.served import ROOT, Served

CLIENTS = 4


def settings_for(home: Path) -> Path:
    """Write a support.yml whose desk is the real Request Tracker."""
    whole = (ROOT / "support.yml").read_text(encoding="utf-8")
    given = f"{{url: '{RT_URL}', user: deflect, password: soak-api-password, queue: Support}}"
    start = whole.index("desk:\n")
    end = whole.index("mail:\n")
    path = home / "support.yml"
    path.write_text(f"{whole[:start]}desk:\n  connector: rt\n  settings: {given}\n\n{whole[end:]}", encoding="utf-8")
    return path


def load(served: Served, acknowledged: dict[str, str], stop: threading.Event) -> None:
    while not stop.is_set():
        key = uuid.uuid4().hex
        acknowledged[key] = send(served, key)


def run(release: Path, kills: int = 200) -> Row:
    chance, slowest = random.Random(9), 0.0
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "current").symlink_to(release)
        served = Served(home, config=settings_for(home))
        base = 1_000_000_000 + uuid.uuid4().int % 900_000_000
        served.start()
        served.kill()
        with closing(sqlite3.connect(home / "deflect.db")) as database:  # numbers that the real desk has never seen
            database.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'ticket'", (base,))
            database.commit()
        served.start()
        acknowledged, stop = dict[str, str](), threading.Event()
        clients = [threading.Thread(target=load, args=(served, acknowledged, stop)) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        for _ in range(kills):
            time.sleep(chance.random() * 2)
            served.kill()
            before = len(acknowledged)
            served.start()
            began = time.monotonic()
            while len(acknowledged) == before and time.monotonic() - began < 30:
                time.sleep(0.01)
            slowest = max(slowest, time.monotonic() - began)
        stop.set()
        for client in clients:
            client.join()
        _drain(home)
        served.kill()
        return _count(home, acknowledged, kills, slowest)


def _drain(home: Path) -> None:
    with closing(sqlite3.connect(home / "deflect.db")) as database:
        wanted = "SELECT count(*) FROM message WHERE kind IN ('forward', 'mail') AND state != 'delivered'"
        until = time.monotonic() + 900
        while database.execute(wanted).fetchone()[0] and time.monotonic() < until:
            time.sleep(0.5)


def _count(home: Path, acknowledged: dict[str, str], kills: int, slowest: float) -> Row:
    rig: Any = RtRig(rt_connector())
    with closing(sqlite3.connect(home / "deflect.db")) as database:
        stored = {subject: str(number) for subject, number in database.execute("SELECT subject, id FROM ticket")}
    at_desk = [len(rig.ids(reference)) for reference in acknowledged.values()]
    told = [message_from_bytes(path.read_bytes())["X-Deflect-Reference"] for path in (home / "mail").glob("*.received@*.eml")]
    mailed = [told.count(reference) for reference in acknowledged.values()]
    lost = sum(stored.get(key) != reference for key, reference in acknowledged.items())
    return Row(
        "SIGKILL",
        f"{kills} kills, {len(acknowledged)} acknowledged: lost {lost}; at Request Tracker once {at_desk.count(1)}, mailed once "
        f"{mailed.count(1)}; slowest first 201 after it answered again {slowest:.1f} s",
        "the power cut's control: `synchronous=NORMAL`",
        not lost and at_desk.count(1) == mailed.count(1) == len(acknowledged),
    )


if __name__ == "__main__":
    print(run(Path(sys.argv[1]), int(sys.argv[2])))
