"""What becomes of a mail that came in. Every one ends with an outcome, and none without a trace."""

import hashlib
import io
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from deflect_api import i18n
from deflect_api.config import Settings
from deflect_api.delivery import outbox, way_to_form
from deflect_api.delivery.work import Done, Handler
from deflect_api.errors import InputError
from deflect_api.intake import follow_ups, tickets
from deflect_api.intake.abuse import limits
from deflect_api.intake.files import attachments
from deflect_api.intake.files.examination import Outcome, Storage, examine
from deflect_api.intake.inbound import absence, bounces, letter, machines, matching, quoting
from deflect_api.intake.inbound.fetching import Store
from deflect_api.intake.inbound.letter import Letter
from deflect_api.store.models import Agent, Comment, JournalEntry, Message, Ticket
from deflect_api.store.second_line import InboundMail
from deflect_api.store.shelf import Snapshot

COMMENT, TICKET, NOTE, FORM = "comment", "ticket", "note", "form"
AUTOMATIC, BOUNCE, LOOP, REPEAT, UNREADABLE = "automatic", "bounce", "loop", "repeat", "unreadable"
OUTCOMES = (COMMENT, TICKET, NOTE, FORM, AUTOMATIC, BOUNCE, LOOP, REPEAT, UNREADABLE)
MOST_AN_HOUR = 20  # from one sender to one request; more is two machines that answer each other
NO_TEXT = "(no text)"


@dataclass(frozen=True)
class Examined:
    """A file of a mail that was looked at, and what became of it."""

    name: str
    size: int
    outcome: Outcome


@dataclass(frozen=True)
class Taking:
    """One mail in hand, with all that deciding needs."""

    session: Session
    row: InboundMail
    letter: Letter
    files: Sequence[Examined]
    settings: Settings
    storage: Storage
    now: datetime

    def ends(self, outcome: str, detail: str = "", ticket: Ticket | None = None) -> None:
        self.row.outcome, self.row.detail = outcome, detail[:500]
        self.row.ticket_id = ticket.id if ticket else self.row.ticket_id


def handler(store: Store, storage: Storage, settings: Settings) -> Handler:
    """Return what the relay calls for a `take_mail` message. A mail that is a defect for us waits for a human, stored."""

    def take(message: Message) -> Done:
        with store.database.read() as session:
            row = session.get(InboundMail, message.payload["mail"])
        if row is None or row.outcome:
            return Done("done before")
        read = letter.read(store.raw(row))
        files = _examined(read, storage) if not (read.problem or _is_machine(read, settings)) else []

        def record(session: Session) -> None:
            mine = session.get(InboundMail, row.id, with_for_update=True)
            if mine is not None and not mine.outcome:
                apply(Taking(session, mine, read, files, settings, storage, store.clock()))

        return Done("taken", record=record)

    return take


def apply(taking: Taking) -> None:
    """Decide what a mail is, and do what follows from it, in the caller's transaction."""
    read, settings = taking.letter, taking.settings
    report = machines.report(read)
    if report:
        taking.ends(BOUNCE, *bounces.note(taking.session, report, settings.support.mail.sender, taking.now))
    elif read.problem:
        taking.ends(UNREADABLE, read.problem)
    elif why := machines.is_automatic(read, settings.support.mail.sender):
        found = _match(taking)
        if found and why != machines.OWN and not _is_loop(taking, found.ticket):
            absence.note(found.ticket, taking.letter, taking.now)
        taking.ends(AUTOMATIC, why, found.ticket if found else None)
    elif _is_repeat(taking):
        taking.ends(REPEAT, "it was taken in before")
    else:
        _from_a_person(taking)


def _from_a_person(taking: Taking) -> None:
    found = _match(taking)
    if found and _is_loop(taking, found.ticket):
        taking.ends(LOOP, "too many in an hour", found.ticket)
    elif found and found.ticket.status != tickets.SUSPECTED and follow_ups.opens_again(found.ticket, taking.now):
        _to_request(taking, found)
    elif client := _of_client(taking):
        _submit(taking, *client)
    elif taking.settings.support.inbound.unknown == "form" and not found:
        _show_way(taking)
    else:
        before = found.ticket if found and found.known else None
        _submit(taking, taking.letter.sender_name, taking.letter.sender, taking.letter.text, before=before)


def _to_request(taking: Taking, found: matching.Match) -> None:
    """A requester's words are theirs; somebody else's are a note that only the team reads, and so are an agent's."""
    session, ticket, read = taking.session, found.ticket, taking.letter
    new, taking.row.quoted = quoting.split(read.text)
    body, agent = new or NO_TEXT, _agent(session, read.sender)
    if found.known and agent is None:
        comment = tickets.add_information(session, ticket, body, taking.now, calendar=taking.settings.support.calendar)
        if not matching.belongs(ticket, read.sender):
            comment.author = read.sender_name or read.sender
        taking.ends(COMMENT, found.how, ticket)
    else:
        by = agent.name if agent else f"{read.sender_name} <{read.sender}>".strip()
        comment = tickets.add_note(session, ticket, by, body, taking.now)
        taking.ends(NOTE, "from an agent" if agent else "the sender does not belong to the request", ticket)
    taking.row.comment_id = comment.id
    _attach(taking, ticket)


