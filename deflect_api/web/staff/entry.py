"""How staff come in: every page and every call of the desk asks here who it is, and reads its ticket here."""

import hmac
from typing import Any, cast

from flask import Blueprint, Response, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from deflect_api.errors import NotAllowed, NotFound, SignedOut
from deflect_api.intake import tickets
from deflect_api.store.models import Agent, Ticket
from deflect_api.web import desk, guard
from deflect_api.web.parts import parts

pages = Blueprint("staff", __name__, url_prefix="/desk")
api = Blueprint("staff_api", __name__, url_prefix="/api/v1/desk")
FORM_TOKEN = "Form-Token"  # noqa: S105 - a header's name


def require_agent() -> Agent:
    """Return who asks. What changes something must also carry the form token of that sign-in. Raises SignedOut, NotAllowed."""
    agent = guard.agent()
    if agent is None:
        raise SignedOut("You were signed out. Sign in, go back and send again: your text is still there.")
    if request.method not in ("GET", "HEAD"):
        _check_ours()
    return agent


def ticket_for(session: Session, reference: str, *, lock: bool = False) -> Ticket:
    """Return a ticket that the agent who asks may see. Raises SignedOut, NotFound."""
    require_agent()
    return tickets.get(session, reference, lock=lock)


def agent_in(session: Session, agent: Agent) -> Agent:
    """Return the agent's row of this session."""
    return session.get_one(Agent, agent.id)


def show(template: str, status: int = 200, **values: Any) -> Response:
    """Answer with a page of the desk, for the agent who asks."""
    return desk.page(template, status, agent=guard.agent(), now=parts().clock(), **values)


def fields() -> dict[str, Any]:
    """Return what was sent: JSON, or a form whose fields may have several values."""
    if request.blueprint == api.name:
        sent = request.get_json(silent=True)
        return cast(dict[str, Any], sent) if isinstance(sent, dict) else {}
    return {name: values if len(values) > 1 else values[0] for name, values in request.form.lists()}


def _check_ours() -> None:
    """A staff token is sent on purpose; a cookie comes by itself, so another site could have made the browser send it."""
    if request.blueprint != api.name:
        guard.check_form_token()
        return
    given = request.headers.get(FORM_TOKEN, "")
    if not g.get("by_token") and not hmac.compare_digest(guard.form_token().encode(), given.encode()):
        raise NotAllowed(f"Send the token of your sign-in in the header {FORM_TOKEN}, or use a staff token.")


@pages.errorhandler(SignedOut)
def _signed_out(error: SignedOut) -> ResponseReturnValue:
    if request.method == "GET":
        return desk.go("/desk/")
    return desk.page("sign_in.html", 403, email="", error=error.detail)


@pages.errorhandler(NotFound)
def _missing(error: NotFound) -> ResponseReturnValue:
    return show("missing.html", 404, text=error.detail)
