"""The verbs of a ticket: submit, comment, reply, take, change state.

Web pages, the API and mail all call these, and nothing else changes a ticket.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy.orm import Session

from deflect_api.config.support import Calendar, Support, Type
from deflect_api.delivery import outbox
from deflect_api.delivery.forward import FORWARD, SAY
from deflect_api.errors import InputError, KeyReused, NotFound
from deflect_api.i18n import said
from deflect_api.intake import deflection, notices, reply_clock, ticket_words, triage
from deflect_api.store.abuse import Holding
from deflect_api.store.models import Agent, Comment, IdempotencyKey, JournalEntry, Message, Ticket

NEW, OPEN, PENDING, ESCALATED, SOLVED, CLOSED = "new", "open", "pending", "escalated", "solved", "closed"
SUSPECTED = "suspected"  # held for a look by a person; nobody sets it by hand
STATUSES = (NEW, OPEN, PENDING, ESCALATED, SOLVED, CLOSED)
REQUESTER = "requester"
REAL, SPAM = "real", "spam"
KEY_LIFE = timedelta(days=30)


@dataclass(frozen=True)
class Draft:
    """A request as it was sent, already checked for form."""

    email: str
    product: str
    subject: str
    happened: str
    type: Type = "question"
    answers: triage.Answers = field(default_factory=triage.Answers)
    texts: dict[str, str] = field(default_factory=dict)
    cc: tuple[str, ...] = ()
    context: dict[str, Any] = field(default_factory=dict)
    device: dict[str, Any] = field(default_factory=dict)
    language: str = "en"
    session: str = ""
    searched: Literal["yes", "unavailable"] = "yes"
    held: tuple[str, ...] = ()  # why a person looks first
    acknowledged: bool = True  # False: this mail address has had enough mails for now
    filed_by: str = ""  # the member of staff who sent it in the requester's name


@dataclass(frozen=True)
class Key:
    """The form's idempotency key and the digest of what was sent with it."""

    key: str
    digest: str

    @property
    def key_hash(self) -> str:
        return hashlib.sha256(self.key.encode("utf-8", "surrogatepass")).hexdigest()


def find_by_key(session: Session, key: Key, now: datetime) -> Ticket | None:
    """Return the ticket this key already made. Raises KeyReused when it was made from other words."""
    known = session.get(IdempotencyKey, key.key_hash)
    if known is None:
        return None
    if now - known.created_at > KEY_LIFE:
        session.delete(known)
        session.flush()
        return None
    ticket = session.get_one(Ticket, known.ticket_id)
    if known.body_digest != key.digest:
        told = said(
            "This was already sent as request %(reference)s. Add to it on its page; a new request needs a new key.",
            reference=ticket.reference,
        )
        raise KeyReused(told, {"Idempotency-Key": told})
    return ticket


def submit(session: Session, draft: Draft, key: Key, *, support: Support, now: datetime) -> Ticket:
    """Store a request with everything we owe for it, in the caller's transaction. The same key again returns the same ticket."""
    known = find_by_key(session, key, now)
    if known is not None:
        return known
    ticket = _new_ticket(draft, support, now)
    session.add(ticket)
    session.flush()
    session.add(IdempotencyKey(key_hash=key.key_hash, body_digest=key.digest, ticket_id=ticket.id, created_at=now))
    note(session, ticket, JournalEntry(at=now, actor=draft.filed_by or REQUESTER, change="submitted", after=ticket.priority))
    ticket_words.index(session, ticket)
    mails = ["filed" if draft.filed_by else "received"] if support.desk.mails == "us" and draft.acknowledged else []
    if draft.held:
        ticket.status = SUSPECTED
        session.add(Holding(ticket_id=ticket.id, at=now, reasons=list(draft.held), owed=mails))
    else:
        _welcome(session, ticket, mails, now)
    return ticket


