"""The mail with links to somebody's own requests. It is owed for every address that is asked about, and sent only to known ones.

So the page that asks cannot tell who has written to us. No word that somebody typed is in it: it may go to a stranger.
"""

from collections.abc import Sequence
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from deflect_api import i18n
from deflect_api.config import Settings
from deflect_api.connectors.mailer import Mailer, mailbox
from deflect_api.delivery import links, outbox
from deflect_api.delivery.mail import make_environment
from deflect_api.delivery.work import Done, Handler
from deflect_api.store.db import Database
from deflect_api.store.models import Message, Ticket

KIND = "your_requests"
DAYS = 90
MOST = 50


def owe(email: str, language: str) -> dict[str, str]:
    """Return the payload of a message that asks for this mail."""
    return {"email": email, "language": language}


def handler(database: Database, mailer: Mailer, settings: Settings) -> Handler:
    """Return what the relay calls for a `your_requests` message."""

    def send(message: Message) -> Done:
        if "email" not in message.payload:
            return Done("done before")
        with database.read() as session:
            found = recent(session, message)
        if found:
            mailer.send(compose(message, found, settings))
        return Done("done", record=lambda session: _forget(session, message))

    return send


def recent(session: Session, message: Message) -> Sequence[Ticket]:
    """List the requests that this address sent in the last 90 days, the newest first."""
    since = message.created_at - timedelta(days=DAYS)
    mine = select(Ticket).where(func.lower(Ticket.email) == message.payload["email"].lower(), Ticket.created_at >= since)
    return session.scalars(mine.order_by(Ticket.id.desc()).limit(MOST)).all()


def compose(message: Message, found: Sequence[Ticket], settings: Settings) -> EmailMessage:
    """Write the mail, plain and HTML, in the language that the page was read in."""
    language = i18n.choose(message.payload["language"])
    words = i18n.translations(language)
    mail = EmailMessage()
    mail["Message-ID"] = f"<your-requests.{message.id}@{settings.support.mail.sender.rpartition('@')[2]}>"
    mail["From"] = mailbox(settings.support.contact.team, settings.support.mail.sender)
    mail["To"] = mailbox("", message.payload["email"])
    mail["Date"] = format_datetime(message.created_at)
    mail["Auto-Submitted"] = "auto-generated"
    mail["Subject"] = words.gettext("Your requests")
    values = {
        "requests": [_line(ticket, settings, language) for ticket in found],
        "language": language,
        "days": DAYS,
        "contact": settings.support.contact,
    }
    environment = make_environment(words)
    mail.set_content(environment.get_template("your_requests.txt").render(values))
    mail.add_alternative(environment.get_template("your_requests.html").render(values), subtype="html")
    mail["Content-Language"] = i18n.tag(language)
    return mail


def _line(ticket: Ticket, settings: Settings, language: str) -> dict[str, str]:
    product = settings.support.products.get(ticket.product)
    sent = ticket.created_at.astimezone(ZoneInfo(settings.support.calendar.timezone))
    return {
        "reference": ticket.reference,
        "product": product.name if product else "",
        "date": i18n.date(sent, language),
        "url": links.status_url(settings.url, settings.secret, ticket),
    }


def _forget(session: Session, message: Message) -> None:
    """Keep no address of somebody who may never have written to us."""
    row = session.get(Message, message.id)
    if row is not None and row.state == outbox.DELIVERED:
        row.payload = {}
