"""Requests held for a look by a person: real ones get all they were owed, spam is closed and removed after a while.

Nothing is dropped unseen: only a person calls a request spam.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from deflect_api.delivery import outbox
from deflect_api.delivery.work import Done, Handler
from deflect_api.errors import InputError
from deflect_api.intake import tickets
from deflect_api.store.abuse import Holding
from deflect_api.store.models import Agent, Message, Ticket

REMOVE = "remove_spam"


def real(session: Session, ticket: Ticket, agent: Agent, now: datetime) -> None:
    """Let a held request go: it is new, and what it was owed is owed now. Raises InputError when it is not held."""
    _check_held(ticket)
    tickets.change_status(session, ticket, tickets.NEW, actor=agent.email, now=now)


def spam(session: Session, ticket: Ticket, agent: Agent, now: datetime, *, keep: timedelta) -> None:
    """Close a held request as spam, removed after `keep` unless it is opened again. Raises InputError when it is not held."""
    _check_held(ticket)
    holding = session.get_one(Holding, ticket.id)
    holding.verdict, holding.decided_at = tickets.SPAM, now
    tickets.change_status(session, ticket, tickets.CLOSED, actor=agent.email, now=now)
    # The message is not the ticket's own: it would go away with it while it is being carried out.
    timer = outbox.owe(REMOVE, f"{REMOVE}:{ticket.id}", now, not_before=now + keep, payload={"ticket": ticket.id})
    outbox.put(session, timer)


def remover() -> Handler:
    """Return what the relay calls for a `remove_spam` message."""

    def remove(message: Message) -> Done:
        return Done("removed if still spam", record=lambda session: _remove(session, message.payload["ticket"]))

    return remove


def reasons(session: Session, ticket: Ticket) -> list[str]:
    """Say why a ticket is held, as words of intake.suspicion; empty when it is not."""
    holding = session.get(Holding, ticket.id) if ticket.status == tickets.SUSPECTED else None
    return holding.reasons if holding else []


def acknowledged(session: Session, ticket: Ticket) -> bool:
    """Tell whether a mail that the request arrived was owed."""
    mails = session.scalars(select(Message.payload).where(Message.ticket_id == ticket.id, Message.kind == "mail"))
    return any(payload.get("template") in ("received", "filed") for payload in mails)


def _remove(session: Session, ticket_id: int) -> None:
    still = exists().where(Holding.ticket_id == Ticket.id, Holding.verdict == tickets.SPAM)
    session.execute(
        delete(Ticket).where(Ticket.id == ticket_id, Ticket.status == tickets.CLOSED, still),
        execution_options={"synchronize_session": False},
    )


def _check_held(ticket: Ticket) -> None:
    if ticket.status != tickets.SUSPECTED:
        raise InputError("This request is not held any more. Use “Change state”.", {"status": "not held"})
