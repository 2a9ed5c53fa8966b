"""A mailbox, read over IMAP through imap_tools. A mail is moved away only once the caller has kept it; none is deleted."""

import imaplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from imap_tools import BaseMailBox, ImapToolsError, MailBox, MailBoxStartTls, MailBoxUnencrypted

from deflect_api.config.second_line import Inbound
from deflect_api.errors import DeliveryError, TemporaryFailure

SECONDS = 30
MOST_AT_ONCE = 100
MOST_BYTES = 50_000_000


class Mailbox:
    def __init__(self, settings: Inbound) -> None:
        self.settings = settings

    def take(self, keep: Callable[[bytes], None]) -> int:
        """Hand each mail of the folder to `keep`, then move it to the folder of those taken in; return how many."""
        taken = 0
        with _told(), self._open() as box:
            self._make_folder(box)
            for uid in box.uids("ALL")[:MOST_AT_ONCE]:
                raw = _whole(box, uid)
                if raw is not None:
                    keep(raw)
                    box.move([uid], self.settings.taken)
                    taken += 1
        return taken

    def check(self) -> str:
        """Sign in and say what is there. Raises a DeliveryError that names the mend."""
        with _told(), self._open() as box:
            waiting = len(box.uids("ALL"))
        return f"mailbox {self.settings.username} on {self.settings.host}, {waiting} waiting"

    @contextmanager
    def _open(self) -> Iterator[BaseMailBox]:
        given = self.settings
        box = _made(given)
        try:
            yield box.login(given.username, given.password, initial_folder=given.folder)
        finally:
            with suppress(ImapToolsError, imaplib.IMAP4.error, OSError):  # the mails are kept by now, whatever goodbye says
                box.client.logout()
            with suppress(OSError):  # closed already, unless the goodbye failed
                box.client.shutdown()

    def _make_folder(self, box: BaseMailBox) -> None:
        if not box.folder.exists(self.settings.taken):
            box.folder.create(self.settings.taken)


def _made(given: Inbound) -> BaseMailBox:
    if given.security == "none":
        return MailBoxUnencrypted(given.host, given.port, timeout=SECONDS)
    context = ssl.create_default_context(cafile=given.ca_file or None)
    kind: Any = MailBox if given.security == "tls" else MailBoxStartTls
    made: BaseMailBox = kind(given.host, given.port, timeout=SECONDS, ssl_context=context)
    return made


def _whole(box: BaseMailBox, uid: str) -> bytes | None:
    """Fetch a mail as it is, unread as it was; None when somebody moved it meanwhile."""
    _, answer = box.client.uid("fetch", uid, "(BODY.PEEK[])")
    found = next((piece[1] for piece in answer if isinstance(piece, tuple) and len(piece) > 1), None)
    return found if isinstance(found, bytes) else None


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except DeliveryError:
        raise
    except (ImapToolsError, imaplib.IMAP4.error) as error:
        raise TemporaryFailure(f"the mailbox refused: {str(error)[:200]}", blame="system") from error
    except (OSError, ssl.SSLError) as error:
        raise TemporaryFailure(f"the mailbox could not be reached: {error}", blame="system") from error
