"""What happens at the connected desk comes back: it tells, or is asked from a cursor; each change is applied once.

The desk is the master of state and words. What we said ourselves is known by its mark and never comes back.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from deflect_api.config.support import Calendar
from deflect_api.connectors import Change, Changes, HelpDesk, Said
from deflect_api.connectors.builtin import Builtin
from deflect_api.connectors.limit import time_limit
from deflect_api.delivery import forward, outbox
from deflect_api.delivery.work import Done, Handler
from deflect_api.errors import DeliveryError
from deflect_api.intake import tickets
from deflect_api.store.models import Comment, Message, Ticket

log = logging.getLogger("deflect.relay")
POLL = "poll_desk"
EVERY = timedelta(seconds=30)
ACTOR = "help desk"
Clock = Callable[[], datetime]


def plan(session: Session, desk: HelpDesk, now: datetime) -> None:
    """Owe the first look at a connected desk, unless one is owed; the built-in desk needs none."""
    if isinstance(desk, Builtin):
        return
    owed = select(Message).where(Message.kind == POLL).order_by(Message.id.desc()).limit(1)
    last = session.scalars(owed).first()
    if last is None or last.state not in outbox.OPEN:
        _owe(session, last.payload.get("cursor", "") if last else "", now)


def poll(desk: HelpDesk, clock: Clock, calendar: Calendar) -> Handler:
    """Return what the relay calls for a `poll_desk` message. It owes the next look itself, whatever comes of this one."""

    def look(message: Message) -> Done:
        cursor, now = message.payload.get("cursor", ""), clock()
        try:
            with time_limit(forward.SECONDS):
                found = desk.changes(cursor)
        except DeliveryError as error:
            log.warning("event=poll_failed reason=%r", error.detail)
            return Done(error.detail, record=lambda session: _next(session, message, Changes(cursor), now, calendar))
        told = f"{len(found.changed)} tickets looked at"
        return Done(told, record=lambda session: _next(session, message, found, now, calendar))

    return look


def apply(session: Session, change: Change, now: datetime, calendar: Calendar) -> None:
    """Bring one change of the desk to its ticket. The same change again does nothing."""
    ticket = session.scalars(select(Ticket).where(Ticket.remote_id == change.remote).with_for_update()).first()
    if ticket is not None:
        bring(session, ticket, change, now, calendar)


def bring(session: Session, ticket: Ticket, change: Change, now: datetime, calendar: Calendar) -> None:
    """Bring a change to the ticket that it is about."""
    news = [said for said in change.said if not _known(session, ticket, said)]
    for said in news:
        tickets.said_at_desk(
            session, ticket, _comment(ticket, said), solved=change.status == tickets.SOLVED, now=now, calendar=calendar
        )
    if change.status and change.status != ticket.status:
        told = any(said.public and not said.from_requester for said in news)
        tickets.change_status(session, ticket, change.status, actor=ACTOR, now=now, tell=not told, calendar=calendar)


def _known(session: Session, ticket: Ticket, said: Said) -> bool:
    return bool(session.scalar(select(exists().where(Comment.ticket_id == ticket.id, Comment.remote_id == said.id[:120]))))


def _comment(ticket: Ticket, said: Said) -> Comment:
    return Comment(
        ticket_id=ticket.id, at=said.at, author=said.author, from_requester=said.from_requester, public=said.public,
        body=said.body.replace("\x00", ""), remote_id=said.id[:120],
    )  # fmt: skip


def _next(session: Session, message: Message, found: Changes, now: datetime, calendar: Calendar) -> None:
    for change in found.changed:
        apply(session, change, now, calendar)
    row = session.get(Message, message.id)
    if row is not None:  # a look every half minute would fill the table: the one before the last goes
        for old in session.scalars(select(Message).where(Message.kind == POLL, Message.id < row.id)):
            session.delete(old)
    _owe(session, found.cursor, now, after=timedelta(0) if found.more else EVERY)


def _owe(session: Session, cursor: str, now: datetime, after: timedelta = timedelta(0)) -> None:
    outbox.put(session, outbox.owe(POLL, POLL, now, not_before=now + after, payload={"cursor": cursor}))
