"""An issue of the developers that is a known issue: who waits for the one waits for the other, and one message tells all."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from deflect_api.config.support import Calendar
from deflect_api.desk import known_issues
from deflect_api.desk.second_line import escalation, issue_updates
from deflect_api.errors import NotFound
from deflect_api.intake import tickets
from deflect_api.store.desk import Fix, IssueLink
from deflect_api.store.models import Agent, JournalEntry, Ticket
from deflect_api.store.second_line import CLOSED, SENT, Issue, Task

MARKED, UNMARKED = "issue is known", "issue is not known"


def name_of(issue: Issue) -> str:
    """Name an issue as developers do, such as akvo/akvo-flow#2187."""
    return f"{issue.repository}#{issue.number}"


def find(session: Session, ticket: Ticket, name: str) -> Issue:
    """Find an issue that a request hangs on, by its name. Raises NotFound."""
    hangs = [made.issue for made in escalation.of_ticket(session, ticket) if made.issue]
    found = next((issue for issue in hangs if name_of(issue).lower() == name.strip().lower()), None)
    if found is None:
        raise NotFound("This request hangs on no such issue.")
    return found


def of_linked(session: Session, ticket: Ticket) -> Sequence[Issue]:
    """List the issues that are known issues which a request was linked to: it may hang on one of them."""
    linked = known_issues.linked(session, ticket)
    return session.scalars(select(Issue).where(Issue.article.in_(linked)).order_by(Issue.id.desc())).all()


def mark(session: Session, issue: Issue, known: known_issues.Issue, agent: Agent, now: datetime) -> None:
    """Say that an issue is a known issue: its fix is told to those who follow that one."""
    if issue.article == known.article:
        return
    before, issue.article = issue.article, known.article
    _note(session, issue, agent, now, change=MARKED, before=before, after=known.article)
    if issue.state == CLOSED:  # who was told of the end already does not wait for it
        done = (Task.issue_id == issue.id) & (Task.kind == issue_updates.FIXED) & (Task.state == SENT)
        for ticket in session.scalars(select(Ticket).join(Task, Task.ticket_id == Ticket.id).where(done)).unique():
            if session.get(IssueLink, (ticket.id, known.article)) is None:
                known_issues.heard(session, ticket, known.article, agent, now)


def unmark(session: Session, issue: Issue, agent: Agent, now: datetime) -> None:
    """Say that it is none after all. What was linked by hand stays linked."""
    before, issue.article = issue.article, ""
    if before:
        _note(session, issue, agent, now, change=UNMARKED, before=before)


def tell(
    session: Session, task: Task, known: known_issues.Issue, body: str, agent: Agent, *, told: Sequence[Ticket], solve: bool,
    now: datetime, calendar: Calendar,
) -> Fix:  # fmt: skip
    """Send the message of a task, as the agent left it, to all others who wait. `told` have it already.

    A draft that was not changed is given to each in their own language.
    """
    same = body.strip() == task.draft.strip()
    spoken = (lambda language: issue_updates.draft(task.kind, language, task.issue)) if same else None
    return known_issues.tell(session, known, body, agent, now=now, calendar=calendar, told=told, spoken=spoken, solve=solve)


def _note(session: Session, issue: Issue, agent: Agent, now: datetime, **what: str) -> None:
    for ticket in issue_updates.requests_of(session, issue):
        tickets.note(session, ticket, JournalEntry(at=now, actor=agent.email, **what))
