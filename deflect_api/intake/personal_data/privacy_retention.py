"""Retention: what is older than support.yml says is removed once a day, and each run leaves a row for each kind."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from deflect_api.config.staff import Retention
from deflect_api.delivery import outbox
from deflect_api.delivery.relay import Done, Handler
from deflect_api.intake import tickets
from deflect_api.intake.personal_data import privacy, privacy_files
from deflect_api.store.db import Database
from deflect_api.store.models import JournalEntry, Message, SessionEvent, Ticket
from deflect_api.store.privacy import Removal
from deflect_api.store.second_line import HookDelivery, InboundMail
from deflect_api.store.staff import AuditEntry
from deflect_api.store.uploads import Upload

KIND = "retention"
EVERY = timedelta(days=1)
AT_ONCE = 200  # rows of one transaction, so that nobody waits long for the database
OVER = (tickets.SOLVED, tickets.CLOSED)
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Cut:
    """What one batch removed, and which files, and tickets' mails, are to be dropped once it is stored."""

    count: int
    files: tuple[str, ...] = ()
    tickets: tuple[int, ...] = ()


@dataclass(frozen=True)
class Places:
    """Where data is kept."""

    database: Database
    shelves: privacy_files.Shelves
    mails: Path


def owe(session: Session, now: datetime, *, after: timedelta = timedelta()) -> None:
    """Owe the next run, unless one is owed already."""
    planned = select(Message.id).where(Message.kind == KIND, Message.state.in_(outbox.OPEN)).limit(1)
    if session.scalar(planned) is None:
        outbox.put(session, outbox.owe(KIND, KIND, now, not_before=now + after))


def keeper(places: Places, rules: Retention, clock: Clock) -> Handler:
    """Return what the relay calls for a `retention` message. It owes the next one itself."""

    def keep(_: Message) -> Done:
        now = clock()
        counts = {kind: _all(places, kind, before=_before(rules, kind, now), now=now) for kind in CUTS}
        before = _before(rules, "messages", now)
        counts["mail files"] = privacy_files.remove_older(places.mails, before.timestamp()) if before else 0
        if any(counts.values()):
            places.database.compact()
        return Done(f"removed {sum(counts.values())}", record=lambda session: _record(session, rules, counts, now))

    return keep


def _record(session: Session, rules: Retention, counts: dict[str, int], now: datetime) -> None:
    for kind, count in counts.items():
        before = _before(rules, "messages" if kind == "mail files" else kind, now)
        session.add(Removal(at=now, cause=KIND, kind=kind, before=before, count=count))
    outbox.put(session, outbox.owe(KIND, KIND, now, not_before=now + EVERY))


def _before(rules: Retention, kind: str, now: datetime) -> datetime | None:
    days = getattr(rules, kind)
    return now - timedelta(days=days) if days else None


def _all(places: Places, kind: str, *, before: datetime | None, now: datetime) -> int:
    """Cut in batches until nothing is left that is too old; 0 where a kind is kept for ever."""
    total = 0
    while before is not None:
        with places.database.write() as session:
            cut = CUTS[kind](session, before, now)
        if cut.files or cut.tickets:
            privacy_files.remove(places.shelves, places.mails, files=cut.files, tickets=cut.tickets)
        total += cut.count
        if cut.count < AT_ONCE:
            break
    return total


def _tickets(session: Session, before: datetime, now: datetime) -> Cut:
    old = select(Ticket.id).where(_over(before), Ticket.email != "").order_by(Ticket.id).limit(AT_ONCE)
    ids = session.scalars(old).all()
    _, files = privacy.strip(session, ids, now)
    return Cut(len(ids), tuple(files), tuple(ids))


def _files(session: Session, before: datetime, _now: datetime) -> Cut:
    old = select(Upload).join(Ticket, Ticket.id == Upload.ticket_id).where(_over(before)).limit(AT_ONCE)
    rows = session.scalars(old).all()
    for row in rows:
        session.delete(row)
    return Cut(len(rows), tuple(row.stored_as for row in rows if row.stored_as))


def _journal(session: Session, before: datetime, _now: datetime) -> Cut:
    """Entries that figures count lose their words; the others go."""
    says = or_(JournalEntry.reason != "", JournalEntry.change.not_in(privacy.FIGURES))
    old = (
        select(JournalEntry.id)
        .join(Ticket, Ticket.id == JournalEntry.ticket_id)
        .where(JournalEntry.at < before, _over(before), says)
    )
    ids = session.scalars(old.limit(AT_ONCE)).all()
    session.execute(delete(JournalEntry).where(JournalEntry.id.in_(ids), JournalEntry.change.not_in(privacy.FIGURES)))
    session.execute(update(JournalEntry).where(JournalEntry.id.in_(ids)).values(reason=""))
    return Cut(len(ids))


def _searches(session: Session, before: datetime, _now: datetime) -> Cut:
    says = or_(SessionEvent.text != "", SessionEvent.reason != "")
    ids = session.scalars(select(SessionEvent.id).where(SessionEvent.at < before, says).limit(AT_ONCE)).all()
    session.execute(update(SessionEvent).where(SessionEvent.id.in_(ids)).values(text="", reason=""))
    return Cut(len(ids))


def _messages(session: Session, before: datetime, _now: datetime) -> Cut:
    old = (Message.state == outbox.DELIVERED) & (Message.settled_at < before)
    ids = session.scalars(select(Message.id).where(old).limit(AT_ONCE)).all()
    session.execute(delete(Message).where(Message.id.in_(ids)))
    return Cut(len(ids))


def _letters(session: Session, before: datetime, _now: datetime) -> Cut:
    """Mails as they came; what they said stays on their tickets. One that was not dealt with stays."""
    old = (InboundMail.outcome != "") & (InboundMail.at < before)
    rows = session.scalars(select(InboundMail).where(old).limit(AT_ONCE)).all()
    for row in rows:
        session.delete(row)
    return Cut(len(rows), tuple(row.stored_as for row in rows))


def _rows(table: type[HookDelivery | AuditEntry]) -> Callable[[Session, datetime, datetime], Cut]:
    """Remove whole rows. A hook that was told before that time is refused as too old, so no repeat of it gets through."""

    def cut(session: Session, before: datetime, _now: datetime) -> Cut:
        ids = session.scalars(select(table.id).where(table.at < before).limit(AT_ONCE)).all()
        session.execute(delete(table).where(table.id.in_(ids)))
        return Cut(len(ids))

    return cut


def _over(before: datetime) -> ColumnElement[bool]:
    return Ticket.status.in_(OVER) & (Ticket.updated_at < before)


CUTS: dict[str, Callable[[Session, datetime, datetime], Cut]] = {
    "tickets": _tickets,
    "files": _files,
    "journal": _journal,
    "searches": _searches,
    "messages": _messages,
    "letters": _letters,
    "deliveries": _rows(HookDelivery),
    "audit": _rows(AuditEntry),
}
