"""Files and the running service: a gigabyte is refused by its header, and a kill costs no file that was acknowledged."""

import hashlib
import http.client
import json
import socket
import sqlite3
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.intake import made_files as made
from tests.journeys.test_never_lost import post
from tests.served import Served

PIECE = 64 * 1024
KILLS = 3
CONTENTS = {
    f"a-file-of-the-crash-{number:03d}": made.jpeg(end=bytes([number]) * 100_000 + b"\xff\xd9") for number in range(1, 13)
}


@pytest.fixture
def served(tmp_path: Path, release: Path) -> Iterator[Served]:
    (tmp_path / "current").symlink_to(release)
    made = Served(tmp_path)
    made.start()
    yield made
    made.kill()


def request(url: str) -> str:
    words = {"email": "ada@example.org", "product": "flow", "subject": "s", "happened": "h", "receipt": "unavailable"}
    headers = {"Content-Type": "application/json", "Idempotency-Key": url + str(time.time_ns())}
    return post(f"{url}/api/v1/tickets", json.dumps(words).encode(), headers)["status_url"].rstrip("/")


def test_a_gigabyte_is_refused_by_its_header_before_it_is_sent(served: Served) -> None:
    for address in ("/support/contact/", "/api/v1/tickets", "/requests/1001/secret/files/a-file"):
        with socket.create_connection(("127.0.0.1", served.port), timeout=10) as line:
            line.sendall(f"POST {address} HTTP/1.1\r\nHost: x\r\nContent-Length: 1073741824\r\n\r\n".encode())
            assert line.recv(4096).startswith(b"HTTP/1.1 413 ")


def call(url: str, method: str, body: bytes = b"") -> dict[str, Any]:
    """Ask again until there is an answer: the service may be down."""
    while True:
        try:
            with urllib.request.urlopen(urllib.request.Request(url, body or None, method=method), timeout=20) as answer:
                told: dict[str, Any] = json.load(answer)
                return told
        except urllib.error.HTTPError as refused:
            if refused.code == 409:
                return dict(json.load(refused))
            if refused.code != 503:
                raise
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            pass
        time.sleep(0.02)


def send(url: str, name: str) -> None:
    """Send one file as a browser does: announced again and gone on with at `received` after whatever happens."""
    content = CONTENTS[name]
    told = call(f"{url}/files", "POST", json.dumps({"id": name, "name": "photo.jpg", "size": len(content)}).encode())
    while told["state"] == "receiving":
        at = told["received"]
        told = call(f"{url}/files/{name}?offset={at}", "PUT", content[at : at + PIECE])
    assert told["state"] == "kept", told


def test_every_acknowledged_file_is_whole_though_the_service_is_killed_meanwhile(served: Served) -> None:
    urls = [request(served.url) for _ in range(3)]
    threads = [threading.Thread(target=send, args=(urls[number % 3], name)) for number, name in enumerate(CONTENTS)]
    for thread in threads:
        thread.start()
    for _ in range(KILLS):
        time.sleep(0.3)
        served.kill()
        _every_kept_row_has_its_file(served)
        served.start()
    for thread in threads:
        thread.join(timeout=120)
    assert _every_kept_row_has_its_file(served) == len(CONTENTS)
    served.stop()


def _every_kept_row_has_its_file(served: Served) -> int:
    database = sqlite3.connect(served.home / "deflect.db")
    kept = database.execute("SELECT stored_as, sha256, size FROM upload WHERE state = 'kept'").fetchall()
    database.close()
    for stored_as, digest, size in kept:
        content = (served.home / "files" / "kept" / stored_as).read_bytes()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (digest, size)
        assert made.SECRET not in content
    return len(kept)
