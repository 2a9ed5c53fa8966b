"""Handing a request to the developers, seen first: what leaves, what was taken out, what may still be a name.

Every step is a form of its own page, so it works without a script; nothing is kept between steps but what the form holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape
from sqlalchemy import select
from sqlalchemy.orm import Session

from deflect_api.connectors import Issue, IssueTracker, open_connector
from deflect_api.connectors.limit import time_limit
from deflect_api.desk.scrubbing import scrub
from deflect_api.desk.second_line import escalation, known_marks
from deflect_api.errors import ConfigError, DeliveryError, InputError
from deflect_api.intake.files import attachments
from deflect_api.store.models import Agent, Comment, Ticket
from deflect_api.store.second_line import Issue as Reported
from deflect_api.store.uploads import KEPT, Upload
from deflect_api.web import desk
from deflect_api.web.parts import parts
from deflect_api.web.requests.status import field_labels
from deflect_api.web.staff import entry

routes = Blueprint("escalate", __name__, url_prefix="/desk")
ADDRESS = "/tickets/<reference>/second-line"
SECONDS = 8.0
LOOK, SEND, SEARCH, LINK = "look", "send", "search", "link"


@dataclass(frozen=True)
class Review:
    """One look at what would leave."""

    ticket: Ticket
    known: scrub.Known
    done: scrub.Scrubbed
    before: tuple[scrub.Replaced, ...]
    files: list[Upload]
    hinted: Sequence[Reported] = ()


@routes.get(ADDRESS)
def show(reference: str) -> ResponseReturnValue:
    return _page(entry.require_agent(), _read(reference, {}, ()))


@routes.post(ADDRESS)
def step(reference: str) -> ResponseReturnValue:
    agent, wanted = entry.require_agent(), request.form.get("step", LOOK)
    texts = {name: request.form.get(name, "") for name in escalation.FIELDS}
    hide = [name for name in (*request.form.getlist("hide"), *request.form.get("more", "").split(",")) if name.strip()]
    try:
        with parts().database.write() as session:
            ticket = entry.ticket_for(session, reference, lock=True)
            review = _review(session, reference, texts, hide)
            if wanted == LINK:
                _link(session, ticket, agent)
            elif wanted == SEND and _may_leave(review, texts):
                _send(session, ticket, review, agent, hide)
            else:
                wanted = SEARCH if wanted == SEARCH else LOOK
    except InputError as error:
        return _page(agent, _read(reference, texts, hide), 422, error=error.detail)
    if wanted in (LINK, SEND):
        parts().wake()
        return desk.go(f"/desk/tickets/{reference}")
    found, told = _search(review) if wanted == SEARCH else ([], "")
    return _page(agent, review, found=found, searched=wanted == SEARCH, told=told, again=request.form.get("step") == SEND)


def _read(reference: str, texts: dict[str, str], hide: Any) -> Review:
    with parts().database.read() as session:
        return _review(session, reference, texts, hide)


def _review(session: Session, reference: str, texts: dict[str, str], hide: Any) -> Review:
    ticket = entry.ticket_for(session, reference)
    staff = [agent.name for agent in session.scalars(select(Agent))]
    said = session.scalars(select(Comment.author).where(Comment.ticket_id == ticket.id, Comment.from_requester)).all()
    known = scrub.known_of(ticket, (*staff, *said), parts().settings.support.escalate.public_hosts)
    first = escalation.scrubbed(escalation.draft_of(ticket, field_labels(ticket)), known, tuple(hide))
    done = escalation.scrubbed(texts, known, tuple(hide)) if texts else first
    kept = [file for file in attachments.of_ticket(session, ticket) if file.state == KEPT]
    return Review(ticket, known, done, first.replaced, kept, known_marks.of_linked(session, ticket))


def _may_leave(review: Review, texts: dict[str, str]) -> bool:
    """It leaves once nothing more was taken out of it, and a person has said that no name is left."""
    settled = all(review.done.texts[name].split() == texts[name].split() for name in escalation.FIELDS)
    return settled and ("read" in request.form or not review.done.names)


def _send(session: Session, ticket: Ticket, review: Review, agent: Agent, hide: list[str]) -> None:
    form, settings = request.form, parts().settings
    chosen = form.getlist("label"), form.getlist("file")
    sending = escalation.Sending(review.done.texts, *chosen, tuple(hide), tell="tell" in form)
    escalation.send(
        session, ticket, sending, entry.agent_in(session, agent), settings=settings.support.escalate, known=review.known,
        url=settings.url, now=parts().clock(), calendar=settings.support.calendar,
    )  # fmt: skip


def _link(session: Session, ticket: Ticket, agent: Agent) -> None:
    number = (request.form.get("number", "").strip() or request.form.get("issue", "")).lstrip("#")
    support, tell = parts().settings.support, "tell" in request.form
    escalation.link_to(
        session, ticket, number, entry.agent_in(session, agent), settings=support.escalate, now=parts().clock(),
        calendar=support.calendar, tell=tell,
    )  # fmt: skip


def _search(review: Review) -> tuple[list[Issue], str]:
    """Look for issues with the scrubbed words. What cannot be reached says so, and the page stays."""
    words = request.form.get("query", "") or review.done.texts["title"]
    clean = scrub.scrub({"t": words}, review.known).texts["t"]
    try:
        tracker = _tracker(review.ticket)
    except ConfigError as error:
        return [], error.detail
    try:
        with time_limit(SECONDS):
            return tracker.search(scrub.PLACEHOLDER.sub(" ", clean)), ""
    except DeliveryError as error:
        return [], error.detail
    finally:
        tracker.close()


def _tracker(ticket: Ticket) -> IssueTracker:
    settings = parts().settings.support.escalate
    repository = settings.repository(ticket.product)
    if not repository:
        raise ConfigError("No repository is set for this product.")
    made: IssueTracker = open_connector(settings.connector, {**settings.settings, "repository": repository}, where="escalate")
    return made


def _page(agent: Agent, review: Review, status: int = 200, **values: Any) -> Response:
    settings, form = parts().settings.support.escalate, request.form
    replaced = list(dict.fromkeys((*review.before, *review.done.replaced)))
    shown = {"error": "", "found": [], "searched": False, "told": "", "again": False, **values}
    return desk.page(
        "escalate.html", status, agent=agent, one=review.ticket, texts=review.done.texts, replaced=replaced,
        marked={name: marked(text, review.done.possible[name]) for name, text in review.done.texts.items() if text},
        names=review.done.names, files=review.files, hinted=_here(review), labels=settings.labels,
        repository=settings.repository(review.ticket.product),
        headings={"title": "Title", **escalation.HEADINGS}, kind_of=escalation.kind_of,
        chosen={"label": form.getlist("label") or _label_of(review.ticket), "file": form.getlist("file")},
        tell="tell" in form or request.method == "GET",
        query=form.get("query", "") or _words(review.done.texts["title"]), hidden=form.getlist("hide"), **shown,
    )  # fmt: skip


def _here(review: Review) -> list[Reported]:
    repository = parts().settings.support.escalate.repository(review.ticket.product)
    return [issue for issue in review.hinted if issue.repository == repository]


def _words(title: str) -> str:
    return " ".join(scrub.PLACEHOLDER.sub(" ", title).split()).strip(": ")


def _label_of(ticket: Ticket) -> list[str]:
    return [{"bug": "bug", "feature request": "enhancement"}.get(ticket.type, "question")]


def marked(text: str, spans: list[tuple[int, int]]) -> Markup:
    """Show a text with what may be a name marked, and what was taken out."""
    out, at = Markup(), 0
    places = [(start, end, "name") for start, end in spans]
    places += [(*match.span(), "gone") for match in scrub.PLACEHOLDER.finditer(text)]
    for start, end, kind in sorted(places):
        out += escape(text[at:start]) + Markup('<mark class="{}">{}</mark>').format(kind, text[start:end])
        at = end
    return out + escape(text[at:])
