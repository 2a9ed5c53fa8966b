"""The tables. Times are aware UTC; words such as status and type are those of docs/team/words.md, stored as text."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Text,
    TypeDecorator,
    text,
    true,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Utc(TypeDecorator[datetime]):
    """An aware UTC time, whatever the database makes of time zones."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value and value.tzinfo is None:
            raise ValueError("a time to be stored must be aware: which zone is it in?")
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value else None


class Table(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: Utc, dict[str, Any]: JSON, list[str]: JSON, str: Text}  # noqa: RUF012 - SQLAlchemy's own form


class Agent(Table):
    """A member of the support team who can sign in."""

    __tablename__ = "agent"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str]
    role: Mapped[str] = mapped_column(String(20), default="agent")
    password_hash: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class SignIn(Table):
    """One signed-in browser of an agent; deleting the row signs it out. `stage` is full, or what is still asked for."""

    __tablename__ = "sign_in"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id", ondelete="CASCADE"), index=True)
    stage: Mapped[str] = mapped_column(String(10), default="full")
    method: Mapped[str] = mapped_column(String(20), default="password")
    browser: Mapped[str] = mapped_column(String(120), default="")
    place: Mapped[str] = mapped_column(String(60), default="")
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    agent: Mapped[Agent] = relationship()


class SupportSession(Table):
    """A visit in which someone began to write a request. `place` is one of 256, where popularity is counted, else None."""

    __tablename__ = "support_session"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    product: Mapped[str] = mapped_column(String(40), default="")
    started_at: Mapped[datetime]
    last_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(20), default="")
    place: Mapped[int | None] = mapped_column(SmallInteger)
    events: Mapped[list["SessionEvent"]] = relationship(order_by="SessionEvent.id")


class SessionEvent(Table):
    """What happened in a support session at a pause or a choice: shown, opened, solved, rejected, abandoned, submitted."""

    __tablename__ = "session_event"
    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("support_session.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    event: Mapped[str] = mapped_column(String(20))
    article: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    text: Mapped[str] = mapped_column(default="")
    shown: Mapped[list[str]] = mapped_column(default=list)


class Ticket(Table):
    """A request, in the words of the person who sent it, and what the desk made of it.

    `awaiting`: the requester waits for a reply, due at `reply_due_at`; `paused_at`: since when that clock stands still.
    """

    __tablename__ = "ticket"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 - SQLAlchemy's own form
    id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(index=True)
    updated_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(20), default="new", index=True)
    type: Mapped[str] = mapped_column(String(20))
    severity: Mapped[str] = mapped_column(String(20))
    priority: Mapped[str] = mapped_column(String(20))
    priority_reason: Mapped[str]
    override_reason: Mapped[str | None]
    working: Mapped[str] = mapped_column(String(30))
    affected: Mapped[str] = mapped_column(String(20))
    needed_by: Mapped[str] = mapped_column(String(20))
    product: Mapped[str] = mapped_column(String(40), index=True)
    hub: Mapped[str] = mapped_column(String(60), default="")
    partner: Mapped[str] = mapped_column(default="")
    name: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(String(254), index=True)
    cc: Mapped[list[str]] = mapped_column(default=list)
    language: Mapped[str] = mapped_column(String(20), default="en")
    subject: Mapped[str]
    happened: Mapped[str]
    doing: Mapped[str] = mapped_column(default="")
    expected: Mapped[str] = mapped_column(default="")
    steps: Mapped[str] = mapped_column(default="")
    context: Mapped[dict[str, Any]] = mapped_column(default=dict)
    device: Mapped[dict[str, Any]] = mapped_column(default=dict)
    searched: Mapped[str] = mapped_column(String(20))
    session_id: Mapped[str] = mapped_column(String(64), default="", index=True)
    link_nonce: Mapped[str] = mapped_column(String(64))
    remote_id: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    awaiting: Mapped[bool] = mapped_column(default=True, server_default=true())
    reply_due_at: Mapped[datetime] = mapped_column(index=True)
    paused_at: Mapped[datetime | None]
    first_reply_at: Mapped[datetime | None]
    solved_at: Mapped[datetime | None]
    solved_says: Mapped[str | None] = mapped_column(String(3))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"), index=True)
    assignee: Mapped[Agent | None] = relationship()
    comments: Mapped[list["Comment"]] = relationship(order_by="Comment.id")
    journal: Mapped[list["JournalEntry"]] = relationship(order_by="JournalEntry.id")

    @property
    def reference(self) -> str:
        return str(self.id)


class Comment(Table):
    """Something said on a ticket: public ones reach the requester, private ones never do."""

    __tablename__ = "comment"
    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    author: Mapped[str]
    from_requester: Mapped[bool] = mapped_column(default=False)
    public: Mapped[bool] = mapped_column(default=True)
    body: Mapped[str]
    remote_id: Mapped[str] = mapped_column(String(120), default="", server_default=text("''"))


class JournalEntry(Table):
    """One change of a ticket: who, when, what, from, to, why."""

    __tablename__ = "journal_entry"
    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    change: Mapped[str] = mapped_column(String(40))
    before: Mapped[str] = mapped_column(default="")
    after: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")


class IdempotencyKey(Table):
    """A key that a form made for one request, and the ticket it became."""

    __tablename__ = "idempotency_key"
    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    body_digest: Mapped[str] = mapped_column(String(64))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(index=True)


class Message(Table):
    """Something we owe: a forward, a mail, a post. Written in the transaction that owes it."""

    __tablename__ = "message"
    __table_args__ = (
        Index("ix_message_due", "state", "not_before"),
        Index("ix_message_kind", "kind", "state", "not_before"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    stream: Mapped[str] = mapped_column(String(120), index=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"), index=True)
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(String(20), default="queued")
    not_before: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    leased_until: Mapped[datetime | None]
    leased_by: Mapped[str] = mapped_column(String(80), default="")
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class Attempt(Table):
    """One try to deliver a message, and how it ended."""

    __tablename__ = "attempt"
    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(20))
    detail: Mapped[str] = mapped_column(default="")
