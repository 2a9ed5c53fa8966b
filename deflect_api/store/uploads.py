"""The table of files that came with requests. A row is there before its file arrives; a kept row always has its file."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from deflect_api.store.models import Table

RECEIVING, KEPT, HELD, REFUSED = "receiving", "kept", "held", "refused"
STATES = (RECEIVING, KEPT, HELD, REFUSED)


class Upload(Table):
    """One file. `draft` is the hash of the form's key, for one that came before its ticket; `reason` is a word of REASONS."""

    __tablename__ = "upload"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"), index=True)
    draft: Mapped[str] = mapped_column(String(64), default="", index=True)
    name: Mapped[str]
    media_type: Mapped[str] = mapped_column(String(100), default="")
    size: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    state: Mapped[str] = mapped_column(String(20), default=RECEIVING)
    reason: Mapped[str] = mapped_column(default="")
    stored_as: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[datetime] = mapped_column(index=True)
