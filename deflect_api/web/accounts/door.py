"""The door of the desk: every page and call behind it is checked here, before its view runs, so that none can forget to."""

from flask import Flask, current_app, request
from flask.typing import ResponseReturnValue

from deflect_api.desk.people import access, sign_ins
from deflect_api.errors import NotAllowed, NotFound, SignedOut
from deflect_api.intake import tickets
from deflect_api.web import desk
from deflect_api.web.accounts import identity
from deflect_api.web.parts import parts

PAGES = "/desk/"
OPEN = (
    "desk.style", "desk.script", "sign_in.sign_in", "sign_in.code", "sign_in.give_code", "sign_in.enrol",
    "sign_in.confirm", "sign_in.welcome", "sign_in.choose", "provider.to_provider", "provider.from_provider", "sign_in.sign_out",
)  # fmt: skip


def stand_at(app: Flask) -> None:
    app.before_request(check)


def check() -> ResponseReturnValue | None:
    """Let in who may come in. Raises SignedOut, NotAllowed, NotFound."""
    if request.endpoint is None or not (request.path.startswith((PAGES, identity.API))):
        return None
    if request.method not in identity.SAFE and identity.is_from_elsewhere():
        raise NotAllowed("This came from another site. Open the desk and do it there.")
    is_entrance = request.path == PAGES and request.method in identity.SAFE
    if request.endpoint in OPEN or (is_entrance and not _next_step()):
        return None
    if identity.agent() is None:
        return _nobody()
    identity.require(_needed())
    _check_ticket()
    return None


def _needed() -> str:
    view = current_app.view_functions[request.endpoint or ""]
    by_method = access.READ if request.method in identity.SAFE else access.WRITE
    return str(getattr(view, "needed_scope", by_method))


def _check_ticket() -> None:
    """A ticket out of reach does not exist, for pages and calls alike."""
    reference = (request.view_args or {}).get("reference")
    if reference is None or identity.reach().is_everything:
        return
    with parts().database.read() as session:
        if not access.may_see(identity.reach(), tickets.get(session, reference)):
            raise NotFound("There is no request with this number.")


def _next_step() -> str:
    """Say where a sign-in goes on that is not whole yet: a code is asked for, or an app has to be set up."""
    found = identity.sign_in()
    steps = {sign_ins.CODE: "/desk/sign-in/code", sign_ins.ENROL: "/desk/sign-in/enrol"}
    return steps.get(found.stage, "") if found else ""


def _nobody() -> ResponseReturnValue:
    if request.path.startswith(identity.API):
        raise SignedOut("Send a staff token: Authorization: Bearer …")
    if request.method in identity.SAFE:
        return desk.go(_next_step() or PAGES)
    told = "You were signed out. Sign in, go back and send again: your text is still there."
    return desk.page("sign_in.html", 403, email="", error=told)