def _welcome(session: Session, ticket: Ticket, mails: list[str], now: datetime) -> None:
    """Owe what a request that counts is owed: the forward, its mails, and its place in the figures."""
    _owe_forward(session, ticket, now)
    notices.record(session, ticket, notices.NEW, now)
    for template in mails:
        owe_mail(session, ticket, now, template=template)
    if ticket.session_id:
        deflection.record(session, ticket.session_id, deflection.Event(deflection.SUBMITTED, product=ticket.product), now)


def _let_go(session: Session, ticket: Ticket, now: datetime) -> None:
    """Give a held request what it was owed, once."""
    holding = session.get(Holding, ticket.id, with_for_update=True)
    if holding and holding.verdict != REAL:
        holding.verdict, holding.decided_at = REAL, now
        _welcome(session, ticket, holding.owed, now)
        for comment in ticket.comments:
            _owe_say(session, ticket, comment)


def _new_ticket(draft: Draft, support: Support, now: datetime) -> Ticket:
    verdict = triage.judge(draft.answers, support)
    return Ticket(
        created_at=now,
        updated_at=now,
        type=draft.type,
        severity=verdict.severity,
        priority=verdict.priority,
        priority_reason=triage.reason(draft.answers),
        working=draft.answers.working,
        affected=draft.answers.affected,
        needed_by=draft.answers.needed_by,
        product=draft.product,
        email=draft.email,
        cc=list(draft.cc),
        language=draft.language,
        subject=draft.subject,
        happened=draft.happened,
        context=draft.context,
        device=draft.device,
        searched=draft.searched,
        session_id=draft.session,
        link_nonce=secrets.token_urlsafe(16),
        reply_due_at=triage.reply_due(now, support.calendar),
        **draft.texts,
    )


def add_information(session: Session, ticket: Ticket, body: str, now: datetime, *, calendar: Calendar) -> Comment:
    """The requester adds to the request; a pending or solved one opens again, and a reply is due."""
    if ticket.status == CLOSED:
        told = said("This request is closed. Send a new one and name this number in it.")
        raise InputError(told, {"body": told})
    author = ticket.name or ticket.email
    comment = _say(session, ticket, Comment(at=now, author=author, from_requester=True, body=ticket_words.said(body)))
    if ticket.status in (PENDING, SOLVED):
        change_status(session, ticket, OPEN, actor=REQUESTER, now=now, calendar=calendar)
    if not ticket.awaiting:
        ticket.awaiting, ticket.reply_due_at = True, triage.reply_due(now, calendar)
    notices.record(session, ticket, notices.REPLIED, now)
    return comment


def reply(
    session: Session, ticket: Ticket, agent: Agent, body: str, *, public: bool, now: datetime, status: str = "",
    calendar: Calendar | None = None,
) -> Comment:  # fmt: skip
    """An agent answers (public: one mail to the requester) or leaves a note (private), and may set the state with it."""
    comment = _say(session, ticket, Comment(at=now, author=agent.name, public=public, body=ticket_words.said(body)))
    if public:
        ticket.first_reply_at, ticket.awaiting = ticket.first_reply_at or now, False
        if ticket.status in (NEW, SUSPECTED):
            change_status(session, ticket, OPEN, actor=agent.email, now=now)
        owe_mail(session, ticket, now, template="solved" if status == SOLVED else "reply", comment=comment.id)
    if status:
        change_status(session, ticket, status, actor=agent.email, now=now, tell=not public, calendar=calendar)
    return comment


def said_at_desk(session: Session, ticket: Ticket, comment: Comment, *, solved: bool, now: datetime, calendar: Calendar) -> None:
    """Keep what was said at the connected desk; what is public for the requester owes them a mail."""
    _keep(session, ticket, comment)
    if comment.public and not comment.from_requester:
        ticket.first_reply_at, ticket.awaiting = ticket.first_reply_at or now, False
        owe_mail(session, ticket, now, template="solved" if solved else "reply", comment=comment.id)
    elif comment.from_requester and not ticket.awaiting:
        ticket.awaiting, ticket.reply_due_at = True, triage.reply_due(now, calendar)


def take(session: Session, ticket: Ticket, agent: Agent, now: datetime) -> None:
    """Make `agent` the one who works on it."""
    before = ticket.assignee.name if ticket.assignee else ""
    ticket.assignee = agent
    note(session, ticket, JournalEntry(at=now, actor=agent.email, change="taken", before=before, after=agent.name))


