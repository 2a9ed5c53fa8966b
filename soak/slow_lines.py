"""A thousand lines that send their headers or bodies a byte at a time, through the shipped nginx configuration."""

import json
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from soak.disk_full import send
from soak.table import Row, Skipped
from tests.postgres import free_port
from tests.served import ROOT, Served

LINES, ADDRESSES, MOST_SECONDS = 1000, 10, 2.0
CONNECTIONS, FEWER = 16384, 768  # as deploy/nginx.conf asks for, and as Debian ships it


def configuration(folder: Path, outside: int, inside: int, connections: int) -> Path:
    """The shipped file, with ports and paths of this trial, in a nginx.conf with one worker of so many connections."""
    shipped = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    ours = shipped.replace("/var/log/nginx/", f"{folder}/").replace("listen 80;", f"listen 127.0.0.1:{outside};")
    (folder / "deflect.conf").write_text(ours.replace("127.0.0.1:8000", f"127.0.0.1:{inside}"), encoding="utf-8")
    whole = folder / "nginx.conf"
    head = f"pid {folder}/pid;\nerror_log {folder}/error.log;\nworker_rlimit_nofile {2 * connections};\n"
    head += f"events {{ worker_connections {connections}; }}\n"
    whole.write_text(f"daemon off;\n{head}http {{ include {folder}/deflect.conf; }}\n", encoding="utf-8")
    return whole


HEADERS = b"GET / HTTP/1.1\r\nHost: help.example.org\r\nX-Slow: "
BODIES = b"POST /api/v1/tickets HTTP/1.1\r\nHost: help.example.org\r\nContent-Length: 100000\r\n\r\n"


class Slow:
    """Holds its lines open, and sends a byte on each every second; `open_lines()` says how many are not cut yet."""

    def __init__(self, port: int, begin: bytes) -> None:
        self.port, self.begin, self.lines, self.stop = port, begin, list[socket.socket](), threading.Event()

    def open(self) -> None:
        for number in range(LINES):
            line = socket.create_connection(("127.0.0.1", self.port), 5, source_address=(f"127.0.1.{number % ADDRESSES + 1}", 0))
            line.sendall(self.begin)
            self.lines.append(line)

    def drip(self) -> None:
        while not self.stop.wait(1):
            for line in list(self.lines):
                with suppress(OSError):
                    line.send(b"x")

    def open_lines(self) -> int:
        """Count the lines on which nothing came back and that the other side did not end."""
        watched = selectors.PollSelector()
        for line in self.lines:
            watched.register(line, selectors.EVENT_READ)
        return len(self.lines) - len(watched.select(0))

    def close(self) -> None:
        self.stop.set()
        for line in self.lines:
            line.close()


@dataclass(frozen=True)
class Seen:
    """What a normal request met: its status (0: no answer in time), its seconds, and how many slow lines were open then."""

    status: int
    seconds: float
    lines: int

    def __str__(self) -> str:
        return f"{self.status or 'no answer'} in {self.seconds:.2f} s ({self.lines} open)"

    @property
    def is_fine(self) -> bool:
        return self.status == 201 and self.seconds < MOST_SECONDS and self.lines > 0.9 * LINES


def alone(served: Served) -> tuple[int, float]:
    """Search and send a request as a person does; return the status of the sending and the seconds of both."""
    began = time.monotonic()
    try:
        status = send(served)[0]
    except (OSError, json.JSONDecodeError):
        status = 0
    return status, time.monotonic() - began


def beside(port: int, served: Served, begin: bytes) -> Seen:
    """Send a normal request while the lines are slow."""
    slow = Slow(port, begin)
    dripping = threading.Thread(target=slow.drip, daemon=True)
    try:
        with suppress(OSError):  # a server that takes no more lines is part of what is tried
            slow.open()
        dripping.start()
        time.sleep(3)
        lines = slow.open_lines()
        return Seen(*alone(Served(served.home, port=port)), lines)
    finally:
        slow.close()
        dripping.join()


def huge(port: int) -> tuple[str, float]:
    """Announce a body of 1 GB; return the answer's first line and when it came."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), 10) as line:
        line.sendall(b"POST /api/v1/tickets HTTP/1.1\r\nHost: help.example.org\r\nContent-Length: 1000000000\r\n\r\n")
        return line.recv(100).split(b"\r\n")[0].decode(), time.monotonic() - began


def run(release: Path) -> Row | Skipped:
    if shutil.which("nginx") is None:
        return Skipped("Slow lines", "nginx is not installed")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "home").mkdir()
        (folder / "home" / "current").symlink_to(release)
        served = Served(folder / "home")
        served.start()
        try:
            return _tried(served, folder)
        finally:
            served.kill()


@contextmanager
def front(served: Served, folder: Path, connections: int) -> Iterator[Served]:
    """Put nginx before it, and give it as it is seen from outside."""
    outside = Served(served.home, port=free_port())
    nginx = subprocess.Popen(["nginx", "-c", str(configuration(folder, outside.port, served.port, connections))])
    try:
        while not outside.answers():
            assert nginx.poll() is None, "nginx did not start"
            time.sleep(0.1)
        yield outside
    finally:
        nginx.terminate()
        nginx.wait()


def _tried(served: Served, folder: Path) -> Row:
    with front(served, folder, CONNECTIONS) as outside:
        calm = [alone(outside) for _ in range(5)][-1]
        headers, bodies = beside(outside.port, served, HEADERS), beside(outside.port, served, BODIES)
        large = huge(outside.port)
    with front(served, folder, FEWER) as narrow:
        few = beside(narrow.port, served, HEADERS)
    bare = beside(served.port, served, BODIES)
    return Row(
        "Slow lines through nginx",
        f"{LINES} lines that send a byte a second: beside slow headers {headers}, beside slow bodies {bodies}, "
        f"without any {calm[0]} in {calm[1]:.2f} s; 1 GB: {large[0]} in {large[1]:.2f} s",
        f"without nginx in front, beside slow bodies: {bare}; with one worker of {FEWER} connections, beside slow headers: {few}",
        headers.is_fine and bodies.is_fine and " 413 " in large[0] and large[1] < 1 and not bare.is_fine and not few.is_fine,
    )


if __name__ == "__main__":
    print(run(Path(sys.argv[1])))
