"""Mails to agents: each notice at once, or one digest a working day; and the watch that notices what is overdue."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from deflect_api import i18n
from deflect_api.config import Settings
from deflect_api.config.support import Calendar
from deflect_api.connectors.mailer import Mailer, mailbox
from deflect_api.delivery import outbox
from deflect_api.delivery.mail import make_environment
from deflect_api.delivery.work import Done, Handler
from deflect_api.desk import queue
from deflect_api.intake import notices, reply_clock
from deflect_api.intake.personal_data.privacy_files import TOLD_OF
from deflect_api.store.db import Database
from deflect_api.store.desk import Notice, NoticeChoice
from deflect_api.store.models import Agent, Message, Ticket

WATCH = "watch_overdue"
EVERY = timedelta(minutes=5)
Line = tuple[Notice, Ticket]


def choose(session: Session, agent: Agent, choice: NoticeChoice, *, calendar: Calendar, now: datetime) -> None:
    """Begin what an agent's choice needs: the watch for overdue tickets, and the digest of each working day."""
    if notices.OVERDUE in choice.events:
        owe_watch(session, now)
    if choice.mail == notices.DIGEST:
        notices.owe_mail(session, agent.id, now, not_before=next_opening(now, calendar))


def next_opening(now: datetime, calendar: Calendar) -> datetime:
    """Return when the team begins its next working day."""
    today = now.astimezone(calendar.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    opening = timedelta(hours=calendar.opens.hour, minutes=calendar.opens.minute)
    after = now if now < today + opening else today + timedelta(days=1)
    return reply_clock.due(after, timedelta(), calendar)


def owe_watch(session: Session, now: datetime, not_before: datetime | None = None) -> None:
    """Look for overdue tickets, unless somebody will anyway."""
    waits = exists().where(Message.kind == WATCH, Message.state.in_(outbox.OPEN))
    if not session.scalar(select(waits)):
        outbox.put(session, outbox.owe(WATCH, WATCH, now, not_before=not_before or now))


def watcher(clock: Callable[[], datetime]) -> Handler:
    """Return what the relay calls for a `watch_overdue` message. It goes on while somebody wants to hear."""

    def watch(_message: Message) -> Done:
        return Done("looked", record=lambda session: _watch(session, clock()))

    return watch


def handler(database: Database, mailer: Mailer, settings: Settings, clock: Callable[[], datetime]) -> Handler:
    """Return what the relay calls for a `notice_mail` message: one mail about all that was not mailed."""

    def send(message: Message) -> Done:
        with database.read() as session:
            agent, choice = session.get(Agent, message.payload["agent"]), session.get(NoticeChoice, message.payload["agent"])
            lines = _unmailed(session, message.payload["agent"])
        if agent is None or choice is None or not agent.active or choice.mail == notices.OFF:
            return Done("does not want to hear any more")
        if lines:
            mailer.send(compose(message, agent, lines, settings))
        told = [notice.id for notice, _ in lines]
        return Done(f"{len(told)} notices", record=lambda session: _told(session, message, told, settings, clock()))

    return send


def compose(message: Message, agent: Agent, lines: Sequence[Line], settings: Settings) -> EmailMessage:
    """Write the mail. It names each ticket by number and subject, and says nothing of its requester."""
    words = i18n.translations(i18n.SOURCE_LANGUAGE)
    mail = EmailMessage()
    mail["Message-ID"] = f"<notice.{message.id}@{settings.support.mail.sender.rpartition('@')[2]}>"
    mail["From"] = mailbox(settings.support.contact.team, settings.support.mail.sender)
    mail["To"] = mailbox(agent.name, agent.email)
    mail["Date"] = format_datetime(message.created_at)
    mail["Auto-Submitted"] = "auto-generated"
    mail[TOLD_OF] = " ".join(ticket.reference for _, ticket in lines)
    count = len(lines)
    mail["Subject"] = words.ngettext("%(num)s notice from the desk", "%(num)s notices from the desk", count) % {"num": count}
    told = [
        {"event": notice.event, "ticket": ticket, "url": f"{settings.url}/desk/tickets/{ticket.id}"} for notice, ticket in lines
    ]
    template = make_environment(words).get_template("notices.txt")
    mail.set_content(template.render(notices=told, choose_url=f"{settings.url}/desk/notices"))
    return mail


def _unmailed(session: Session, agent_id: int) -> list[Line]:
    rows = select(Notice, Ticket).join(Ticket, Ticket.id == Notice.ticket_id)
    chosen = rows.where(Notice.agent_id == agent_id, Notice.mailed_at.is_(None)).order_by(Notice.id)
    return [(notice, ticket) for notice, ticket in session.execute(chosen)]


def _told(session: Session, message: Message, ids: Sequence[int], settings: Settings, now: datetime) -> None:
    for notice in session.scalars(select(Notice).where(Notice.id.in_(ids))):
        notice.mailed_at = now
    choice, agent_id = session.get(NoticeChoice, message.payload["agent"]), message.payload["agent"]
    if choice is not None and choice.mail == notices.DIGEST:
        session.flush()
        notices.owe_mail(session, agent_id, now, not_before=next_opening(now, settings.support.calendar))


def _watch(session: Session, now: datetime) -> None:
    wanted = [choice for choice in session.scalars(select(NoticeChoice)) if notices.OVERDUE in choice.events]
    if not wanted:
        return
    said = exists().where(Notice.ticket_id == Ticket.id, Notice.event == notices.OVERDUE, Notice.at >= Ticket.reply_due_at)
    for ticket in session.scalars(select(Ticket).where(queue.overdue(now), ~said).order_by(Ticket.id).limit(200)):
        notices.record(session, ticket, notices.OVERDUE, now)
    session.flush()
    owe_watch(session, now, not_before=now + EVERY)
