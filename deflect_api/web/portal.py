"""The portal's files, from the live release alone: only what its manifest lists can be asked for."""

import mimetypes

from flask import Blueprint, Response, redirect, request
from flask.typing import ResponseReturnValue

from deflect_api.web import answers, missing
from deflect_api.web.pages import content_security_policy
from deflect_api.web.parts import parts
from deflect_api.web.release import File

routes = Blueprint("portal", __name__)
A_YEAR = "public, max-age=31536000, immutable"
ASK_AGAIN = "public, max-age=0, must-revalidate"
PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
HIDDEN = ("shell.html",)


@routes.get("/", defaults={"path": ""})
@routes.get("/<path:path>")
def file(path: str) -> ResponseReturnValue:
    found = None if path in HIDDEN else parts().releases.file(path)
    if found:
        return _answer(found)
    release = parts().releases.current()
    moved = missing.moved_to(release, path)
    if moved is not None:
        return redirect(f"/{moved}", 308)
    if missing.looks_like_a_page(path):
        return missing.page(path)
    plain = release.file("404.html")
    return _answer(plain, 404) if plain else answers.refusal(404, *answers.HTTP_TEXTS[404])


def _answer(file: File, status: int = 200) -> Response:
    takes_gzip = file.zipped and "gzip" in request.headers.get("Accept-Encoding", "")
    response = Response(status=status, content_type=_content_type(file))
    response.set_etag(file.etag + ("-gzip" if takes_gzip else ""))
    response.headers["Cache-Control"] = A_YEAR if file.immutable else ASK_AGAIN
    response.headers["Content-Security-Policy"] = _policy(file)
    if file.zipped:
        response.headers.add("Vary", "Accept-Encoding")
    if status == 200 and request.if_none_match.contains(response.get_etag()[0] or ""):
        response.status_code = 304
        return response
    path = file.path.with_name(file.path.name + ".gz") if takes_gzip else file.path
    if takes_gzip:
        response.headers["Content-Encoding"] = "gzip"
    response.set_data(path.read_bytes())
    return response


def _content_type(file: File) -> str:
    kind = (
        "text/javascript" if file.path.suffix == ".js" else mimetypes.guess_type(file.path.name)[0] or "application/octet-stream"
    )
    return f"{kind}; charset=utf-8" if kind.startswith("text/") or kind.endswith(("json", "xml")) else kind


def _policy(file: File) -> str:
    return PICTURE_POLICY if file.path.suffix == ".svg" else content_security_policy(file.scripts, file.styles)
