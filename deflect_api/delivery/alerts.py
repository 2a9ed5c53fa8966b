"""A word to the team by mail: what waits for a human, and which connected system does not answer. It holds no request's text."""

from email.message import EmailMessage
from email.utils import format_datetime

from sqlalchemy import func, select

from deflect_api.config import Settings
from deflect_api.connectors.mailer import Mailer, mailbox
from deflect_api.delivery import channels, outbox
from deflect_api.delivery.work import Done, Handler
from deflect_api.store.db import Database
from deflect_api.store.models import Message


def handler(database: Database, mailer: Mailer, settings: Settings) -> Handler:
    """Return what the relay calls for an `alert` message."""

    def tell(message: Message) -> Done:
        mailer.send(compose(message, state_of(database), settings))
        return Done("told")

    return tell


def state_of(database: Database) -> list[str]:
    """Say in lines what is wrong at this moment."""
    with database.read() as session:
        waiting = session.execute(
            select(Message.kind, func.count())
            .where(Message.state == outbox.WAITING)
            .group_by(Message.kind)
            .order_by(Message.kind)
        ).all()
        lines = [f"{number} of kind {kind} wait for a human" for kind, number in waiting]
        lines += [
            f"{row.name} has not answered since {row.down_since:%Y-%m-%d %H:%M} UTC: {row.told}" for row in channels.down(session)
        ]
    return lines


def compose(message: Message, lines: list[str], settings: Settings) -> EmailMessage:
    """Write the mail."""
    support = settings.support
    mail = EmailMessage()
    mail["Message-ID"] = f"<alert.{message.id}@{support.mail.sender.rpartition('@')[2]}>"
    mail["From"] = mailbox(support.contact.team, support.mail.sender)
    mail["To"] = support.desk.alerts or support.contact.email
    mail["Date"] = format_datetime(message.created_at)
    mail["Auto-Submitted"] = "auto-generated"
    causes = [str(cause) for cause in message.payload.get("causes", ())]
    mail["Subject"] = f"Delivery: {causes[0] if len(causes) == 1 else f'{len(causes)} things to know'}"[:120]
    parts = ["What happened:", *causes, "", "As it is now:", *(lines or ["nothing waits, everything answers"]), ""]
    mail.set_content("\n".join([*parts, f"Look at it: {settings.url}/desk/outbox or deflect queue"]))
    return mail
