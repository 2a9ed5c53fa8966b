"""A help desk that takes tickets by mail. Mail offers no look-up: a repeat carries the same Message-ID and reference header."""

from email.message import EmailMessage
from email.utils import formatdate, parseaddr

from deflect_api.connectors import Changes, File, Note, Request
from deflect_api.connectors.mailer import Mailer, mailbox, one_line


class Email:
    def __init__(self, to: str, mailer: Mailer, sender: str = "support@example.org") -> None:
        self.to = to
        self.sender = sender
        self.mailer = mailer

    def find(self, reference: str) -> str | None:
        return None

    def create(self, request: Request) -> str:
        mail = self._mail(request.reference, f"{request.reference}.request")
        mail["Reply-To"] = mailbox(request.requester_name, parseaddr(request.requester_email)[1])
        mail["Subject"] = one_line(f"[{request.reference}] {request.subject}")
        for name in ("product", "type", "severity", "priority"):
            mail[f"X-Deflect-{name.title()}"] = one_line(request.values[name])
        if request.tags:
            mail["X-Deflect-Tags"] = one_line(", ".join(request.tags))
        self._send(mail, request.body, request.files)
        return str(mail["Message-ID"])

    def heard(self, remote: str, key: str) -> bool:
        return False

    def comment(self, remote: str, note: Note) -> None:
        reference = note.key.partition("-")[0]
        mail = self._mail(reference, f"{note.key}.note")
        mail["In-Reply-To"] = mail["References"] = remote
        mail["Subject"] = f"Re: [{reference}]"
        self._send(mail, note.text, note.files)

    def changes(self, cursor: str) -> Changes:
        return Changes(cursor)

    def check(self) -> str:
        return f"mail to {self.to}, which cannot be tried without sending one"

    def _mail(self, reference: str, name: str) -> EmailMessage:
        mail = EmailMessage()
        mail["Message-ID"] = f"<{name}@{self.sender.partition('@')[2]}>"
        mail["From"] = self.sender
        mail["To"] = self.to
        mail["Date"] = formatdate()
        mail["X-Deflect-Reference"] = reference
        return mail

    def _send(self, mail: EmailMessage, text: str, files: tuple[File, ...]) -> None:
        mail.set_content(text)
        for file in files:
            main, _, sub = (file.media_type or "application/octet-stream").partition("/")
            mail.add_attachment(file.read(), maintype=main, subtype=sub, filename=one_line(file.name))
        self.mailer.send(mail)
