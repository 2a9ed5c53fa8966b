"""What the developers did, brought to every request that hangs on the issue: as a task for an agent, never as a mail.

Each thing becomes one task, however often it is told; what comes late changes nothing that is newer.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from deflect_api import i18n
from deflect_api.config.support import Calendar
from deflect_api.delivery import outbox
from deflect_api.delivery.work import Done, Handler
from deflect_api.desk import answering, known_issues
from deflect_api.errors import InputError
from deflect_api.i18n import said
from deflect_api.intake import tickets
from deflect_api.intake.inbound import github_events
from deflect_api.intake.inbound.github_events import IssueEvent
from deflect_api.store.db import wait_for_name
from deflect_api.store.desk import IssueLink
from deflect_api.store.models import Agent, JournalEntry, Message, Ticket
from deflect_api.store.second_line import CLOSED, DELETED, DISMISSED, OVERTAKEN, SENT, WAITS, Escalation, Issue, Task

KIND = "hook_event"
ACTOR = "developers"
FIXED, NOT_PLANNED, WORKAROUND, NEWS, REOPENED, GONE = "fixed", "not planned", "workaround", "news", "reopened", "deleted"
DRAFTS = {
    FIXED: said("Our developers have fixed this. Tell us if you still see it."),
    NOT_PLANNED: said("Our developers looked at this and do not plan to change it. Tell us if it keeps you from your work."),
    WORKAROUND: said("Our developers work on this. Until then, there is a way around it:"),
    NEWS: said("There is news from our developers:"),
    REOPENED: said("This is not fixed after all. Our developers look at it again."),
    GONE: "",
}
FIXED_IN = said("Our developers have fixed this. The fix is in version %(version)s.")
KINDS = (FIXED, NOT_PLANNED, WORKAROUND, NEWS, REOPENED, GONE)
_WAY_AROUND = re.compile(r"work[ -]?around|in the meantime|for now|meanwhile|until then|contournement|mientras|enquanto", re.I)


def handler(clock: Callable[[], datetime]) -> Handler:
    """Return what the relay calls for a `hook_event` message."""

    def note(message: Message) -> Done:
        event = github_events.read(message.payload["event"], message.payload.get("body"))
        if event is None:
            return Done("about nothing that we follow")

        def record(session: Session) -> None:
            apply(session, event, now=clock())
            row = session.get(Message, message.id)
            if row is not None:  # what others wrote there is not kept longer than it is needed
                row.payload = {"event": message.payload["event"]}

        return Done(f"{event.action} {event.repository}#{event.number}", record=record)

    return note


def apply(session: Session, event: IssueEvent, *, now: datetime) -> None:
    """Bring one event to the issue and to its requests, in the caller's transaction."""
    wait_for_name(session, f"issue:{event.repository}")
    issue = _find(session, event, now)
    if issue is None or event.ours:
        return
    late = issue.seen_at is not None and event.at < issue.seen_at
    if event.comment:
        _commented(session, issue, event, now)
    elif event.action == "transferred" and event.moved_to:
        _moved(session, issue, event, now)
    elif event.action == "deleted":
        _set_state(session, issue, DELETED, event, now)
        _tell(session, issue, GONE, f"deleted:{event.at.isoformat()}", now)
    if late or issue.state == DELETED or event.action in ("transferred", "deleted"):
        return
    _reflect(session, issue, event, now)
    issue.seen_at = event.at


def _find(session: Session, event: IssueEvent, now: datetime) -> Issue | None:
    """Find the issue; one that carries our mark is ours even before we heard that it was made."""
    here = (Issue.repository == event.repository) & (Issue.number == event.number)
    issue = session.scalar(select(Issue).where(here).with_for_update())
    if issue is not None or not event.marks:
        return issue
    made = session.scalar(select(Escalation).where(Escalation.marker.in_(event.marks), Escalation.repository == event.repository))
    if made is None or made.issue_id is not None:
        return None
    issue = Issue(repository=event.repository, number=event.number, url=event.url, title=event.title, labels=[])
    session.add(issue)
    made.issue = issue
    session.flush()
    tickets.note(session, made.ticket, JournalEntry(at=now, actor=made.by, change="issue", after=issue.url))
    return issue


