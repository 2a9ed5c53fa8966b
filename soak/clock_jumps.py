"""The clock jumps by hours, by a year and over both changes of summer time while requests come: none twice, none parked.

The service and a relay beside it run under Debian's faketime, whose file sets their clock; the desk's and ours are true.
"""

import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import uuid
from collections import Counter
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from soak import shares
from soak.installed import built, weakened, write_settings
from soak.stand_in import StandIn, serving
from soak.table import Row, Skipped
from tests.journeys.test_never_lost import post
from tests.served import ROOT, Served

LIBRARY = next(iter(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), None)
HOUR, YEAR = 3600, 365 * 86_400
STEPS = (HOUR, -HOUR, 6 * HOUR, -6 * HOUR, 23 * HOUR, -23 * HOUR, YEAR, -YEAR)
SUMMER_TIME = (datetime(2027, 3, 28, 0, 59, 59, tzinfo=UTC), datetime(2027, 10, 31, 0, 59, 59, tzinfo=UTC))  # in Amsterdam
CLIENTS, PAUSE = 3, 0.1
DRAIN_SECONDS = 150
NO_CARE = (
    ("delivery/outbox.py", "or_(Message.not_before <= now, set_back)", "(Message.not_before <= now)"),
    ("delivery/relay.py", "            outbox.shorten(session, now)\n            outbox.replan(session, now)\n", ""),
    ("delivery/relay.py", "                self._notice_jump()\n", ""),
)


