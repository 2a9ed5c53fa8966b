"""The desk's pages: sign in, queue, one ticket, answer it. Each form carries a token that another site cannot know."""

from datetime import timedelta
from importlib.resources import files
from typing import Any, cast

from flask import Blueprint, Response, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from deflect_api.desk import accounts, queue
from deflect_api.errors import InputError, NotFound
from deflect_api.intake import holding, tickets
from deflect_api.store.models import Agent, Ticket
from deflect_api.web import attached, guard, second_shown
from deflect_api.web.pages import content_security_policy
from deflect_api.web.parts import parts
from deflect_api.web.status import field_labels

routes = Blueprint("desk", __name__, url_prefix="/desk")


@routes.get("/")
def home() -> ResponseReturnValue:
    agent = guard.agent()
    if agent is None:
        return page("sign_in.html", email="", error="")
    view = request.args.get("view", "open")
    with parts().database.read() as session:
        rows = queue.rows(session, view if view in queue.VIEWS else "open")
        counts = queue.counts(session)
        _ = [ticket.assignee for ticket in rows]
    return page("queue.html", agent=agent, rows=rows, counts=counts, view=view, now=parts().clock())


@routes.post("/sign-in")
def sign_in() -> ResponseReturnValue:
    email, password = request.form.get("email", ""), request.form.get("password", "")
    with parts().database.write() as session:
        token = accounts.sign_in(session, email, password, parts().clock())
    if token is None:
        return page(
            "sign_in.html", 403, email=email, error="Address and password do not belong together. Check both and try again."
        )
    response = go("/desk/")
    secure = parts().settings.url.startswith("https://")
    response.set_cookie(guard.COOKIE, token, httponly=True, samesite="Lax", secure=secure, path="/desk")
    return response


@routes.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    guard.check_form_token()
    with parts().database.write() as session:
        accounts.sign_out(session, request.cookies.get(guard.COOKIE, ""))
    response = go("/desk/")
    response.delete_cookie(guard.COOKIE, path="/desk")
    return response


@routes.get("/tickets/<reference>")
def ticket(reference: str) -> ResponseReturnValue:
    agent = guard.agent()
    return _ticket_page(agent, reference) if agent else go("/desk/")


@routes.post("/tickets/<reference>/reply")
def reply(reference: str) -> ResponseReturnValue:
    body, public, status = request.form.get("body", ""), request.form.get("kind") != "note", request.form.get("status", "")

    def act(session: Session, found: Ticket, agent: Agent) -> None:
        tickets.reply(session, found, agent, body, public=public, now=parts().clock(), status=status)

    return _act(reference, act, typed=body)


@routes.post("/tickets/<reference>/take")
def take(reference: str) -> ResponseReturnValue:
    return _act(reference, lambda session, found, agent: tickets.take(session, found, agent, parts().clock()))


@routes.post("/tickets/<reference>/status")
def status(reference: str) -> ResponseReturnValue:
    wanted = request.form.get("status", "")
    return _act(
        reference,
        lambda session, found, agent: tickets.change_status(session, found, wanted, actor=agent.email, now=parts().clock()),
    )


@routes.post("/tickets/<reference>/real")
def real(reference: str) -> ResponseReturnValue:
    return _act(reference, lambda session, found, agent: holding.real(session, found, agent, parts().clock()))


@routes.post("/tickets/<reference>/spam")
def spam(reference: str) -> ResponseReturnValue:
    keep = timedelta(days=parts().settings.support.limits.spam_days)
    return _act(reference, lambda session, found, agent: holding.spam(session, found, agent, parts().clock(), keep=keep))


def _act(reference: str, act: Any, typed: str = "") -> ResponseReturnValue:
    """Do one thing to a ticket as the signed-in agent; nothing typed is lost when it cannot be done."""
    agent = guard.agent()
    if agent is None:
        return page(
            "sign_in.html", 403, email="", error="You were signed out. Sign in, go back and send again: your text is still there."
        )
    guard.check_form_token()
    try:
        with parts().database.write() as session:
            act(session, tickets.get(session, reference, lock=True), session.get_one(Agent, agent.id))
    except InputError as error:
        return _ticket_page(agent, reference, 422, typed=typed, error=error.detail)
    parts().wake()
    return go(f"/desk/tickets/{reference}")


def _ticket_page(agent: Agent, reference: str, status: int = 200, typed: str = "", error: str = "") -> ResponseReturnValue:
    try:
        with parts().database.read() as session:
            found = queue.dossier(session, reference)
            held = holding.reasons(session, found.ticket)
    except NotFound as missing:
        return page("missing.html", 404, agent=agent, text=missing.detail)
    return page(
        "ticket.html", status, agent=agent, dossier=found, ticket=found.ticket, typed=typed, error=error, held=held,
        files=attached.listed(found.files, "en"),
        statuses=tickets.STATUSES, labels=field_labels(found.ticket), now=parts().clock(),
    )  # fmt: skip


def page(template: str, status: int = 200, **values: Any) -> Response:
    values.setdefault("agent", None)
    values |= second_shown.added(values)
    html = parts().pages.fragment(f"desk/{template}", form_token=guard.form_token(), **values)
    response = Response(html, status, mimetype="text/html")
    response.headers["Content-Security-Policy"] = content_security_policy()
    return response


def go(address: str) -> Response:
    return cast(Response, redirect(address, 303))


@routes.get("/desk.css")
def style() -> Response:
    response = Response((files("deflect_api.web") / "static" / "desk.css").read_text(encoding="utf-8"), mimetype="text/css")
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response
