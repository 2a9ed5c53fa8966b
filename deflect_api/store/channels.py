"""The table of channels: one row for each connected system that has failed lately."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from deflect_api.store.models import Table


class Channel(Table):
    """How a connected system is. `down_since` is set while nothing but a probe is sent to it."""

    __tablename__ = "channel"
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    last_message: Mapped[int] = mapped_column(default=0)
    down_since: Mapped[datetime | None]
    probe_at: Mapped[datetime | None]
    resting_until: Mapped[datetime | None]
    told: Mapped[str] = mapped_column(default="")
