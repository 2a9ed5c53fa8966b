"""The files of a request, as rows: announced, received, kept, removed. A refused file never stops its request."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from deflect_api.config.support import Files
from deflect_api.delivery import outbox
from deflect_api.delivery.forward import ATTACH
from deflect_api.errors import InputError, NotFound
from deflect_api.i18n import said
from deflect_api.intake import tickets
from deflect_api.intake.files import file_names
from deflect_api.intake.files.examination import Outcome
from deflect_api.store.models import JournalEntry, Message, Ticket
from deflect_api.store.uploads import HELD, KEPT, RECEIVING, REFUSED, Upload

SWEEP_EVERY = timedelta(days=1)
MOST_ROWS = 4  # times the files that are taken: so many may be announced, the refused ones counted too
MOST_IN_DRAFTS = 2_000_000_000
SCAN, SWEEP = "scan_file", "sweep_files"
STANDING = (RECEIVING, KEPT, HELD)


@dataclass(frozen=True)
class Announced:
    """A file that is to come, as its sender describes it."""

    id: str
    name: str
    size: int


def of_ticket(session: Session, ticket: Ticket) -> Sequence[Upload]:
    """List a request's files in the order they came."""
    return session.scalars(select(Upload).where(Upload.ticket_id == ticket.id).order_by(Upload.created_at, Upload.id)).all()


def of_draft(session: Session, draft: str) -> Sequence[Upload]:
    """List the files that came before their request, those that are still arriving left out."""
    waiting = (Upload.draft == draft) & Upload.ticket_id.is_(None) & (Upload.state != RECEIVING)
    return session.scalars(select(Upload).where(waiting).order_by(Upload.created_at, Upload.id)).all() if draft else []


def find(session: Session, ticket: Ticket, upload_id: str) -> Upload:
    """Return one file of a request. Raises NotFound."""
    found = session.get(Upload, upload_id)
    if found is None or found.ticket_id != ticket.id:
        raise NotFound(said("There is no such file here."))
    return found


def announce(session: Session, ticket: Ticket, coming: Announced, *, limits: Files, now: datetime) -> Upload:
    """Make room for a file of a request that the caller has locked. The same id again returns the same row.

    Raises InputError when the request takes no files any more, or the id is another file's.
    """
    check_open(ticket)
    known = session.get(Upload, coming.id)
    if known is not None:
        if known.ticket_id != ticket.id or (known.state == RECEIVING and known.size != coming.size):
            raise _refusal(said("This id belongs to another file. Make a new one for each file."))
        return known
    states = session.scalars(select(Upload.state).where(Upload.ticket_id == ticket.id)).all()
    if len(states) >= MOST_ROWS * max(limits.most, 1):
        raise _refusal(said("Too many files were sent for this request. Write to us if one is missing."))
    standing = sum(state in STANDING for state in states)
    reason = f"too_many {limits.most}" if standing >= limits.most else size_problem(coming.size, limits)
    return _announced(session, coming, now, ticket_id=ticket.id, reason=reason)


def announce_draft(session: Session, draft: str, coming: Announced, *, limits: Files, now: datetime) -> Upload:
    """Make room for a file whose request is not stored yet; `draft` is the hash of the form's key."""
    waiting = select(func.sum(Upload.size)).where(Upload.ticket_id.is_(None), Upload.state.in_(STANDING))
    crowded = (session.scalar(waiting) or 0) + coming.size > MOST_IN_DRAFTS
    reason = size_problem(coming.size, limits) or ("no_room" if crowded else "")
    return _announced(session, coming, now, draft=draft, reason=reason)


def size_problem(size: int, limits: Files) -> str:
    if size <= 0:
        return "empty"
    return f"too_large {limits.megabytes}" if size > limits.bytes_each else ""


def check_open(ticket: Ticket) -> None:
    """Raise InputError when a request takes no files any more."""
    if ticket.status == tickets.SOLVED:
        raise _refusal(said("This request is solved. Write on its page what is left, and it opens again; then add the file."))
    if ticket.status == tickets.CLOSED:
        raise _refusal(said("This request is closed. Send a new one and name this number in it."))


def advance(session: Session, upload: Upload, after: int) -> Upload | None:
    """Note how much is there now; None when another piece came first, or the file was removed."""
    row = session.get(Upload, upload.id, with_for_update=True)
    if row is None or row.state != RECEIVING or row.received != upload.received:
        return None
    row.received = after
    return row


