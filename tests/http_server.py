"""One small HTTP server for every stand-in that needs a real socket: what it answers is a function of what it was asked."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """`told` goes out as JSON, unless it is text. With `drop` the line is dropped instead: an answer that is lost."""

    status: int
    told: Any
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False


@contextmanager
def running(answer: Callable[[Asked], Answer]) -> Iterator[str]:
    """Serve on a port of its own, and give the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            said = answer(Asked(self.command, self.path, dict(self.headers.items()), body))
            if said.drop:
                self.connection.close()
                return
            content = (said.told if isinstance(said.told, str) else json.dumps(said.told)).encode()
            headers = {"Content-Type": "application/json; charset=utf-8", **said.headers, "Content-Length": str(len(content))}
            self.send_response(said.status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815 - the library's name

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
