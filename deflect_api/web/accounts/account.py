"""An agent's own account: password, second factor, sign-ins and tokens. What opens the account asks for the password again."""

from collections.abc import Callable
from datetime import timedelta

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from deflect_api.desk.people import access, accounts, attempts, audit, sign_ins, tokens, totp
from deflect_api.errors import InputError
from deflect_api.store.models import Agent
from deflect_api.web import desk
from deflect_api.web.accounts import identity
from deflect_api.web.accounts.sign_in import DEVICE, WRONG_CODE, enrol_page
from deflect_api.web.parts import parts

routes = Blueprint("account", __name__, url_prefix="/desk/account")
ADDRESS = "/desk/account/"
FRESH = timedelta(minutes=15)
CONFIRM = ADDRESS + "factor/confirm"
Act = Callable[[Session, Agent], Response | str]


class _NotProved(InputError):
    """The password or code asked for again was wrong; it counts as a wrong try to sign in."""


@routes.get("/")
def show() -> ResponseReturnValue:
    return _page()


@routes.post("/password")
def change_password() -> ResponseReturnValue:
    def act(session: Session, agent: Agent) -> str:
        _check_again(session, agent)
        accounts.set_password(agent, request.form.get("new_password", ""))
        ended = sign_ins.end_all(session, agent, but=identity.token())
        attempts.forget_devices(session, agent)
        audit.note(session, identity.by(), audit.PASSWORD, agent.email, f"{ended} other sign-ins ended")
        return "Your password is changed. All your other sign-ins have ended."

    return _done(act)


@routes.post("/factor")
def begin_factor() -> ResponseReturnValue:
    def act(session: Session, agent: Agent) -> Response:
        _check_again(session, agent)
        if totp.is_on(session, agent):
            raise InputError("An authenticator app is set up already. Remove it first.")
        return enrol_page(agent, totp.begin(session, agent, parts().settings.secret, parts().clock()), CONFIRM)

    return _done(act)


@routes.post("/factor/confirm")
def confirm_factor() -> ResponseReturnValue:
    def act(session: Session, agent: Agent) -> Response:
        secret = parts().settings.secret
        key = totp.begun(session, agent, secret)
        if not key:
            return desk.go(ADDRESS)
        codes = totp.confirm(session, agent, secret, request.form.get("code", ""), parts().clock())
        if not codes:
            return enrol_page(agent, key, CONFIRM, WRONG_CODE)
        sign_ins.end_all(session, agent, but=identity.token())
        audit.note(session, identity.by(), audit.FACTOR, agent.email)
        return desk.page("recovery_codes.html", agent=agent, codes=codes, onward=ADDRESS)

    return _done(act)


@routes.post("/factor/remove")
def remove_factor() -> ResponseReturnValue:
    def act(session: Session, agent: Agent) -> str:
        _check_again(session, agent)
        if parts().settings.support.staff.second_factor == "required":
            raise InputError("Everybody needs an authenticator app here. Ask a lead to reset yours.")
        totp.remove(session, agent)
        sign_ins.end_all(session, agent, but=identity.token())
        audit.note(session, identity.by(), audit.FACTOR_GONE, agent.email)
        return "Your authenticator app is no longer asked for. All your other sign-ins have ended."

    return _done(act)


@routes.post("/recovery-codes")
def new_codes() -> ResponseReturnValue:
    def act(session: Session, agent: Agent) -> Response:
        _check_again(session, agent)
        if not totp.is_on(session, agent):
            raise InputError("Set up an authenticator app first.")
        audit.note(session, identity.by(), audit.FACTOR, agent.email, "new recovery codes")
        codes = totp.new_recovery_codes(session, agent)
        return desk.page("recovery_codes.html", agent=agent, codes=codes, onward=ADDRESS)

    return _done(act)


@routes.post("/sign-ins/end")
def end_sign_ins() -> ResponseReturnValue:
    def act(session: Session, agent: Agent) -> str:
        _check_again(session, agent, code=False)
        handle = request.form.get("handle", "")
        ended = sign_ins.end_one(session, agent, handle) if handle else sign_ins.end_all(session, agent, but=identity.token())
        audit.note(session, identity.by(), audit.SIGN_INS_ENDED, agent.email, str(ended))
        return "Ended. That browser is signed out." if handle else "All your other sign-ins have ended."

    return _done(act)


