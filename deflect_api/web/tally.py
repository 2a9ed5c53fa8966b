"""Keystrokes are too many for a line of the log each: one line a minute says how many there were and how long they took."""

import logging
import threading

log = logging.getLogger("deflect.web")
EVERY = 60.0


class Tally:
    """Counts the keystrokes that were answered. The first one after a minute writes the line of that minute."""

    def __init__(self) -> None:
        self.answered = 0
        self._count, self._since, self._spent, self._most = 0, 0.0, 0.0, 0.0
        self._lock = threading.Lock()

    def add(self, began: float, ended: float) -> None:
        """Count one; both are what the performance counter said, in seconds."""
        with self._lock:
            told = self._count, self._spent, self._most
            is_over = told[0] > 0 and began - self._since >= EVERY
            if is_over or not self._count:
                self._count, self._since, self._spent, self._most = 0, began, 0.0, 0.0
            self.answered, self._count = self.answered + 1, self._count + 1
            self._spent, self._most = self._spent + ended - began, max(self._most, ended - began)
        if is_over:
            log.info("event=searches answered=%d ms_mean=%.1f ms_most=%.1f", told[0], told[1] * 1000 / told[0], told[2] * 1000)