class Hands:
    """Sets the clock of the processes under faketime: `seconds` from the true one."""

    def __init__(self, home: Path) -> None:
        self.file, self.seconds = home / "clock", 0
        self.put(0)

    def put(self, seconds: int) -> None:
        draft = self.file.with_suffix(".draft")
        draft.write_text(f"{seconds:+d}\n", encoding="utf-8")
        draft.replace(self.file)
        self.seconds = seconds

    @property
    def environment(self) -> dict[str, str]:
        ours = {"LD_PRELOAD": str(LIBRARY), "FAKETIME_TIMESTAMP_FILE": str(self.file), "TZ": "Europe/Amsterdam"}
        return {**ours, "FAKETIME_CACHE_DURATION": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def next_seconds(chance: random.Random, now: int) -> int:
    """Choose the next jump: a step from where the clock is, or the second before summer time begins or ends."""
    step = chance.choice((*STEPS, *SUMMER_TIME))
    if isinstance(step, datetime):
        return int((step - datetime.now(UTC)).total_seconds())
    return now + step if -YEAR <= now + step <= 2 * YEAR else 0


def load(served: Served, acknowledged: dict[str, str], stop: threading.Event) -> None:
    """Send one request after another, each until it is taken: a receipt may have run out within a second."""
    while not stop.is_set():
        key = uuid.uuid4().hex
        words = {"email": f"{key}@example.org", "product": "flow", "subject": key, "happened": "It stopped.", "session": key}
        while key not in acknowledged:
            try:
                found = post(f"{served.url}/api/v1/suggest", urllib.parse.urlencode({"text": "it", "session": key}).encode(), {})
                body = json.dumps({**words, "receipt": found["receipt"]}).encode()
                headers = {"Content-Type": "application/json", "Idempotency-Key": key}
                acknowledged[key] = post(f"{served.url}/api/v1/tickets", body, headers)["reference"]
            except (urllib.error.URLError, OSError, json.JSONDecodeError):
                time.sleep(0.05)
        stop.wait(PAUSE)


def share(jumps: int, release: Path, *, careful: bool = True, seed: int = 9) -> shares.Counts:
    """Let the clock jump so often, and count. Without care: the control."""
    chance, acknowledged, stop = random.Random(seed), dict[str, str](), threading.Event()
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (home / "current").symlink_to(release)
        desk = stack.enter_context(serving())
        desk.slow, desk.lose = 0.15, 10
        hands = Hands(home)
        source = ROOT if careful else stack.enter_context(weakened(*NO_CARE))
        config = write_settings(home, "zendesk", {"url": desk.url, "user": "d@example.org", "token": "key"})
        served = Served(home, config=config, extra=hands.environment, source=source)
        stack.callback(served.kill)
        served.start()
        relay = _relay_beside(served)
        stack.callback(relay.wait)
        stack.callback(relay.kill)
        clients = [threading.Thread(target=load, args=(served, acknowledged, stop)) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        for _ in range(jumps):
            time.sleep(1.1 + chance.random() / 2)  # faketime looks at its file once a second
            hands.put(next_seconds(chance, hands.seconds))
        stop.set()
        for client in clients:
            client.join()
        hands.put(0)
        seconds = _drain(home)
        served.kill()
        return {**_count(home, desk, acknowledged), "jumps": jumps, "slowest drain": seconds}


def _relay_beside(served: Served) -> subprocess.Popen[bytes]:
    with (served.home / "relay.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "deflect_api.cli", "relay"], cwd=served.source, env=served.environment, stdout=log, stderr=log
        )


def _drain(home: Path) -> float:
    """Wait, with the clock right again, until requests and mails are delivered; return how long that took."""
    began = time.monotonic()
    with closing(sqlite3.connect(home / "deflect.db")) as database:
        wanted = "SELECT count(*) FROM message WHERE kind IN ('forward', 'mail') AND state IN ('queued', 'claimed', 'unknown')"
        while database.execute(wanted).fetchone()[0] and time.monotonic() - began < DRAIN_SECONDS:
            time.sleep(0.5)
    return time.monotonic() - began


def _count(home: Path, desk: StandIn, acknowledged: dict[str, str]) -> shares.Counts:
    times = desk.times()
    soon = (datetime.now(UTC) + timedelta(days=1, hours=1)).strftime("%Y-%m-%d %H:%M:%S")
    with closing(sqlite3.connect(home / "deflect.db")) as database:
        states = Counter(state for (state,) in database.execute("SELECT state FROM message WHERE kind IN ('forward', 'mail')"))
        ahead = "SELECT count(*) FROM message WHERE state IN ('queued', 'unknown') AND not_before > ?"
        (parked,) = database.execute(ahead, (soon,)).fetchone()
        twice = "SELECT message_id FROM attempt WHERE outcome = 'delivered' GROUP BY message_id HAVING count(*) > 1"
        carried_out_twice = len(database.execute(twice).fetchall())
        subjects = Counter(subject for (subject,) in database.execute("SELECT subject FROM ticket"))
    return {
        "acknowledged": len(acknowledged), "stored twice": sum(number > 1 for number in subjects.values()),
        "lost": len(set(acknowledged.values()) - set(times)), "twice": sum(number > 1 for number in times.values()),
        "settled twice": carried_out_twice, "human": states["waiting for a human"], "far ahead": parked,
        "open": states["queued"] + states["claimed"] + states["unknown"],
    }  # fmt: skip


def row(counts: shares.Counts, control: shares.Counts) -> Row:
    c, x = {k: round(v) for k, v in counts.items()}, {k: round(v) for k, v in control.items()}
    return Row(
        "Clock jumps",
        f"{c['jumps']} jumps of hours, a year and summer time, two relays, {c['acknowledged']} acknowledged, one answer in ten "
        f"of the desk lost: lost {c['lost']}, twice at the desk {c['twice']}, stored twice {c['stored twice']}, settled twice "
        f"{c['settled twice']}, waiting for a human {c['human']}, put off for more than a day {c['far ahead']}; all sent "
        f"{c['slowest drain']} s after the clock was right",
        f"without care for jumps, {x['jumps']} jumps: not sent after {DRAIN_SECONDS} s {x['open']}, put off for more than a day "
        f"{x['far ahead']}, twice at the desk {x['twice']}",
        not any(c[name] for name in ("lost", "twice", "stored twice", "settled twice", "human", "far ahead", "open"))
        and x["open"] + x["far ahead"] > 0,
    )


def run(release: Path, jumps: int = 300, control: int = 60) -> Row | Skipped:
    if LIBRARY is None:
        return Skipped("Clock jumps", "faketime is not installed (apt-get install faketime)")
    return row(share(jumps, release), share(control, release, careful=False))


def main(jumps: int, file: Path) -> None:
    """Run one share, keep it in `file`, and print the row of all that are there. 0 jumps: the control."""
    control = file.with_suffix(".control")
    with built() as release:
        if jumps:
            shares.keep(file, share(jumps, release, seed=os.getpid()))
        else:
            shares.keep(control, share(60, release, careful=False))
    print(row(shares.total(file), shares.total(control)) if file.exists() and control.exists() else "the other is missing")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
