"""What agents are told of: new, replied and overdue tickets, as each has chosen. Nobody is told what they did themselves."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from deflect_api.delivery import outbox
from deflect_api.errors import InputError
from deflect_api.intake.reach import may_see, reach_of
from deflect_api.store.desk import Notice, NoticeChoice
from deflect_api.store.models import Agent, Message, Ticket

NEW, REPLIED, OVERDUE = "new", "replied", "overdue"
EVENTS = (NEW, REPLIED, OVERDUE)
OFF, EACH, DIGEST = "off", "each", "digest"
MAILS = (OFF, EACH, DIGEST)
MAIL = "notice_mail"  # the message that writes them; its payload names the agent


def choose(session: Session, agent: Agent, *, mail: str, events: Sequence[str], browser: bool) -> NoticeChoice:
    """Keep how an agent wants to hear. Raises InputError."""
    if mail not in MAILS or not set(events) <= set(EVENTS):
        raise InputError("Choose how you want to hear.", {"mail": f"Choose one of {', '.join(MAILS)}."})
    choice = session.get(NoticeChoice, agent.id) or NoticeChoice(agent_id=agent.id)
    choice.mail, choice.events, choice.browser = mail, [event for event in EVENTS if event in events], browser
    session.add(choice)
    return choice


def record(session: Session, ticket: Ticket, event: str, now: datetime, *, actor: str = "") -> None:
    """Tell it to those who chose to hear of it. A ticket that somebody works on concerns that agent alone."""
    for choice, agent in _listening(session, event):
        concerned = event == NEW or ticket.assignee_id in (None, agent.id)
        if concerned and agent.email != actor and may_see(reach_of(session, agent), ticket):
            session.add(Notice(agent_id=agent.id, ticket_id=ticket.id, event=event, at=now))
            if choice.mail == EACH:
                owe_mail(session, agent.id, now)


def owe_mail(session: Session, agent_id: int, now: datetime, not_before: datetime | None = None) -> None:
    """Owe an agent one mail about all that was not mailed yet, unless one is owed already."""
    stream = f"{MAIL}:{agent_id}"
    waits = exists().where(Message.stream == stream, Message.state.in_((outbox.QUEUED, outbox.UNKNOWN)))
    if not session.scalar(select(waits)):
        message = outbox.owe(MAIL, stream, now, not_before=not_before or now, payload={"agent": agent_id})
        outbox.put(session, message)


def since(session: Session, agent: Agent, after: int) -> Sequence[Notice]:
    """List what an agent is told after the notice with this number, oldest first."""
    fresh = select(Notice).where(Notice.agent_id == agent.id, Notice.id > after).order_by(Notice.id).limit(20)
    return session.scalars(fresh).all()


def latest(session: Session, agent: Agent) -> Sequence[Notice]:
    """List the last things an agent was told, oldest first."""
    rows = session.scalars(select(Notice).where(Notice.agent_id == agent.id).order_by(Notice.id.desc()).limit(20)).all()
    return rows[::-1]


def last(session: Session, agent: Agent) -> int:
    """Return the number of the last thing an agent was told; 0 for none."""
    return session.scalar(select(func.max(Notice.id)).where(Notice.agent_id == agent.id)) or 0


def _listening(session: Session, event: str) -> list[tuple[NoticeChoice, Agent]]:
    rows = session.execute(select(NoticeChoice, Agent).join(Agent, Agent.id == NoticeChoice.agent_id).where(Agent.active)).all()
    return [(choice, agent) for choice, agent in rows if event in choice.events and (choice.browser or choice.mail != OFF)]
