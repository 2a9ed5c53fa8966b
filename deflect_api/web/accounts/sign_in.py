"""The way into the desk: password, second factor, invitation; and out. What failed has one answer, whatever was wrong."""

from datetime import timedelta
from math import ceil

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from deflect_api.desk.people import accounts, attempts, audit, sign_ins, tokens, totp
from deflect_api.errors import InputError, NotFound
from deflect_api.intake.abuse.limits import network_of
from deflect_api.store.models import Agent, SignIn
from deflect_api.web import desk
from deflect_api.web.accounts import identity
from deflect_api.web.parts import parts

routes = Blueprint("sign_in", __name__, url_prefix="/desk")
WRONG = "Address and password do not belong together. Check both and try again."
WRONG_CODE = "This code is not right, or was used before. Wait for the next one, or use a recovery code."
DEVICE, SESSION = "desk_device", "desk"


@routes.post("/sign-in")
def sign_in() -> ResponseReturnValue:
    email, password = request.form.get("email", ""), request.form.get("password", "")
    if not parts().settings.support.staff.passwords:
        return desk.page("sign_in.html", 403, email="", error=f"Sign in through {provider_name()}.")
    with parts().database.read() as session:
        tried, pause = _tried(session, email)
        agent = accounts.check(session, email, password) if not pause else None
    with parts().database.write() as session:
        attempts.hold(session, tried)
        pause = attempts.wait(session, tried, parts().clock())  # others may have tried meanwhile
        if pause:
            return _refused(pause, email)
        if agent is None:
            _note_failure(session, tried, email, "password")
            return desk.page("sign_in.html", 403, email=email, error=WRONG)
        return enter(session, session.get_one(Agent, agent.id), sign_ins.PASSWORD)


def enter(session: Session, agent: Agent, method: str, stage: str = "") -> Response:
    """Begin a new sign-in, as far as it is proved, in place of the browser's earlier one."""
    stage = stage or _stage(session, agent, method)
    sign_ins.end(session, identity.token())
    where = sign_ins.Where(browser_name(), network_of(request.remote_addr or ""), method)
    token = sign_ins.begin(session, agent, where, parts().clock(), stay=identity.lasting().stay, stage=stage)
    response = desk.go({sign_ins.CODE: "/desk/sign-in/code", sign_ins.ENROL: "/desk/sign-in/enrol"}.get(stage, "/desk/"))
    identity.set_cookie(response, SESSION, token)
    if stage == sign_ins.FULL:
        _arrive(session, agent, method, response)
    return response


@routes.get("/sign-in/code")
def code() -> ResponseReturnValue:
    return desk.page("code.html", error="") if _at(sign_ins.CODE) else desk.go("/desk/")


@routes.post("/sign-in/code")
def give_code() -> ResponseReturnValue:
    pending = _at(sign_ins.CODE)
    if pending is None:
        return desk.go("/desk/")
    identity.check_form_token()
    with parts().database.write() as session:
        agent = session.get_one(Agent, pending.agent_id)
        tried, _ = _tried(session, agent.email)
        attempts.hold(session, tried)
        pause = attempts.wait(session, tried, parts().clock())
        if pause:
            return _refused(pause, agent.email)
        if not totp.check(session, agent, parts().settings.secret, request.form.get("code", ""), parts().clock()):
            _note_failure(session, tried, agent.email, "code")
            return desk.page("code.html", 403, error=WRONG_CODE)
        return enter(session, agent, pending.method, sign_ins.FULL)


@routes.get("/sign-in/enrol")
def enrol() -> ResponseReturnValue:
    pending = _at(sign_ins.ENROL)
    if pending is None:
        return desk.go("/desk/")
    with parts().database.write() as session:
        agent = session.get_one(Agent, pending.agent_id)
        key = totp.begun(session, agent, parts().settings.secret) or totp.begin(
            session, agent, parts().settings.secret, parts().clock()
        )
    return enrol_page(agent, key, "/desk/sign-in/enrol")


@routes.post("/sign-in/enrol")
def confirm() -> ResponseReturnValue:
    pending = _at(sign_ins.ENROL)
    if pending is None:
        return desk.go("/desk/")
    identity.check_form_token()
    with parts().database.write() as session:
        agent = session.get_one(Agent, pending.agent_id)
        key, now = totp.begun(session, agent, parts().settings.secret), parts().clock()
        codes = totp.confirm(session, agent, parts().settings.secret, request.form.get("code", ""), now)
        if not codes:
            return enrol_page(agent, key, "/desk/sign-in/enrol", WRONG_CODE)
        audit.note(session, audit.By(agent.email, now, _network()), audit.FACTOR, agent.email)
        entered = enter(session, agent, pending.method, sign_ins.FULL)
    response = desk.page("recovery_codes.html", agent=None, codes=codes, onward="/desk/")
    for cookie in entered.headers.getlist("Set-Cookie"):
        response.headers.add("Set-Cookie", cookie)
    return response


