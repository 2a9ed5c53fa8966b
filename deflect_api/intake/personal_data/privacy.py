"""One person's data: found, exported, erased. What figures count stays as rows that say nothing of anybody."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Text, and_, cast, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from deflect_api.delivery import outbox
from deflect_api.errors import InputError
from deflect_api.intake.abuse import limits
from deflect_api.intake.personal_data import privacy_tables as tables
from deflect_api.store.abuse import Tally
from deflect_api.store.models import Agent, JournalEntry, Message, SessionEvent, SupportSession, Table, Ticket
from deflect_api.store.privacy import Removal
from deflect_api.store.second_line import InboundMail
from deflect_api.store.uploads import Upload

FINISH = "finish_erasure"
ERASURE = "erasure"
FIGURES = ("submitted", "status", "taken", "priority", "severity", "type", "category", "solved", "reopened", "erased")
MAIL_SCOPES = (limits.MAIL, limits.ACKNOWLEDGEMENTS, limits.FIND)


@dataclass(frozen=True)
class Erasure:
    """What an erasure did: numbers by table, files to drop, and who else holds a copy and has to be told."""

    tickets: tuple[int, ...]
    counts: dict[str, int] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    to_tell: tuple[str, ...] = ()


def normal(address: str) -> str:
    """Return an address as it is compared. Raises InputError for what is none."""
    found = address.strip().lower()
    if "@" not in found or " " in found or "\x00" in found or len(found) < 5:
        raise InputError("Write the whole mail address of the person.", {"email": "Write a mail address."})
    return found


def mark(secret: str, address: str) -> str:
    """Name a person in the audit log so that nobody reads who it was; the same address gives the same mark."""
    return f"person {limits.keyed(secret, 'person', address)[:12]}"


def tickets_of(session: Session, address: str) -> Sequence[int]:
    """List the tickets that a person sent."""
    return session.scalars(select(Ticket.id).where(func.lower(Ticket.email) == address).order_by(Ticket.id)).all()


def erase(session: Session, address: str, *, secret: str, desk: str, now: datetime) -> Erasure:
    """Erase a person from every table, and owe what is left: files, mails on disk, and the database's own pages.

    Raises InputError while the address has an account at the desk.
    """
    if session.scalar(select(Agent.id).where(Agent.email == address)) is not None:
        raise InputError("This is the address of an account at the desk. Disable the account, and change its address first.")
    ids = tickets_of(session, address)
    told, letters = to_tell(session, ids, desk), inbound_mails(session, ids, address)
    counts, files = strip(session, ids, now)
    files += [name for name in letters if name not in files]
    for name, count in tables.remove_with_address(session, address).items():
        counts[name] = counts.get(name, 0) + count
    counts["message"] = counts.get("message", 0) + _asked_for_links(session, address)
    hashes = [limits.keyed(secret, scope, address) for scope in MAIL_SCOPES]
    session.execute(delete(Tally).where(Tally.who.in_(hashes)))
    counts["mentions"] = _take_out(session, address)
    session.add_all(
        Removal(at=now, cause=ERASURE, kind=kind, before=None, count=count) for kind, count in counts.items() if count
    )
    owe_finish(session, ids, files, now)
    return Erasure(tuple(ids), {kind: count for kind, count in counts.items() if count}, tuple(files), told)


def to_tell(session: Session, ids: Sequence[int], desk: str) -> tuple[str, ...]:
    """List the copies elsewhere: the connected desk's tickets, and forwards of which nobody knows whether they arrived."""
    rows = session.execute(select(Ticket.id, Ticket.remote_id).where(Ticket.id.in_(ids), Ticket.remote_id != "")).all()
    known = [f"{desk}: {remote} (our {number})" for number, remote in rows if desk != "builtin"]
    sent = select(Message.ticket_id, Message.kind).where(
        Message.ticket_id.in_(ids), Message.kind != "mail", Message.state.in_((outbox.UNKNOWN, outbox.CLAIMED, outbox.WAITING))
    )
    unsure = [f"{kind} of {number}: it may have arrived; look there" for number, kind in session.execute(sent).all()]
    return tuple(known if desk == "builtin" else [*known, *unsure])


