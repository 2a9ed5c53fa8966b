"""One HTTP API, called with time limits: foreign errors become temporary, permanent or unknown, and say nothing that was sent.

A call that may have changed something and got no answer, or one of 5xx, has an unknown outcome. A read has not.
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2

from deflect_api.connectors.limit import seconds_left
from deflect_api.errors import DeliveryError, PermanentFailure, TemporaryFailure, UnknownOutcome

CALL_SECONDS = 20.0
MOST_BYTES = 8_000_000
LONGEST_WAIT = 86_400.0
SAFE = ("GET", "HEAD")


class _NoAnswer(TemporaryFailure):
    """A read whose answer was lost."""


class Api:
    """`name` is what messages call the other system; `url` is the root of its API; `transport` is a test's stand-in."""

    def __init__(self, name: str, url: str, *, transport: httpx2.BaseTransport | None = None, **client: Any) -> None:
        self.name = name
        self._client = httpx2.Client(
            base_url=url.rstrip("/") + "/", transport=transport, follow_redirects=False, trust_env=False, **client
        )

    def close(self) -> None:
        self._client.close()

    def get(self, path: str, *, tries: int = 1, **how: Any) -> Any:
        """Read `path` and return its JSON. With more than one of `tries`, an answer that was lost is asked for again."""
        for left in range(tries - 1, -1, -1):
            try:
                return self._json(self.call("GET", path, **how))
            except _NoAnswer:
                if not left:
                    raise
        raise ValueError("tries must be one or more")

    def send(self, method: str, path: str, **how: Any) -> Any:
        """Change something and return the answer's JSON, or None when it has no body."""
        answer = self.call(method, path, **how)
        return self._json(answer) if answer.content else None

    def call(self, method: str, path: str, *, fine: tuple[int, ...] = (), **how: Any) -> httpx2.Response:
        """Call, and return an answer of 2xx or one of `fine`. Raises a DeliveryError."""
        seconds = self._seconds_left()
        try:
            answer = self._read(method, path, time.monotonic() + seconds, timeout=httpx2.Timeout(seconds, connect=5.0), **how)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol) as error:
            raise TemporaryFailure(f"{self.name} could not be reached: {type(error).__name__}", blame="system") from error
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL) as error:
            raise self._unanswered(method, type(error).__name__) from error
        if not (answer.is_success or answer.status_code in fine):
            raise self._refusal(method, answer)
        return answer

    def _seconds_left(self) -> float:
        left = seconds_left(CALL_SECONDS)
        if left <= 0.1:
            raise TemporaryFailure(f"{self.name} was too slow: no time was left for the next call")
        return left

    def _read(self, method: str, path: str, end: float, **how: Any) -> httpx2.Response:
        with self._client.stream(method, path, **how) as answer:
            body = bytearray()
            for piece in answer.iter_bytes():
                body += piece
                if len(body) > MOST_BYTES or time.monotonic() > end:
                    raise httpx2.ReadError("the answer is too long or too slow")
            return httpx2.Response(
                answer.status_code, headers=_without_encoding(answer.headers), content=bytes(body), request=answer.request
            )

    def _json(self, answer: httpx2.Response) -> Any:
        try:
            return answer.json()
        except ValueError as error:
            raise self._unanswered(str(answer.request.method), "the answer is not JSON") from error

    def _unanswered(self, method: str, why: str) -> DeliveryError:
        kind = _NoAnswer if method in SAFE else UnknownOutcome
        return kind(f"{self.name} gave no usable answer: {why}")

    def _refusal(self, method: str, answer: httpx2.Response) -> DeliveryError:
        code, wait = answer.status_code, retry_after(answer.headers, datetime.now(UTC))
        told = f"{self.name} answered {code}{_reason(answer)}"
        if code == 401:
            return TemporaryFailure(f"{told}: it does not take our credentials", retry_after=wait, blame="system")
        if code in (408, 425, 429) or (code == 403 and wait is not None):
            return TemporaryFailure(told, retry_after=wait)
        if code >= 500:
            kind = TemporaryFailure if method in SAFE else UnknownOutcome
            return kind(told, retry_after=wait)
        return PermanentFailure(told)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Read how long we are asked to wait, in seconds: Retry-After (seconds or a date) or x-ratelimit-reset of a spent limit."""
    given = headers.get("retry-after", "").strip()
    if given.isascii() and given.isdigit():
        return min(float(given[:9]), LONGEST_WAIT)
    if given:
        try:
            until = parsedate_to_datetime(given)
        except ValueError:
            return None
        aware = until if until.tzinfo else until.replace(tzinfo=UTC)
        return min(max((aware - now).total_seconds(), 0.0), LONGEST_WAIT)
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isascii() and reset.isdigit():
        return min(max(float(reset[:12]) - now.timestamp(), 0.0), LONGEST_WAIT)
    return None


def _without_encoding(headers: httpx2.Headers) -> list[tuple[str, str]]:
    """The body was decoded while it was read; its headers must not say otherwise."""
    return [(name, value) for name, value in headers.multi_items() if name.lower() not in ("content-encoding", "content-length")]


def _reason(answer: httpx2.Response) -> str:
    """What the other side says is wrong, from the places where APIs put it; shortened, as it may repeat what was sent."""
    try:
        said: Any = answer.json()
    except ValueError:
        return ""
    for name in ("errors", "message", "error", "description"):
        if isinstance(said, dict) and said.get(name):
            return f" ({str(said[name])[:160]})"
    return ""
