"""The desk's page for incidents: a lead tells everybody what is known, without a publish."""

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from deflect_api.desk import incidents
from deflect_api.errors import InputError
from deflect_api.store.models import Agent
from deflect_api.web import desk
from deflect_api.web.accounts import identity
from deflect_api.web.parts import parts
from deflect_api.web.schemas import OTHER

routes = Blueprint("incidents", __name__, url_prefix="/desk")
ADDRESS = "/desk/incident"
HOURS = (1, 4, 24, 72)


@routes.get("/incident")
def show() -> ResponseReturnValue:
    return _page(identity.known())


@routes.post("/incident")
def put() -> ResponseReturnValue:
    agent = identity.known()
    text, product = request.form.get("text", ""), request.form.get("product", "")
    try:
        with parts().database.write() as session:
            incidents.check_may_set(session, agent)
            incidents.put(session, text, product=_known(product), by=agent.email, now=parts().clock(), hours=_hours())
    except InputError as error:
        return _page(agent, 422, typed=text, error=error.detail)
    return desk.go(ADDRESS)


@routes.post("/incident/clear")
def clear() -> ResponseReturnValue:
    agent = identity.known()
    with parts().database.write() as session:
        incidents.check_may_set(session, agent)
        incidents.clear(session, parts().clock())
    return desk.go(ADDRESS)


def _known(product: str) -> str:
    if product not in ("", OTHER, *parts().settings.support.products):
        raise InputError("Choose one of the products, or all.", {"product": "unknown"})
    return "" if product == OTHER else product


def _hours() -> float:
    given = request.form.get("hours", "24")
    return float(given) if given.isascii() and given.isdigit() and len(given) <= 4 else 0


def _page(agent: Agent, status: int = 200, typed: str = "", error: str = "") -> Response:
    with parts().database.read() as session:
        told = incidents.current(session, parts().clock())
    products = parts().settings.support.products
    return desk.page("incident.html", status, agent=agent, told=told, products=products, hours=HOURS, typed=typed, error=error)
