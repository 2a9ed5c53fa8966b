"""Keystrokes are too many for a line of the log each: one line a minute says how many there were and how long they took."""

import logging
import threading

log = logging.getLogger("deflect.web")
EVERY = 60.0


class Tally:
    """Counts the keystrokes that were answered, and writes a line with the first one after each minute."""

    def __init__(self) -> None:
        self.answered = 0
        self._told, self._since = 0, 0.0
        self._spent = self._most = 0.0
        self._lock = threading.Lock()

    def add(self, began: float, ended: float) -> None:
        """Count one; both are what the performance counter said, in seconds."""
        spent = ended - began
        with self._lock:
            if self._told == self.answered:
                self._since = began
            self.answered += 1
            self._spent += spent
            self._most = max(self._most, spent)
            if ended - self._since < EVERY:
                return
            count, total, most = self.answered - self._told, self._spent, self._most
            self._told, self._spent, self._most = self.answered, 0.0, 0.0
        log.info("event=searches answered=%d ms_mean=%.1f ms_most=%.1f", count, total * 1000 / count, most * 1000)
