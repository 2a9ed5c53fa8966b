"""Pages for a lead: who works at the desk, what each may see, their sign-ins, and the audit log."""

from collections.abc import Callable

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from deflect_api.desk.people import access, accounts, administration, attempts, audit, sign_ins, tokens, totp
from deflect_api.errors import InputError, NotFound
from deflect_api.store.models import Agent
from deflect_api.web import desk
from deflect_api.web.accounts import identity
from deflect_api.web.accounts.identity import needs
from deflect_api.web.parts import parts
from deflect_api.web.schemas import OTHER

routes = Blueprint("people", __name__, url_prefix="/desk")
ADDRESS = "/desk/people/"
Act = Callable[[Session, Agent], Response | None]


@routes.get("/people/")
@needs(access.ADMIN)
def people() -> ResponseReturnValue:
    return _list()


@routes.post("/people/")
@needs(access.ADMIN)
def add() -> ResponseReturnValue:
    """Make an account; its owner chooses the password by a link that is shown once."""
    email, name, role = (request.form.get(field, "") for field in ("email", "name", "role"))
    now = parts().clock()
    try:
        with parts().database.write() as session:
            person = accounts.add_without_password(session, email, name, now, role=role or access.AGENT)
            _limit(session, person)
            audit.note(session, identity.by(), audit.ADDED, person.email, person.role)
            link = _invite(session, person)
    except InputError as error:
        return _list(422, typed={"email": email, "name": name}, error=error.detail)
    return desk.page("invited.html", agent=identity.known(), person=person, link=link)


@routes.get("/people/<int:agent_id>")
@needs(access.ADMIN)
def person(agent_id: int) -> ResponseReturnValue:
    return _person(agent_id)


@routes.post("/people/<int:agent_id>/access")
@needs(access.ADMIN)
def set_access(agent_id: int) -> ResponseReturnValue:
    def act(session: Session, found: Agent) -> None:
        before, role = found.role, request.form.get("role", found.role)
        accounts.set_role(session, found, role)
        if before != role:
            audit.note(session, identity.by(), audit.ROLE, found.email, f"{before} to {role}")
        _limit(session, found)

    return _done(agent_id, act)


@routes.post("/people/<int:agent_id>/disable")
@needs(access.ADMIN)
def disable(agent_id: int) -> ResponseReturnValue:
    return _done(agent_id, lambda session, found: administration.disable(session, found, identity.by()))


@routes.post("/people/<int:agent_id>/enable")
@needs(access.ADMIN)
def enable(agent_id: int) -> ResponseReturnValue:
    return _done(agent_id, lambda session, found: administration.enable(session, found, identity.by()))


@routes.post("/people/<int:agent_id>/sign-ins/end")
@needs(access.ADMIN)
def end_sign_ins(agent_id: int) -> ResponseReturnValue:
    def act(session: Session, found: Agent) -> None:
        ended = sign_ins.end_all(session, found)
        attempts.forget_devices(session, found)
        audit.note(session, identity.by(), audit.SIGN_INS_ENDED, found.email, str(ended))

    return _done(agent_id, act)


@routes.post("/people/<int:agent_id>/factor/reset")
@needs(access.ADMIN)
def reset_factor(agent_id: int) -> ResponseReturnValue:
    return _done(agent_id, lambda session, found: administration.reset_factor(session, found, identity.by()))


@routes.post("/people/<int:agent_id>/invite")
@needs(access.ADMIN)
def invite(agent_id: int) -> ResponseReturnValue:
    """Show a link by which somebody chooses a new password: the way back in for who forgot it."""

    def act(session: Session, found: Agent) -> Response:
        return desk.page("invited.html", agent=identity.known(), person=found, link=_invite(session, found))

    return _done(agent_id, act)


@routes.get("/audit")
@needs(access.ADMIN)
def log() -> ResponseReturnValue:
    event, before = request.args.get("event", ""), request.args.get("before", "")
    older = int(before) if before.isascii() and before.isdigit() and len(before) < 10 else 0
    with parts().database.read() as session:
        entries = audit.latest(session, event=event if event in audit.EVENTS else "", before=older)
    more = entries[-1].id if len(entries) == audit.MOST_ROWS else 0
    return desk.page("audit.html", agent=identity.known(), entries=entries, events=audit.EVENTS, event=event, more=more)


def _invite(session: Session, found: Agent) -> str:
    audit.note(session, identity.by(), audit.INVITED, found.email)
    return f"{parts().settings.url}/desk/welcome/{tokens.invite(session, found, parts().clock())}"


def _limit(session: Session, found: Agent) -> None:
    """Set the limits as ticked. Raises InputError for what is no product or hub."""
    support = parts().settings.support
    chosen = {kind: set(request.form.getlist(kind)) for kind in (access.PRODUCT, access.HUB)}
    if chosen[access.PRODUCT] - {*support.products, OTHER} or chosen[access.HUB] - {*support.hubs, ""}:
        raise InputError("Choose from the products and hubs of the list.")
    before = access.reach_of(session, found)
    after = access.limit(session, found, products=chosen[access.PRODUCT], hubs=chosen[access.HUB])
    if after != before:
        told = ", ".join(sorted({*after.products, *after.hubs})) or "everything"
        audit.note(session, identity.by(), audit.LIMITS, found.email, told)


def _done(agent_id: int, act: Act) -> ResponseReturnValue:
    try:
        with parts().database.write() as session:
            answer = act(session, _found(session, agent_id))
    except InputError as error:
        return _person(agent_id, 422, error=error.detail)
    return answer or desk.go(f"{ADDRESS}{agent_id}")


def _found(session: Session, agent_id: int) -> Agent:
    found = session.get(Agent, agent_id)
    if found is None:
        raise NotFound("There is no such account.")
    return found


def _list(status: int = 200, *, typed: dict[str, str] | None = None, error: str = "") -> Response:
    with parts().database.read() as session:
        rows = [(each, access.reach_of(session, each), totp.is_on(session, each)) for each in accounts.everybody(session)]
    return desk.page(
        "people.html", status, agent=identity.known(), rows=rows, typed=typed or {}, error=error, roles=access.ROLES, **_choices()
    )


def _person(agent_id: int, status: int = 200, error: str = "") -> Response:
    now, idle = parts().clock(), identity.lasting().idle
    with parts().database.read() as session:
        found = _found(session, agent_id)
        values = {
            "person": found,
            "reach": access.reach_of(session, found),
            "factor": totp.is_on(session, found),
            "sign_ins": sign_ins.of_agent(session, found, now, idle),
            "tokens": tokens.of_agent(session, found, now),
        }
    return desk.page("person.html", status, agent=identity.known(), error=error, roles=access.ROLES, **_choices(), **values)


def _choices() -> dict[str, object]:
    support = parts().settings.support
    products = {key: product.name for key, product in support.products.items()}
    return {"products": {**products, OTHER: "Other"}, "hubs": support.hubs}
