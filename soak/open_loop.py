"""People who search whether or not the service keeps up: asks that are due are sent, on a new line when no line is free.

`python -m soak.open_loop PORT RATE SECONDS` prints what became of them; RATE 0 asks as fast as LINES lines are answered.
"""

import errno
import json
import random
import resource
import selectors
import socket
import sys
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from urllib.parse import urlencode

from bench import load

FORM = "application/x-www-form-urlencoded"
LINES, MOST_LINES, PATIENCE = 16, 8000, 5.0  # a browser gives up a search after 5 seconds
ADDRESSES = 100  # from which they come: nginx takes so many lines from each


@dataclass(eq=False)
class Line:
    """One connection, and the ask that it carries."""

    socket: socket.socket
    due: float = 0.0
    to_send: bytes = b""
    came: bytearray = field(default_factory=bytearray)


class Crowd:
    def __init__(self, port: int) -> None:
        self.port, self.opened, self.free, self.busy = port, 0, deque[Line](), dict[Line, None]()
        self.seen, self.waits, self.without_a_word = Counter[str](), list[float](), 0
        self.watch = selectors.EpollSelector()
        typed = list(dict.fromkeys(q[:end] for q in load.questions() for end in range(3, len(q) + 1)))
        random.Random(9).shuffle(typed)
        self.asks = [self._ask(text) for text in typed]

    def _ask(self, text: str) -> bytes:
        body = urlencode({"text": text, "session": "open"}).encode()
        head = f"POST /api/v1/suggest HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {FORM}\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body

    def send(self, due: float, number: int) -> None:
        """Send one ask that was due then."""
        if not self.free and len(self.busy) >= MOST_LINES:
            self.seen["not sent"] += 1
            return
        line = self.free.pop() if self.free else self._open()
        line.due, line.to_send, line.came = due, self.asks[number % len(self.asks)], bytearray()
        self.busy[line] = None
        self._write(line)

    def _open(self) -> Line:
        made = socket.socket()
        made.setblocking(False)
        self.opened += 1
        made.bind((f"127.0.2.{self.opened % ADDRESSES + 1}", 0))
        made.connect_ex(("127.0.0.1", self.port))
        line = Line(made)
        self.watch.register(made, selectors.EVENT_READ | selectors.EVENT_WRITE, line)
        return line

    def _write(self, line: Line) -> None:
        try:
            sent = line.socket.send(line.to_send)
        except BlockingIOError:
            return  # not connected yet
        except OSError:
            self._end(line, "cut")
            return
        line.to_send = line.to_send[sent:]
        if not line.to_send:
            self.watch.modify(line.socket, selectors.EVENT_READ, line)

    def look(self, seconds: float) -> None:
        """Take in what comes within so many seconds."""
        for key, events in self.watch.select(max(seconds, 0)):
            line: Line = key.data
            if events & selectors.EVENT_WRITE and line.to_send:
                self._write(line)
            if events & selectors.EVENT_READ and line.socket.fileno() != -1:
                self._read(line)

    def _read(self, line: Line) -> None:
        try:
            piece = line.socket.recv(65_536)
        except BlockingIOError:
            return
        except OSError as error:
            piece = b""
            self.seen[f"error {errno.errorcode.get(error.errno or 0, '?')}"] += 1
        if not piece:
            self._end(line, "cut")
            return
        line.came += piece
        head, gap, body = bytes(line.came).partition(b"\r\n\r\n")
        if gap and len(body) >= int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]):
            self._answered(line, head)

    def _answered(self, line: Line, head: bytes) -> None:
        status = head[9:12].decode()
        self.seen[status] += 1
        self.without_a_word += status in ("429", "503") and b"retry-after:" not in head.lower()
        self.waits.append(time.perf_counter() - line.due)
        self.busy.pop(line, None)
        self.free.append(line)

    def _end(self, line: Line, why: str) -> None:
        if line in self.busy:
            self.seen[why] += 1
            del self.busy[line]
        elif line in self.free:
            self.free.remove(line)
        self.watch.unregister(line.socket)
        line.socket.close()

    def give_up(self, now: float) -> None:
        """End the asks that nobody waits for any more; the oldest come first."""
        for line in list(self.busy):
            if now - line.due < PATIENCE:
                return
            self._end(line, "given up")

    def told(self, seconds: float) -> dict[str, object]:
        waits = sorted(self.waits) or [0.0]
        spread = {name: waits[int(len(waits) * share)] for name, share in (("p50", 0.5), ("p99", 0.99))}
        return {"seen": dict(self.seen), "seconds": seconds, "without_a_word": self.without_a_word, **spread}


def at_a_rate(crowd: Crowd, rate: float, seconds: float) -> dict[str, object]:
    began, number = time.perf_counter(), 0
    while (now := time.perf_counter()) - began < seconds or (crowd.busy and now - began < seconds + PATIENCE + 1):
        while number < rate * seconds and began + number / rate <= now:
            crowd.send(began + number / rate, number)
            number += 1
        crowd.give_up(now)
        crowd.look(min(began + number / rate - now, 0.05) if number < rate * seconds else 0.05)
    return {**crowd.told(seconds), "ended": began + seconds}


def as_fast_as_answered(crowd: Crowd, seconds: float) -> dict[str, object]:
    began, number = time.perf_counter(), 0
    while (now := time.perf_counter()) - began < seconds:
        while len(crowd.busy) < LINES:
            crowd.send(now, number)
            number += 1
        crowd.look(0.05)
    return crowd.told(seconds)


if __name__ == "__main__":
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    port, rate, seconds = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    people = Crowd(port)
    print(json.dumps(at_a_rate(people, rate, seconds) if rate else as_fast_as_answered(people, seconds)))
