"""A small load generator: keep-alive connections in threads, each answer's time on record."""

import http.client
import statistics
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from deflect_api import build, config
from search import read_docs
from tests.served import ROOT, Served

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
Call = Callable[[http.client.HTTPConnection], None]


@contextmanager
def installation() -> Iterator[Served]:
    """Serve our own docs from a fresh home, with limits that let one machine send what many people would."""
    with TemporaryDirectory(prefix="deflect-bench-") as folder:
        served = Served(Path(folder), config=unlimited(Path(folder) / "support.yml"))
        build.build(config.load(served.environment))
        served.start()
        try:
            yield served
        finally:
            served.kill()


def unlimited(path: Path) -> Path:
    settings = yaml.safe_load((ROOT / "support.yml").read_text(encoding="utf-8"))
    settings["portal"]["mkdocs"] = str(ROOT / settings["portal"]["mkdocs"])
    rates = ("visit", "unproven", "mail", "address", "acknowledgements")
    counts = ("flood_address", "flood_everywhere", "suggest_per_second", "suggest_burst")
    settings["limits"] = {**dict.fromkeys(rates, "1000000 in 1 minute"), **dict.fromkeys(counts, 1_000_000)}
    path.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    return path


def questions() -> list[str]:
    """What people type: the test questions of our own articles."""
    settings = config.read_support(ROOT / "support.yml", {})
    return [question for article in read_docs(ROOT / settings.portal.mkdocs) for question in article.questions]


def run(served: Served, calls: Iterable[Call], clients: int) -> tuple[list[float], float]:
    """Make every call, `clients` at a time; return each one's milliseconds and the seconds of the whole."""
    waiting, spent, lock = iter(calls), list[float](), threading.Lock()

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
        while True:
            with lock:
                call = next(waiting, None)
            if call is None:
                return connection.close()
            began = time.perf_counter()
            call(connection)
            spent.append((time.perf_counter() - began) * 1000)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return spent, time.perf_counter() - began


def answered(connection: http.client.HTTPConnection, status: int) -> bytes:
    """Read the whole answer, so that its time counts. Any other status ends the bench."""
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != status:
        raise SystemExit(f"answered {answer.status}: {body[:300]!r}")
    return body


def row(name: str, spent: list[float], seconds: float) -> str:
    cuts = statistics.quantiles(spent, n=100)
    return f"{name:<34}{len(spent):>7}{cuts[49]:>9.1f}{cuts[94]:>9.1f}{cuts[98]:>9.1f}{len(spent) / seconds:>10.0f}"


HEADER = f"{'':<34}{'calls':>7}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'per second':>10}"
