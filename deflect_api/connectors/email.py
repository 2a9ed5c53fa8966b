"""A help desk that takes tickets by mail. Mail offers no look-up: a repeat carries the same Message-ID and reference header."""

from email.message import EmailMessage
from email.utils import formatdate, parseaddr

from deflect_api.connectors import Request
from deflect_api.connectors.mailer import Mailer, mailbox, one_line


class Email:
    def __init__(self, to: str, mailer: Mailer, sender: str = "support@example.org") -> None:
        self.to = to
        self.sender = sender
        self.mailer = mailer

    def find(self, reference: str) -> str | None:
        return None

    def create(self, request: Request) -> str:
        mail = EmailMessage()
        message_id = f"<{request.reference}.request@{self.sender.partition('@')[2]}>"
        mail["Message-ID"] = message_id
        mail["From"] = self.sender
        mail["To"] = self.to
        mail["Reply-To"] = mailbox(request.requester_name, parseaddr(request.requester_email)[1])
        mail["Subject"] = one_line(f"[{request.reference}] {request.subject}")
        mail["Date"] = formatdate()
        mail["X-Deflect-Reference"] = request.reference
        mail.set_content(request.body)
        self.mailer.send(mail)
        return message_id
