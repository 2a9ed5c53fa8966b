"""How a mail leaves: to a folder (nothing is needed to try the product) or by SMTP.

A mail keeps its Message-ID, however often it is tried.
"""

import os
import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from deflect_api.config.support import Mail
from deflect_api.errors import PermanentFailure, TemporaryFailure, UnknownOutcome

SECONDS = 30
LONGEST_NAME = 80
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_DIRECTION = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_SEPARATORS = re.compile(r'[()<>\[\]:;@\\,"]+')


class Mailer(Protocol):
    def send(self, mail: EmailMessage) -> None:
        """Hand the mail on, or raise a DeliveryError."""

    def check(self) -> str:
        """Try whether mails could leave now, without sending one. Raises a DeliveryError."""


def open_mailer(mail: Mail, folder: Path) -> Mailer:
    """Make the transport that support.yml names."""
    return Folder(folder) if mail.transport == "folder" else Smtp(mail)


def one_line(text: str) -> str:
    """Make text fit for a header: no control characters, no marks that turn the direction, single spaces.

    A typed "=?" would begin an encoded word, which Python decodes, line ends and all, into further headers.
    """
    return " ".join(_CONTROL.sub(" ", _DIRECTION.sub("", text)).replace("=?", "= ?").split())


def mailbox(name: str, address: str) -> Address:
    """Make a header's address with the name a person gave, without what separates addresses.

    Python's own folding may drop the quotes around a long name, and a comma in it then begins another address.
    """
    return Address(display_name=one_line(_SEPARATORS.sub(" ", name))[:LONGEST_NAME].rstrip(), addr_spec=address)


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
            raise TemporaryFailure(f"the mail folder could not be written: {error.strerror}", blame="system") from error

    def check(self) -> str:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TemporaryFailure(f"the mail folder cannot be made: {error.strerror}", blame="system") from error
        if not os.access(self.folder, os.W_OK):
            raise TemporaryFailure("the mail folder cannot be written", blame="system")
        return "a folder for mails"


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

    def check(self) -> str:
        with _explained():
            server = smtplib.SMTP(self.settings.host, self.settings.port, timeout=SECONDS)
            try:
                self._introduce(server)
                server.noop()
            finally:
                server.close()
        return f"the mail server {self.settings.host}"

    def send(self, mail: EmailMessage) -> None:
        with _explained():
            refused = self._hand_over(mail)
        if refused:  # the others have the mail: trying again would send it to them again
            raise PermanentFailure(f"delivered, but not to all: {_refusal(refused).detail}", blame="message")

    def _hand_over(self, mail: EmailMessage) -> dict[str, tuple[int, bytes]]:
        server = smtplib.SMTP(self.settings.host, self.settings.port, timeout=SECONDS)
        try:
            self._introduce(server)
            return server.send_message(mail)
        finally:
            with suppress(OSError):  # the mail is taken or refused by now, whatever the server says to goodbye
                server.quit()
            server.close()

    def _introduce(self, server: smtplib.SMTP) -> None:
        if self.settings.starttls:
            server.starttls(context=ssl.create_default_context(cafile=self.settings.ca_file or None))
        if self.settings.username:
            server.login(self.settings.username, self.settings.password)


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what smtplib raises into our errors."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        raise _refusal(error.recipients) from error
    except smtplib.SMTPResponseException as error:
        raise _answer(error.smtp_code, error.smtp_error) from error
    except smtplib.SMTPServerDisconnected as error:
        raise UnknownOutcome("the mail server closed the line before it answered") from error
    except (OSError, smtplib.SMTPException) as error:
        raise TemporaryFailure(f"the mail server could not be reached: {error}", blame="system") from error


def _refusal(recipients: dict[str, tuple[int, bytes]]) -> TemporaryFailure | PermanentFailure:
    address, (code, text) = min(recipients.items(), key=lambda one: one[1][0])  # 4xx first: one that may come right decides
    return _answer(code, f"{address}: {text.decode('utf-8', 'replace')}")


def _answer(code: int, text: bytes | str) -> TemporaryFailure | PermanentFailure:
    told = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    kind = TemporaryFailure if 400 <= code < 500 else PermanentFailure
    return kind(f"the mail server answered {code}: {told[:200]}", blame="system" if code == 421 else "message")
