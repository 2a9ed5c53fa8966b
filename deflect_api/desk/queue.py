"""The queue: what waits, the most pressing first, and what one ticket page shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, func, select, true
from sqlalchemy.orm import Session

from deflect_api.intake import attachments, deflection, tickets
from deflect_api.store.models import Message, SessionEvent, Ticket
from deflect_api.store.uploads import Upload

RANK = {"urgent": 0, "high": 1, "normal": 2, "low": 3}
VIEWS: Mapping[str, tuple[str, ...]] = {
    "open": (tickets.NEW, tickets.OPEN),
    "waiting": (tickets.PENDING,),
    "escalated": (tickets.ESCALATED,),
    "suspected": (tickets.SUSPECTED,),
    "done": (tickets.SOLVED, tickets.CLOSED),
}
MOST_ROWS = 100


def rows(session: Session, view: str, may_see: ColumnElement[bool] = true()) -> Sequence[Ticket]:  # noqa: B008 - a constant
    """List the tickets of a view: by priority, then by the time the reply is due, then the older first."""
    rank = case(RANK, value=Ticket.priority, else_=len(RANK))
    chosen = (
        select(Ticket)
        .where(Ticket.status.in_(VIEWS[view]), may_see)
        .order_by(rank, Ticket.reply_due_at, Ticket.id)
        .limit(MOST_ROWS)
    )
    return session.scalars(chosen).all()


def counts(session: Session, may_see: ColumnElement[bool] = true()) -> dict[str, int]:  # noqa: B008 - a constant
    """Count the tickets of every view."""
    found = dict(session.execute(select(Ticket.status, func.count()).where(may_see).group_by(Ticket.status)).all())
    return {view: sum(found.get(status, 0) for status in statuses) for view, statuses in VIEWS.items()}


@dataclass(frozen=True)
class Dossier:
    """One ticket with everything an agent needs to see."""

    ticket: Ticket
    history: Sequence[SessionEvent]
    owed: Sequence[Message]
    files: Sequence[Upload] = ()


def dossier(session: Session, reference: str) -> Dossier:
    """Gather one ticket's page. Raises NotFound."""
    ticket = tickets.get(session, reference)
    _ = ticket.comments, ticket.journal, ticket.assignee  # read now: the session ends before the page is rendered
    owed = session.scalars(select(Message).where(Message.ticket_id == ticket.id).order_by(Message.id)).all()
    return Dossier(ticket, deflection.history(session, ticket.session_id), owed, attachments.of_ticket(session, ticket))
