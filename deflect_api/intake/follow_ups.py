"""What a requester says after the answer: more, yes or no. A solved request opens again for 14 days, then a new one follows."""

import secrets
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy.orm import Session

from deflect_api import i18n
from deflect_api.config.support import Support
from deflect_api.errors import InputError
from deflect_api.i18n import said
from deflect_api.intake import ticket_words, tickets, triage
from deflect_api.store.abuse import Holding
from deflect_api.store.desk import Relation
from deflect_api.store.models import JournalEntry, Ticket

REOPENS = timedelta(days=14)
FOLLOWS = "follows"
TEXTS = ("name", "partner", "hub")


def opens_again(ticket: Ticket, now: datetime) -> bool:
    """Tell whether what the requester writes still belongs to this ticket."""
    if ticket.status == tickets.CLOSED:
        return False
    return ticket.status != tickets.SOLVED or now - (ticket.solved_at or ticket.updated_at) <= REOPENS


def write(session: Session, ticket: Ticket, body: str, *, support: Support, now: datetime) -> Ticket:
    """Add what the requester wrote, or make a new ticket that follows this one. Return the ticket that has the words."""
    if opens_again(ticket, now):
        tickets.add_information(session, ticket, body, now, calendar=support.calendar)
        return ticket
    if is_spam(session, ticket):
        raise InputError(told := said("This request is closed. Send a new one."), {"body": told})
    new = tickets.submit(session, _draft(ticket, ticket_words.said(body)), _key(), support=support, now=now)
    session.add(Relation(ticket_id=new.id, kind=FOLLOWS, other_id=ticket.id))
    for one, other in ((new, ticket), (ticket, new)):
        change = FOLLOWS if one is new else "followed"
        tickets.note(session, one, JournalEntry(at=now, actor=tickets.REQUESTER, change=change, after=f"#{other.reference}"))
    return new


def is_spam(session: Session, ticket: Ticket) -> bool:
    """Tell whether a person called it spam. Nothing follows such a ticket."""
    holding = session.get(Holding, ticket.id)
    return ticket.status == tickets.CLOSED and holding is not None and holding.verdict == tickets.SPAM


def answer(
    session: Session, ticket: Ticket, says: Literal["yes", "no"], body: str = "", *, support: Support, now: datetime
) -> Ticket:
    """Record whether the answer solved it. A no opens the request again (or makes one that follows), if settings say so."""
    if ticket.status not in (tickets.SOLVED, tickets.CLOSED):
        raise InputError(told := said("This request is open. Write what you see, and we read it."), {"body": told})
    if ticket.solved_says != says:
        entry = JournalEntry(at=now, actor=tickets.REQUESTER, change="solved?", before=ticket.solved_says or "", after=says)
        tickets.note(session, ticket, entry)
        ticket.solved_says = says
    if says == "yes" or not (body.strip() or support.desk.no_reopens):
        return ticket
    return write(session, ticket, body.strip() or _no(ticket), support=support, now=now)


def _no(ticket: Ticket) -> str:
    return i18n.translations(i18n.choose(ticket.language)).gettext("It did not solve the problem.")


def _draft(ticket: Ticket, body: str) -> tickets.Draft:
    return tickets.Draft(
        email=ticket.email,
        product=ticket.product,
        subject=ticket.subject,
        happened=body,
        type=ticket.type,  # type: ignore[arg-type] # the column holds the words
        answers=triage.Answers(ticket.working, ticket.affected, ticket.needed_by),  # type: ignore[arg-type]
        texts={name: getattr(ticket, name) for name in TEXTS},
        cc=tuple(ticket.cc),
        context=dict(ticket.context),
        device=dict(ticket.device),
        language=ticket.language,
    )


def _key() -> tickets.Key:
    return tickets.Key(secrets.token_urlsafe(24), "follow-up")
