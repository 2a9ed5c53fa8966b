"""The queue: what waits, the most pressing first, and tickets found by filter or by their words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload

from deflect_api.intake import tickets
from deflect_api.store import full_text
from deflect_api.store.desk import CATEGORY, HUB, PARTNER, Tag, TicketTag
from deflect_api.store.models import Agent, Ticket

RANK = {"urgent": 0, "high": 1, "normal": 2, "low": 3}
TO_ANSWER = (tickets.NEW, tickets.OPEN)
RUNNING = (*TO_ANSWER, tickets.ESCALATED)
VIEWS = ("unassigned", "mine", "waiting", "escalated", "overdue", "open", "suspected", "done")
COLUMNS = ("product", "type", "severity", "priority")
MOST_ROWS = 100


@dataclass(frozen=True)
class Asked:
    """What an agent wants to see: one view or words to find (then `view` is empty), narrowed by filters ("hub": "Asia").

    `within` holds what the agent may see at all; every list and every count keeps to it.
    """

    agent: Agent
    now: datetime
    view: str = ""
    words: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    page: int = 1
    within: tuple[ColumnElement[bool], ...] = ()


def rows(session: Session, asked: Asked) -> Sequence[Ticket]:
    """List the tickets asked for, one more than a page holds when there are more."""
    chosen = select(Ticket).options(joinedload(Ticket.assignee)).where(*_narrowed(asked))
    chosen = _found(session, chosen, asked) if asked.words else chosen.where(_in_view(asked)).order_by(*_order(asked.view))
    return session.scalars(chosen.offset((asked.page - 1) * MOST_ROWS).limit(MOST_ROWS + 1)).all()


def counts(session: Session, asked: Asked) -> dict[str, int]:
    """Count the tickets of every view. Filters do not change these: they say what there is to do."""
    each = [func.count(case((condition, 1))) for condition in _views(asked).values()]
    working = (*RUNNING, tickets.PENDING, tickets.SUSPECTED)
    found = session.execute(select(*each).where(Ticket.status.in_(working), *asked.within)).one()
    done = select(func.count(Ticket.id)).where(_done(), *asked.within)
    return {**dict(zip(_views(asked), found, strict=True)), "done": session.scalar(done) or 0}


def is_overdue(ticket: Ticket, now: datetime) -> bool:
    """Tell whether somebody waits longer than was promised. A pending ticket's clock stands still."""
    return ticket.awaiting and ticket.status in RUNNING and ticket.reply_due_at < now


def overdue(now: datetime) -> ColumnElement[bool]:
    return and_(Ticket.awaiting, Ticket.status.in_(RUNNING), Ticket.reply_due_at < now)


def _views(asked: Asked) -> dict[str, ColumnElement[bool]]:
    return {
        "unassigned": and_(Ticket.status.in_(TO_ANSWER), Ticket.assignee_id.is_(None)),
        "mine": and_(Ticket.status.in_(RUNNING), Ticket.assignee_id == asked.agent.id),
        "waiting": Ticket.status == tickets.PENDING,
        "escalated": Ticket.status == tickets.ESCALATED,
        "overdue": overdue(asked.now),
        "open": Ticket.status.in_(TO_ANSWER),
        "suspected": Ticket.status == tickets.SUSPECTED,
    }


def _in_view(asked: Asked) -> ColumnElement[bool]:
    return _views(asked).get(asked.view, _done())


def _done() -> ColumnElement[bool]:
    return Ticket.status.in_((tickets.SOLVED, tickets.CLOSED))


def _order(view: str) -> tuple[Any, ...]:
    if view == "done":
        return (Ticket.id.desc(),)
    return (case(RANK, value=Ticket.priority, else_=len(RANK)), Ticket.awaiting.desc(), Ticket.reply_due_at, Ticket.id)


def _found(session: Session, chosen: Select[Ticket], asked: Asked) -> Select[Ticket]:
    """The ticket whose number was typed comes first, then the newest."""
    matching = full_text.matching(session, asked.words)
    if matching is None:
        return chosen.where(Ticket.id < 0)
    typed = asked.words.strip().lstrip("#")
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0
    return chosen.where(Ticket.id.in_(matching)).order_by((Ticket.id == number).desc(), Ticket.id.desc())


def _narrowed(asked: Asked) -> list[ColumnElement[bool]]:
    conditions = [getattr(Ticket, name) == asked.filters[name] for name in COLUMNS if asked.filters.get(name)]
    conditions += [_tagged(kind, asked.filters[kind]) for kind in (HUB, PARTNER, CATEGORY) if asked.filters.get(kind)]
    return [*conditions, *asked.within]


def _tagged(kind: str, name: str) -> ColumnElement[bool]:
    """A ticket that nobody has tagged yet counts by what its requester wrote."""
    tagged = exists().where(TicketTag.ticket_id == Ticket.id, TicketTag.tag_id == Tag.id, Tag.kind == kind, Tag.name == name)
    return tagged if kind == CATEGORY else or_(tagged, getattr(Ticket, kind) == name)
