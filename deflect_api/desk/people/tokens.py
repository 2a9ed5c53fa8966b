"""Tokens of the desk's API, and invitations: random, shown once, kept as hashes, and over by a date."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from deflect_api.desk.people.access import ADMIN, LEAD, SCOPES
from deflect_api.desk.people.sign_ins import TOUCH_EVERY, hashed
from deflect_api.errors import InputError, NotFound
from deflect_api.store.models import Agent
from deflect_api.store.staff import Invitation, StaffToken

PREFIX = "desk_"  # so that a token is known for what it is where it should not be
MOST = 20
INVITED_FOR = timedelta(days=7)


def make(session: Session, agent: Agent, name: str, scope: str, now: datetime, *, days: int, most_days: int) -> str:
    """Make a token and return it; it is never readable again. Raises InputError."""
    label = " ".join(name.replace("\x00", "").split())[:100]
    if not label:
        raise InputError("Name what the token is for.", {"name": "Name what the token is for."})
    if scope not in SCOPES or (scope == ADMIN and agent.role != LEAD):
        raise InputError("Choose a scope: read, write, or, as a lead, admin.", {"scope": ""})
    if not 1 <= days <= most_days:
        raise InputError(f"Choose 1 to {most_days} days.", {"days": ""})
    if len(of_agent(session, agent, now)) >= MOST:
        raise InputError(f"You have {MOST} tokens. Revoke one first.", {"name": ""})
    token = PREFIX + secrets.token_urlsafe(32)
    session.add(
        StaffToken(
            agent_id=agent.id, name=label, scope=scope, token_hash=hashed(token), created_at=now,
            expires_at=now + timedelta(days=days),
        )
    )  # fmt: skip
    return token


def find(session: Session, token: str, now: datetime) -> tuple[StaffToken, Agent] | None:
    """Return a token's row and its agent while both are good."""
    row = session.scalar(select(StaffToken).where(StaffToken.token_hash == hashed(token))) if token else None
    agent = session.get(Agent, row.agent_id) if row and row.expires_at > now else None
    return (row, agent) if row and agent and agent.active else None


def is_long_unused(row: StaffToken, now: datetime) -> bool:
    return row.used_at is None or row.used_at + TOUCH_EVERY <= now


def touch(session: Session, row: StaffToken, now: datetime) -> None:
    session.execute(update(StaffToken).where(StaffToken.id == row.id).values(used_at=now))


def of_agent(session: Session, agent: Agent, now: datetime) -> Sequence[StaffToken]:
    """List an agent's tokens that still work."""
    mine = (StaffToken.agent_id == agent.id) & (StaffToken.expires_at > now)
    return session.scalars(select(StaffToken).where(mine).order_by(StaffToken.id)).all()


def revoke(session: Session, agent: Agent, token_id: int) -> str:
    """End one of an agent's tokens and return its name. Raises NotFound."""
    row = session.get(StaffToken, token_id)
    if row is None or row.agent_id != agent.id:
        raise NotFound("There is no such token.")
    session.delete(row)
    return row.name


def revoke_all(session: Session, agent: Agent) -> None:
    session.execute(delete(StaffToken).where(StaffToken.agent_id == agent.id))


def invite(session: Session, agent: Agent, now: datetime) -> str:
    """Make the secret of a link by which an agent chooses a password, in place of an earlier one."""
    session.execute(delete(Invitation).where((Invitation.agent_id == agent.id) | (Invitation.expires_at <= now)))
    token = secrets.token_urlsafe(32)
    session.add(Invitation(token_hash=hashed(token), agent_id=agent.id, expires_at=now + INVITED_FOR))
    return token


def invited(session: Session, token: str, now: datetime) -> Agent:
    """Return who an invitation is for. Raises NotFound when it is over or was used."""
    row = session.get(Invitation, hashed(token))
    agent = session.get(Agent, row.agent_id) if row and row.expires_at > now else None
    if agent is None or not agent.active:
        raise NotFound("This link has been used, or is too old. Ask a lead for a new one.")
    return agent


def use_invitation(session: Session, token: str) -> None:
    session.execute(delete(Invitation).where(Invitation.token_hash == hashed(token)))
