"""Sign-ins: a random token in one browser, of which only the hash is kept. Each ends by time, by idleness or by hand."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from deflect_api.store.models import Agent, SignIn

FULL, CODE, ENROL = "full", "code", "enrol"
BEFORE_FULL = timedelta(minutes=10)
TOUCH_EVERY = timedelta(minutes=1)
PASSWORD, PROVIDER = "password", "provider"


@dataclass(frozen=True)
class Lasting:
    """How long a sign-in lasts: in all, and without a request."""

    stay: timedelta
    idle: timedelta


@dataclass(frozen=True)
class Where:
    """The browser and network that a sign-in comes from, and how it was proved."""

    browser: str = ""
    place: str = ""
    method: str = PASSWORD


def begin(session: Session, agent: Agent, where: Where, now: datetime, *, stay: timedelta, stage: str = FULL) -> str:
    """Make a sign-in and return its token: 256 random bits. One that is not full yet lasts ten minutes."""
    token = secrets.token_urlsafe(32)
    session.execute(delete(SignIn).where(SignIn.expires_at <= now))
    life = stay if stage == FULL else min(stay, BEFORE_FULL)
    session.add(
        SignIn(
            token_hash=hashed(token), agent_id=agent.id, stage=stage, method=where.method, browser=where.browser[:120],
            place=where.place[:60], created_at=now, seen_at=now, expires_at=now + life,
        )
    )  # fmt: skip
    return token


def find(session: Session, token: str, now: datetime, idle: timedelta) -> SignIn | None:
    """Return the sign-in behind a token while it lasts and its agent is active."""
    found = session.get(SignIn, hashed(token)) if token else None
    if found is None or found.expires_at <= now or found.seen_at + idle <= now:
        return None
    return found if found.agent.active else None


def touch(session: Session, sign_in: SignIn, now: datetime) -> None:
    """Note that a sign-in was used just now."""
    session.execute(update(SignIn).where(SignIn.token_hash == sign_in.token_hash).values(seen_at=now))


def end(session: Session, token: str) -> None:
    session.execute(delete(SignIn).where(SignIn.token_hash == hashed(token)))


def end_all(session: Session, agent: Agent, *, but: str = "") -> int:
    """End every sign-in of an agent, all but the one with the token `but`; return how many."""
    ended = session.execute(
        delete(SignIn).where(SignIn.agent_id == agent.id, SignIn.token_hash != hashed(but)).returning(SignIn.token_hash)
    )
    return len(ended.all())


def end_one(session: Session, agent: Agent, handle: str) -> int:
    """End the sign-in that `handle_of` names, if it is this agent's."""
    mine = session.scalars(select(SignIn).where(SignIn.agent_id == agent.id)).all()
    chosen = [each for each in mine if handle_of(each) == handle]
    for each in chosen:
        session.delete(each)
    return len(chosen)


def of_agent(session: Session, agent: Agent, now: datetime, idle: timedelta) -> Sequence[SignIn]:
    """List an agent's sign-ins that still open the desk, the latest used first."""
    alive = (SignIn.agent_id == agent.id) & (SignIn.expires_at > now) & (SignIn.seen_at > now - idle)
    return session.scalars(select(SignIn).where(alive, SignIn.stage == FULL).order_by(SignIn.seen_at.desc())).all()


def handle_of(sign_in: SignIn) -> str:
    """Name a sign-in on a page; the name opens nothing."""
    return hashlib.sha256(sign_in.token_hash.encode()).hexdigest()[:16]


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
