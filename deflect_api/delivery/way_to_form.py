"""The mail that shows somebody who wrote to us the way to the form. It repeats no word of theirs."""

from email.message import EmailMessage
from email.utils import format_datetime

from deflect_api import i18n
from deflect_api.config import Settings
from deflect_api.connectors.mailer import Mailer, mailbox
from deflect_api.delivery.mail import MESSAGE_ID, make_environment
from deflect_api.delivery.work import Done, Handler
from deflect_api.store.models import Message

KIND = "way_to_form"


def handler(mailer: Mailer, settings: Settings) -> Handler:
    """Return what the relay calls for a `way_to_form` message."""

    def send(message: Message) -> Done:
        mailer.send(compose(message, settings))
        return Done("told")

    return send


def compose(message: Message, settings: Settings) -> EmailMessage:
    """Write the mail, plain and HTML."""
    words = i18n.translations(i18n.SOURCE_LANGUAGE)
    mail = EmailMessage()
    mail["Message-ID"] = f"<way-to-form.{message.id}@{settings.support.mail.sender.rpartition('@')[2]}>"
    mail["From"] = mailbox(settings.support.contact.team, settings.support.mail.sender)
    mail["To"] = mailbox("", message.payload["email"])
    mail["Date"] = format_datetime(message.created_at)
    mail["Auto-Submitted"] = "auto-replied"
    mail["X-Auto-Response-Suppress"] = "All"
    if MESSAGE_ID.fullmatch(message.payload.get("answers", "")):
        mail["In-Reply-To"] = mail["References"] = message.payload["answers"]
    mail["Subject"] = words.gettext("How to ask for help")
    values = {
        "language": i18n.SOURCE_LANGUAGE,
        "form_url": f"{settings.url}/support/contact/",
        "contact": settings.support.contact,
    }
    environment = make_environment(words)
    mail.set_content(environment.get_template("way_to_form.txt").render(values))
    mail.add_alternative(environment.get_template("way_to_form.html").render(values), subtype="html")
    mail["Content-Language"] = i18n.tag(i18n.SOURCE_LANGUAGE)
    return mail
