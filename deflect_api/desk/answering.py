"""What an agent does to a ticket in one step: answer and set the state, escalate with a reason, solve with its duplicates."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from deflect_api.config.support import Calendar
from deflect_api.errors import InputError, Stale
from deflect_api.intake import duplicates, ticket_words, tickets
from deflect_api.store.models import Agent, Comment, JournalEntry, Ticket


@dataclass(frozen=True)
class Answer:
    """What was written, who may read it, the state that comes with it ("" leaves it), and its mail ("": the state's own)."""

    body: str
    public: bool
    status: str = ""
    template: str = ""


def check_version(ticket: Ticket, version: int | None) -> None:
    """Raise Stale when the ticket has changed since the page that was filled in. None: the caller saw no page."""
    if version is not None and version != ticket.version:
        raise Stale(
            "This request has changed since you opened it. Nothing was saved, and nothing you wrote is lost.", seen=version
        )


def answer(session: Session, ticket: Ticket, given: Answer, agent: Agent, *, now: datetime, calendar: Calendar) -> Comment:
    """Say it. Who answers a request that nobody has taken, takes it; what solves a request solves its duplicates."""
    if given.public and ticket.assignee is None:
        tickets.take(session, ticket, agent, now)
    public, status = given.public, given.status
    said = tickets.reply(
        session, ticket, agent, given.body, public=public, now=now, status=status, template=given.template, calendar=calendar
    )
    if status == tickets.SOLVED:
        duplicates.tell(session, ticket, agent, said.body if public else "", now=now, calendar=calendar)
    return said


def change_status(session: Session, ticket: Ticket, status: str, agent: Agent, *, now: datetime, calendar: Calendar) -> None:
    """Set the state alone. Solving mails the requester, and those of the duplicates."""
    is_new = status != ticket.status
    tickets.change_status(session, ticket, status, actor=agent.email, now=now, calendar=calendar)
    if status == tickets.SOLVED and is_new:
        duplicates.tell(session, ticket, agent, "", now=now, calendar=calendar)


def escalate(session: Session, ticket: Ticket, why: str, agent: Agent, *, now: datetime, calendar: Calendar) -> None:
    """Hand it to the product's developers, and say why: the team reads it as a note. Raises InputError without a reason."""
    if not why.strip():
        told = "Say what the developers should know or do."
        raise InputError(told, {"why": told})
    words = ticket_words.said(why)
    tickets.reply(session, ticket, agent, words, public=False, now=now)
    tickets.change_status(session, ticket, tickets.ESCALATED, actor=agent.email, now=now, calendar=calendar, reason=words[:200])


def release(session: Session, ticket: Ticket, agent: Agent, now: datetime) -> None:
    """Put it back for whoever comes next."""
    before = ticket.assignee.name if ticket.assignee else ""
    if before:
        ticket.assignee = None
        tickets.note(session, ticket, JournalEntry(at=now, actor=agent.email, change="put back", before=before))
