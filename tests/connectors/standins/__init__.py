"""Other systems in memory, with the oddities that the real ones showed. Each is the other side of one connector's HTTP calls."""

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2

ALL = frozenset({"find", "heard", "comment", "changes", "files", "private"})
EVERY = frozenset({"product", "severity", "type", "instance", "reference", "priority", "tags"})
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
_references = itertools.count(10_001)


def fresh_reference() -> str:
    return str(next(_references))


def ticking() -> Callable[[], datetime]:
    """A clock of the other side: a second later at each look, and always after our own of this moment."""
    seconds = itertools.count(1)
    begun = datetime.now(UTC).replace(microsecond=0)
    return lambda: begun + timedelta(seconds=next(seconds))


def answer(status: int, body: Any = None, **headers: str) -> httpx2.Response:
    return httpx2.Response(status, json=body, headers=headers) if body is not None else httpx2.Response(status, headers=headers)


def sent(request: httpx2.Request) -> Any:
    return json.loads(request.content)


def asked(request: httpx2.Request) -> dict[str, str]:
    return dict(request.url.params)


@dataclass
class Faulty(httpx2.BaseTransport):
    """Hands calls on, with a fault for each that stands in `faults`: an exception before, an answer instead, or a lost answer."""

    inner: httpx2.BaseTransport
    faults: list[Any] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.calls.append(f"{request.method} {request.url.path}")
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, httpx2.Response):
            return fault
        if isinstance(fault, Exception):
            raise fault
        answered = self.inner.handle_request(request)
        if fault == "lost answer":
            raise httpx2.ReadTimeout("no answer", request=request)
        return answered


def pages(items: list[Any], number: int, size: int) -> list[Any]:
    return items[(number - 1) * size : number * size]


def numbers() -> Iterator[int]:
    return itertools.count(1)