def change_status(
    session: Session, ticket: Ticket, status: str, *, actor: str, now: datetime, tell: bool = True,
    calendar: Calendar | None = None, reason: str = "",
) -> None:  # fmt: skip
    """Set the state. A requester is mailed when an agent solves it, unless `tell` is off. Raises InputError for no state.

    The reply clock stands while a ticket is pending; to let it run again, the team's calendar is needed.
    """
    if status not in STATUSES:
        raise InputError("Choose one of the states.", {"status": f"Choose one of {', '.join(STATUSES)}."})
    if status == ticket.status:
        return
    before = ticket.status
    note(session, ticket, JournalEntry(at=now, actor=actor, change="status", before=before, after=status, reason=reason))
    _turn_clock(ticket, status, now, calendar)
    ticket.status = status
    if before in (SUSPECTED, CLOSED) and status != CLOSED:
        _let_go(session, ticket, now)
    if tell and status == SOLVED and actor != REQUESTER:
        owe_mail(session, ticket, now, template="solved")


def _turn_clock(ticket: Ticket, status: str, now: datetime, calendar: Calendar | None) -> None:
    if ticket.paused_at and status != PENDING:
        if calendar is None:
            raise ValueError("the reply clock cannot go on without the team's calendar")
        ticket.reply_due_at = reply_clock.resumed(ticket.reply_due_at, ticket.paused_at, now, calendar)
    ticket.paused_at = (ticket.paused_at or now) if status == PENDING else None
    ticket.solved_at = now if status == SOLVED else ticket.solved_at if status == CLOSED else None
    if status in (SOLVED, CLOSED):
        ticket.awaiting = False


def get(session: Session, reference: str, *, lock: bool = False) -> Ticket:
    """Find a ticket by its reference. Raises NotFound."""
    number = int(reference) if reference.isascii() and reference.isdigit() and len(reference) < 10 else 0
    ticket = session.get(Ticket, number, with_for_update=lock or None)
    if ticket is None:
        raise NotFound(said("There is no request with this number."))
    return ticket


def note(session: Session, ticket: Ticket, entry: JournalEntry) -> None:
    """Write down a change. What changed is another version: who still sees the one before is told."""
    entry.ticket_id = ticket.id
    ticket.version, ticket.updated_at = (ticket.version or 0) + 1, entry.at
    session.add(entry)


def owe_mail(session: Session, ticket: Ticket, now: datetime, **payload: Any) -> Message:
    """Owe the requester a mail: its `template`, and the `comment` in it."""
    return outbox.put(session, outbox.owe("mail", f"mail:{ticket.id}", now, ticket_id=ticket.id, payload=payload))


def _say(session: Session, ticket: Ticket, comment: Comment) -> Comment:
    _keep(session, ticket, comment)
    _owe_say(session, ticket, comment)
    return comment


def _keep(session: Session, ticket: Ticket, comment: Comment) -> None:
    comment.ticket_id = ticket.id
    session.add(comment)
    session.flush()
    ticket.version, ticket.updated_at = ticket.version + 1, comment.at
    ticket_words.index(session, ticket)


def _owe_forward(session: Session, ticket: Ticket, now: datetime) -> Message:
    return outbox.put(session, outbox.owe(FORWARD, desk_stream(ticket), now, ticket_id=ticket.id))


def _owe_say(session: Session, ticket: Ticket, comment: Comment) -> None:
    """Owe the desk what was said. A held ticket is not there yet; letting it go owes all that was said meanwhile."""
    if ticket.status != SUSPECTED:
        said_now = outbox.owe(SAY, desk_stream(ticket), comment.at, ticket_id=ticket.id, payload={"comment": comment.id})
        outbox.put(session, said_now)


def desk_stream(ticket: Ticket) -> str:
    """Name what is delivered to the desk in order: all of one requester."""
    return f"desk:{hashlib.sha256(ticket.email.lower().encode()).hexdigest()[:32]}"
