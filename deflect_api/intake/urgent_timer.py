"""What an urgent request owes: a word to whoever is in line, in the transaction that makes it urgent."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from deflect_api.delivery import outbox
from deflect_api.store.models import Message, Ticket

KIND, URGENT = "urgent", "urgent"


def owe(session: Session, ticket: Ticket, now: datetime) -> None:
    """Owe the first word about an urgent request, unless it was owed before."""
    known = select(Message.id).where(Message.kind == KIND, Message.ticket_id == ticket.id).limit(1)
    if ticket.priority == URGENT and session.scalar(known) is None:
        put(session, ticket.id, now, stage=0, place=0)


def put(
    session: Session, ticket_id: int, now: datetime, *, stage: int, place: int, thread: str = "", due: datetime | None = None
) -> None:
    """Owe one post: `stage` counts the times that people were told, `place` is the place in the line."""
    payload = {"stage": stage, "place": place, "thread": thread}
    stream = f"urgent:{ticket_id}:{place}"
    outbox.put(session, outbox.owe(KIND, stream, now, not_before=due or now, ticket_id=ticket_id, payload=payload))
