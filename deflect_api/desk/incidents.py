"""Incidents: what a lead tells everybody who is about to report it. It is text from a person and ends by itself."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import exists, or_, select, update
from sqlalchemy.orm import Session

from deflect_api.errors import InputError, NotAllowed
from deflect_api.store.abuse import Incident
from deflect_api.store.models import Agent

LEAD = "lead"
LONGEST = 300
MOST_HOURS = 24 * 30


def current(session: Session, now: datetime, product: str = "") -> Sequence[Incident]:
    """List what is told now, the newest first: of every product, or of one and of all."""
    chosen = select(Incident).where(Incident.since <= now, Incident.until > now).order_by(Incident.id.desc())
    if product:
        chosen = chosen.where(or_(Incident.product == "", Incident.product == product))
    return session.scalars(chosen).all()


def put(session: Session, text: str, *, product: str, by: str, now: datetime, hours: float = 24) -> Incident:
    """Tell `text` from now on, in place of what was told of this product. Raises InputError when it cannot be told."""
    line = " ".join(text.replace("\x00", "").split())
    if not line or len(line) > LONGEST:
        raise InputError(f"Write one line of at most {LONGEST} characters: what is known, and what to do.", {"text": ""})
    if not 0 < hours <= MOST_HOURS:
        raise InputError(f"Choose a time of more than 0 and at most {MOST_HOURS} hours.", {"hours": ""})
    _end(session, now, Incident.product == product)
    told = Incident(text=line, product=product, set_by=by, since=now, until=now + timedelta(hours=hours))
    session.add(told)
    session.flush()
    return told


def clear(session: Session, now: datetime) -> int:
    """End all that is told; return how many there were."""
    told = len(current(session, now))
    _end(session, now)
    return told


def check_may_set(session: Session, agent: Agent) -> None:
    """Raise NotAllowed unless the agent is a lead, or nobody is."""
    has_lead = exists().where(Agent.role == LEAD, Agent.active)
    if agent.role != LEAD and session.scalar(select(has_lead)):
        raise NotAllowed("Only a lead can change what everybody is told. Ask one.")


def _end(session: Session, now: datetime, *which: object) -> None:
    open_ones = update(Incident).where(Incident.until > now, *which).values(until=now)  # type: ignore[arg-type]
    session.execute(open_ones, execution_options={"synchronize_session": False})
