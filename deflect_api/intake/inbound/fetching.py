"""Mails are fetched, stored whole, and only then moved away in the mailbox. What is done with one is owed with its row."""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from deflect_api.config import Settings
from deflect_api.connectors.mailbox import Mailbox
from deflect_api.delivery import outbox
from deflect_api.delivery.work import Done, Handler
from deflect_api.errors import DeliveryError, Unavailable
from deflect_api.intake.inbound import letter
from deflect_api.store.db import Database, wait_for_name
from deflect_api.store.models import Message
from deflect_api.store.second_line import InboundMail
from deflect_api.store.shelf import Shelf

log = logging.getLogger("deflect.relay")
FETCH, TAKE = "fetch_mail", "take_mail"
TELL_AFTER = 3  # times in a row that the mailbox could not be read
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Store:
    """Where mails are kept: rows, and a shelf of their own that nothing sweeps."""

    database: Database
    shelf: Shelf
    clock: Clock

    def keep(self, raw: bytes) -> int:
        """Store a mail as it came, once, and owe what is done with it; return its row's number."""
        digest = hashlib.sha256(raw).hexdigest()
        with self.database.read() as session:
            known = session.scalar(select(InboundMail.id).where(InboundMail.digest == digest))
        if known is not None:
            return known
        placed = self.shelf.place([raw])
        with self.database.write() as session:
            row = _row(session, raw, digest, placed.name, self.clock())
        if row.stored_as != placed.name:
            self.shelf.drop(placed.name)
        return row.id

    def raw(self, row: InboundMail) -> bytes:
        with self.shelf.open(row.stored_as) as file:
            return file.read()


def open_store(settings: Settings, database: Database, clock: Clock) -> Store:
    return Store(database, Shelf(settings.letters_folder), clock)


def fetcher(store: Store, mailbox: Mailbox) -> Handler:
    """Return what the relay calls for a `fetch_mail` message. It owes the next look itself, whatever comes of this one."""

    def fetch(message: Message) -> Done:
        failures = int(message.payload.get("failures", 0))
        try:
            told, failures = f"{mailbox.take(lambda raw: _kept(store, raw))} mails", 0
        except (DeliveryError, Unavailable) as error:
            told, failures = error.detail, failures + 1
            log.warning("event=mailbox_not_read reason=%r", error.detail)
        return Done(told, record=lambda session: _next(session, message, mailbox, store.clock(), failures, told))

    return fetch


def plan(session: Session, settings: Settings, now: datetime) -> None:
    """Owe the first look into the mailbox, unless one is owed or none is named."""
    owed = select(Message.id).where(Message.kind == FETCH, Message.state.in_(outbox.OPEN)).limit(1)
    if settings.support.inbound.host and session.scalar(owed) is None:
        outbox.put(session, outbox.owe(FETCH, FETCH, now, payload={"failures": 0}))


def _kept(store: Store, raw: bytes) -> None:
    store.keep(raw)


def _row(session: Session, raw: bytes, digest: str, stored_as: str, now: datetime) -> InboundMail:
    wait_for_name(session, f"mail:{digest}")
    known = session.scalar(select(InboundMail).where(InboundMail.digest == digest))
    if known is not None:
        return known
    read = letter.read(raw)
    row = InboundMail(
        digest=digest, stored_as=stored_as, message_id=read.message_id, sender=read.sender[:254], subject=read.subject, at=now
    )  # fmt: skip
    session.add(row)
    session.flush()
    stream = f"mail_in:{hashlib.sha256(read.sender.lower().encode('utf-8', 'replace')).hexdigest()[:32]}"
    outbox.put(session, outbox.owe(TAKE, stream, now, payload={"mail": row.id}))
    return row


def _next(session: Session, message: Message, mailbox: Mailbox, now: datetime, failures: int, told: str) -> None:
    if failures == TELL_AFTER:
        outbox.owe_alert(session, now, cause=f"the mailbox cannot be read: {told}"[:200])
    for old in session.scalars(select(Message).where(Message.kind == FETCH, Message.id < message.id)):
        session.delete(old)
    due = now + timedelta(seconds=mailbox.settings.seconds)
    outbox.put(session, outbox.owe(FETCH, FETCH, now, not_before=due, payload={"failures": failures}))
