"""A real mail server inside the test's process, which answers what a test tells it to."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from deflect_api.config.support import Mail
from deflect_api.connectors.mailer import Smtp
from tests import postgres

DROP = "drop the line"


@dataclass
class Postbox:
    """What the server took, and what it is to say: one answer a mail, one a recipient, one to QUIT. None said: it accepts."""

    port: int = 0
    to_data: list[str] = field(default_factory=list)
    to_recipient: dict[str, str] = field(default_factory=dict)
    to_quit: str = ""
    taken: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    offered: int = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        answer = self.to_recipient.get(address, "250 ok")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.offered += 1
        answer = self.to_data.pop(0) if self.to_data else "250 taken"
        if answer == DROP:
            server.transport.abort()
        if answer == DROP or answer.startswith("250"):
            whole = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(whole, EmailMessage)
            self.taken.append((envelope.rcpt_tos, whole))
        return answer

    async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        return self.to_quit or "221 bye"

    def mailer(self, **changes: Any) -> Smtp:
        return Smtp(Mail(transport="smtp", host="127.0.0.1", port=self.port, **changes))


@contextmanager
def running(**settings: Any) -> Iterator[Postbox]:
    box = Postbox(port=postgres.free_port())
    controller = Controller(box, hostname="127.0.0.1", port=box.port, **settings)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
