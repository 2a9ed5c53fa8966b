"""What was written on a ticket: trimmed when it comes in, and kept as the words that the ticket is found by."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from deflect_api import i18n
from deflect_api.errors import InputError
from deflect_api.store import full_text
from deflect_api.store.models import Comment, Ticket


def index(session: Session, ticket: Ticket) -> None:
    """Keep the words that the ticket is found by."""
    facts = [str(value) for value in (*ticket.context.values(), *ticket.device.values())]
    who = [ticket.reference, ticket.name or "", ticket.email, ticket.partner or ""]
    texts = [ticket.subject, ticket.happened, ticket.doing or "", ticket.expected or "", ticket.steps or ""]
    bodies = session.scalars(select(Comment.body).where(Comment.ticket_id == ticket.id).order_by(Comment.id))
    full_text.store(session, ticket.id, [*who, *texts, *facts, *bodies])


def said(body: str) -> str:
    """Return what somebody wrote, trimmed. Raises InputError when that is nothing."""
    text = body.replace("\r\n", "\n").replace("\x00", "").strip()  # PostgreSQL's text cannot hold it
    if not text:
        raise InputError(told := i18n.said("Write something first."), {"body": told})
    return text
