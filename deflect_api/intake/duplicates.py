"""Two tickets about one problem: one is solved as a duplicate, and its requester hears whatever solves the other."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from deflect_api.config.support import Calendar
from deflect_api.errors import InputError
from deflect_api.intake import tickets
from deflect_api.store.desk import Relation
from deflect_api.store.models import Agent, JournalEntry, Ticket

DUPLICATE = "duplicate"


def original_of(session: Session, ticket: Ticket) -> Ticket | None:
    """Return the ticket that this one is a duplicate of."""
    relation = session.get(Relation, (ticket.id, DUPLICATE))
    return session.get_one(Ticket, relation.other_id) if relation else None


def of(session: Session, ticket: Ticket) -> Sequence[Ticket]:
    """List the duplicates of a ticket."""
    mine = select(Ticket).join(Relation, Relation.ticket_id == Ticket.id)
    return session.scalars(mine.where(Relation.other_id == ticket.id, Relation.kind == DUPLICATE).order_by(Ticket.id)).all()


def mark(session: Session, ticket: Ticket, original: Ticket, agent: Agent, *, now: datetime, calendar: Calendar) -> None:
    """Solve `ticket` as a duplicate of `original` (or of what that is one of). Its requester is told. Raises InputError."""
    root = original_of(session, original) or original
    if root.id == ticket.id:
        told = f"#{original.reference} is this request, or a duplicate of it. Name the other one."
        raise InputError(told, {"original": told})
    for other in of(session, ticket):  # whatever was a duplicate of this one is one of the other now
        session.get_one(Relation, (other.id, DUPLICATE)).other_id = root.id
    relation = session.get(Relation, (ticket.id, DUPLICATE)) or Relation(ticket_id=ticket.id, kind=DUPLICATE)
    relation.other_id = root.id
    session.add(relation)
    ways = ((ticket, DUPLICATE, root), (root, "has duplicate", ticket))
    for one, change, other in ways:
        tickets.note(session, one, JournalEntry(at=now, actor=agent.email, change=change, after=f"#{other.reference}"))
    tickets.change_status(session, ticket, tickets.SOLVED, actor=agent.email, now=now, tell=False, calendar=calendar)
    tickets.owe_mail(session, ticket, now, template="duplicate")


def tell(session: Session, original: Ticket, agent: Agent, body: str, *, now: datetime, calendar: Calendar) -> int:
    """Tell the requesters of all duplicates what solved the other ticket; return how many were told."""
    told = of(session, original)
    for ticket in told:
        if ticket.status == tickets.SOLVED:
            ticket.solved_at, ticket.solved_says = now, None  # from now on they have 14 days to say that it did not
        if body:
            tickets.reply(session, ticket, agent, body, public=True, now=now, status=tickets.SOLVED, calendar=calendar)
        elif ticket.status == tickets.SOLVED:
            tickets.owe_mail(session, ticket, now, template="solved")
        else:
            tickets.change_status(session, ticket, tickets.SOLVED, actor=agent.email, now=now, calendar=calendar)
    return len(told)
