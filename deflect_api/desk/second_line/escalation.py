"""Handing a request to the developers: a draft by their template, scrubbed, reviewed by an agent, owed once through the outbox.

What leaves was scrubbed last of all, after everything that a person changed.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from deflect_api.config.second_line import Escalate
from deflect_api.config.support import Calendar
from deflect_api.delivery import outbox
from deflect_api.desk.scrubbing import scrub
from deflect_api.errors import InputError
from deflect_api.intake import tickets
from deflect_api.store.models import Agent, JournalEntry, Ticket
from deflect_api.store.second_line import Escalation, Issue, Task
from deflect_api.store.uploads import KEPT, Upload

KIND = "escalate"
FIELDS = ("title", "actual", "expected", "steps", "version", "device")
HEADINGS = {"actual": "What happens", "expected": "What was expected", "steps": "Steps", "version": "Version", "device": "Device"}
VERSIONS = ("version", "app_version", "instance", "form_id", "page", "item")
LONGEST_TITLE = 200
MOST_LETTERS = 60_000  # GitHub takes 65,536
NOT_SAID = "not said"


@dataclass(frozen=True)
class Sending:
    """What an agent reviewed: the texts of the template, labels, the files chosen one by one, and further names to take out."""

    texts: Mapping[str, str]
    labels: Sequence[str] = ()
    files: Sequence[str] = ()
    hide: Sequence[str] = ()
    tell: bool = False


def draft_of(ticket: Ticket, labels: Mapping[str, str]) -> dict[str, str]:
    """Fill the developers' template from a request, before anything is taken out. `labels` name the product's fields."""
    context = {name: str(value) for name, value in ticket.context.items() if value}
    device = {name: str(value) for name, value in ticket.device.items() if value}
    return {
        "title": ticket.subject,
        "actual": "\n\n".join(text for text in (ticket.happened, ticket.doing and f"While: {ticket.doing}") if text),
        "expected": ticket.expected,
        "steps": ticket.steps,
        "version": "\n".join(f"{labels.get(name, name)}: {value}" for name, value in context.items()),
        "device": "\n".join(f"{labels.get(name, name)}: {value}" for name, value in device.items()),
    }


def scrubbed(texts: Mapping[str, str], known: scrub.Known, hide: Sequence[str] = ()) -> scrub.Scrubbed:
    """Scrub the texts of the template together."""
    return scrub.scrub({name: texts.get(name, "") for name in FIELDS}, known, hide)


def body_of(sending: Sending, ticket: Ticket, link: str, files: Sequence[Upload] = ()) -> str:
    """Write the issue's body in Markdown. Nothing that a person typed becomes a mention, a link to an issue, or markup."""
    parts = [f"### {HEADINGS[name]}\n\n{harmless(sending.texts.get(name, '')) or NOT_SAID}" for name in HEADINGS]
    facts = f"Type: {ticket.type}. Severity: {ticket.severity}. Affected: {ticket.affected}. Priority: {ticket.priority}."
    parts.insert(0, facts)
    if files:
        lines = [f"{at}. [{kind_of(file)}]({link}/files/{file.id})" for at, file in enumerate(files, 1)]
        parts.append("### Files\n\nOnly the support team can open them.\n\n" + "\n".join(lines))
    parts.append(f"---\n[The request at the desk]({link}), which only the support team can open.")
    return "\n\n".join(parts)[:MOST_LETTERS]


def kind_of(file: Upload) -> str:
    """Say what a file is without its name, which may hold anything."""
    return f"{file.media_type or 'a file'}, {max(1, round(file.size / 1000))} KB"


def harmless(text: str) -> str:
    """Keep what people typed from mentioning anybody, pointing at issues, or being markup."""
    plain = text.replace("\x00", "").replace("\r", "").replace("&", "&amp;").replace("<", "&lt;").strip()
    quiet = re.sub(r"([@#])(?=\w)", "\\1\u200b", plain)
    return re.sub(r"(?m)^(\s*)(#{1,6}\s|>|-{3,}|={3,}|```)", r"\1\\\2", quiet.replace("![", "!\\["))


def files_of(session: Session, ticket: Ticket, chosen: Sequence[str]) -> list[Upload]:
    """List the chosen files of this very request."""
    kept = select(Upload).where(Upload.ticket_id == ticket.id, Upload.state == KEPT, Upload.id.in_(chosen))
    return list(session.scalars(kept.order_by(Upload.created_at, Upload.id)))