def _submit(
    taking: Taking, name: str, email: str, text: str, subject: str = "", by: str = "", before: Ticket | None = None
) -> None:
    """Make a request of a mail. It is marked as not searched, and its sender hears that it arrived."""
    session, settings, read = taking.session, taking.settings, taking.letter
    sender = limits.keyed(settings.secret, limits.MAIL, email.casefold())
    told = limits.take(session, limits.ACKNOWLEDGEMENTS, sender, settings.support.limits, taking.now)
    product, language = (before.product, before.language) if before else ("other", i18n.SOURCE_LANGUAGE)
    draft = tickets.Draft(
        email=email, product=product, subject=(subject or read.subject or "(no subject)")[:300], happened=text or NO_TEXT,
        texts={"name": name}, language=language, searched="no", acknowledged=told,
    )  # fmt: skip
    key = tickets.Key(f"mail:{taking.row.digest}", hashlib.sha256(taking.row.digest.encode()).hexdigest())
    ticket = tickets.submit(session, draft, key, support=settings.support, now=taking.now)
    session.flush()
    if by:
        tickets.note(
            session, ticket, JournalEntry(at=taking.now, actor=by, change="filed", after=email, reason="forwarded by mail")
        )
    if before:
        follow_ups.follows(session, ticket, before, taking.now)
    taking.ends(TICKET, f"filed by {by}" if by else "by mail", ticket)
    _attach(taking, ticket)


def _of_client(taking: Taking) -> tuple[str, str, str, str, str] | None:
    """Read what a colleague sent on: name, address, words and subject of the client, and who sent it."""
    read = taking.letter
    domain = read.sender.rpartition("@")[2].lower()
    is_staff = domain in taking.settings.support.inbound.staff_domains or _agent(taking.session, read.sender) is not None
    client = quoting.forwarded(read.text) if is_staff else None
    if client is None:
        return None
    subject = (
        read.subject.partition(":")[2].strip() if read.subject[:4].lower().startswith(("fw", "tr", "rv", "enc")) else read.subject
    )
    return client[0], client[1], client[2], subject, read.sender


def _show_way(taking: Taking) -> None:
    """Answer with the way to the form, once a day: two machines would answer each other for ever."""
    day = taking.now - timedelta(days=1)
    mine = (
        (func.lower(InboundMail.sender) == taking.letter.sender.lower()) & (InboundMail.outcome == FORM) & (InboundMail.at > day)
    )
    told = taking.session.scalar(select(InboundMail.id).where(mine).limit(1)) is not None
    if not told:
        payload = {"email": taking.letter.sender, "answers": taking.letter.message_id}
        stream = f"mail_in:{taking.row.id}"
        outbox.put(taking.session, outbox.owe(way_to_form.KIND, stream, taking.now, payload=payload))
    taking.ends(FORM, "told before" if told else "answered with the way to the form")


def _attach(taking: Taking, ticket: Ticket) -> None:
    """Give the request the files of the mail, under the form's rules."""
    used = set()
    for file in taking.files:
        coming = attachments.Announced(secrets.token_urlsafe(16), file.name, file.size)
        try:
            row = attachments.announce(taking.session, ticket, coming, limits=taking.storage.limits, now=taking.now)
        except InputError as error:
            taking.row.detail = f"{taking.row.detail}; a file was not taken: {error.detail}"[:500]
            continue
        done = attachments.record(taking.session, row, file.outcome, limits=taking.storage.limits, now=taking.now)
        used.add(done.stored_as if done else "")
    for file in taking.files:
        if file.outcome.stored_as not in used:
            taking.storage.shelf.drop(file.outcome.stored_as)


def _examined(read: Letter, storage: Storage) -> list[Examined]:
    most = attachments.MOST_ROWS * max(storage.limits.most, 1)
    pieces = [piece for piece in read.files if piece.content][:most]
    return [
        Examined(each.name, len(each.content), examine(storage, each.name, Snapshot(io.BytesIO(each.content)))) for each in pieces
    ]


def _is_machine(read: Letter, settings: Settings) -> bool:
    return bool(machines.report(read) or machines.is_automatic(read, settings.support.mail.sender))


def _is_repeat(taking: Taking) -> bool:
    """The same mail by two ways differs in its envelope: the same number, sender and words are the same mail."""
    row = taking.row
    if not row.message_id:
        return False
    alike = (InboundMail.message_id == row.message_id) & (InboundMail.sender == row.sender) & (InboundMail.subject == row.subject)
    for other in taking.session.scalars(select(InboundMail).where(alike, InboundMail.id != row.id, InboundMail.outcome != "")):
        comment = taking.session.get(Comment, other.comment_id) if other.comment_id else None
        ticket = taking.session.get(Ticket, other.ticket_id) if other.ticket_id else None
        words = comment.body if comment else ticket.happened if ticket else None
        if words is not None and words in (quoting.split(taking.letter.text)[0] or NO_TEXT, taking.letter.text or NO_TEXT):
            return True
    return False


def _is_loop(taking: Taking, ticket: Ticket) -> bool:
    since = taking.now - timedelta(hours=1)
    mine = (InboundMail.sender == taking.row.sender) & (InboundMail.ticket_id == ticket.id) & (InboundMail.at > since)
    return (taking.session.scalar(select(func.count(InboundMail.id)).where(mine)) or 0) >= MOST_AN_HOUR


def _match(taking: Taking) -> matching.Match | None:
    settings = taking.settings
    domain = settings.support.mail.sender.rpartition("@")[2]
    return matching.match(taking.session, taking.letter, secret=settings.secret, domain=domain)


def _agent(session: Session, address: str) -> Agent | None:
    return session.scalar(select(Agent).where(func.lower(Agent.email) == address.lower(), Agent.active))
