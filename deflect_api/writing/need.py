"""What many people needed, for the commands: as the service counts it, from its own database."""

from collections.abc import Mapping
from datetime import datetime

from deflect_api.config import Settings
from deflect_api.intake import demand
from deflect_api.store import migrate
from deflect_api.store.db import Database


def counts(settings: Settings, now: datetime) -> list[demand.Count]:
    """Every article that was needed, most needed first. Raises Unavailable."""
    database = Database(settings.database)
    migrate.upgrade(database)
    with database.read() as session:
        found = demand.counts(session, now, days=settings.support.portal.popularity.days)
    database.close()
    return found


def shares(settings: Settings, now: datetime) -> Mapping[str, float]:
    """How much each article is needed, 0 to 1; empty where popularity is off, and then nothing is opened."""
    rules = settings.support.portal.popularity
    return demand.shares(counts(settings, now), rules) if rules.counts else {}