def strip(session: Session, ids: Sequence[int], now: datetime) -> tuple[dict[str, int], list[str]]:
    """Leave of these tickets what figures count; return how many rows were removed by table, and the files to drop."""
    if not ids:
        return {}, []
    files = list(session.scalars(select(Upload.stored_as).where(Upload.ticket_id.in_(ids), Upload.stored_as != "")))
    files += inbound_mails(session, ids)
    visits = [visit for visit in session.scalars(select(Ticket.session_id).where(Ticket.id.in_(ids))) if visit]
    counts = tables.remove_with_tickets(session, ids)
    counts["session_event"] = forget_visits(session, visits)
    counts["journal_entry"] = _strip_journal(session, ids)
    for number in ids:  # each with a nonce of its own, so that the links in old mails open nothing
        values = {
            **tables.nothing(Table.metadata.tables[Ticket.__tablename__]),
            "link_nonce": secrets.token_urlsafe(16),
            "status": "closed",
            "updated_at": now,
        }
        session.execute(update(Ticket).where(Ticket.id == number).values(values))
    session.add_all(JournalEntry(ticket_id=number, at=now, actor="privacy", change="erased") for number in ids)
    counts["ticket"] = len(ids)
    return counts, files


def inbound_mails(session: Session, ids: Sequence[int], address: str = "") -> list[str]:
    """List the files of the mails that came in about these tickets, or from this address."""
    theirs = or_(InboundMail.ticket_id.in_(ids), and_(InboundMail.sender != "", func.lower(InboundMail.sender) == address))
    return list(session.scalars(select(InboundMail.stored_as).where(theirs)))


def forget_visits(session: Session, visits: Sequence[str]) -> int:
    """Take the words out of visits, and give each another number than the one that the person's browser knows."""
    for visit in set(visits):
        row = session.get(SupportSession, visit)
        if row is None:
            continue
        fresh = f"erased-{secrets.token_hex(12)}"
        values = {"product": row.product, "started_at": row.started_at, "last_at": row.last_at, "outcome": row.outcome}
        session.execute(insert(SupportSession).values(id=fresh, **values))
        of_visit = SessionEvent.session_id == visit
        session.execute(update(SessionEvent).where(of_visit).values(session_id=fresh, text="", reason=""))
        session.execute(delete(SupportSession).where(SupportSession.id == visit))
        session.expire_all()
    return len(set(visits))


def owe_finish(session: Session, ids: Sequence[int], files: Sequence[str], now: datetime) -> None:
    """Owe what is done outside the tables: once now, and once more when what was under way meanwhile has ended."""
    for pause in (outbox.LEASE * 0, outbox.LEASE * 2):
        payload: dict[str, Any] = {"tickets": list(ids), "files": list(files)}
        outbox.put(session, outbox.owe(FINISH, FINISH, now, not_before=now + pause, payload=payload))


def _strip_journal(session: Session, ids: Sequence[int]) -> int:
    mine = JournalEntry.ticket_id.in_(ids)
    gone = session.execute(delete(JournalEntry).where(mine, JournalEntry.change.not_in(FIGURES))).rowcount  # type: ignore[attr-defined]
    session.execute(update(JournalEntry).where(mine).values(reason=""))
    session.execute(update(JournalEntry).where(mine, JournalEntry.change != "status").values(before=""))
    return int(gone)


def _asked_for_links(session: Session, address: str) -> int:
    """Remove messages to this address that belong to no ticket, such as mails with links."""
    loose = session.scalars(
        select(Message).where(Message.ticket_id.is_(None), func.lower(cast(Message.payload, Text)).contains(address))
    )
    found = [row for row in loose if row.kind != FINISH]
    for row in found:
        session.delete(row)
    session.flush()
    return len(found)


def _take_out(session: Session, address: str) -> int:
    """Take the address out of every text of anybody else's rows: copies, quotes, notes."""
    mended = 0
    for table in Table.metadata.sorted_tables:
        if tables.mentioned(table):
            mended += sum(_take_out_of(session, table, column, address) for column in tables.texts(table))
    return mended


def _take_out_of(session: Session, table: Any, column: Any, address: str) -> int:
    keys = list(table.primary_key.columns)
    found = session.execute(select(*keys, column).where(func.lower(cast(column, Text)).contains(address, autoescape=True))).all()
    for *key, value in found:
        same = [each == part for each, part in zip(keys, key, strict=True)]
        session.execute(update(table).where(*same).values({column.name: without(value, address)}))
    return len(found)


def without(value: Any, address: str) -> Any:
    """Return a value, text or JSON, in which the address no longer stands; a list loses the entries that are the address."""
    if isinstance(value, str):
        return _without(value, address)
    if isinstance(value, list):
        return [without(each, address) for each in value if not (isinstance(each, str) and each.lower() == address)]
    if isinstance(value, dict):
        return {without(name, address): without(each, address) for name, each in value.items()}
    return value


def _without(text: str, address: str) -> str:
    pieces, lowered, at = [], text.lower(), 0
    if len(lowered) != len(text):  # a letter whose small form is longer: places do not match, so take all out in small letters
        return lowered.replace(address, tables.ERASED)
    while (found := lowered.find(address, at)) >= 0:
        pieces += [text[at:found], tables.ERASED]
        at = found + len(address)
    return "".join([*pieces, text[at:]])
