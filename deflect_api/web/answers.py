"""One shape for every refusal: JSON for the API, a calm page for people, with the same words."""

import errno
import gzip
from html import escape
from typing import Any

from flask import Flask, Response, current_app, g, jsonify, request
from werkzeug.exceptions import HTTPException

from deflect_api import errors, i18n
from deflect_api.i18n import said, say
from deflect_api.web.pages import content_security_policy
from deflect_api.web.parts import parts

STATUS: dict[type[errors.DeflectError], int] = {
    errors.InputError: 422,
    errors.Stale: 409,
    errors.InFlight: 409,
    errors.NotFound: 404,
    errors.SignedOut: 401,
    errors.NotAllowed: 403,
    errors.TooMany: 429,
    errors.WorkNeeded: 428,
    errors.Unavailable: 503,
}
HTTP_TEXTS = {
    400: ("bad_request", said("The request could not be read. Check its format.")),
    404: ("not_found", said("There is nothing at this address.")),
    405: ("method_not_allowed", said("This address does not take this method.")),
    413: ("too_large", said("This is too large. A request may hold 1 MB of text, and its files no more than the form says.")),
    415: ("media_type", said("Send JSON, or a form.")),
}
FOR_PROGRAMS = ("/api/", "/healthz", "/readyz", "/metrics")
CALLED_BY_PROGRAMS = ("files",)
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
RETRY_SECONDS = "5"
LEAST_ZIPPED, LEVEL = 800, 5
SPEAK = "speak"  # the name of the buttons that change the language


def handle_errors(app: Flask) -> None:
    app.register_error_handler(errors.DeflectError, _ours)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OSError, _disk)
    app.register_error_handler(Exception, _defect)


def status_of(error: errors.DeflectError) -> int:
    return next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)


def language() -> str:
    """The reader's language: the request's own on its page, else chosen in the form or the address, else the browser's."""
    try:
        sent = request.form if request.mimetype in FORMS else {}
        chosen = [sent.get(SPEAK, ""), sent.get("language", "")]
    except (HTTPException, OSError):  # a body that cannot be read must not keep the page that says so from being shown
        chosen = []
    return i18n.choose(*chosen, g.get("language", ""), request.args.get("language", ""), *request.accept_languages.values())


def speak(wanted: str) -> None:
    """Answer this request in a language, unless another is chosen with it."""
    g.language = wanted


FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def page(title: str, template: str, status: int = 200, /, **values: Any) -> Response:
    """Answer with a service page in the portal's shell."""
    release, pages = parts().releases.current(), parts().pages
    fragment = pages.fragment(template, language(), **values)
    response = Response(pages.whole(release.shell, say(title, language()), fragment, language()), status, mimetype="text/html")
    shell = release.files["shell.html"]
    response.headers["Content-Security-Policy"] = content_security_policy(shell.scripts, shell.styles)
    response.headers["Content-Language"] = i18n.tag(language())
    response.headers.add("Vary", "Accept-Language")
    return zipped(response)


def zipped(response: Response) -> Response:
    """Compress an answer that is worth it, when the reader takes gzip."""
    body = response.get_data()
    response.headers.add("Vary", "Accept-Encoding")
    if len(body) >= LEAST_ZIPPED and "gzip" in request.headers.get("Accept-Encoding", ""):
        response.set_data(gzip.compress(body, LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response


def refusal(status: int, code: str, detail: str, fields: dict[str, str] | None = None, **more: Any) -> Response:
    """Answer with an error: JSON (with what `more` there is to say) to programs, a page to people."""
    if request.path.startswith(FOR_PROGRAMS) or request.blueprint in CALLED_BY_PROGRAMS:
        told = {name: say(text, language()) for name, text in (fields or {}).items()}
        response = jsonify(error=code, detail=say(detail, language()), fields=told, **more)
        response.status_code = status
    else:
        response = _error_page(status, say(detail, language()))
    if status == 503:
        response.headers["Retry-After"] = RETRY_SECONDS
    return response


def _error_page(status: int, detail: str) -> Response:
    try:
        return page(detail, "error.html", status, code=status, title=detail, text=_next_step(status))
    except errors.Unavailable:  # nothing is built yet, so there is no shell to put it in
        spoken, title = i18n.tag(language()), say(said("Help"), language())
        plain = (
            f"<!doctype html><html lang={spoken}><title>{title}</title><p>{escape(detail)}</p><p>{escape(_next_step(status))}</p>"
        )
        return Response(plain, status, mimetype="text/html")


def _next_step(status: int) -> str:
    if status == 503:
        step = said("Wait a moment and try again, or write to %(email)s.", email=_email())
    elif status == 404:
        step = said("The address may be mistyped, or the page has moved. Search above, or ask for help.")
    else:
        step = said("Go back and try again, or write to %(email)s.", email=_email())
    return say(step, language())


def _email() -> str:
    return parts().settings.support.contact.email


def _ours(error: errors.DeflectError) -> Response:
    more = {"challenge": error.challenge} if isinstance(error, errors.WorkNeeded) else {}
    response = refusal(status_of(error), error.code, error.detail, error.fields, **more)
    if isinstance(error, errors.TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _http(error: HTTPException) -> Response:
    if error.code is None or error.code < 400:
        return Response(status=error.code or 500)
    code, detail = HTTP_TEXTS.get(error.code, (error.name.lower().replace(" ", "_"), error.name + "."))
    response = refusal(error.code, code, detail)
    for name, value in error.get_response().headers.items():
        if name == "Allow":
            response.headers[name] = value
    return response


def _disk(error: OSError) -> Response:
    """A form with files is read by way of the disk, which may be full before we have seen anything of it."""
    if error.errno not in FULL:
        return _defect(error)
    current_app.logger.error("event=disk_full reason=%r", error.strerror)
    return refusal(503, errors.Unavailable.code, said("There is no room on our side just now."))


def _defect(error: Exception) -> Response:
    current_app.logger.error("event=defect kind=%s", type(error).__name__, exc_info=error)
    return refusal(500, "defect", said("Something failed on our side; it was noted."))