def enrol_page(agent: Agent, key: str, action: str, error: str = "") -> Response:
    """Show the key of an authenticator app as a picture and as text."""
    picture = totp.picture(key, agent.email, parts().settings.support.portal.title)
    shown = " ".join(key[at : at + 4] for at in range(0, len(key), 4))
    return desk.page("enrol.html", 422 if error else 200, picture=picture, key=shown, action=action, error=error)


@routes.get("/welcome/<token>")
def welcome(token: str) -> ResponseReturnValue:
    with parts().database.read() as session:
        agent = tokens.invited(session, token, parts().clock())
    return desk.page("welcome.html", email=agent.email, error="")


@routes.post("/welcome/<token>")
def choose(token: str) -> ResponseReturnValue:
    now, password = parts().clock(), request.form.get("password", "")
    with parts().database.read() as session:
        agent = tokens.invited(session, token, now)
    try:
        with parts().database.write() as session:
            agent = tokens.invited(session, token, now)
            accounts.set_password(agent, password)
            tokens.use_invitation(session, token)
            sign_ins.end_all(session, agent)
            attempts.forget_devices(session, agent)
            audit.note(session, audit.By(agent.email, now, _network()), audit.PASSWORD, agent.email, "by invitation")
    except InputError as error:
        return desk.page("welcome.html", 422, email=agent.email, error=error.detail)
    return desk.page("sign_in.html", email=agent.email, error="", told="Your password is set. Sign in with it.")


@routes.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    identity.check_form_token()
    with parts().database.write() as session:
        if identity.agent():
            audit.note(session, identity.by(), audit.SIGNED_OUT)
        sign_ins.end(session, identity.token())
    response = desk.go("/desk/")
    identity.drop_cookie(response, SESSION)
    return response


def provider_name() -> str:
    return parts().settings.support.staff.openid.name


def browser_name() -> str:
    """Say which browser on which system this is, as far as an agent needs it to know their own."""
    said = request.headers.get("User-Agent", "")
    known = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
    systems = (
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    )
    browser = next((name for part, name in known if part in said), "a browser")
    system = next((name for part, name in systems if part in said), "")
    return f"{browser}, {system}" if system else browser


def _stage(session: Session, agent: Agent, method: str) -> str:
    if method == sign_ins.PROVIDER:  # the provider asks for a second factor, if there is to be one
        return sign_ins.FULL
    if totp.is_on(session, agent):
        return sign_ins.CODE
    return sign_ins.ENROL if parts().settings.support.staff.second_factor == "required" else sign_ins.FULL


def _arrive(session: Session, agent: Agent, method: str, response: Response) -> None:
    now = parts().clock()
    tried, _ = _tried(session, agent.email)
    attempts.succeeded(session, tried)
    audit.note(session, audit.By(agent.email, now, _network()), audit.SIGNED_IN, agent.email, method)
    if not attempts.is_known(session, agent, identity.cookie(DEVICE), now):
        identity.set_cookie(response, DEVICE, attempts.remember(session, agent, now), attempts.DEVICE_LIFE)


def _at(stage: str) -> SignIn | None:
    found = identity.sign_in()
    return found if found and found.stage == stage else None


def _tried(session: Session, email: str) -> tuple[attempts.Attempt, timedelta]:
    now, secret = parts().clock(), parts().settings.secret
    tried = attempts.attempt(session, secret, now, email=email, address=request.remote_addr or "", device=identity.cookie(DEVICE))
    return tried, attempts.wait(session, tried, now)


def _note_failure(session: Session, tried: attempts.Attempt, email: str, what: str) -> None:
    attempts.failed(session, tried, parts().clock())
    known = accounts.by_email(session, email)  # what was typed may be a password in the wrong field
    about = known.email if known else "no account"
    audit.note(session, audit.By("", parts().clock(), _network()), audit.SIGN_IN_FAILED, about, what)


def _refused(pause: timedelta, email: str) -> Response:
    seconds = ceil(pause.total_seconds())
    when = f"in {ceil(seconds / 60)} minutes" if seconds > 90 else f"in {seconds} seconds"
    told = f"Too many tries from a browser that has not signed in here before. Try again {when}."
    response = desk.page("sign_in.html", 429, email=email, error=told)
    response.headers["Retry-After"] = str(seconds)
    return response


def _network() -> str:
    return network_of(request.remote_addr or "")


@routes.errorhandler(NotFound)
def _gone(error: NotFound) -> ResponseReturnValue:
    return desk.page("sign_in.html", 404, email="", error=error.detail)
