"""Token buckets in memory, for what is asked at every keystroke: refusing costs less than answering. Nothing is written down."""

import threading
from collections import OrderedDict
from datetime import datetime

MOST_KEPT = 10_000


class Buckets:
    """One bucket for each key. It holds `burst` tokens, gets `per_second` back, and each call takes one."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._left: OrderedDict[str, tuple[float, datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str, now: datetime, *, per_second: int, burst: int) -> bool:
        """Take a token; False when there is none."""
        with self._lock:
            left, at = self._left.pop(key, (float(burst), now))
            left = min(left + max((now - at).total_seconds(), 0) * per_second, burst)
            self._left[key] = (left - 1 if left >= 1 else left, max(at, now))
            if len(self._left) > self._most:
                self._left.popitem(last=False)  # the one that was quiet the longest, so likely a full one
            return left >= 1

    def __len__(self) -> int:
        return len(self._left)
