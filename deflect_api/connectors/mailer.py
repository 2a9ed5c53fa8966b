"""How a mail leaves: to a folder (nothing is needed to try the product) or by SMTP.

A mail keeps its Message-ID, however often it is tried.
"""

import os
import smtplib
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from deflect_api.config.support import Mail
from deflect_api.errors import PermanentFailure, TemporaryFailure, UnknownOutcome

SECONDS = 30


class Mailer(Protocol):
    def send(self, mail: EmailMessage) -> None:
        """Hand the mail on, or raise a DeliveryError."""


def open_mailer(mail: Mail, folder: Path) -> Mailer:
    """Make the transport that support.yml names."""
    return Folder(folder) if mail.transport == "folder" else Smtp(mail)


class Folder:
    """Each mail becomes one .eml file named by its Message-ID, so that trying again writes the same file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, mail: EmailMessage) -> None:
        name = quote(mail["Message-ID"].strip("<>"), safe="@.-_") + ".eml"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _write_whole(self.folder / name, mail.as_bytes(policy=SMTP))
        except OSError as error:
            raise TemporaryFailure(f"the mail folder could not be written: {error.strerror}") from error


def _write_whole(path: Path, content: bytes) -> None:
    draft = path.with_suffix(".part")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class Smtp:
    """A mail server. Refusals of the 4xx kind are temporary; a line that breaks after the data may have delivered the mail."""

    def __init__(self, settings: Mail) -> None:
        self.settings = settings

    def send(self, mail: EmailMessage) -> None:
        try:
            with smtplib.SMTP(self.settings.host, self.settings.port, timeout=SECONDS) as server:
                self._introduce(server)
                refused = server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            raise _refusal(error.recipients) from error
        except smtplib.SMTPResponseException as error:
            raise _answer(error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPServerDisconnected as error:
            raise UnknownOutcome("the mail server closed the line before it answered") from error
        except (OSError, smtplib.SMTPException) as error:
            raise TemporaryFailure(f"the mail server could not be reached: {error}") from error
        if refused:  # smtplib raises only when every recipient is refused
            raise _refusal(refused)

    def _introduce(self, server: smtplib.SMTP) -> None:
        if self.settings.starttls:
            server.starttls()
        if self.settings.username:
            server.login(self.settings.username, self.settings.password)


def _refusal(recipients: dict[str, tuple[int, bytes]]) -> TemporaryFailure | PermanentFailure:
    code, text = next(iter(recipients.values()))
    return _answer(code, text)


def _answer(code: int, text: bytes | str) -> TemporaryFailure | PermanentFailure:
    told = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    kind = TemporaryFailure if 400 <= code < 500 else PermanentFailure
    return kind(f"the mail server answered {code}: {told[:200]}")
