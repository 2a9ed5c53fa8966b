"""Tables against abuse: what was counted (keyed hashes, never an address), what is held for a person, what is told to all."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from deflect_api.store.models import Table


class Tally(Table):
    """One thing that was counted against a limit. `who` and `mark` are keyed hashes; after `until` the row is removed."""

    __tablename__ = "tally"
    __table_args__ = (Index("ix_tally_who", "scope", "who", "until"), Index("ix_tally_scope_at", "scope", "at"))
    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(String(20))
    who: Mapped[str] = mapped_column(String(32))
    mark: Mapped[str] = mapped_column(String(32), default="")
    at: Mapped[datetime]
    until: Mapped[datetime] = mapped_column(index=True)


class Holding(Table):
    """Why a ticket is held for a look by a person, what is owed once it is let go, and what the person said."""

    __tablename__ = "holding"
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime]
    reasons: Mapped[list[str]]
    owed: Mapped[list[str]]
    verdict: Mapped[str] = mapped_column(String(10), default="")
    decided_at: Mapped[datetime | None]


class Incident(Table):
    """Something that everybody is told on the form and beside search results, from `since` to `until`."""

    __tablename__ = "incident"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    product: Mapped[str] = mapped_column(String(40), default="")
    set_by: Mapped[str] = mapped_column(String(254))
    since: Mapped[datetime]
    until: Mapped[datetime] = mapped_column(index=True)
