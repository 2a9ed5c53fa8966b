"""Tables of the desk's daily work: the words that tickets are found by, tags, known issues and followers, notices, gaps."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from deflect_api.store.models import Table

HUB, PARTNER, CATEGORY = "hub", "partner", "category"
KINDS = (HUB, PARTNER, CATEGORY)


class TicketWords(Table):
    """The words of a ticket, folded and one space apart. Each database keeps its own index over them: see store.full_text."""

    __tablename__ = "ticket_words"
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True)
    words: Mapped[str]


class Relation(Table):
    """What one ticket is to another: `duplicate` of it, or the one that `follows` it."""

    __tablename__ = "relation"
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"), index=True)


class Tag(Table):
    """A word of a managed list. `origin` is the name it began with, so that old words find it; a merged one points on."""

    __tablename__ = "tag"
    __table_args__ = (UniqueConstraint("kind", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(120))
    origin: Mapped[str] = mapped_column(String(120))
    words: Mapped[str] = mapped_column(default="")
    into_id: Mapped[int | None] = mapped_column(ForeignKey("tag.id"))
    created_at: Mapped[datetime]


class TagChange(Table):
    """What became of a tag: who added, renamed or merged it, when, from what, to what."""

    __tablename__ = "tag_change"
    id: Mapped[int] = mapped_column(primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    change: Mapped[str] = mapped_column(String(20))
    before: Mapped[str] = mapped_column(default="")
    after: Mapped[str] = mapped_column(default="")


class TicketTag(Table):
    """A tag on a ticket. Reports count these."""

    __tablename__ = "ticket_tag"
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"), primary_key=True, index=True)
    tag: Mapped[Tag] = relationship()


class IssueLink(Table):
    """A ticket that is about a known issue. `told_at`: its requester was told that it is fixed."""

    __tablename__ = "issue_link"
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True)
    article: Mapped[str] = mapped_column(String(300), primary_key=True, index=True)
    linked_at: Mapped[datetime]
    told_at: Mapped[datetime | None]


class Follower(Table):
    """Somebody who wants to hear when a known issue is fixed. Nobody is told before the mail address was confirmed."""

    __tablename__ = "follower"
    __table_args__ = (UniqueConstraint("article", "email"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    article: Mapped[str] = mapped_column(String(300))
    email: Mapped[str] = mapped_column(String(254), index=True)
    language: Mapped[str] = mapped_column(String(20), default="en")
    nonce: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]


class Fix(Table):
    """The one message that told everybody of a fixed issue, as an agent reviewed it."""

    __tablename__ = "fix"
    id: Mapped[int] = mapped_column(primary_key=True)
    article: Mapped[str] = mapped_column(String(300), index=True)
    text: Mapped[str]
    told_by: Mapped[str]
    at: Mapped[datetime]
    followers: Mapped[int]
    requesters: Mapped[int]


class NoticeChoice(Table):
    """How an agent wants to hear of new, replied and overdue tickets."""

    __tablename__ = "notice_choice"
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id", ondelete="CASCADE"), primary_key=True)
    mail: Mapped[str] = mapped_column(String(10), default="off")
    events: Mapped[list[str]] = mapped_column(default=list)
    browser: Mapped[bool] = mapped_column(default=False)


class Notice(Table):
    """One thing that an agent is told. `mailed_at` is set once a mail of it was written."""

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_agent", "agent_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id", ondelete="CASCADE"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"), index=True)
    event: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    mailed_at: Mapped[datetime | None]


class Gap(Table):
    """Something that no article answers, as an agent noted it for the writers."""

    __tablename__ = "gap"
    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id", ondelete="SET NULL"), index=True)
    product: Mapped[str] = mapped_column(String(40), default="")
    text: Mapped[str]
    noted_by: Mapped[str]
    at: Mapped[datetime]
