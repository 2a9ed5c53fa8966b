"""Urgent requests are told in the team's chat: at once, again, and to the next in line, until somebody takes them.

A post names the partner and no other person or organisation; what may be a name is taken out as well, as nobody reads it first.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from deflect_api.config import Settings
from deflect_api.connectors import Chat, open_connector
from deflect_api.connectors.limit import time_limit
from deflect_api.delivery.work import Done, Handler
from deflect_api.desk.scrubbing import scrub
from deflect_api.errors import InputError
from deflect_api.intake import tickets, urgent_timer
from deflect_api.store.db import Database
from deflect_api.store.models import Agent, JournalEntry, Message, Ticket

SECONDS = 30.0
ASKS = (tickets.NEW, tickets.OPEN)
Opener = Callable[[str], Chat]


def choose(session: Session, ticket: Ticket, why: str, agent: Agent, now: datetime) -> None:
    """Make a request urgent for a reason. Raises InputError when it is urgent already."""
    if ticket.priority == urgent_timer.URGENT:
        raise InputError("It is urgent already.", {"why": "It is urgent already."})
    entry = JournalEntry(at=now, actor=agent.email, change="priority", before=ticket.priority, after="urgent", reason=why[:500])
    tickets.note(session, ticket, entry)
    ticket.priority, ticket.priority_reason = urgent_timer.URGENT, f"{agent.name}: {why[:500]}"
    ticket.override_reason = why[:500]
    urgent_timer.owe(session, ticket, now)


def opener(settings: Settings) -> Opener:
    """Return what opens one channel of the chat. Raises ConfigError when it cannot be made."""
    given = settings.support.urgent

    def open_chat(channel: str) -> Chat:
        made: Chat = open_connector(given.connector, {**given.settings, "channel": channel}, where="urgent")
        return made

    for line in given.line.values():
        for channel in line:
            open_chat(channel)
    return open_chat


def handler(database: Database, open_chat: Opener, settings: Settings, clock: Callable[[], datetime]) -> Handler:
    """Return what the relay calls for an `urgent` message."""

    def post(message: Message) -> Done:
        with database.read() as session:
            ticket = session.get(Ticket, message.ticket_id)
            staff = [agent.name for agent in session.scalars(select(Agent))]
        line = settings.support.urgent.channels(ticket.product) if ticket else ()
        stage, place = message.payload["stage"], message.payload["place"]
        if ticket is None or not line:
            return Done("no chat is connected for this product")
        if stage and (ticket.assignee_id is not None or ticket.status not in ASKS):
            return Done("somebody has taken it")
        words = text_of(ticket, staff, settings, stage)
        with time_limit(SECONDS):
            thread = open_chat(line[place]).post(f"ref {ticket.reference}-{message.id}", words, message.payload["thread"])
        return Done(f"told {line[place]}", record=lambda session: _next(session, message, thread, settings, clock()))

    return post


def text_of(ticket: Ticket, staff: list[str], settings: Settings, stage: int) -> str:
    """Write the post: what is needed to act, and a link. The partner's name is the only one in it."""
    known = scrub.known_of(ticket, staff, settings.support.escalate.public_hosts)
    people = scrub.Known(tuple(person for person in known.people if person.kind != "partner"), known.keep, known.public)
    texts = {"subject": ticket.subject, "why": ticket.priority_reason}
    names = scrub.scrub(texts, people).names
    clean = scrub.scrub(texts, people, names).texts
    product = settings.support.products.get(ticket.product)
    due = ticket.reply_due_at.astimezone(settings.support.calendar.zone)
    lines = [
        "Nobody has taken this yet:" if stage else "Urgent request:",
        f"#{ticket.reference} {product.name if product else 'Product not sure'}, {ticket.severity}: {clean['subject']}",
        f"Partner: {ticket.partner}" if ticket.partner else "",
        clean["why"],
        f"Reply due {due:%A %d %B, %H:%M} ({settings.support.calendar.timezone})",
        f"{settings.url}/desk/tickets/{ticket.reference}",
    ]
    return "\n".join(line for line in lines if line)


def _next(session: Session, message: Message, thread: str, settings: Settings, now: datetime) -> None:
    """Owe the same place again, in its thread, and the next in line, once the time set has passed."""
    ticket, given = session.get(Ticket, message.ticket_id), settings.support.urgent
    if ticket is None:
        return
    stage, place, line = message.payload["stage"], message.payload["place"], given.channels(ticket.product)
    tickets.note(session, ticket, JournalEntry(at=now, actor="relay", change="urgent", after=f"told {line[place]}"))
    due = now + timedelta(minutes=given.minutes)
    if stage >= given.again:
        return
    urgent_timer.put(session, ticket.id, now, stage=stage + 1, place=place, thread=message.payload["thread"] or thread, due=due)
    if place == stage and place + 1 < len(line):
        urgent_timer.put(session, ticket.id, now, stage=stage + 1, place=place + 1, due=due)
