"""How staff come in: every page and every call of the desk asks here who it is, and reads its ticket here."""

from typing import Any, cast

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from deflect_api.desk.people import access
from deflect_api.errors import NotFound, SignedOut
from deflect_api.i18n import said
from deflect_api.intake import tickets
from deflect_api.store.models import Agent, Ticket
from deflect_api.web import desk
from deflect_api.web.accounts import identity
from deflect_api.web.parts import parts

pages = Blueprint("staff", __name__, url_prefix="/desk")
api = Blueprint("staff_api", __name__, url_prefix="/api/v1/desk")


def require_agent() -> Agent:
    """Return who asks; the door has checked what else they must bring. Raises SignedOut."""
    return identity.known()


def ticket_for(session: Session, reference: str, *, lock: bool = False) -> Ticket:
    """Return a ticket that the agent who asks may see. Raises SignedOut, NotFound."""
    require_agent()
    found = tickets.get(session, reference, lock=lock)
    if not access.may_see(identity.reach(), found):
        raise NotFound(said("There is no request with this number."))
    return found


def agent_in(session: Session, agent: Agent) -> Agent:
    """Return the agent's row of this session."""
    return session.get_one(Agent, agent.id)


def show(template: str, status: int = 200, **values: Any) -> Response:
    """Answer with a page of the desk, for the agent who asks."""
    return desk.page(template, status, agent=identity.agent(), now=parts().clock(), **values)


def fields() -> dict[str, Any]:
    """Return what was sent: JSON, or a form whose fields may have several values."""
    if request.blueprint == api.name:
        sent = request.get_json(silent=True)
        return cast(dict[str, Any], sent) if isinstance(sent, dict) else {}
    return {name: values if len(values) > 1 else values[0] for name, values in request.form.lists()}


@pages.errorhandler(SignedOut)
def _signed_out(error: SignedOut) -> ResponseReturnValue:
    if request.method == "GET":
        return desk.go("/desk/")
    return desk.page("sign_in.html", 403, email="", error=error.detail)


@pages.errorhandler(NotFound)
def _missing(error: NotFound) -> ResponseReturnValue:
    return show("missing.html", 404, text=error.detail)
