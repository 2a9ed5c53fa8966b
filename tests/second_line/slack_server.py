"""A stand-in for Slack's Web API: it takes posts and keeps them."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "xoxb-of-the-tests"


@dataclass
class SlackServer:
    posts: list[dict[str, Any]] = field(default_factory=list)
    wrongs: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/"

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
        if headers.get("Authorization") != f"Bearer {TOKEN}":
            return {"ok": False, "error": "invalid_auth"}
        sent = json.loads(body)
        if path != "/api/chat.postMessage" or not sent.get("channel") or not sent.get("text"):
            self.wrongs.append(f"{path} {sent}")
            return {"ok": False, "error": "invalid_arguments"}
        self.posts.append(sent)
        return {"ok": True, "channel": sent["channel"], "ts": f"1700000000.{len(self.posts):06}"}


@contextmanager
def running() -> Iterator[SlackServer]:
    made = SlackServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = json.dumps(made.answer(self.path, dict(self.headers.items()), body)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
