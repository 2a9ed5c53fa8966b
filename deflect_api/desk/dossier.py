"""Everything that one ticket's page shows, read in one go. It decides nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from deflect_api.config.support import Support
from deflect_api.desk import asking, known_issues, noted_gaps, similar, tag_suggestions, tags
from deflect_api.desk.asking import Missing
from deflect_api.desk.second_line import escalation
from deflect_api.desk.tags import Offered
from deflect_api.intake import deflection, duplicates, follow_ups, tickets
from deflect_api.intake.abuse import holding
from deflect_api.intake.files import attachments
from deflect_api.intake.reach import EVERYTHING, Reach, may_see
from deflect_api.store.desk import Gap, Relation
from deflect_api.store.models import Message, SessionEvent, Ticket
from deflect_api.store.second_line import Escalation
from deflect_api.store.uploads import KEPT, Upload


@dataclass(frozen=True)
class Near:
    """The tickets that have to do with one."""

    similar: Sequence[Ticket]
    original: Ticket | None
    duplicates: Sequence[Ticket]
    follows: int | None
    followed_by: Sequence[int]


@dataclass(frozen=True)
class Dossier:
    """One ticket with everything an agent needs to see."""

    ticket: Ticket
    history: Sequence[SessionEvent]
    owed: Sequence[Message]
    files: Sequence[Upload]
    held: Sequence[str]
    missing: Sequence[Missing]
    near: Near
    tags: Mapping[str, list[str]]
    lists: Mapping[str, list[Offered]]
    suggested: Mapping[str, list[str]]
    issues: Sequence[str]
    escalations: Sequence[Escalation]
    gaps: Sequence[Gap]


def read(session: Session, reference: str, support: Support, reach: Reach = EVERYTHING) -> Dossier:
    """Gather one ticket's page, with no other ticket that is out of `reach`. Raises NotFound."""
    ticket = tickets.get(session, reference)
    _ = ticket.comments, ticket.journal, ticket.assignee  # read now: the session ends before the page is rendered
    files = attachments.of_ticket(session, ticket)
    lists, put = tags.offered(session, support), tags.on_ticket(session, ticket)
    fitting = tag_suggestions.suggest(session, ticket, lists)
    return Dossier(
        ticket=ticket,
        history=deflection.history(session, ticket.session_id),
        owed=session.scalars(select(Message).where(Message.ticket_id == ticket.id).order_by(Message.id)).all(),
        files=files,
        held=holding.reasons(session, ticket),
        missing=asking.missing(ticket, support, has_files=any(file.state == KEPT for file in files)),
        near=_near(session, ticket, reach),
        tags=put,
        lists=lists,
        suggested={kind: [name for name in names if not put[kind]] for kind, names in fitting.items()},
        issues=known_issues.linked(session, ticket),
        escalations=escalation.of_ticket(session, ticket),
        gaps=noted_gaps.of_ticket(session, ticket),
    )


def rejected(history: Sequence[SessionEvent]) -> set[str]:
    """The articles that the requester has read and does not need again."""
    return {event.article for event in history if event.event == deflection.REJECTED}


def _near(session: Session, ticket: Ticket, reach: Reach) -> Near:
    follows = session.get(Relation, (ticket.id, follow_ups.FOLLOWS))
    later = select(Relation.ticket_id).where(Relation.other_id == ticket.id, Relation.kind == follow_ups.FOLLOWS)
    return Near(
        similar=[each for each in similar.to(session, ticket) if may_see(reach, each)],
        original=duplicates.original_of(session, ticket),
        duplicates=duplicates.of(session, ticket),
        follows=follows.other_id if follows else None,
        followed_by=session.scalars(later.order_by(Relation.ticket_id)).all(),
    )
