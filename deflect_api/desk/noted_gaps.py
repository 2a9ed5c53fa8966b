"""What no article answers yet, as agents note it while they answer: the writers' list. It holds no personal data."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from deflect_api.desk.scrubbing import scrub
from deflect_api.intake import ticket_words, tickets
from deflect_api.store.desk import Gap
from deflect_api.store.models import Agent, JournalEntry, Ticket

NOTED = "gap"


def note(session: Session, ticket: Ticket, text: str, agent: Agent, now: datetime) -> Gap:
    """Put what is missing on the writers' list, scrubbed. Raises InputError when nothing was written."""
    words = scrub.of_ticket(ticket_words.said(text), ticket)
    gap = Gap(ticket_id=ticket.id, product=ticket.product, text=words, noted_by=agent.email, at=now)
    session.add(gap)
    tickets.note(session, ticket, JournalEntry(at=now, actor=agent.email, change=NOTED, after=words[:200]))
    return gap


def since(session: Session, when: datetime) -> Sequence[Gap]:
    """List what agents noted since then, the newest first."""
    return session.scalars(select(Gap).where(Gap.at >= when).order_by(Gap.id.desc())).all()


def of_ticket(session: Session, ticket: Ticket) -> Sequence[Gap]:
    return session.scalars(select(Gap).where(Gap.ticket_id == ticket.id).order_by(Gap.id)).all()