def send(
    session: Session, ticket: Ticket, sending: Sending, agent: Agent, *, settings: Escalate, known: scrub.Known, url: str,
    now: datetime, calendar: Calendar,
) -> Escalation:  # fmt: skip
    """Owe the issue, and escalate the request, in the caller's transaction. Raises InputError."""
    repository = _repository(settings, ticket)
    if not sending.texts.get("title", "").strip() or not sending.texts.get("actual", "").strip():
        told = "An issue needs a title and what happens."
        raise InputError(told, {"title": told})
    if _is_owed(session, ticket, repository):
        raise InputError("An issue is on its way already. Look at it under “Developers”.", {"title": "Already owed."})
    link = f"{url}/desk/tickets/{ticket.reference}"
    whole = {
        "title": harmless(sending.texts["title"]),
        "body": body_of(sending, ticket, link, files_of(session, ticket, sending.files)),
    }
    own = scrub.Known(known.people, (*known.keep, link), (*known.public, _host(url)))
    last = scrub.scrub(whole, own, sending.hide).texts
    made = Escalation(
        ticket_id=ticket.id, marker=secrets.token_hex(12), repository=repository,
        title=" ".join(last["title"].split())[:LONGEST_TITLE], body=last["body"],
        labels=[label for label in sending.labels if label in settings.labels], by=agent.email, at=now,
    )  # fmt: skip
    _owe(session, made, agent, now, calendar=calendar, tell=sending.tell)
    return made


def link_to(
    session: Session, ticket: Ticket, number: str, agent: Agent, *, settings: Escalate, now: datetime, calendar: Calendar,
    tell: bool = False,
) -> Escalation:  # fmt: skip
    """Hang a request on an issue that there is already. Raises InputError."""
    if not re.fullmatch(r"[0-9]{1,9}", number):
        told = "Write the number of the issue, such as 2187."
        raise InputError(told, {"number": told})
    repository = _repository(settings, ticket)
    made = Escalation(
        ticket_id=ticket.id, marker=secrets.token_hex(12), repository=repository, known_number=number, by=agent.email, at=now,
        labels=[],
    )  # fmt: skip
    _owe(session, made, agent, now, calendar=calendar, tell=tell)
    return made


def of_ticket(session: Session, ticket: Ticket) -> Sequence[Escalation]:
    """List what was handed to the developers for a request, oldest first."""
    found = session.scalars(select(Escalation).where(Escalation.ticket_id == ticket.id).order_by(Escalation.id)).all()
    _ = [one.issue for one in found]
    return found


def tasks_of(session: Session, ticket: Ticket) -> Sequence[Task]:
    found = session.scalars(select(Task).where(Task.ticket_id == ticket.id).order_by(Task.id)).all()
    _ = [one.issue for one in found]
    return found


def record(session: Session, made: Escalation, issue: Issue, now: datetime) -> None:
    """Note the issue that an escalation became."""
    row = session.get(Escalation, made.id)
    if row is not None and row.issue_id is None:
        row.issue = issue
        change = "linked to issue" if row.known_number else "issue"
        tickets.note(session, row.ticket, JournalEntry(at=now, actor=row.by, change=change, after=issue.url))


def _owe(session: Session, made: Escalation, agent: Agent, now: datetime, *, calendar: Calendar, tell: bool) -> None:
    session.add(made)
    session.flush()
    ticket = made.ticket
    outbox.put(
        session, outbox.owe(KIND, f"escalate:{made.repository}", now, ticket_id=ticket.id, payload={"escalation": made.id})
    )
    tickets.change_status(session, ticket, tickets.ESCALATED, actor=agent.email, now=now, calendar=calendar)
    tickets.note(session, ticket, JournalEntry(at=now, actor=agent.email, change="escalated", after=made.repository))
    if tell:
        tickets.owe_mail(session, ticket, now, template="escalated")


def _is_owed(session: Session, ticket: Ticket, repository: str) -> bool:
    mine = (Escalation.ticket_id == ticket.id) & (Escalation.repository == repository) & (Escalation.known_number == "")
    return session.scalar(select(Escalation.id).where(mine, Escalation.issue_id.is_(None)).limit(1)) is not None


def _repository(settings: Escalate, ticket: Ticket) -> str:
    repository = settings.repository(ticket.product)
    if not repository:
        raise InputError("No repository is set for this product. Set escalate.repositories.", {"title": "No repository."})
    return repository


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].partition(":")[0]
