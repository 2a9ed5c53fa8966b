"""More waits than is served soon: searching gives way first, before a word of it is read. Requests are never refused here.

What waits is counted where the server of `deflect serve` tells it, and timed by the stamp of a proxy wherever else it waits."""

import json
import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from deflect_api import i18n
from deflect_api.config.support import Support
from deflect_api.errors import Unavailable
from deflect_api.i18n import said
from deflect_api.web.waited import HEADER, Proxies, seconds_since

log = logging.getLogger("deflect.web")
LATELY = timedelta(minutes=10)  # as long as a limit looks back on requests that come without a receipt
TOLD_EVERY = timedelta(seconds=10)
BUSY = said("Very many people search just now. Go on writing; your request can still be sent.")


def nobody() -> int:
    """Nothing is known of a line: another server holds it."""
    return 0


class Crowd:
    """Sees by what waits here, and by how long a search did, whether searching gives way, and remembers when it last had to."""

    def __init__(self, waiting: Callable[[], int] = nobody) -> None:
        self.refused = 0
        self._waiting = waiting
        self._proxies = Proxies()
        self._last: datetime | None = None
        self._told: datetime | None = None
        self._lock = threading.Lock()

    def is_too_large(self, environ: dict[str, Any], support: Support, now: datetime) -> bool:
        """Tell whether this search has to give way, and count that it was refused."""
        if self._waiting() <= support.limits.suggest_waiting and not self._has_waited(environ, support, now.timestamp()):
            return False
        with self._lock:
            self.refused, self._last = self.refused + 1, now
            told = self._told is not None and abs(now - self._told) < TOLD_EVERY
            self._told = self._told if told else now
        if not told:
            log.warning("event=searches_refused since_start=%d", self.refused)
        return True

    def _has_waited(self, environ: dict[str, Any], support: Support, now: float) -> bool:
        """Tell whether it waited too long, as far as there is a proxy to believe."""
        if not support.web.trusted_proxies or HEADER not in environ:
            return False
        waited = seconds_since(environ[HEADER], now)
        proxy = environ.get("werkzeug.proxy_fix.orig", environ).get("REMOTE_ADDR") or ""
        return waited is not None and self._proxies.is_late(proxy, waited, most=support.limits.suggest_waited, now=now)

    def was_lately(self, now: datetime) -> bool:
        """Tell whether searches were refused in the last minutes."""
        return self._last is not None and abs(now - self._last) < LATELY


@lru_cache(maxsize=200)
def refusal(accept_language: str) -> bytes:
    """The body of a refusal, for a reader who accepts these languages."""
    detail = i18n.say(BUSY, i18n.choose(*parse_accept_header(accept_language, LanguageAccept).values()))
    return f"{json.dumps({'detail': detail, 'error': Unavailable.code, 'fields': {}})}\n".encode()
