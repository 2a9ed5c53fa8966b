"""The frame of the desk's pages. Each form carries a token that another site cannot know."""

from importlib.resources import files
from typing import Any, cast

from flask import Blueprint, Response, redirect

from deflect_api.web.accounts import identity
from deflect_api.web.pages import content_security_policy
from deflect_api.web.parts import parts

routes = Blueprint("desk", __name__, url_prefix="/desk")


def page(template: str, status: int = 200, **values: Any) -> Response:
    values.setdefault("agent", None)
    values.setdefault("staff", parts().settings.support.staff)
    html = parts().pages.fragment(f"desk/{template}", form_token=identity.form_token(), **values)
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
