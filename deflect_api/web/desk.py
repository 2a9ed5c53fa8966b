"""The way into the desk: sign in and out, and the frame of its pages. Each form carries a token that another site cannot know."""

from importlib.resources import files
from typing import Any, cast

from flask import Blueprint, Response, redirect, request
from flask.typing import ResponseReturnValue

from deflect_api.desk import accounts
from deflect_api.web import guard
from deflect_api.web.pages import content_security_policy
from deflect_api.web.parts import parts

routes = Blueprint("desk", __name__, url_prefix="/desk")


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


def page(template: str, status: int = 200, **values: Any) -> Response:
    values.setdefault("agent", None)
    html = parts().pages.fragment(f"desk/{template}", form_token=guard.form_token(), **values)
    response = Response(html, status, mimetype="text/html")
    response.headers["Content-Security-Policy"] = content_security_policy()
    return response


def go(address: str) -> Response:
    return cast(Response, redirect(address, 303))


@routes.get("/desk.css")
def style() -> Response:
    return _static("desk.css", "text/css")


@routes.get("/desk.js")
def script() -> Response:
    return _static("desk.js", "text/javascript")


def _static(name: str, kind: str) -> Response:
    response = Response((files("deflect_api.web") / "static" / name).read_text(encoding="utf-8"), mimetype=kind)
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response
