"""How much time all calls for one message may take together, so that they end long before its lease does."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_end: ContextVar[float | None] = ContextVar("end", default=None)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Give all calls inside together `seconds`."""
    token = _end.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _end.reset(token)


def seconds_left(most: float) -> float:
    """Return how long the next call may take: `most`, or what is left."""
    end = _end.get()
    return most if end is None else min(most, end - time.monotonic())
