"""Tables of the people at the desk: what they may see, how they prove who they are, and what is on record about it."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from deflect_api.store.models import Table


class AgentLimit(Table):
    """One product or hub that an agent is limited to. An agent without a row of a kind is not limited by that kind."""

    __tablename__ = "agent_limit"
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    value: Mapped[str] = mapped_column(String(60), primary_key=True)


class SecondFactor(Table):
    """An authenticator app of an agent. `secret` is encrypted; `last_step` is the last code's time, so that none counts twice."""

    __tablename__ = "second_factor"
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id", ondelete="CASCADE"), primary_key=True)
    secret: Mapped[str]
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]


class RecoveryCode(Table):
    """A code for the day on which the phone is lost: 120 random bits, so a plain hash keeps it."""

    __tablename__ = "recovery_code"
    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id", ondelete="CASCADE"), index=True)
    used_at: Mapped[datetime | None]


class Identity(Table):
    """Who an agent is at the OpenID provider."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id", ondelete="CASCADE"), index=True)
    issuer: Mapped[str] = mapped_column(String(300))
    subject: Mapped[str] = mapped_column(String(255))


class KnownDevice(Table):
    """A browser in which an agent has signed in before. Wrong passwords from elsewhere never make it wait."""

    __tablename__ = "known_device"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime]


class Invitation(Table):
    """A link by which one agent chooses a password, once."""

    __tablename__ = "invitation"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime]


class StaffToken(Table):
    """A token of the desk's API. Only its hash is kept; `scope` is read, write or admin."""

    __tablename__ = "staff_token"
    id: Mapped[int] = mapped_column(primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    scope: Mapped[str] = mapped_column(String(10))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class AuditEntry(Table):
    """One thing on record: who (an agent's address, or "command line"), what, about whom, with which result, from where."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_at", "at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(254))
    event: Mapped[str] = mapped_column(String(40))
    about: Mapped[str] = mapped_column(String(254), default="")
    detail: Mapped[str] = mapped_column(default="")
    place: Mapped[str] = mapped_column(String(60), default="")