def record(session: Session, upload: Upload, outcome: Outcome, *, limits: Files, now: datetime) -> Upload | None:
    """Note what became of a file, and owe the scan of a held one. Returns its row, or that of the same file sent before.

    None when the file was removed meanwhile. The caller drops `outcome.stored_as` unless the returned row names it.
    """
    row = session.get(Upload, upload.id, with_for_update=True)
    if row is None or row.state != RECEIVING:
        return row
    twin = _twin(session, row, outcome)
    if twin is not None:
        session.delete(row)
        return twin
    if row.draft and outcome.state in STANDING and _standing_in_draft(session, row.draft) >= limits.most:
        outcome = Outcome(REFUSED, f"too_many {limits.most}")
    row.state, row.reason, row.stored_as, row.sha256 = outcome.state, outcome.reason, outcome.stored_as, outcome.sha256
    if outcome.state != REFUSED:
        row.name, row.media_type, row.size = outcome.name, outcome.media_type, outcome.size
    if outcome.state == HELD:
        outbox.put(session, outbox.owe(SCAN, f"scan:{row.id}", now, ticket_id=row.ticket_id, payload={"upload": row.id}))
    note_kept(session, row, now)
    return row


def attach(session: Session, ticket: Ticket, draft: str, *, now: datetime) -> None:
    """Give a stored request the files that came before it."""
    for row in of_draft(session, draft):
        row.ticket_id = ticket.id
        note_kept(session, row, now, later=False)


def remove_from_draft(session: Session, draft: str, upload_id: str) -> str:
    """Forget a file that came before its request; return the name of what the caller drops from the shelf."""
    row = session.get(Upload, upload_id)
    if row is None or not draft or row.draft != draft or row.ticket_id is not None:
        return ""
    session.delete(row)
    return row.stored_as


def remove(session: Session, ticket: Ticket, upload_id: str, *, now: datetime) -> str:
    """Forget a file of a new request; return the name of what the caller drops. Raises NotFound, InputError."""
    row = find(session, ticket, upload_id)
    if ticket.status != tickets.NEW:
        raise _refusal(said("Somebody is working on this request already, so its files stay."))
    session.delete(row)
    if row.state in (KEPT, HELD):
        tickets.note(session, ticket, JournalEntry(at=now, actor=tickets.REQUESTER, change="file removed", before=row.name))
    return row.stored_as


def owe_sweep(session: Session, now: datetime) -> None:
    """Owe tomorrow's sweep, unless one is owed already."""
    owed = select(Message.id).where(Message.kind == SWEEP, Message.state.in_(outbox.OPEN)).limit(1)
    if session.scalar(owed) is None:
        outbox.put(session, outbox.owe(SWEEP, SWEEP, now, not_before=now + SWEEP_EVERY))


def note_kept(session: Session, row: Upload, now: datetime, *, later: bool = True) -> None:
    """Write a kept file into its request's journal, and owe it to the desk when it came after the request."""
    ticket = session.get(Ticket, row.ticket_id) if row.ticket_id and row.state == KEPT else None
    if ticket is not None:
        tickets.note(session, ticket, JournalEntry(at=now, actor=tickets.REQUESTER, change="file", after=row.name))
        ticket.updated_at = now
        if later and ticket.status != tickets.SUSPECTED:
            owed = outbox.owe(ATTACH, tickets.desk_stream(ticket), now, ticket_id=ticket.id, payload={"upload": row.id})
            outbox.put(session, owed)


def _twin(session: Session, row: Upload, outcome: Outcome) -> Upload | None:
    """Find the same file sent before with the same form: a page that is sent again sends its files again."""
    if not row.draft:
        return None
    same = (Upload.draft == row.draft) & (Upload.id != row.id) & (Upload.sha256 == outcome.sha256)
    size, name = (row.size, row.name) if outcome.state == REFUSED else (outcome.size, outcome.name)
    alike = same & (Upload.name == name) & (Upload.size == size) & (Upload.state != RECEIVING)
    return session.scalars(select(Upload).where(alike).limit(1)).first()


def _standing_in_draft(session: Session, draft: str) -> int:
    standing = select(func.count()).where(Upload.draft == draft, Upload.state.in_((KEPT, HELD)))
    return session.scalar(standing) or 0


def _refusal(told: str) -> InputError:
    return InputError(told, {"id": told})


def _announced(session: Session, coming: Announced, now: datetime, **rest: Any) -> Upload:
    refused = bool(rest["reason"])
    row = Upload(
        id=coming.id,
        name=file_names.harmless(coming.name),
        size=coming.size,
        received=0,
        state=REFUSED if refused else RECEIVING,
        stored_as="" if refused else secrets.token_hex(16),
        created_at=now,
        **rest,
    )
    session.add(row)
    owe_sweep(session, now)
    return row
