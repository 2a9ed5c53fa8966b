"""The queue's pages: views, filters, and tickets found by their words. What is looked for is posted: it stands in no address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from deflect_api.desk import asking, queue, tags
from deflect_api.desk.people import access
from deflect_api.intake import deflection
from deflect_api.store.desk import CATEGORY, HUB, PARTNER
from deflect_api.store.models import Agent, SessionEvent, Ticket
from deflect_api.web import desk
from deflect_api.web.accounts import identity
from deflect_api.web.parts import parts
from deflect_api.web.schemas import OTHER
from deflect_api.web.staff import entry

FILTERS = (*queue.COLUMNS, HUB, PARTNER, CATEGORY)
FIRST_VIEW = "unassigned"
LONGEST_WORDS = 300


@dataclass(frozen=True)
class Row:
    """A line of the queue. `hint` says what the requester read and what is missing."""

    ticket: Ticket
    tags: Sequence[str]
    read: int
    rejected: int
    missing: int
    is_overdue: bool


@entry.pages.get("/")
def home() -> ResponseReturnValue:
    agent = identity.agent()
    if agent is None:
        return desk.page("sign_in.html", email="", error="")
    view = request.args.get("view", FIRST_VIEW)
    return _page(asked(agent, request.args, view=view if view in queue.VIEWS else FIRST_VIEW))


@entry.pages.post("/search")
def search() -> ResponseReturnValue:
    agent = entry.require_agent()
    words = request.form.get("words", "")[:LONGEST_WORDS]
    return _page(asked(agent, request.form, words=words.strip() or " "))


def asked(agent: Agent, given: Mapping[str, Any], *, view: str = "", words: str = "") -> queue.Asked:
    """Read filters and page as they were sent."""
    filters = {name: str(given[name])[:LONGEST_WORDS] for name in FILTERS if given.get(name)}
    page = str(given.get("page", "1"))
    number = int(page) if page.isascii() and page.isdigit() and 0 < len(page) < 6 else 1
    return queue.Asked(agent, parts().clock(), view, words, filters, max(number, 1), (access.visible(identity.reach()),))


def found(session: Session, wanted: queue.Asked) -> tuple[list[Row], bool]:
    """Return the rows of a page, and whether there are more."""
    rows = queue.rows(session, wanted)
    shown = rows[: queue.MOST_ROWS]
    tagged = tags.on_tickets(session, [ticket.id for ticket in shown])
    read = _read(session, shown)
    return [_row(ticket, tagged, read, wanted) for ticket in shown], len(rows) > len(shown)


def _page(wanted: queue.Asked) -> Response:
    support = parts().settings.support
    with parts().database.read() as session:
        rows, more = found(session, wanted)
        counts = queue.counts(session, wanted)
        lists = tags.offered(session, support)
    return entry.show(
        "queue.html",
        rows=rows, counts=counts, view=wanted.view, words=wanted.words.strip(), filters=wanted.filters, page=wanted.page,
        more=more, lists=lists, products=support.products, other=OTHER, address=_address(wanted),
        next=_address(replace(wanted, page=wanted.page + 1)), me=wanted.agent,
    )  # fmt: skip


def _address(wanted: queue.Asked) -> str:
    """The address of a view. A search has none: its words would stand in it."""
    page = {"page": str(wanted.page)} if wanted.page > 1 else {}
    return "/desk/?" + urlencode({"view": wanted.view, **wanted.filters, **page}) if wanted.view else ""


def _row(ticket: Ticket, tagged: Mapping[int, list[str]], read: Mapping[str, tuple[int, int]], wanted: queue.Asked) -> Row:
    opened, rejected = read.get(ticket.session_id, (0, 0))
    lacking = len(asking.missing(ticket, parts().settings.support, has_files=True)) if wanted.view != "done" else 0
    return Row(ticket, tagged.get(ticket.id, ()), opened, rejected, lacking, queue.is_overdue(ticket, wanted.now))


def _read(session: Session, shown: Sequence[Ticket]) -> dict[str, tuple[int, int]]:
    """Count the articles that each requester opened and rejected."""
    ids = {ticket.session_id for ticket in shown if ticket.session_id}
    kinds = (deflection.OPENED, deflection.REJECTED)
    each = (
        select(SessionEvent.session_id, SessionEvent.event, func.count(SessionEvent.article.distinct()))
        .where(SessionEvent.session_id.in_(ids), SessionEvent.event.in_(kinds))
        .group_by(SessionEvent.session_id, SessionEvent.event)
    )
    counted = {(session_id, event): number for session_id, event, number in session.execute(each)}
    return {each: (counted.get((each, kinds[0]), 0), counted.get((each, kinds[1]), 0)) for each in ids}
