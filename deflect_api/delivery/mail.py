"""Mails to requesters: one template each for the plain and the HTML part, in the requester's language, threaded by reference."""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from deflect_api import i18n
from deflect_api.config import Settings
from deflect_api.connectors.mailer import Mailer, mailbox, one_line
from deflect_api.delivery import links, outbox
from deflect_api.delivery.work import Done, Handler
from deflect_api.errors import PermanentFailure
from deflect_api.i18n import said
from deflect_api.store.db import Database
from deflect_api.store.models import Attempt, Comment, Message, Ticket

LONGEST_SUBJECT = 120
SUBJECTS = {
    "received": said("We have your request"),
    "reply": said("Reply to your request"),
    "solved": said("Your request is solved"),
    "filed": said("A request was made in your name"),
    "delayed": said("Your request takes a little longer"),
    "duplicate": said("We solve your request together with another"),
}
FIRST = ("received", "filed")  # one of them begins the thread of a ticket


@dataclass(frozen=True)
class Letter:
    """All a template may use."""

    template: str
    ticket: Ticket
    status_url: str
    comment: Comment | None
    message_id: int
    at: datetime


def handler(database: Database, mailer: Mailer, settings: Settings) -> Handler:
    """Return what the relay calls for a `mail` message."""

    def send(message: Message) -> Done:
        if settings.support.desk.mails == "desk":  # here, so that it holds for every mail, however it came to be owed
            return Done("not sent: the connected desk mails the requester")
        mail = compose(letter_for(database, message, settings), settings)
        mailer.send(mail)
        return Done(mail["Message-ID"])

    return send


def is_late(session: Session, ticket: Ticket) -> bool:
    """Tell whether a mail about this ticket was tried and did not go out."""
    tried = exists().where(Attempt.message_id == Message.id)
    owed = (Message.ticket_id == ticket.id) & (Message.kind == "mail") & (Message.state != outbox.DELIVERED)
    return bool(session.scalar(select(exists().where(owed, tried))))


def letter_for(database: Database, message: Message, settings: Settings) -> Letter:
    """Read what the mail will say. Raises PermanentFailure when its ticket is gone."""
    with database.read() as session:
        ticket = session.get(Ticket, message.ticket_id)
        if ticket is None:
            raise PermanentFailure("the ticket of this mail no longer exists")
        comment = session.get(Comment, message.payload["comment"]) if "comment" in message.payload else None
        session.expunge_all()
    url = links.status_url(settings.url, settings.secret, ticket)
    return Letter(message.payload["template"], ticket, url, comment, message.id, message.created_at)


def compose(letter: Letter, settings: Settings) -> EmailMessage:
    """Render one mail. The first mail of a ticket is the root of its thread; later ones refer to it."""
    mail = EmailMessage()
    domain = settings.support.mail.sender.partition("@")[2] or "localhost"
    root = f"<{letter.ticket.reference}.received@{domain}>"
    first = letter.template in FIRST
    mail["Message-ID"] = root if first else f"<{letter.ticket.reference}.{letter.template}.{letter.message_id}@{domain}>"
    if not first:
        mail["In-Reply-To"] = mail["References"] = root
    mail["From"] = mailbox(settings.support.contact.team, settings.support.mail.sender)
    # Whoever types a stranger's address could say something to them through a name, a subject or a copy.
    mail["To"] = mailbox("" if first else letter.ticket.name, letter.ticket.email)
    if letter.ticket.cc and not first:
        mail["Cc"] = [Address(addr_spec=address) for address in letter.ticket.cc]
    mail["Date"] = format_datetime(letter.at)
    mail["Auto-Submitted"] = "auto-generated" if first else "no"
    mail["X-Deflect-Reference"] = letter.ticket.reference
    _fill(mail, letter, settings)
    return mail


def _fill(mail: EmailMessage, letter: Letter, settings: Settings) -> None:
    language = i18n.choose(letter.ticket.language)
    about = _product(letter, settings) if letter.template in FIRST else letter.ticket.subject
    subject = SUBJECTS.get(letter.template, SUBJECTS["reply"])
    told = said("%(subject)s: %(about)s", subject=subject, about=about) if about else subject
    line = one_line(f"[{letter.ticket.reference}] {i18n.say(told, language)}")
    mail["Subject"] = line if len(line) <= LONGEST_SUBJECT else line[: LONGEST_SUBJECT - 1] + "…"
    values = _values(letter, settings)
    environment = make_environment(i18n.translations(language))
    mail.set_content(environment.get_template(f"{letter.template}.txt").render(values))
    mail.add_alternative(environment.get_template(f"{letter.template}.html").render(values), subtype="html")
    mail["Content-Language"] = i18n.tag(language)  # now: it is the whole mail's, not its first part's


def _values(letter: Letter, settings: Settings) -> dict[str, Any]:
    zone, language = ZoneInfo(settings.support.calendar.timezone), i18n.choose(letter.ticket.language)
    due = i18n.moment(letter.ticket.reply_due_at.astimezone(zone), language)
    return {
        "ticket": letter.ticket,
        "language": language,
        "comment": letter.comment,
        "status_url": letter.status_url,
        "reply_due": f"{due} ({settings.support.calendar.timezone})",
        "contact": settings.support.contact,
    }


def _product(letter: Letter, settings: Settings) -> str:
    product = settings.support.products.get(letter.ticket.product)
    return product.name if product else ""


def make_environment(words: Any) -> Environment:
    """Make what renders the templates of mails, with `words` for its language."""
    environment = Environment(
        loader=PackageLoader("deflect_api.delivery"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined] # added by the extension
    return environment
