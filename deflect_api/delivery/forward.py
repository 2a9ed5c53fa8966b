"""Forward a ticket to the help desk: look it up by our reference, create it only when the desk has none.

What is said later follows it, in the order it was said: a note is sent only once the desk does not know its key. After an
uncertain try the desk is looked at once more, later: a call that we gave up may have been carried out since.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from deflect_api.connectors import File, HelpDesk, Note, Request
from deflect_api.connectors.builtin import Builtin
from deflect_api.connectors.limit import time_limit
from deflect_api.delivery import outbox
from deflect_api.delivery.work import Done, Handler
from deflect_api.errors import PermanentFailure, TemporaryFailure
from deflect_api.store.db import Database
from deflect_api.store.models import Attempt, Comment, Message, Ticket
from deflect_api.store.shelf import Shelf
from deflect_api.store.uploads import KEPT, Upload

FORWARD, SAY, ATTACH, LOOK_AGAIN = "forward", "say", "attach", "look_again"
KINDS = (FORWARD, SAY, ATTACH, LOOK_AGAIN)
LATER = timedelta(minutes=10)  # longer than any server or proxy keeps a call that its caller gave up
SECONDS = 50.0  # all calls for one message together: less than half of its lease
PARTS = (
    ("doing", "What I was doing"),
    ("expected", "What I expected"),
    ("happened", "What happened"),
    ("steps", "Steps to reproduce"),
)


@dataclass(frozen=True)
class Way:
    """What every message to the desk needs: where it goes, where its words and files are, and how a ticket is followed."""

    database: Database
    desk: HelpDesk
    link: Callable[[Ticket], str]
    shelf: Shelf | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


def handlers(way: Way) -> dict[str, Handler]:
    """Return what the relay calls for messages to the desk, by kind."""
    return {FORWARD: _forward(way), SAY: _say(way), ATTACH: _attach(way), LOOK_AGAIN: _look_again(way)}


def _forward(way: Way) -> Handler:
    def forward(message: Message) -> Done:
        with way.database.read() as session:
            ticket = _ticket(session, message)
            request = as_request(ticket, way.link, _files(session, ticket, way.shelf))
        with time_limit(SECONDS):
            remote = way.desk.find(request.reference) or way.desk.create(request)
        return Done(f"desk id {remote}", record=lambda session: _keep(session, message, remote, way.clock()))

    return forward


def _look_again(way: Way) -> Handler:
    """Finding a ticket mends what a lost race left behind, where the connector can."""

    def look(message: Message) -> Done:
        with way.database.read() as session:
            ticket = _ticket(session, message)
        with time_limit(SECONDS):
            remote = way.desk.find(ticket.reference)
        return Done(f"desk id {remote}" if remote else "the desk does not find it")

    return look


def _say(way: Way) -> Handler:
    def say(message: Message) -> Done:
        with way.database.read() as session:
            ticket = _ticket(session, message)
            comment = session.get(Comment, message.payload["comment"])
        if comment is None:
            return Done("the comment is gone")
        note = Note(
            f"{ticket.reference}-{message.id}", comment.author, comment.body, comment.public, reopens=comment.from_requester
        )
        return _send_note(way, ticket, note)

    return say


def _attach(way: Way) -> Handler:
    def attach(message: Message) -> Done:
        with way.database.read() as session:
            ticket = _ticket(session, message)
            upload = session.get(Upload, message.payload["upload"])
        if upload is None or upload.state != KEPT or way.shelf is None:
            return Done("the file is gone")
        words = f"The file {upload.name} came later. It can be opened from {way.link(ticket)}"
        files = (_file(way.shelf, upload),)
        return _send_note(way, ticket, Note(f"{ticket.reference}-{message.id}", ticket.name or ticket.email, words, files=files))

    return attach


def _send_note(way: Way, ticket: Ticket, note: Note) -> Done:
    if isinstance(way.desk, Builtin):
        return Done("it is on the ticket")
    if not ticket.remote_id:
        raise PermanentFailure("the desk does not have this ticket. Replay its forward first.")
    with time_limit(SECONDS):
        if way.desk.heard(ticket.remote_id, note.key):
            return Done("the desk had it")
        way.desk.comment(ticket.remote_id, note)
    return Done(f"note {note.key}")


def as_request(ticket: Ticket, link: Callable[[Ticket], str], files: Sequence[File] = ()) -> Request:
    """Turn a ticket into what a help desk receives; the body reads well on its own, and names all that it was given."""
    facts = {name: str(value) for name, value in {**ticket.context, **ticket.device}.items()}
    return Request(
        reference=ticket.reference,
        subject=ticket.subject,
        body=_body(ticket, facts, link(ticket), files),
        product=ticket.product,
        type=ticket.type,
        severity=ticket.severity,
        priority=ticket.priority,
        requester_name=ticket.name,
        requester_email=ticket.email,
        link=link(ticket),
        tags=tuple(tag for tag in (ticket.hub, ticket.partner, ticket.type) if tag),
        cc=tuple(ticket.cc),
        fields=facts,
        files=tuple(files),
    )


def _body(ticket: Ticket, facts: dict[str, str], link: str, files: Sequence[File]) -> str:
    parts = [f"{label}\n{getattr(ticket, name)}" for name, label in PARTS if getattr(ticket, name)]
    about = {
        "Product": ticket.product, "Type": ticket.type, "Severity": ticket.severity, "Hub": ticket.hub, "Partner": ticket.partner,
        **facts,
    }  # fmt: skip
    parts.append("\n".join(f"{name}: {value}" for name, value in about.items() if value))
    if files:
        parts.append("Files\n" + "\n".join(file.name for file in files))
    whom = f"{ticket.name} <{ticket.email}>" if ticket.name else ticket.email
    parts.append(f"From: {whom}" + "".join(f"\nCopy to: {address}" for address in ticket.cc))
    parts.append(f"Priority: {ticket.priority}. {ticket.priority_reason}\nRequest {ticket.reference}: {link}")
    return "\n\n".join(parts)


def _files(session: Session, ticket: Ticket, shelf: Shelf | None) -> list[File]:
    """List the files that came with the ticket; one that came later has a message of its own."""
    if shelf is None:
        return []
    later = {
        payload.get("upload")
        for payload in session.scalars(select(Message.payload).where(Message.ticket_id == ticket.id, Message.kind == ATTACH))
    }
    kept = select(Upload).where(Upload.ticket_id == ticket.id, Upload.state == KEPT).order_by(Upload.created_at, Upload.id)
    return [_file(shelf, row) for row in session.scalars(kept) if row.id not in later and shelf.has(row.stored_as)]


def _file(shelf: Shelf, upload: Upload) -> File:
    def read() -> bytes:
        try:
            with shelf.open(upload.stored_as) as file:
                return file.read()
        except FileNotFoundError as error:
            raise PermanentFailure(f"the file {upload.id} is not on the shelf any more") from error
        except OSError as error:
            raise TemporaryFailure(f"a file could not be read: {error.strerror}") from error

    return File(upload.name, upload.media_type, read)


def _ticket(session: Session, message: Message) -> Ticket:
    ticket = session.get(Ticket, message.ticket_id)
    if ticket is None:
        raise PermanentFailure("the ticket of this message no longer exists")
    return ticket


def _keep(session: Session, message: Message, remote: str, now: datetime) -> None:
    ticket: Any = session.get(Ticket, message.ticket_id)
    if ticket is not None:
        ticket.remote_id = remote
        uncertain = exists().where(Attempt.message_id == message.id, Attempt.outcome.in_(("unknown", "lost")))
        if session.scalar(select(uncertain)):
            later = {"not_before": now + LATER, "ticket_id": ticket.id}
            outbox.put(session, outbox.owe(LOOK_AGAIN, f"{LOOK_AGAIN}:{ticket.id}", now, **later))
