"""A stand-in for clamd that speaks INSTREAM on a real socket: it finds the EICAR test file, and answers as a test wants."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.intake.made_files import EICAR

STREAM_MAX = 1_000_000


@dataclass
class Clamd:
    """What it was sent, and what it does: `answer` other than "" is said instead of the truth; "close" and "hang" say nothing."""

    address: str
    answer: str = ""
    seen: list[bytes] = field(default_factory=list)
    free: threading.Event = field(default_factory=threading.Event)

    def reply(self, content: bytes) -> bytes:
        self.seen.append(content)
        if self.answer:
            return self.answer.encode() + b"\0"
        return b"stream: Eicar-Signature FOUND\0" if EICAR in content else b"stream: OK\0"


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        clamd: Clamd = self.server.clamd  # type: ignore[attr-defined]
        if clamd.answer == "close":
            return
        if clamd.answer == "hang":
            clamd.free.wait(10)
            return
        assert self.rfile.read(10) == b"zINSTREAM\0"
        content = b""
        while length := int.from_bytes(self.rfile.read(4)):
            content += self.rfile.read(length)
            if len(content) > STREAM_MAX:
                self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
        self.wfile.write(clamd.reply(content))


class _Unix(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


class _Tcp(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@contextmanager
def clamd(path: Path | None = None) -> Iterator[Clamd]:
    """Serve on a Unix socket at `path`, or on a free port."""
    server = _Unix(str(path), _Handler) if path else _Tcp(("127.0.0.1", 0), _Handler)
    made = Clamd(f"unix:{path}" if path else f"tcp://127.0.0.1:{server.server_address[1]}")
    server.clamd = made  # type: ignore[union-attr]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield made
    finally:
        made.free.set()
        server.shutdown()
        thread.join()
        server.server_close()
        if path:
            path.unlink(missing_ok=True)