def _reflect(session: Session, issue: Issue, event: IssueEvent, now: datetime) -> None:
    issue.title, issue.url, issue.milestone = event.title or issue.title, event.url or issue.url, event.milestone
    if list(event.labels) != issue.labels:
        _note(session, issue, now, "labels", ", ".join(issue.labels), ", ".join(event.labels))
        issue.labels = list(event.labels)
    if event.state == issue.state:
        return
    _set_state(session, issue, event.state, event, now)
    if event.state == CLOSED:
        _overtake(session, issue, (REOPENED,), now)
        kind = NOT_PLANNED if event.state_reason in ("not_planned", "duplicate") else FIXED
        _tell(session, issue, kind, f"closed:{event.changed_at}", now)
    else:
        _opened_again(session, issue, event, now)


def _opened_again(session: Session, issue: Issue, event: IssueEvent, now: datetime) -> None:
    """What nobody was told yet is overtaken; who was told that it is over hears that it is not, and waits again."""
    over = (Task.issue_id == issue.id) & Task.kind.in_((FIXED, NOT_PLANNED))
    told = set(session.scalars(select(Task.ticket_id).where(over, Task.state == SENT)))
    known = (IssueLink.article == issue.article) & (IssueLink.article != "") & IssueLink.told_at.is_not(None)
    told |= set(session.scalars(select(IssueLink.ticket_id).where(known)))
    session.execute(update(IssueLink).where(known).values(told_at=None))
    _overtake(session, issue, (FIXED, NOT_PLANNED), now)
    about = session.scalars(select(Ticket).where(Ticket.id.in_(told)).order_by(Ticket.id)).all()
    _tell(session, issue, REOPENED, f"reopened:{event.at.isoformat()}", now, about=about)


def _overtake(session: Session, issue: Issue, kinds: tuple[str, ...], now: datetime) -> None:
    waits = (Task.issue_id == issue.id) & Task.kind.in_(kinds) & (Task.state == WAITS)
    session.execute(update(Task).where(waits).values(state=OVERTAKEN, done_at=now))


def _commented(session: Session, issue: Issue, event: IssueEvent, now: datetime) -> None:
    source = f"comment:{event.comment}"
    waits = (Task.issue_id == issue.id) & (Task.source == source) & (Task.state == WAITS)
    if event.action == "comment deleted" or not event.said:
        session.execute(update(Task).where(waits).values(state=OVERTAKEN, done_at=now))
        return
    kind = WORKAROUND if _WAY_AROUND.search(event.said) else NEWS
    _tell(session, issue, kind, source, now, written=event.said)
    if event.action == "comment edited":
        for task in session.scalars(select(Task).where(waits)):
            task.kind, task.draft = kind, draft(kind, task.ticket.language, issue, event.said)


def _moved(session: Session, issue: Issue, event: IssueEvent, now: datetime) -> None:
    """Follow an issue to where it went; when it is known there already, its requests hang on that one now."""
    repository, number, url = event.moved_to or ("", 0, "")
    _note(session, issue, now, "issue moved", issue.url, url)
    there = session.scalar(select(Issue).where(Issue.repository == repository, Issue.number == number))
    if there is None:
        issue.repository, issue.number, issue.url, issue.seen_at = repository, number, url, None
        return
    there.article = there.article or issue.article
    for table in (Escalation, Task):
        session.execute(update(table).where(table.issue_id == issue.id).values(issue_id=there.id))


def _set_state(session: Session, issue: Issue, state: str, event: IssueEvent, now: datetime) -> None:
    _note(session, issue, now, "issue state", issue.state, f"{state} {event.state_reason}".strip())
    issue.state, issue.state_reason = state, event.state_reason if state == CLOSED else ""


def requests_of(session: Session, issue: Issue) -> Sequence[Ticket]:
    """List the requests that hang on an issue."""
    hangs = select(Escalation.ticket_id).where(Escalation.issue_id == issue.id)
    return session.scalars(select(Ticket).where(Ticket.id.in_(hangs)).order_by(Ticket.id)).all()


