"""Tables of the second line and of mail that comes in: issues, what hangs on them, what is to be told, mails as they came."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from deflect_api.store.models import Table, Ticket

OPEN, CLOSED, DELETED, MOVED = "open", "closed", "deleted", "moved"
WAITS, SENT, DISMISSED, OVERTAKEN = "waits", "sent", "dismissed", "overtaken"


class Issue(Table):
    """An issue of the developers, as far as it was heard of. `seen_at` is its own time of change: what is older came late.

    `article` names the known issue that it is, if it is one.
    """

    __tablename__ = "issue"
    __table_args__ = (UniqueConstraint("repository", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    repository: Mapped[str] = mapped_column(String(140))
    number: Mapped[int]
    url: Mapped[str]
    title: Mapped[str]
    state: Mapped[str] = mapped_column(String(20), default=OPEN)
    state_reason: Mapped[str] = mapped_column(String(30), default="")
    labels: Mapped[list[str]] = mapped_column(default=list)
    milestone: Mapped[str] = mapped_column(default="")
    article: Mapped[str] = mapped_column(String(300), default="")
    seen_at: Mapped[datetime | None]


class Escalation(Table):
    """What an agent handed to the developers, word for word as it was reviewed. Without an issue it is still owed."""

    __tablename__ = "escalation"
    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"), index=True)
    issue_id: Mapped[int | None] = mapped_column(ForeignKey("issue.id"), index=True)
    marker: Mapped[str] = mapped_column(String(40), unique=True)
    repository: Mapped[str] = mapped_column(String(140))
    known_number: Mapped[str] = mapped_column(String(20), default="")
    title: Mapped[str] = mapped_column(default="")
    body: Mapped[str] = mapped_column(default="")
    labels: Mapped[list[str]] = mapped_column(default=list)
    by: Mapped[str] = mapped_column(String(254))
    at: Mapped[datetime]
    issue: Mapped[Issue | None] = relationship()
    ticket: Mapped[Ticket] = relationship()


class HookDelivery(Table):
    """A delivery of a hook that was taken in. The sender's number is not signed, so the digest of the body counts as well."""

    __tablename__ = "hook_delivery"
    id: Mapped[int] = mapped_column(primary_key=True)
    delivery: Mapped[str] = mapped_column(String(80), unique=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    event: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(index=True)


class Task(Table):
    """Something that came back from the developers: an agent sends it on, edited or not, or leaves it. Once for each `source`."""

    __tablename__ = "task"
    __table_args__ = (UniqueConstraint("ticket_id", "source"), Index("ix_task_state", "state", "id"))
    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id"), index=True)
    source: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    draft: Mapped[str]
    state: Mapped[str] = mapped_column(String(20), default=WAITS)
    at: Mapped[datetime]
    done_by: Mapped[str] = mapped_column(String(254), default="")
    done_at: Mapped[datetime | None]
    issue: Mapped[Issue] = relationship()
    ticket: Mapped[Ticket] = relationship()


class InboundMail(Table):
    """A mail as it came. The mail itself stands on the shelf as `stored_as`; `outcome` is "" until it was dealt with."""

    __tablename__ = "inbound_mail"
    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    stored_as: Mapped[str] = mapped_column(String(64))
    message_id: Mapped[str] = mapped_column(String(300), default="", index=True)
    sender: Mapped[str] = mapped_column(String(254), default="", index=True)
    subject: Mapped[str] = mapped_column(default="")
    outcome: Mapped[str] = mapped_column(String(20), default="", index=True)
    detail: Mapped[str] = mapped_column(default="")
    quoted: Mapped[str] = mapped_column(default="")
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id", ondelete="SET NULL"), index=True)
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id", ondelete="SET NULL"), index=True)
    at: Mapped[datetime] = mapped_column(index=True)


class Bounce(Table):
    """An address that our mails about a ticket do not reach, and what its server said."""

    __tablename__ = "bounce"
    __table_args__ = (UniqueConstraint("ticket_id", "address"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    address: Mapped[str] = mapped_column(String(254))
    told: Mapped[str]
    at: Mapped[datetime]
