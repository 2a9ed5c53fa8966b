"""What many people needed, at hand for each keystroke. A keystroke never waits: a thread beside it counts anew now and then."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from threading import Lock, Thread

from deflect_api.config import Settings
from deflect_api.errors import Unavailable
from deflect_api.intake import demand
from deflect_api.store.db import Database

EVERY = timedelta(minutes=10)
log = logging.getLogger("deflect.demand")


class Demand:
    """One for each process. Where popularity is off, it does nothing and answers None."""

    def __init__(self, settings: Settings, database: Database, clock: Callable[[], datetime]) -> None:
        self._rules, self._secret = settings.support.portal.popularity, settings.secret
        self._database, self._clock = database, clock
        self._counting = Lock()
        self._due: datetime | None = None
        self._known: Mapping[str, float] = {}

    def now(self) -> Mapping[str, float] | None:
        """How much each article is needed, as last counted; None when there is nothing to say."""
        if not self._rules.counts:
            return None
        if self._is_due() and self._counting.acquire(blocking=False):
            Thread(target=self._count, name="demand", daemon=True).start()
        return self._known or None

    def place(self, address: str | None) -> int | None:
        """Where an event of a support session came from, as far as counting asks; None when nothing is counted."""
        return demand.place_of(self._secret, address or "") if self._rules.counts else None

    def _is_due(self) -> bool:
        return self._due is None or not timedelta() < self._due - self._clock() <= EVERY  # a clock may be put back

    def _count(self) -> None:
        try:
            with self._database.read() as session:
                found = demand.counts(session, self._clock(), days=self._rules.days, people=self._rules.people)
            fresh = demand.shares(found, self._rules)
            if fresh != self._known:  # the same numbers stay the same object, of which the search keeps what it made
                self._known = fresh
        except Unavailable:
            log.warning("What many people needed could not be counted; what was known stays.")
        finally:
            self._due = self._clock() + EVERY
            self._counting.release()