@routes.post("/tokens")
def make_token() -> ResponseReturnValue:
    name, scope, days = (request.form.get(field, "") for field in ("name", "scope", "days"))
    lasting = int(days) if days.isascii() and days.isdigit() and len(days) < 5 else 0
    most = parts().settings.support.staff.token_days

    def act(session: Session, agent: Agent) -> Response:
        _check_again(session, agent)
        made = tokens.make(session, agent, name, scope, parts().clock(), days=lasting, most_days=most)
        audit.note(session, identity.by(), audit.TOKEN, agent.email, f"{name[:100]}, {scope}, {lasting} days")
        return desk.page("token.html", agent=agent, token=made)

    return _done(act)


@routes.post("/tokens/<int:token_id>/revoke")
def revoke_token(token_id: int) -> ResponseReturnValue:
    def act(session: Session, agent: Agent) -> Response:
        audit.note(session, identity.by(), audit.TOKEN_REVOKED, agent.email, tokens.revoke(session, agent, token_id))
        return desk.go(ADDRESS)

    return _done(act)


def _done(act: Act) -> ResponseReturnValue:
    """Do one thing to one's own account; a refusal comes back on the page."""
    identity.require(access.WRITE)
    try:
        with parts().database.write() as session:
            answer = act(session, session.get_one(Agent, identity.known().id))
    except _NotProved as error:
        with parts().database.write() as session:
            attempts.failed(session, _tried(session, identity.known()), parts().clock())
            audit.note(session, identity.by(), audit.SIGN_IN_FAILED, identity.known().email, "asked again")
        return _page(422, error=error.detail)
    except InputError as error:
        return _page(422, error=error.detail)
    return _page(told=answer) if isinstance(answer, str) else answer


def _check_again(session: Session, agent: Agent, *, code: bool = True) -> None:
    """Ask who has a password for it, and with an authenticator app for a code too. Raises InputError."""
    if attempts.wait(session, _tried(session, agent), parts().clock()):
        raise InputError("Too many wrong passwords. Wait a few minutes and try again. Nothing was changed.")
    if not agent.password_hash:
        _check_fresh()
    elif not accounts.has_password(agent, request.form.get("password", "")):
        raise _NotProved("This is not your password. Nothing was changed.", {"password": ""})
    given, secret = request.form.get("code", ""), parts().settings.secret
    if code and totp.is_on(session, agent) and not totp.check(session, agent, secret, given, parts().clock()):
        raise _NotProved(f"{WRONG_CODE} Nothing was changed.", {"code": ""})


def _check_fresh() -> None:
    """Who signs in through the provider has no password to give: a sign-in of just now proves as much. Raises InputError."""
    here = identity.sign_in()
    if here is None or here.created_at + FRESH < parts().clock():
        raise InputError("Sign out and in again first: this needs a sign-in of the last 15 minutes. Nothing was changed.")


def _tried(session: Session, agent: Agent) -> attempts.Attempt:
    secret, now, device = parts().settings.secret, parts().clock(), identity.cookie(DEVICE)
    return attempts.attempt(session, secret, now, email=agent.email, address=request.remote_addr or "", device=device)


def _page(status: int = 200, *, told: str = "", error: str = "") -> Response:
    now, idle = parts().clock(), identity.lasting().idle
    with parts().database.read() as session:
        agent = session.get_one(Agent, identity.known().id)
        here = identity.sign_in()
        values = {
            "sign_ins": [(each, sign_ins.handle_of(each)) for each in sign_ins.of_agent(session, agent, now, idle)],
            "here": here.token_hash if here else "",
            "factor": totp.is_on(session, agent),
            "codes_left": totp.recovery_codes_left(session, agent),
            "tokens": tokens.of_agent(session, agent, now),
            "scopes": access.SCOPES if agent.role == access.LEAD else access.SCOPES[:-1],
        }
    return desk.page("account.html", status, agent=agent, told=told, error=error, **values)
