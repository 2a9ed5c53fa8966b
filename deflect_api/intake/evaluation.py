"""What an agent makes of a request: product, type, severity by its definition, impact and urgency. The table gives the priority.

Another priority than the table's needs a reason, and the journal keeps it.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from deflect_api.config.support import SEVERITY_OF, Affected, NeededBy, Priority, Severity, Support, Type
from deflect_api.errors import InputError
from deflect_api.intake import tickets, triage, urgent_timer
from deflect_api.store.models import Agent, JournalEntry, Ticket

WORKING_OF = {severity: working for working, severity in SEVERITY_OF.items()}
CHANGES = {"product": "product", "type": "type", "severity": "severity", "affected": "impact", "needed_by": "urgency"}
DEFINITIONS: dict[Severity, str] = {
    "critical": "The production application is down, or a major malfunction makes it inoperative.",
    "significant": "Critical loss: a high number of users cannot perform their normal functions, or a major failure has an "
    "inconvenient workaround or none.",
    "minor": "Moderate loss of function or performance for several users, a minor failure with a convenient workaround, or a "
    "minor slow-down.",
    "low": "Minor loss of function, or cosmetic.",
}


@dataclass(frozen=True)
class Evaluation:
    """One agent's view of a request. `priority` is empty for the table's own; another needs a `reason`."""

    product: str
    type: Type
    severity: Severity
    affected: Affected
    needed_by: NeededBy
    priority: Priority | str = ""
    reason: str = ""


def by_table(given: Evaluation, support: Support) -> Priority:
    """Look the priority up in the table of support.yml."""
    return support.priorities[given.severity][given.affected][triage.COLUMNS.index(given.needed_by)]


def why(given: Evaluation) -> str:
    """Say why the table gives this priority."""
    return triage.reason(triage.Answers(WORKING_OF[given.severity], given.affected, given.needed_by))


def of(ticket: Ticket) -> Evaluation:
    """Return how a ticket is evaluated now, as the table sees it."""
    return Evaluation(ticket.product, ticket.type, ticket.severity, ticket.affected, ticket.needed_by)  # type: ignore[arg-type]


def evaluate(session: Session, ticket: Ticket, given: Evaluation, agent: Agent, *, support: Support, now: datetime) -> None:
    """Keep an evaluation and what follows from it; each change is noted. Raises InputError for an override without a reason."""
    table = by_table(given, support)
    priority, reason = given.priority or table, given.reason.strip()
    is_override = priority != table
    if is_override and not reason:
        told = f"The table gives {table}. Say why it should be {priority}."
        raise InputError(told, {"reason": told})
    for name, change in CHANGES.items():
        _set(session, ticket, name, getattr(given, name), JournalEntry(at=now, actor=agent.email, change=change))
    entry = JournalEntry(at=now, actor=agent.email, change="priority", reason=reason if is_override else why(given))
    if is_override and priority == ticket.priority and reason != ticket.override_reason:
        tickets.note(session, ticket, JournalEntry(at=now, actor=agent.email, change="priority", after=priority, reason=reason))
    _set(session, ticket, "priority", priority, entry)
    ticket.override_reason = reason if is_override else None
    ticket.priority_reason = f"{agent.name}: {reason} (The table gives {table}.)" if is_override else why(given)
    if ticket.status != tickets.SUSPECTED:
        urgent_timer.owe(session, ticket, now)


def _set(session: Session, ticket: Ticket, name: str, value: str, entry: JournalEntry) -> None:
    before = getattr(ticket, name)
    if before == value:
        return
    entry.before, entry.after = before, value
    tickets.note(session, ticket, entry)
    setattr(ticket, name, value)
