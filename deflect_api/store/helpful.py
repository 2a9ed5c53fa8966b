"""The table of answers to "Was this page helpful?". It holds no name, no address and no number of a visit."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from deflect_api.store.models import Table


class HelpfulAnswer(Table):
    """One answer about one version of a page; `text` has been scrubbed before it was stored."""

    __tablename__ = "helpful_answer"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    page: Mapped[str] = mapped_column(String(300), index=True)
    version: Mapped[str] = mapped_column(String(20))
    helpful: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(20), default="")
    text: Mapped[str] = mapped_column(default="")
