"""More searches than can be served, for a while: searching gives way, every request is stored, and soon after all is well."""

import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from bench import load, production
from soak import slow_lines
from soak.disk_full import ask, send
from soak.table import Row, Skipped
from tests.served import ROOT, Served

TIMES, SECONDS, TICKETS_A_SECOND, MOST_SECONDS, CALM = 1.5, 20.0, 5, 5.0, 10


def searchers(served: Served, rate: float, seconds: float) -> subprocess.Popen[str]:
    """Start people who search, in a process of their own."""
    words = [sys.executable, "-m", "soak.open_loop", str(served.port), str(rate), str(seconds)]
    return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def told(process: subprocess.Popen[str]) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(process.communicate()[0])
    return read


def highest(served: Served) -> float:
    """How many searches a second are served when each of a few people asks again once answered."""
    told(searchers(served, 0, 3))  # warm
    seen = told(searchers(served, 0, 8))
    return float(seen["seen"]["200"] / seen["seconds"])


@dataclass
class Tickets:
    """Requests that are sent at a constant rate, each from a line and a thread of its own."""

    served: Served
    receipt: str
    sent: list[tuple[int, float]]

    def one(self, number: int) -> None:
        words = {"email": f"p{number}@example.org", "product": "flow", "subject": f"problem {number}", "happened": "It stopped."}
        body = json.dumps({**words, "receipt": self.receipt}).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": f"request-{number:08}"}
        began = time.monotonic()
        try:
            status = ask(f"{self.served.url}/api/v1/tickets", body, **headers)[0]
        except OSError:
            status = 0
        self.sent.append((status, time.monotonic() - began))

    def send(self, seconds: float) -> None:
        threads, began = [], time.monotonic()
        for number in range(int(seconds * TICKETS_A_SECOND)):
            time.sleep(max(began + number / TICKETS_A_SECOND - time.monotonic(), 0))
            threads.append(threading.Thread(target=self.one, args=(number,)))
            threads[-1].start()
        for thread in threads:
            thread.join()


@dataclass(frozen=True)
class Seen:
    """What became of searches and requests at `rate` searches a second."""

    rate: float
    searches: dict[str, Any]
    tickets: list[tuple[int, float]]
    recovered: float

    @property
    def refused(self) -> int:
        return sum(self.searches["seen"].get(status, 0) for status in ("429", "503"))

    @property
    def slowest(self) -> float:
        return max(seconds for _, seconds in self.tickets)

    @property
    def stored(self) -> int:
        return sum(status == 201 for status, _ in self.tickets)

    @property
    def is_fine(self) -> bool:
        whole = self.stored == len(self.tickets) and self.refused > 0 and not self.searches["without_a_word"]
        return whole and self.slowest < 2 and self.recovered < MOST_SECONDS

    def __str__(self) -> str:
        seen = dict(sorted(self.searches["seen"].items()))
        return (
            f"{self.rate:.0f} searches a second for {SECONDS:.0f} s: {seen}, p50 {self.searches['p50'] * 1000:.0f} ms, "
            f"p99 {self.searches['p99'] * 1000:.0f} ms; {len(self.tickets)} requests, {self.stored} answered 201, "
            f"slowest {self.slowest:.2f} s; all well {self.recovered:.1f} s after the end"
        )


def trial(served: Served, rate: float) -> Seen:
    receipt = json.loads(ask(f"{served.url}/api/v1/suggest", b"text=it+stopped")[1])["receipt"]
    tickets = Tickets(served, receipt, [])
    people = searchers(served, rate, SECONDS)
    time.sleep(2)  # the load is on when the first request is sent
    tickets.send(SECONDS - 2)
    searches = told(people)
    wait_for_calm(served)
    return Seen(rate, searches, tickets.sent, time.perf_counter() - searches["ended"])


def wait_for_calm(served: Served) -> None:
    """Wait until a search and a request after it were both answered well, so many times on end."""
    for _ in range(CALM):
        while not is_well(served):
            time.sleep(0.1)


def is_well(served: Served) -> bool:
    try:
        return send(served)[0] == 201
    except (OSError, KeyError, json.JSONDecodeError):
        return False  # the search was refused, so there was no receipt


def installation(home: Path, release: Path, **limits: float) -> Served:
    """Make one with limits that let one machine send what many people would, and with these, behind a proxy."""
    home.mkdir()
    (home / "current").symlink_to(release)
    path = load.unlimited(home / "support.yml")
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    settings["limits"] |= limits
    settings["web"] = {"trusted_proxies": 1}
    path.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    return Served(home, config=path)


@contextmanager
def alone(served: Served) -> Iterator[Served]:
    """Serve by `deflect serve`, without a proxy."""
    served.start()
    try:
        yield served
    finally:
        served.kill()


@contextmanager
def behind_nginx(served: Served, server: str) -> Iterator[Served]:
    """Serve by that server, behind the shipped nginx configuration."""
    running = production.running(served, production.commands(served.port)[server])
    with running, slow_lines.front(served, served.home, slow_lines.CONNECTIONS) as outside:
        yield outside


Way = Callable[[Served], AbstractContextManager[Served]]
GUNICORN, GRANIAN = f"gunicorn gthread, {production.WORKERS} workers", f"granian, {production.WORKERS} workers"
OFF = {"suggest_waiting": 1_000_000, "suggest_waited": 60}


def tried(release: Path, way: Way) -> tuple[Seen, Seen]:
    """What became of them as it is shipped, and when nothing gives way."""
    with tempfile.TemporaryDirectory() as folder:
        found = list[Seen]()
        for name, limits in (("ours", {}), ("control", OFF)):
            with way(installation(Path(folder) / name, release, **limits)) as served:
                rate = highest(served) if not found else found[0].rate / TIMES
                found.append(trial(served, rate * TIMES))
    return found[0], found[1]


def run(release: Path, server: str = "") -> Row | Skipped:
    """Try `deflect serve`, or another server by the name that the bench gives it, behind nginx."""
    name = f"Overload, nginx and {server}" if server else "Overload"
    if server and shutil.which("nginx") is None:
        return Skipped(name, "nginx is not installed")
    ours, control = tried(release, partial(behind_nginx, server=server) if server else alone)
    return Row(
        name,
        f"highest rate served {ours.rate / TIMES:.0f} searches a second; at {TIMES} times that, {ours}",
        f"without giving way: {control}",
        ours.is_fine and not control.is_fine,
    )


if __name__ == "__main__":
    print(run(Path(sys.argv[1]), *sys.argv[2:]))
