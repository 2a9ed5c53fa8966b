"""What every route is given: the settings, the database, the live release, the pages, the relay's bell and how many wait."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast

from flask import current_app

from deflect_api.config import Settings
from deflect_api.intake.abuse.buckets import Buckets
from deflect_api.intake.files.examination import Storage
from deflect_api.store.db import Database
from deflect_api.web.overload import Crowd
from deflect_api.web.pages import Pages
from deflect_api.web.release import Releases
from deflect_api.web.tally import Tally

KEY = "deflect"


def utc_now() -> datetime:
    return datetime.now(UTC)


def silent() -> None:
    """No relay runs in this process; it will look by itself."""


@dataclass(frozen=True)
class Parts:
    settings: Settings
    database: Database
    releases: Releases
    pages: Pages
    storage: Storage
    wake: Callable[[], None] = field(default=silent)
    clock: Callable[[], datetime] = field(default=utc_now)
    buckets: Buckets = field(default_factory=Buckets)
    crowd: Crowd = field(default_factory=Crowd)
    tally: Tally = field(default_factory=Tally)


def parts() -> Parts:
    """Return the parts of the running application."""
    return cast(Parts, current_app.extensions[KEY])
