"""A disk that fills up: a plain 503 in time, nothing typed is lost, reading goes on, and all is well once there is room."""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from soak.changed import changed
from soak.table import Row, Skipped
from tests.served import ROOT, Served

SIZE = 60_000_000
STAGES = (2_900_000, 1_000_000, 200_000, 0)  # bytes left free


def ask(url: str, data: bytes | None = None, **headers: str) -> tuple[int, str, dict[str, str], float]:
    began = time.monotonic()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=data, headers=headers), timeout=30) as answer:
            return answer.status, answer.read().decode(), dict(answer.headers), time.monotonic() - began
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), dict(error.headers), time.monotonic() - began


def send(served: Served) -> tuple[int, str, dict[str, str], float]:
    session = uuid.uuid4().hex
    found = json.loads(
        ask(f"{served.url}/api/v1/suggest", urllib.parse.urlencode({"text": "it stopped", "session": session}).encode())[1]
    )
    words = {"email": f"{session}@example.org", "product": "flow", "subject": "s", "happened": "h", "session": session}
    body = json.dumps({**words, "receipt": found["receipt"]}).encode()
    return ask(f"{served.url}/api/v1/tickets", body, **{"Content-Type": "application/json", "Idempotency-Key": session})


def form(served: Served) -> tuple[int, str, dict[str, str], float]:
    words = {
        "email": "ada@example.org", "product": "flow", "subject": "Kept subject", "happened": "Kept words.", "step": "send",
        "session": "s9", "idempotency_key": uuid.uuid4().hex, "receipt": "unavailable",
    }  # fmt: skip
    return ask(f"{served.url}/support/contact/", urllib.parse.urlencode(words).encode())


def fill(home: Path, leave: int) -> Path:
    """Leave so many bytes free."""
    ballast, block = home / "ballast", b"\0" * 65_536
    with ballast.open("ab", buffering=0) as file, suppress(OSError):
        while os.statvfs(home).f_bavail * os.statvfs(home).f_frsize > leave:
            file.write(block)
    return ballast


@dataclass(frozen=True)
class Seen:
    """What happened at the stages, of each of which there is one: a send, a form sent, a page read."""

    before: int
    after: int
    refused: int
    kept: int
    reading: int
    slowest: float

    @property
    def is_fine(self) -> bool:
        whole = (self.before, self.after, self.refused, self.kept, self.reading)
        return whole == (201, 201, *[len(STAGES)] * 3) and self.slowest < 2

    def __str__(self) -> str:
        return (
            f"refused with 503, Retry-After and a clear text {self.refused}, form came back whole {self.kept}, "
            f"portal read {self.reading}, slowest {self.slowest:.2f} s; before {self.before}, after making room {self.after}"
        )


def run(release: Path) -> Row | Skipped:
    if os.geteuid() != 0:
        return Skipped("Disk full", "only root may mount a small tmpfs")
    ours = on_a_small_disk(release, ROOT)
    with changed("web/room.py", "return free < max(total * LEAST_SHARE, LEAST_BYTES)", "return False") as source:
        careless = on_a_small_disk(release, source)
    return Row(
        "Disk full",
        f"{len(STAGES)} stages, the first with {STAGES[0] / SIZE:.1%} free: {ours}",
        f"without the look at the room: {careless}",
        ours.is_fine and not careless.is_fine,
    )


def on_a_small_disk(release: Path, source: Path) -> Seen:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", folder], check=True)
        try:
            return _tried(Path(folder), release, source)
        finally:
            subprocess.run(["umount", "-l", folder], check=True)


def _tried(home: Path, release: Path, source: Path) -> Seen:
    (home / "current").symlink_to(release)
    served = Served(home, source=source)
    served.start()
    try:
        before = send(served)[0]
        slowest, refused, kept, reading = 0.0, 0, 0, 0
        for leave in STAGES:
            ballast = fill(home, leave)
            status, text, headers, took = send(served)
            refused += status == 503 and "Retry-After" in headers and bool(json.loads(text)["detail"])
            status, text, _, took_form = form(served)
            kept += status == 503 and "Kept subject" in text and "Kept words." in text
            reading += ask(f"{served.url}/")[0] == 200
            slowest = max(slowest, took, took_form)
        ballast.unlink()
        after = send(served)[0]
    finally:
        served.kill()
    return Seen(before, after, refused, kept, reading, slowest)


if __name__ == "__main__":
    print(run(Path(sys.argv[1])))
