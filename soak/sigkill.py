"""The service is killed again and again under load: each acknowledged request is stored, mailed and at the real desk once.

The controls are the same with a protection gone: a new key at each try, and a copy of the product that looks nothing up.
"""

import random
import sqlite3
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path
from typing import Any

from soak import shares
from soak.desks.rigs import REDMINE_SETTINGS, REDMINE_URL, RT_SETTINGS, RT_URL, RedmineRig, RtRig, redmine_connector, rt_connector
from soak.installed import built, fresh_numbers, number_from, weakened, write_settings
from soak.table import Row
from tests.journeys.test_never_lost import send
from tests.served import ROOT, Served

CLIENTS = 4
PAUSE = 0.25  # of each client after an answer: about as much as these desks take in on this machine
SECONDS = 3.0  # until the first 201, from the moment the service is started again
DESKS: dict[str, tuple[str, dict[str, Any]]] = {"rt": (RT_URL, RT_SETTINGS), "redmine": (REDMINE_URL, REDMINE_SETTINGS)}
NO_LOOK_UP = (
    ("delivery/forward.py", "way.desk.find(request.reference) or way.desk", "way.desk"),
    ("connectors/rt.py", "        if not found:\n            return None\n", "        return None\n"),
)


@dataclass
class Load:
    """Clients that send one request after another; each answer with the moment it came."""

    served: Served
    same_key: bool = True
    acknowledged: dict[str, str] = field(default_factory=dict)
    moments: list[float] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        self.threads = [threading.Thread(target=self._client) for _ in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def end(self) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def _client(self) -> None:
        while not self.stop.is_set():
            subject = uuid.uuid4().hex
            self.acknowledged[subject] = send(self.served, subject, fresh_keys=not self.same_key)
            self.moments.append(time.monotonic())
            self.stop.wait(PAUSE)

    def first_after(self, moment: float, most: float = 30) -> float:
        """Wait for the first answer after `moment`; return how long it took."""
        while time.monotonic() - moment < most:
            if came := [at for at in self.moments[-50:] if at > moment]:
                return min(came) - moment
            time.sleep(0.005)
        return most


def share(which: str, kills: int, release: Path, *, protected: bool = True) -> shares.Counts:
    """Kill so often, and count. Not `protected`: the control."""
    chance, firsts = random.Random(kills + protected), list[float]()
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (home / "current").symlink_to(release)
        url, settings = DESKS[which]
        source = ROOT if protected else stack.enter_context(weakened(*NO_LOOK_UP))
        served = Served(home, config=write_settings(home, which, {"url": url, **settings}), source=source)
        stack.callback(served.kill)
        served.start()
        served.kill()
        number_from(home / "deflect.db", fresh_numbers())
        served.start()
        load = Load(served, same_key=protected)
        load.start()
        for _ in range(kills):
            time.sleep(0.3 + chance.random() * 1.5)
            served.kill()
            started = time.monotonic()
            served.start()
            firsts.append(load.first_after(started))
        load.end()
        waited = _drain(home)
        served.kill()
        return {**_count(which, home, load.acknowledged), "kills": kills, "undelivered": waited, **_times(firsts)}


def _times(firsts: list[float]) -> shares.Counts:
    return {
        "slowest": max(firsts, default=0.0), "firsts": sum(firsts), "late": sum(first > SECONDS for first in firsts),
    }  # fmt: skip


def _drain(home: Path, most: float = 300) -> int:
    """Wait until nothing is on its way; return what was not delivered in that time."""
    with closing(sqlite3.connect(home / "deflect.db")) as database:
        owed = "SELECT count(*) FROM message WHERE kind IN ('forward', 'mail') AND state"
        until = time.monotonic() + most
        while database.execute(f"{owed} IN ('queued', 'claimed', 'unknown')").fetchone()[0] and time.monotonic() < until:
            time.sleep(0.5)
        return int(database.execute(f"{owed} != 'delivered'").fetchone()[0])


def _count(which: str, home: Path, acknowledged: dict[str, str]) -> shares.Counts:
    rig: Any = RtRig(rt_connector()) if which == "rt" else RedmineRig(redmine_connector())
    with closing(sqlite3.connect(home / "deflect.db")) as database:
        stored = Counter(database.execute("SELECT subject, id FROM ticket").fetchall())
    subjects = Counter(subject for subject, _ in stored.elements())
    at_desk = [len(rig.ids(reference)) for reference in acknowledged.values()]
    told = Counter(
        message_from_bytes(path.read_bytes())["X-Deflect-Reference"] for path in (home / "mail").glob("*.received@*.eml")
    )
    mailed = [told[reference] for reference in acknowledged.values()]
    return {
        "acknowledged": len(acknowledged),
        "lost": sum((subject, int(reference)) not in stored for subject, reference in acknowledged.items()),
        "stored twice": sum(subjects[subject] > 1 for subject in acknowledged),
        "desk once": at_desk.count(1), "desk never": at_desk.count(0), "desk more": sum(number > 1 for number in at_desk),
        "mailed once": mailed.count(1), "mailed never": mailed.count(0),
    }  # fmt: skip


def row(which: str, counts: shares.Counts, control: shares.Counts) -> Row:
    c, x = {k: round(v) for k, v in counts.items()}, {k: round(v) for k, v in control.items()}
    mean = counts["firsts"] / max(c["kills"], 1)
    return Row(
        f"SIGKILL, {which}",
        f"{c['kills']} kills, {c['acknowledged']} acknowledged: lost {c['lost']}, stored twice {c['stored twice']}; at the desk "
        f"once {c['desk once']}, never {c['desk never']}, more {c['desk more']}; mailed once {c['mailed once']}; first 201 after "
        f"the restart: mean {mean:.1f} s, slowest {counts['slowest']:.1f} s, over {SECONDS:.0f} s {c['late']}",
        f"a new key at each try and no look-up, {x['kills']} kills, {x['acknowledged']} acknowledged: stored twice "
        f"{x['stored twice']}, more than once at the desk {x['desk more']}",
        not (c["lost"] or c["stored twice"] or c["late"] or c["undelivered"])
        and c["desk once"] == c["mailed once"] == c["acknowledged"]
        and x["desk more"] + x["stored twice"] > 0,
    )


def run(which: str, release: Path, kills: int = 200, control: int = 20) -> Row:
    return row(which, share(which, kills, release), share(which, control, release, protected=False))


def main(which: str, kills: int, file: Path, control_kills: int = 20) -> None:
    """Run one share, keep it in `file`, and print the row of all that are there. 0 kills: a share of the control."""
    control = file.with_suffix(".control")
    with built() as release:
        if kills:
            shares.keep(file, share(which, kills, release))
        else:
            shares.keep(control, share(which, control_kills, release, protected=False))
    if file.exists() and control.exists():
        print(row(which, shares.total(file), shares.total(control)))
    else:
        print(shares.total(file if file.exists() else control))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), *(int(word) for word in sys.argv[4:]))
