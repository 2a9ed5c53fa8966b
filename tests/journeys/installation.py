"""An installation as its owner sees it from outside: its process, its database file, its mail folder."""

import json
import sqlite3
import time
import uuid
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from tests.journeys.pages import HAPPENED, SUBJECT
from tests.served import Served

PATIENCE = 40


class Installation(Served):
    """A served installation whose records a test may read while it runs."""

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the database, from outside of the service."""
        database = sqlite3.connect(f"file:{self.home / 'deflect.db'}?mode=ro", uri=True, timeout=10)
        try:
            return database.execute(query, values).fetchall()
        finally:
            database.close()

    def send(self, email: str, **words: str) -> tuple[str, str]:
        """Send a request through the API, and return its number and its link."""
        session = uuid.uuid4().hex
        asked = urlencode({"text": "the survey is not on the phone", "session": session}).encode()
        receipt = self._post("/api/v1/suggest", asked)["receipt"]
        request = {"email": email, "product": "flow", "subject": SUBJECT, "happened": HAPPENED, **words}
        headers = {"Content-Type": "application/json", "Idempotency-Key": uuid.uuid4().hex}
        made = self._post("/api/v1/tickets", json.dumps({**request, "session": session, "receipt": receipt}).encode(), headers)
        return made["reference"], made["status_url"]

    def _post(self, path: str, body: bytes, headers: dict[str, str] | None = None) -> dict[str, str]:
        with urlopen(Request(self.url + path, data=body, headers=headers or {}), timeout=PATIENCE) as answer:
            read: dict[str, str] = json.load(answer)
            return read

    def tickets_of(self, email: str) -> list[tuple[Any, ...]]:
        return self.rows("SELECT id, subject, happened, searched FROM ticket WHERE email = ?", email)

    def outcome(self, session: str) -> str | None:
        found = self.rows("SELECT outcome FROM support_session WHERE id = ?", session)
        return str(found[0][0]) if found else None

    def events(self, session: str) -> list[tuple[str, str, str]]:
        """List what happened in a support session: event, article, reason."""
        found = self.rows("SELECT event, article, reason FROM session_event WHERE session_id = ? ORDER BY id", session)
        return [(event, article, reason) for event, article, reason in found]

    def mails_to(self, email: str) -> list[EmailMessage]:
        found = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in (self.home / "mail").glob("*.eml")]
        return [mail for mail in found if email in str(mail["To"])]

    def wait_for_mail(self, email: str, with_text: str = "") -> EmailMessage:
        """Return the mail to `email` that has these words, once the relay has written it."""

        def found() -> EmailMessage | None:
            return next((mail for mail in self.mails_to(email) if with_text in text_of(mail)), None)

        return wait_until(found, f"a mail to {email} with {with_text!r}")


def text_of(mail: EmailMessage) -> str:
    plain = mail.get_body(("plain",))
    assert plain is not None
    return str(plain.get_content())


def wait_until(told: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """Ask until the answer is neither None, empty nor false."""
    give_up = time.monotonic() + patience
    while not (answer := told()):
        assert time.monotonic() < give_up, f"still waiting for {what}"
        time.sleep(0.05)
    return answer
