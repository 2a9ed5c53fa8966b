"""Agents and their sign-ins.

Passwords are kept as argon2id hashes; a sign-in is a random token of which only the hash is kept.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from deflect_api.errors import InputError
from deflect_api.store.models import Agent, SignIn

STAY = timedelta(hours=12)
SHORTEST_PASSWORD = 12
_hasher = PasswordHasher()  # argon2id, the library's current parameters (RFC 9106, low memory)


def add(session: Session, email: str, name: str, password: str, now: datetime) -> Agent:
    """Make an account. Raises InputError when the address is taken or the password is short."""
    address = email.strip().lower()
    if len(password) < SHORTEST_PASSWORD:
        raise InputError(f"The password needs at least {SHORTEST_PASSWORD} characters.", {"password": "too short"})
    if by_email(session, address):
        raise InputError(f"{address} already has an account.", {"email": "already has an account"})
    agent = Agent(email=address, name=name.strip() or address, password_hash=_hasher.hash(password), created_at=now)
    session.add(agent)
    session.flush()
    return agent


def by_email(session: Session, email: str) -> Agent | None:
    address = email.strip().lower()
    return session.scalar(select(Agent).where(Agent.email == address)) if "\x00" not in address else None


def sign_in(session: Session, email: str, password: str, now: datetime) -> str | None:
    """Check a password and return a new sign-in token, or None. Takes as long for an unknown address as for a known one."""
    agent = by_email(session, email)
    known = agent is not None and agent.active
    right = _matches(agent.password_hash if agent and known else _nobodys_hash(), password)
    if not (agent and known and right):
        return None
    token = secrets.token_urlsafe(32)
    session.execute(delete(SignIn).where(SignIn.expires_at <= now))
    session.add(SignIn(token_hash=_hashed(token), agent_id=agent.id, created_at=now, expires_at=now + STAY))
    return token


def signed_in(session: Session, token: str, now: datetime) -> Agent | None:
    """Return the active agent behind a sign-in token."""
    found = session.get(SignIn, _hashed(token))
    return found.agent if found and found.expires_at > now and found.agent.active else None


def sign_out(session: Session, token: str) -> None:
    session.execute(delete(SignIn).where(SignIn.token_hash == _hashed(token)))


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))


def _matches(kept: str, password: str) -> bool:
    try:
        return _hasher.verify(kept, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
