"""Who asks: the agent behind a sign-in cookie or a staff token, what they may see, and whether a form was made here."""

import hashlib
import hmac
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar, cast
from urllib.parse import urlsplit

from flask import Response, g, request

from deflect_api.desk.people import access, sign_ins, tokens
from deflect_api.desk.people.audit import By
from deflect_api.errors import NotAllowed, SignedOut, Unavailable
from deflect_api.intake.abuse.limits import network_of
from deflect_api.store.models import Agent, SignIn
from deflect_api.store.staff import StaffToken
from deflect_api.web.parts import parts

API = "/api/v1/desk/"
FORM_TOKEN = "Form-Token"  # noqa: S105 - a header's name
SAFE = ("GET", "HEAD", "OPTIONS")
View = TypeVar("View", bound=Callable[..., object])


def is_secure() -> bool:
    return parts().settings.url.startswith("https://")


def cookie_name(name: str) -> str:
    """Name a cookie: on https with the prefix that binds it to this host."""
    return f"__Host-{name}" if is_secure() else name


def set_cookie(response: Response, name: str, value: str, life: timedelta | None = None) -> None:
    """Set a cookie that no script reads and no other site's form sends."""
    response.set_cookie(
        cookie_name(name), value, max_age=life, httponly=True, samesite="Lax", secure=is_secure(), path="/"
    )  # fmt: skip


def drop_cookie(response: Response, name: str) -> None:
    response.delete_cookie(cookie_name(name), path="/", secure=is_secure(), httponly=True, samesite="Lax")


def cookie(name: str) -> str:
    return request.cookies.get(cookie_name(name), "")


def token() -> str:
    """Return the token of this browser's sign-in, or ""."""
    return cookie("desk")


def lasting() -> sign_ins.Lasting:
    staff = parts().settings.support.staff
    return sign_ins.Lasting(timedelta(hours=staff.session_hours), timedelta(minutes=staff.idle_minutes))


def agent() -> Agent | None:
    """Return the agent who asks: signed in with all that is asked for, or, in the API, with a staff token. Else None."""
    if "agent" not in g:
        g.scope, g.by_token = access.ADMIN, False
        g.agent = _by_staff_token() if _bearer() else _by_cookie()
    return cast("Agent | None", g.agent)


def sign_in() -> SignIn | None:
    """Return this browser's sign-in, at whatever stage it is."""
    if "sign_in" not in g:
        with parts().database.read() as session:
            g.sign_in = sign_ins.find(session, token(), parts().clock(), lasting().idle)
    return cast("SignIn | None", g.sign_in)


def reach() -> access.Reach:
    """Return what the agent who asks may see. Use `access.visible(reach())` in a query. Raises SignedOut."""
    if "reach" not in g:
        who = known()
        with parts().database.read() as session:
            g.reach = access.reach_of(session, who)
    return cast(access.Reach, g.reach)


def known() -> Agent:
    """Return the agent who asks. Raises SignedOut."""
    who = agent()
    if who is None:
        raise SignedOut("Sign in first. What you wrote is still in the form: go back and send it again.")
    return who


def require(scope: str) -> Agent:
    """Return the agent who asks, if this may be done: by a token of this scope, or by a sign-in (admin: of a lead).

    What changes something needs the form token as well, unless it came with a staff token. Raises SignedOut, NotAllowed.
    """
    who = known()
    if not access.includes(g.scope, scope):
        raise NotAllowed(f"This token is for {g.scope} alone. Make one for {scope}.")
    if scope == access.ADMIN and who.role != access.LEAD:
        raise NotAllowed("Only a lead can do this. Ask one.")
    if request.method not in SAFE and not g.by_token:
        check_form_token()
    return who


def needs(scope: str) -> Callable[[View], View]:
    """Mark a view with the scope that it needs, where its method alone does not say it (GET reads, the others write)."""

    def mark(view: View) -> View:
        view.needed_scope = scope  # type: ignore[attr-defined]
        return view

    return mark


def by() -> By:
    """Say for the audit log who acts, when and from where."""
    who = agent()
    return By(who.email if who else "", parts().clock(), network_of(request.remote_addr or ""))


def form_token() -> str:
    """Return the token that a desk form must carry: it is bound to the sign-in, so another site cannot know it."""
    made = hmac.new(parts().settings.secret.encode(), f"form:{token()}".encode("utf-8", "replace"), hashlib.sha256)
    return made.hexdigest()[:40]


def check_form_token() -> None:
    """Raise NotAllowed when a form was not made by us for this sign-in."""
    given = request.headers.get(FORM_TOKEN, "") or request.form.get("form_token", "")
    if not hmac.compare_digest(form_token().encode(), given.encode("utf-8", "replace")):
        raise NotAllowed("This form has expired. Go back, reload the page and send it again.")


def is_from_elsewhere() -> bool:
    """Tell whether the browser says that another site made it send this."""
    origin, ours = request.headers.get("Origin", ""), (request.host, urlsplit(parts().settings.url).netloc)
    elsewhere = request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")
    return elsewhere or (origin not in ("", "null") and urlsplit(origin).netloc not in ours)


def _bearer() -> str:
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    return given.strip() if kind.lower() == "bearer" and request.path.startswith(API) else ""


def _by_cookie() -> Agent | None:
    found = sign_in()
    if found is None or found.stage != sign_ins.FULL:
        return None
    if found.seen_at + sign_ins.TOUCH_EVERY <= parts().clock():
        _note_use(found)
    return found.agent


def _by_staff_token() -> Agent | None:
    now = parts().clock()
    with parts().database.read() as session:
        found = tokens.find(session, _bearer(), now)
    if found is None:
        return None
    row, who = found
    g.scope, g.by_token = row.scope, True
    if tokens.is_long_unused(row, now):
        _note_use(row)
    return who


def _note_use(used: SignIn | StaffToken) -> None:
    try:
        with parts().database.write() as session:
            if isinstance(used, SignIn):
                sign_ins.touch(session, used, parts().clock())
            else:
                tokens.touch(session, used, parts().clock())
    except Unavailable:  # reading goes on while nothing can be written
        return
