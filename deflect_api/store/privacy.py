"""The table that proves what was removed: kinds, numbers and times, never of whom."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from deflect_api.store.models import Table


class Removal(Table):
    """What one run removed. `cause` is retention or erasure; `before` is the age from which a kind was removed."""

    __tablename__ = "removal"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    cause: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(40))
    before: Mapped[datetime | None]
    count: Mapped[int]
