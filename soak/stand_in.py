"""A help desk behind a real socket that keeps every create it carried out, in a process that no trial kills."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass
class StandIn:
    """It speaks the part of Zendesk's API that a forward needs, and knows no idempotency keys.

    A create takes `slow` seconds, and each `lose`-th is carried out and not answered.
    """

    url: str = ""
    creates: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    slow: float = 0.0
    lose: int = 0

    def times(self) -> Counter[str]:
        return Counter(self.creates)


class _Handler(BaseHTTPRequestHandler):
    desk: StandIn

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        wanted = parse_qs(asked.query).get("external_id", [""])[0]
        number = asked.path.rpartition("/")[2]
        with self.desk.lock:
            found = [n for n, reference in enumerate(self.desk.creates, 1) if reference == wanted]
            one = self.desk.creates[int(number) - 1] if number.isdigit() else ""
        if number.isdigit():
            self._answer({"ticket": {"id": int(number), "external_id": one}})
        elif number == "me":
            self._answer({"user": {"email": "d@example.org"}})
        elif number == "cursor":
            self._answer({"tickets": [], "after_cursor": "1", "end_of_stream": True})
        else:
            self._answer({"tickets": [{"id": n, "external_id": wanted} for n in found]})

    def do_POST(self) -> None:
        given = json.loads(self.rfile.read(int(self.headers["content-length"])))
        time.sleep(self.desk.slow)
        with self.desk.lock:
            self.desk.creates.append(given["ticket"]["external_id"])
            number = len(self.desk.creates)
        if self.desk.lose and number % self.desk.lose == 0:
            self.close_connection = True
            return
        self._answer({"ticket": {"id": number}}, 201)

    def _answer(self, body: object, status: int = 200) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None: ...


@contextmanager
def serving() -> Iterator[StandIn]:
    """Serve one on a port of its own."""
    desk = StandIn()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"desk": desk}))
    desk.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield desk
    finally:
        server.shutdown()
        server.server_close()
