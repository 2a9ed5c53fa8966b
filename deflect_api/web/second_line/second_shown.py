"""What a ticket's page shows of the second line: issues, tasks, mails that do not arrive."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from deflect_api.desk import known_issues
from deflect_api.desk.people import access
from deflect_api.desk.second_line import escalation, issue_updates
from deflect_api.errors import Unavailable
from deflect_api.intake import tickets
from deflect_api.store.models import Ticket
from deflect_api.store.second_line import WAITS, Bounce, InboundMail, Task
from deflect_api.web.accounts import identity
from deflect_api.web.parts import parts


@dataclass(frozen=True)
class Concern:
    """Whom a task concerns beside its requester: other requests on the issue, and those who wait for the known issue it is."""

    twins: int
    known: known_issues.Issue | None = None
    followers: int = 0
    requesters: int = 0


@dataclass(frozen=True)
class Shown:
    """Of one ticket, beside its dossier. `concern` is that of each task that waits; `known` are the release's known issues."""

    tasks: list[Task]
    concern: dict[int, "Concern"]
    known: Mapping[str, known_issues.Issue]
    bounces: list[Bounce]
    quoted: dict[int, str]
    may_escalate: bool


def of_ticket(ticket: Ticket) -> Shown:
    """Read what hangs on a ticket."""
    with parts().database.read() as session:
        tasks = list(escalation.tasks_of(session, ticket))
        return Shown(
            tasks=tasks,
            concern={task.id: concern(session, task) for task in tasks if task.state == WAITS},
            known=known(),
            bounces=list(session.scalars(select(Bounce).where(Bounce.ticket_id == ticket.id).order_by(Bounce.id))),
            quoted=_quoted(session, ticket),
            may_escalate=bool(parts().settings.support.escalate.repository(ticket.product))
            and ticket.status != tickets.SUSPECTED,
        )


def twins(session: Session, task: Task) -> Sequence[Task]:
    """List the tasks of other requests that the same thing made, as far as the agent who asks may see them."""
    return issue_updates.twins(session, task, access.visible(identity.reach()))


def concern(session: Session, task: Task) -> Concern:
    """Say whom a task that waits concerns beside its requester. Only a fix is told to those who wait for a known issue."""
    others = twins(session, task)
    issue = known().get(task.issue.article) if task.kind == issue_updates.FIXED else None
    if issue is None or not identity.reach().includes(issue.product):
        return Concern(len(others))
    standing, told = known_issues.standing(session, issue), {task.ticket_id, *(one.ticket_id for one in others)}
    return Concern(len(others), issue, standing.followers, sum(ticket.id not in told for ticket in standing.tickets))


def known() -> Mapping[str, known_issues.Issue]:
    """Return the known issues of the live release by their article; none where nothing was built yet."""
    try:
        return parts().releases.current().issues
    except Unavailable:
        return {}


def _quoted(session: Session, ticket: Ticket) -> dict[int, str]:
    rows = select(InboundMail.comment_id, InboundMail.quoted).where(InboundMail.ticket_id == ticket.id, InboundMail.quoted != "")
    return {comment: quoted for comment, quoted in session.execute(rows) if comment}
