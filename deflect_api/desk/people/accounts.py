"""Agents: made, given a role and limits, disabled. Passwords are kept as argon2id hashes, and at least one lead stays."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from deflect_api.desk.people.access import AGENT, LEAD, ROLES
from deflect_api.errors import InputError, NotFound
from deflect_api.store.models import Agent

SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 1000
COMMON = ("password", "passwort", "welcome", "qwerty", "letmein", "123456", "abcdef", "iloveyou", "admin", "support")
_hasher = PasswordHasher()  # argon2id, the library's current parameters (RFC 9106, low memory)


def add(session: Session, email: str, name: str, password: str, now: datetime, *, role: str = AGENT) -> Agent:
    """Make an account. Raises InputError when the address is taken or the password is weak."""
    address = email.strip().lower()
    check_strength(password, address)
    return _added(session, address, name, _hasher.hash(password), role=role, now=now)


def add_without_password(session: Session, email: str, name: str, now: datetime, *, role: str = AGENT) -> Agent:
    """Make an account whose owner chooses a password by invitation, or signs in through the provider."""
    return _added(session, email.strip().lower(), name, "", role=role, now=now)


def by_email(session: Session, email: str) -> Agent | None:
    address = email.strip().lower()
    return session.scalar(select(Agent).where(Agent.email == address)) if "\x00" not in address else None


def get(session: Session, email: str) -> Agent:
    """Find an account. Raises NotFound."""
    found = by_email(session, email)
    if found is None:
        raise NotFound(f"There is no account for {email.strip()}.")
    return found


def everybody(session: Session) -> Sequence[Agent]:
    """List all accounts, the active ones first."""
    return session.scalars(select(Agent).order_by(Agent.active.desc(), Agent.email)).all()


def check(session: Session, email: str, password: str) -> Agent | None:
    """Return the active agent whose password this is. Takes as long for an unknown address as for a known one."""
    agent = by_email(session, email)
    known = agent is not None and agent.active and agent.password_hash != ""
    right = _matches(agent.password_hash if agent and known else _nobodys_hash(), password)
    return agent if known and right else None


def has_password(agent: Agent, password: str) -> bool:
    return _matches(agent.password_hash, password)


def set_password(agent: Agent, password: str) -> None:
    """Give an agent a new password. Raises InputError when it is weak. The caller ends the sign-ins."""
    check_strength(password, agent.email)
    agent.password_hash = _hasher.hash(password)


def check_strength(password: str, email: str) -> None:
    """Raise InputError unless the password is long, not only a common word, and not the address. Length is what counts."""
    problem = ""
    if len(password) < SHORTEST_PASSWORD:
        problem = f"The password needs at least {SHORTEST_PASSWORD} characters."
    elif len(password) > LONGEST_PASSWORD:
        problem = f"The password may have at most {LONGEST_PASSWORD} characters."
    elif _is_common(password.lower(), email):
        problem = "This password is easily guessed. Choose several words that do not belong together."
    if problem:
        raise InputError(problem, {"password": problem})


def set_role(session: Session, agent: Agent, role: str) -> None:
    """Raises InputError for no role, and when nobody would be lead any more."""
    if role not in ROLES:
        raise InputError(f"Choose one of the roles: {', '.join(ROLES)}.", {"role": ""})
    if role != LEAD:
        _check_another_lead(session, agent)
    agent.role = role


def set_active(session: Session, agent: Agent, active: bool) -> None:
    """Disable or enable an account. Raises InputError when nobody would be lead any more."""
    if not active:
        _check_another_lead(session, agent)
    agent.active = active


def has_lead(session: Session) -> bool:
    return bool(session.scalar(select(func.count()).where(Agent.role == LEAD, Agent.active)))


def _check_another_lead(session: Session, agent: Agent) -> None:
    others = select(func.count()).where(Agent.role == LEAD, Agent.active, Agent.id != agent.id)
    if agent.role == LEAD and agent.active and not session.scalar(others):
        raise InputError("This is the only lead. Make somebody else lead first.", {"role": ""})


def _added(session: Session, address: str, name: str, kept: str, *, role: str, now: datetime) -> Agent:
    if role not in ROLES:
        raise InputError(f"Choose one of the roles: {', '.join(ROLES)}.", {"role": ""})
    if "@" not in address or " " in address or "\x00" in address or len(address) > 254:
        raise InputError("Write a mail address such as name@example.org.", {"email": "not an address"})
    if by_email(session, address):
        raise InputError(f"{address} already has an account.", {"email": "already has an account"})
    agent = Agent(email=address, name=name.strip() or address, role=role, password_hash=kept, created_at=now)
    session.add(agent)
    session.flush()
    return agent


def _is_common(password: str, email: str) -> bool:
    """Find what a guesser tries first: a common word or the address with little beside it, or one character over and over."""
    words = (*COMMON, email, email.partition("@")[0])
    left = min(len(password.replace(word, "")) for word in words if word)
    return len(set(password)) < 5 or left < 5


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))


def _matches(kept: str, password: str) -> bool:
    try:
        return _hasher.verify(kept, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
