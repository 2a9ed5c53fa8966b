"""How long a keystroke waited in front of this process, by its proxy's stamp. A stamp that may be wrong refuses nobody."""

import re
import threading
from dataclasses import dataclass

HEADER = "HTTP_X_REQUEST_START"
MOST_SECONDS = 60.0  # a proxy waits no longer for us: what seems older was stamped by a clock that differs
AGREED_SECONDS = 30.0  # so long a clock counts as right after it was last seen to be
MOST_PROXIES = 100
_STAMP = re.compile(r"(?:t=)?([0-9]{10})(?:\.([0-9]{1,9})|([0-9]{3}|[0-9]{6}))?")


def seconds_since(stamp: str, now: float) -> float | None:
    """Read `t=1764115200.123`, also in whole milliseconds or microseconds and without `t=`. None: it is no time."""
    found = _STAMP.fullmatch(stamp.strip())
    return now - float(f"{found[1]}.{found[2] or found[3] or 0}") if found else None


@dataclass
class Proxy:
    """What is known of one proxy: when its clock was last seen to agree with ours, and whether its keystrokes give way."""

    agreed: float = float("-inf")
    gives_way: bool = False


class Proxies:
    """Judges stamps by proxy: their clocks are their own. Hardly any wait shows that a clock agrees; else nothing is refused."""

    def __init__(self) -> None:
        self._known = dict[str, Proxy]()
        self._lock = threading.Lock()

    def is_late(self, name: str, waited: float, *, most: float, now: float) -> bool:
        """Tell whether this wait is true and too long. Once one was, half of `most` is too long, until a wait is shorter."""
        with self._lock:
            if name not in self._known and len(self._known) >= MOST_PROXIES:
                self._known.clear()
            proxy = self._known.setdefault(name, Proxy())
            if abs(waited) <= most / 2:
                proxy.agreed, proxy.gives_way = now, False
            elif most < waited <= MOST_SECONDS:
                proxy.gives_way = True
            return proxy.gives_way and most / 2 < waited <= MOST_SECONDS and 0 <= now - proxy.agreed <= AGREED_SECONDS
