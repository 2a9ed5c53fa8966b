"""Wrong sign-ins make the next one wait: by account for unknown browsers, by browser for known ones, and by network.

Nobody can lock out somebody else: a browser in which an agent has signed in before has a count of its own, and only
what was really tried counts, so a wait always ends.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from deflect_api.desk.people.sign_ins import hashed
from deflect_api.intake.abuse.limits import keyed, network_of
from deflect_api.store.abuse import Tally
from deflect_api.store.db import wait_for_name
from deflect_api.store.models import Agent
from deflect_api.store.staff import KnownDevice

ACCOUNT, DEVICE, NETWORK = "wrong_account", "wrong_device", "wrong_network"
FREE = {ACCOUNT: 5, DEVICE: 10, NETWORK: 30}  # so many go by without a wait; an office shares one network
WINDOW = timedelta(hours=1)
LONGEST = timedelta(minutes=15)
DEVICE_LIFE = timedelta(days=180)


@dataclass(frozen=True)
class Attempt:
    """One try to sign in, as keyed hashes. `device` is "" unless the browser is known for this very account."""

    account: str
    network: str
    device: str = ""

    def scopes(self) -> dict[str, str]:
        """Name what a failure counts against."""
        return {DEVICE: self.device} if self.device else {ACCOUNT: self.account, NETWORK: self.network}


def attempt(session: Session, secret: str, now: datetime, *, email: str, address: str, device: str) -> Attempt:
    """Describe a try: `device` is the browser's own token from an earlier sign-in."""
    row = session.get(KnownDevice, hashed(device)) if device else None
    agent = session.get(Agent, row.agent_id) if row and row.expires_at > now else None
    known = agent is not None and agent.email == email.strip().lower()
    return Attempt(
        account=keyed(secret, ACCOUNT, email.strip().lower()),
        network=keyed(secret, NETWORK, network_of(address)),
        device=keyed(secret, DEVICE, device) if known else "",
    )


def wait(session: Session, tried: Attempt, now: datetime) -> timedelta:
    """Return how long this browser has to wait before its next try; zero when it need not."""
    return max(_wait(session, scope, who, now) for scope, who in tried.scopes().items())


def hold(session: Session, tried: Attempt) -> None:
    """Let tries that count together come one after the other, so that many at once are not more than many in a row."""
    for scope, who in sorted(tried.scopes().items()):
        wait_for_name(session, f"{scope}:{who}")


def failed(session: Session, tried: Attempt, now: datetime) -> None:
    """Count a wrong try."""
    session.execute(delete(Tally).where(Tally.scope.in_(FREE), Tally.until <= now))
    session.add_all(Tally(scope=scope, who=who, mark="", at=now, until=now + WINDOW) for scope, who in tried.scopes().items())


def succeeded(session: Session, tried: Attempt) -> None:
    """Forget the wrong tries of this browser, or of this account from unknown ones. A network's stay counted."""
    for scope, who in tried.scopes().items():
        if scope != NETWORK:
            session.execute(delete(Tally).where(Tally.scope == scope, Tally.who == who))


def remember(session: Session, agent: Agent, now: datetime) -> str:
    """Make this browser known for this agent; return the token that its cookie keeps."""
    token = secrets.token_urlsafe(32)
    session.execute(delete(KnownDevice).where(KnownDevice.expires_at <= now))
    session.add(KnownDevice(token_hash=hashed(token), agent_id=agent.id, expires_at=now + DEVICE_LIFE))
    return token


def is_known(session: Session, agent: Agent, device: str, now: datetime) -> bool:
    row = session.get(KnownDevice, hashed(device)) if device else None
    return row is not None and row.agent_id == agent.id and row.expires_at > now


def forget_devices(session: Session, agent: Agent) -> None:
    session.execute(delete(KnownDevice).where(KnownDevice.agent_id == agent.id))


def pause_after(failures: int, free: int) -> timedelta:
    """Double the pause with each failure beyond the free ones: 2, 4, 8 … seconds, at most 15 minutes."""
    if failures < free:
        return timedelta()
    return min(timedelta(seconds=2 ** min(failures - free + 1, 20)), LONGEST)


def _wait(session: Session, scope: str, who: str, now: datetime) -> timedelta:
    counted = select(func.count(), func.max(Tally.at)).where(Tally.scope == scope, Tally.who == who, Tally.until > now)
    failures, last = session.execute(counted).one()
    left: timedelta = last + pause_after(failures, FREE[scope]) - now if last else timedelta()
    return max(left, timedelta())
