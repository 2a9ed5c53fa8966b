"""What a ticket's page shows of the second line: issues, tasks, mails that do not arrive."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from deflect_api.desk import access, escalation, issue_updates
from deflect_api.intake import tickets
from deflect_api.store.models import Ticket
from deflect_api.store.second_line import WAITS, Bounce, Escalation, InboundMail, Task
from deflect_api.web import identity
from deflect_api.web.parts import parts


@dataclass(frozen=True)
class Shown:
    """Of one ticket. `twins` says for each task how many other requests the same thing concerns."""

    escalations: list[Escalation]
    tasks: list[Task]
    twins: dict[int, int]
    bounces: list[Bounce]
    quoted: dict[int, str]
    may_escalate: bool


def of_ticket(ticket: Ticket) -> Shown:
    """Read what hangs on a ticket."""
    with parts().database.read() as session:
        tasks = list(escalation.tasks_of(session, ticket))
        return Shown(
            escalations=list(escalation.of_ticket(session, ticket)),
            tasks=tasks,
            twins={task.id: len(twins(session, task)) for task in tasks if task.state == WAITS},
            bounces=list(session.scalars(select(Bounce).where(Bounce.ticket_id == ticket.id).order_by(Bounce.id))),
            quoted=_quoted(session, ticket),
            may_escalate=bool(parts().settings.support.escalate.repository(ticket.product))
            and ticket.status != tickets.SUSPECTED,
        )


def twins(session: Session, task: Task) -> Sequence[Task]:
    """List the tasks of other requests that the same thing made, as far as the agent who asks may see them."""
    return issue_updates.twins(session, task, access.visible(identity.reach()))


def _quoted(session: Session, ticket: Ticket) -> dict[int, str]:
    rows = select(InboundMail.comment_id, InboundMail.quoted).where(InboundMail.ticket_id == ticket.id, InboundMail.quoted != "")
    return {comment: quoted for comment, quoted in session.execute(rows) if comment}
