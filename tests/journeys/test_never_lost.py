"""What was acknowledged is there: 200 requests from 8 clients while the service is killed ten times."""

import http.client
import json
import random
import sqlite3
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.served import Served

REQUESTS, CLIENTS, KILLS = 200, 8, 10


def post(url: str, body: bytes, headers: dict[str, str]) -> dict[str, str]:
    request = urllib.request.Request(url, data=body, headers=headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        read: dict[str, str] = json.load(answer)
        return read


def send(served: Served, key: str, *, fresh_keys: bool = False) -> str:
    """Send one request as the form does: again with the same key until it is answered. Returns its reference."""
    words = {"email": f"{key}@example.org", "product": "flow", "subject": key, "happened": "It stopped.", "session": key}
    while True:
        try:
            typed = urllib.parse.urlencode({"text": "it stopped", "session": key}).encode()
            found = post(f"{served.url}/api/v1/suggest", typed, {})
            body = json.dumps({**words, "receipt": found["receipt"]}).encode()
            headers = {"Content-Type": "application/json", "Idempotency-Key": uuid.uuid4().hex if fresh_keys else key}
            return post(f"{served.url}/api/v1/tickets", body, headers)["reference"]
        except urllib.error.HTTPError as refused:
            if refused.code not in (409, 503):
                raise
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            pass  # killed before, during or after: the key makes trying again safe
        time.sleep(0.05)


@pytest.fixture
def served(tmp_path: Path, release: Path) -> Iterator[Served]:
    (tmp_path / "current").symlink_to(release)
    made = Served(tmp_path)
    yield made
    made.kill()


def test_every_acknowledged_request_is_stored_and_mailed_once(served: Served) -> None:
    served.start()
    keys = [uuid.uuid4().hex for _ in range(REQUESTS)]
    waiting, acknowledged, lock = list(keys), {}, threading.Lock()

    def client() -> None:
        while True:
            with lock:
                if not waiting:
                    return
                key = waiting.pop()
            reference = send(served, key)
            with lock:
                acknowledged[key] = reference

    clients = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for each in clients:
        each.start()
    chance = random.Random(9)
    for kill in range(1, KILLS + 1):
        wanted = kill * REQUESTS // (KILLS + 1)
        while len(acknowledged) < wanted:
            time.sleep(0.005)
        time.sleep(chance.random() / 20)
        served.kill()
        served.start()
    for each in clients:
        each.join(timeout=120)
    assert len(acknowledged) == REQUESTS
    mails = _drained(served)
    served.stop()
    _once_each(served, acknowledged, mails)


def _drained(served: Served) -> Path:
    give_up = time.monotonic() + 60
    database = sqlite3.connect(served.home / "deflect.db")
    while database.execute("SELECT count(*) FROM message WHERE state != 'delivered' AND kind IN ('forward', 'mail')").fetchone()[
        0
    ]:
        assert time.monotonic() < give_up, database.execute("SELECT state, count(*) FROM message GROUP BY state").fetchall()
        time.sleep(0.2)
    database.close()
    return served.home / "mail"


def _once_each(served: Served, acknowledged: dict[str, str], mails: Path) -> None:
    database = sqlite3.connect(served.home / "deflect.db")
    stored = dict(database.execute("SELECT subject, id FROM ticket").fetchall())
    assert database.execute("SELECT count(*) FROM ticket").fetchone() == (REQUESTS,)
    database.close()
    assert {key: str(number) for key, number in stored.items()} == acknowledged
    told = [message_from_bytes(path.read_bytes())["X-Deflect-Reference"] for path in mails.glob("*.eml")]
    about_requests = [reference for reference in told if reference]  # the team may have been told of the kills
    assert sorted(about_requests) == sorted(acknowledged.values())
    assert not list(mails.glob("*.part"))
