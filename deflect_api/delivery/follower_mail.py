"""Mails to those who follow a known issue: one to confirm the address, one when it is fixed. Then the address is forgotten."""

from email.message import EmailMessage
from email.utils import format_datetime

from sqlalchemy.orm import Session

from deflect_api import i18n
from deflect_api.config import Settings
from deflect_api.connectors.mailer import Mailer, mailbox, one_line
from deflect_api.delivery import links
from deflect_api.delivery.mail import make_environment
from deflect_api.delivery.work import Done, Handler
from deflect_api.store.db import Database
from deflect_api.store.desk import Follower
from deflect_api.store.models import Message

KIND = "follower_mail"
CONFIRM, FIXED = "follow_confirm", "follow_fixed"


def handler(database: Database, mailer: Mailer, settings: Settings) -> Handler:
    """Return what the relay calls for a `follower_mail` message."""

    def send(message: Message) -> Done:
        with database.read() as session:
            follower = session.get(Follower, message.payload.get("follower", 0))
        if follower is None:
            return Done("nobody follows any more")
        mailer.send(compose(message, follower, settings))
        is_last = message.payload["template"] == FIXED
        return Done("done", record=lambda session: _forget(session, follower.id) if is_last else None)

    return send


def compose(message: Message, follower: Follower, settings: Settings) -> EmailMessage:
    """Write the mail, plain and HTML, in the follower's language."""
    told, language = message.payload, i18n.choose(follower.language)
    words = i18n.translations(language)
    mail = EmailMessage()
    mail["Message-ID"] = f"<follow.{message.id}@{settings.support.mail.sender.rpartition('@')[2]}>"
    mail["From"] = mailbox(settings.support.contact.team, settings.support.mail.sender)
    mail["To"] = mailbox("", follower.email)
    mail["Date"] = format_datetime(message.created_at)
    mail["Auto-Submitted"] = "auto-generated"
    subject = words.gettext("Tell me when it is fixed") if told["template"] == CONFIRM else words.gettext("It is fixed")
    mail["Subject"] = one_line(f"{subject}: {told['title']}")
    stop = links.follow_url(settings.url, settings.secret, follower)
    mail["List-Unsubscribe"], mail["List-Unsubscribe-Post"] = f"<{stop}>", "List-Unsubscribe=One-Click"
    values = {
        "title": told["title"], "text": told.get("text", ""), "agent": told.get("agent", ""), "language": language,
        "article_url": f"{settings.url}/{follower.article}", "contact": settings.support.contact,
        "follow_url": stop,
    }  # fmt: skip
    environment = make_environment(words)
    mail.set_content(environment.get_template(f"{told['template']}.txt").render(values))
    mail.add_alternative(environment.get_template(f"{told['template']}.html").render(values), subtype="html")
    mail["Content-Language"] = i18n.tag(language)
    return mail


def _forget(session: Session, follower_id: int) -> None:
    follower = session.get(Follower, follower_id)
    if follower is not None:
        session.delete(follower)
