"""Forward a ticket to the help desk: look it up by our reference, create it only when the desk has none."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from deflect_api.connectors import HelpDesk, Request
from deflect_api.delivery.relay import Done, Handler
from deflect_api.errors import PermanentFailure
from deflect_api.store.db import Database
from deflect_api.store.models import Message, Ticket
from deflect_api.store.uploads import HELD, KEPT, Upload

PARTS = (
    ("doing", "What I was doing"),
    ("expected", "What I expected"),
    ("happened", "What happened"),
    ("steps", "Steps to reproduce"),
)


def handler(database: Database, desk: HelpDesk, link: Callable[[Ticket], str]) -> Handler:
    """Return what the relay calls for a `forward` message."""

    def forward(message: Message) -> Done:
        with database.read() as session:
            ticket = _ticket(session, message)
            request = as_request(ticket, link, file_names(session, ticket))
        remote = desk.find(request.reference) or desk.create(request)
        return Done(f"desk id {remote}", record=lambda session: _keep(session, message, remote))

    return forward


def as_request(ticket: Ticket, link: Callable[[Ticket], str], files: Sequence[str] = ()) -> Request:
    """Turn a ticket into what a help desk receives; the body reads well on its own, and names the files that came by now."""
    facts = {**ticket.context, **ticket.device}
    parts = [f"{label}\n{getattr(ticket, name)}" for name, label in PARTS if getattr(ticket, name)]
    if facts:
        parts.append("\n".join(f"{name}: {value}" for name, value in facts.items()))
    if files:
        parts.append("Files, to be opened through the link below\n" + "\n".join(files))
    parts.append(f"Priority: {ticket.priority}. {ticket.priority_reason}\nFollow: {link(ticket)}")
    return Request(
        reference=ticket.reference,
        subject=ticket.subject,
        body="\n\n".join(parts),
        product=ticket.product,
        type=ticket.type,
        severity=ticket.severity,
        priority=ticket.priority,
        requester_name=ticket.name,
        requester_email=ticket.email,
        link=link(ticket),
        tags=tuple(tag for tag in (ticket.hub, ticket.partner, ticket.type) if tag),
        cc=tuple(ticket.cc),
        fields={name: str(value) for name, value in facts.items()},
    )


def file_names(session: Session, ticket: Ticket) -> Sequence[str]:
    """List the files that support can open, or will once the scanner has seen them."""
    arrived = select(Upload.name).where(Upload.ticket_id == ticket.id, Upload.state.in_((KEPT, HELD)))
    return session.scalars(arrived.order_by(Upload.created_at, Upload.id)).all()


def _ticket(session: Session, message: Message) -> Ticket:
    ticket = session.get(Ticket, message.ticket_id)
    if ticket is None:
        raise PermanentFailure("the ticket of this message no longer exists")
    return ticket


def _keep(session: Session, message: Message, remote: str) -> None:
    ticket: Any = session.get(Ticket, message.ticket_id)
    if ticket is not None:
        ticket.remote_id = remote
