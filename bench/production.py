"""Keystrokes through HTTP as in production: several workers, the relay apart, the load on the same cores.

`python -m bench.production`. No answer is kept anywhere: each keystroke is searched. Each worker first answers other texts for
a few seconds, as one that has served for a while. wrk (a package of Debian) asks as fast as it can; a paced client then asks
at a constant rate beside tickets. granian and gunicorn come with the bench's own extra; waitress is what
`deflect serve` runs."""

import argparse
import http.client
import json
import random
import re
import shutil
import statistics
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

from bench import corpora, load
from deflect_api import build, config
from search import build_index
from tests.served import Served

APPLICATION = "deflect_api.cli:application"
SECONDS, WARM_SECONDS, CONNECTIONS, WORKERS = 10, 4, 8, 2
RATE, TICKETS = 1000, 5
WRK = """
local bodies = {}
for line in io.lines("%s") do bodies[#bodies + 1] = line end
local at = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
function request() at = at %% #bodies + 1; return wrk.format(nil, "/api/v1/suggest", nil, bodies[at]) end
"""


def commands(port: int) -> dict[str, list[str]]:
    """Each server with its workers, listening on `port`."""
    program = [sys.executable, "-m"]
    granian = [*program, "granian", "--interface", "wsgi", "--factory", "--host", "127.0.0.1", "--port", str(port)]
    gunicorn = [*program, "gunicorn", "--workers", str(WORKERS), "--bind", f"127.0.0.1:{port}", f"{APPLICATION}()"]
    return {
        f"granian, {WORKERS} workers": [
            *granian,
            "--workers",
            str(WORKERS),
            "--blocking-threads",
            "1",
            "--no-ws",
            APPLICATION,
        ],
        f"gunicorn gthread, {WORKERS} workers": [*gunicorn, "--worker-class", "gthread", "--threads", "4", "--keep-alive", "75"],
        "waitress, 1 process": [*program, "deflect_api.cli", "serve"],
    }


@contextmanager
def running(served: Served, command: list[str]) -> Iterator[None]:
    """Run a server, and the relay in a process of its own beside it."""
    with (served.home / "serve.log").open("ab") as log:
        relay = subprocess.Popen(
            [sys.executable, "-m", "deflect_api.cli", "relay"], env=served.environment, stdout=log, stderr=log
        )
        served.process = subprocess.Popen(command, env=served.environment, stdout=log, stderr=log)
        try:
            while not served.answers():
                time.sleep(0.1)
            yield
        finally:
            served.stop()
            relay.terminate()
            relay.wait()


def bodies(size: int) -> list[str]:
    """The questions of our articles as they are typed; each beginning once, in no order."""
    typed = list(dict.fromkeys(q[:end] for q in load.questions() for end in range(1, len(q) + 1)))
    random.Random(size).shuffle(typed)
    return [urlencode({"text": text, "session": "bench"}) for text in typed]


def as_fast_as_can_be(served: Served, asked: list[str], seconds: int) -> str:
    """What wrk says of requests per second, p50, p99 and failures."""
    script, texts = served.home / "ask.lua", served.home / "texts.txt"
    texts.write_text("\n".join(asked), "ascii")
    script.write_text(WRK % texts, "ascii")
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", str(script), served.url]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = [re.search(pattern, told) for pattern in (r"Requests/sec:\s+([\d.]+)", r"50%\s+(\S+)", r"99%\s+(\S+)")]
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", told)
    return " | ".join([*(match[1] if match else "?" for match in found), failed[1] if failed else "0"])


def paced(rate: float, seconds: float, call: Callable[[], None], spent: list[float]) -> None:
    """Call at a constant rate; the time of a call counts from when it was due."""
    began = time.perf_counter()
    for n in range(int(rate * seconds)):
        due = began + n / rate
        time.sleep(max(due - time.perf_counter(), 0))
        call()
        spent.append((time.perf_counter() - due) * 1000)


def asker(served: Served, texts: Iterator[str]) -> Callable[[], None]:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)

    def ask() -> None:
        connection.request("POST", "/api/v1/suggest", next(texts), load.FORM)
        load.answered(connection, 200)

    return ask


def sender(served: Served) -> Callable[[], None]:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    connection.request("POST", "/api/v1/suggest", urlencode({"text": "it stopped"}), load.FORM)
    receipt = json.loads(load.answered(connection, 200))["receipt"]

    def send() -> None:
        words = {"email": "ada@example.org", "product": "flow", "subject": "It stopped", "happened": "The list is empty."}
        headers = {"Content-Type": "application/json", "Idempotency-Key": uuid.uuid4().hex}
        connection.request("POST", "/api/v1/tickets", json.dumps({**words, "receipt": receipt}), headers)
        load.answered(connection, 201)

    return send


def beside_tickets(served: Served, asked: list[str]) -> str:
    """RATE keystrokes and TICKETS tickets a second, for SECONDS: the p50 and p99 of both."""
    suggest, ticket = list[float](), list[float]()
    texts = iter(asked)
    clients = [(RATE / CONNECTIONS, asker(served, texts), suggest) for _ in range(CONNECTIONS)]
    clients.append((TICKETS, sender(served), ticket))
    threads = [threading.Thread(target=paced, args=(rate, SECONDS, call, spent)) for rate, call, spent in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cuts = [statistics.quantiles(spent, n=100) for spent in (suggest, ticket)]
    return " | ".join(f"{cut[at]:.1f}" for cut in cuts for at in (49, 98)) + f" | {len(suggest)} and {len(ticket)}"


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--sections", type=int, default=2000)
    size = given.parse_args().sections
    if not shutil.which("wrk"):
        raise SystemExit("wrk is not here. Install it: apt-get install wrk")
    with TemporaryDirectory(prefix="deflect-bench-") as folder:
        served = Served(Path(folder), config=load.unlimited(Path(folder) / "support.yml"))
        build.build(config.load(served.environment))
        build_index(corpora.enlarged(size).sections, served.home / "current" / "index")
        print(f"### Through HTTP, {size:,} sections, after {WARM_SECONDS} s of other texts\n")
        print("| server | requests/s | p50 | p99 | failed | paced: suggest p50 ms | p99 | ticket p50 ms | p99 | answered |")
        print("| --- " * 10 + "|")
        for name, command in commands(served.port).items():
            with running(served, command):
                asked = bodies(size)
                others, asked = asked[: len(asked) // 3], asked[len(asked) // 3 :]
                as_fast_as_can_be(served, others, WARM_SECONDS)
                told = as_fast_as_can_be(served, asked, SECONDS)
                print(f"| {name} | {told} | {beside_tickets(served, asked)} |", flush=True)


if __name__ == "__main__":
    main()
