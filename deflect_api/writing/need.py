"""What many people needed, for the commands: as the service counts it, from its own database."""

from collections.abc import Mapping
from contextlib import closing
from datetime import datetime

from deflect_api.config import Settings
from deflect_api.intake import demand
from deflect_api.store.ready import ready_database


def counts(settings: Settings, now: datetime) -> list[demand.Count]:
    """Every article that was needed, most needed first. Raises ConfigError, Unavailable."""
    with closing(ready_database(settings.database)) as database, database.read() as session:
        return demand.counts(session, now, days=settings.support.portal.popularity.days)


def shares(settings: Settings, now: datetime) -> Mapping[str, float]:
    """How much each article is needed, 0 to 1; empty where popularity is off, and then nothing is opened."""
    rules = settings.support.portal.popularity
    return demand.shares(counts(settings, now), rules) if rules.counts else {}
