"""A thousand lines that send their headers or bodies a byte at a time, through the shipped nginx configuration."""

import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from soak.disk_full import ask, send
from soak.table import Row, Skipped
from tests.postgres import free_port
from tests.served import ROOT, Served

LINES, ADDRESSES = 1000, 10


def configuration(folder: Path, outside: int, inside: int) -> Path:
    """The shipped file, with ports and paths of this trial."""
    shipped = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    ours = shipped.replace("/var/log/nginx/", f"{folder}/").replace("listen 80;", f"listen {outside};")
    (folder / "deflect.conf").write_text(ours.replace("127.0.0.1:8000", f"127.0.0.1:{inside}"), encoding="utf-8")
    whole = folder / "nginx.conf"
    head = (
        f"pid {folder}/pid;\nerror_log {folder}/error.log;\nworker_rlimit_nofile 8192;\nevents {{ worker_connections 4096; }}\n"
    )
    whole.write_text(f"daemon off;\n{head}http {{ include {folder}/deflect.conf; }}\n", encoding="utf-8")
    return whole


class Slow:
    """Holds its lines open, and sends a byte on each now and then."""

    def __init__(self, port: int, bodies: bool) -> None:
        self.port, self.bodies, self.lines, self.stop = port, bodies, list[socket.socket](), threading.Event()

    def open(self) -> None:
        begin = (
            b"POST /api/v1/tickets HTTP/1.1\r\nHost: help.example.org\r\nContent-Length: 100000\r\n\r\n"
            if self.bodies
            else b"GET / HT"
        )
        for number in range(LINES):
            line = socket.create_connection(("127.0.0.1", self.port), 5, source_address=(f"127.0.1.{number % ADDRESSES + 1}", 0))
            line.sendall(begin)
            self.lines.append(line)

    def drip(self) -> None:
        while not self.stop.wait(1):
            for line in self.lines:
                try:
                    line.send(b"x")
                except OSError:
                    continue

    def close(self) -> None:
        self.stop.set()
        for line in self.lines:
            line.close()


def beside(port: int, served: Served, bodies: bool) -> tuple[int, float]:
    """Send a normal request while the lines are slow; return its status and seconds."""
    slow = Slow(port, bodies)
    slow.open()
    threading.Thread(target=slow.drip, daemon=True).start()
    time.sleep(3)
    there = Served(served.home, port=port)
    began = time.monotonic()
    status = send(there)[0]
    took = time.monotonic() - began
    slow.close()
    return status, took


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
        served, outside = Served(folder / "home"), free_port()
        served.start()
        nginx = subprocess.Popen(["nginx", "-c", str(configuration(folder, outside, served.port))])
        try:
            time.sleep(2)
            calm = ask(f"http://127.0.0.1:{outside}/healthz")[0]
            headers, bodies, large = beside(outside, served, False), beside(outside, served, True), huge(outside)
        finally:
            nginx.terminate()
            nginx.wait()
            served.kill()
    return Row(
        "Slow lines through nginx",
        f"{LINES} lines: a request beside slow headers {headers[0]} in {headers[1]:.2f} s, beside slow bodies {bodies[0]} in "
        f"{bodies[1]:.2f} s; 1 GB: {large[0]} in {large[1]:.2f} s",
        f"before: {calm}",
        headers[0] == bodies[0] == 201 and max(headers[1], bodies[1]) < 2 and " 413 " in large[0] and large[1] < 1,
    )


if __name__ == "__main__":
    print(run(Path(sys.argv[1])))