def _note(session: Session, issue: Issue, now: datetime, change: str, before: str, after: str) -> None:
    for ticket in requests_of(session, issue):
        tickets.note(session, ticket, JournalEntry(at=now, actor=ACTOR, change=change, before=before, after=after))


def _tell(
    session: Session, issue: Issue, kind: str, source: str, now: datetime, *, written: str = "",
    about: Sequence[Ticket] | None = None,
) -> None:  # fmt: skip
    session.flush()
    known = set(session.scalars(select(Task.ticket_id).where(Task.issue_id == issue.id, Task.source == source[:200])))
    for ticket in requests_of(session, issue) if about is None else about:
        if ticket.id not in known:
            words = draft(kind, ticket.language, issue, written)
            session.add(Task(ticket_id=ticket.id, issue_id=issue.id, source=source[:200], kind=kind, draft=words, at=now))
    session.flush()


def draft(kind: str, language: str, issue: Issue, written: str = "") -> str:
    """Write the message that an agent sends or edits, in the language of whoever gets it."""
    words = FIXED_IN if kind == FIXED and issue.milestone else DRAFTS[kind]
    told = i18n.say(words, i18n.choose(language)) % {"version": issue.milestone}
    return "\n\n".join(part for part in (told, written if kind in (WORKAROUND, NEWS) else "") if part)


def waiting(session: Session, within: ColumnElement[bool], most: int = 100) -> Sequence[Task]:
    """List what waits for an agent, oldest first, one task of each thing; `within` says which requests the agent may see."""
    first = select(func.min(Task.id)).join(Ticket, Ticket.id == Task.ticket_id).where(Task.state == WAITS, within)
    each = select(Task).where(Task.id.in_(first.group_by(Task.issue_id, Task.source)))
    found = session.scalars(each.order_by(Task.id).limit(most)).all()
    _ = [(task.issue, task.ticket) for task in found]
    return found


def twins(session: Session, task: Task, within: ColumnElement[bool]) -> Sequence[Task]:
    """List the tasks of other requests that the same thing made; `within` says which requests the agent may see."""
    same = (Task.issue_id == task.issue_id) & (Task.source == task.source) & (Task.state == WAITS) & (Task.id != task.id)
    visible = select(Task).join(Ticket, Ticket.id == Task.ticket_id).where(same, within)
    return session.scalars(visible.order_by(Task.id)).all()


def send(
    session: Session, task: Task, body: str, agent: Agent, *, now: datetime, calendar: Calendar, solve: bool = False
) -> None:  # fmt: skip
    """Mail the message, as the agent left it, to the requester of one task. Raises InputError when it is done already."""
    if task.state != WAITS:
        raise InputError("Somebody has done this already.", {"body": "Done already."})
    given = answering.Answer(body, public=True, status=tickets.SOLVED if solve else "", template="" if solve else "update")
    answering.answer(session, task.ticket, given, agent, now=now, calendar=calendar)
    if not solve and task.kind == REOPENED:
        tickets.change_status(session, task.ticket, tickets.ESCALATED, actor=agent.email, now=now, calendar=calendar)
    _done(task, SENT, agent, now)
    if task.kind == FIXED and task.issue.article:
        known_issues.heard(session, task.ticket, task.issue.article, agent, now)


def dismiss(session: Session, task: Task, agent: Agent, now: datetime) -> None:
    """Leave it: the requester is told nothing."""
    if task.state == WAITS:
        _done(task, DISMISSED, agent, now)
        tickets.note(session, task.ticket, JournalEntry(at=now, actor=agent.email, change="update not sent", before=task.kind))


def _done(task: Task, state: str, agent: Agent, now: datetime) -> None:
    task.state, task.done_by, task.done_at = state, agent.email, now


def owe(session: Session, event: str, body: object, *, stream: str, now: datetime) -> None:
    """Owe the reading of a hook's delivery; those of one issue are read in the order they came."""
    outbox.put(session, outbox.owe(KIND, stream[:120], now, payload={"event": event, "body": body}))
