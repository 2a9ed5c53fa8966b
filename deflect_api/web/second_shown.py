"""What a ticket's page shows of the second line: issues, tasks, mails that do not arrive. And who may do something about it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from deflect_api.desk import escalation, issue_updates
from deflect_api.errors import NotAllowed
from deflect_api.intake import tickets
from deflect_api.store.models import Agent, Ticket
from deflect_api.store.second_line import WAITS, Bounce, Escalation, InboundMail, Task
from deflect_api.web import guard
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
            twins={task.id: len(issue_updates.twins(session, task)) for task in tasks if task.state == WAITS},
            bounces=list(session.scalars(select(Bounce).where(Bounce.ticket_id == ticket.id).order_by(Bounce.id))),
            quoted=_quoted(session, ticket),
            may_escalate=bool(parts().settings.support.escalate.repository(ticket.product))
            and ticket.status != tickets.SUSPECTED,
        )


def _quoted(session: Session, ticket: Ticket) -> dict[int, str]:
    rows = select(InboundMail.comment_id, InboundMail.quoted).where(InboundMail.ticket_id == ticket.id, InboundMail.quoted != "")
    return {comment: quoted for comment, quoted in session.execute(rows) if comment}


def signed_in() -> Agent | None:
    return guard.agent()


def checked() -> Agent:
    """Return who sent this form. Raises NotAllowed."""
    agent = guard.agent()
    if agent is None:
        raise NotAllowed("You were signed out. Sign in, go back and send again: your text is still there.")
    guard.check_form_token()
    return agent


def added(values: dict[str, Any]) -> dict[str, Any]:
    """Add to a page's values what it shows of the second line, when it is a ticket's page."""
    ticket = values.get("ticket")
    return {"second": of_ticket(ticket)} if isinstance(ticket, Ticket) else {}
