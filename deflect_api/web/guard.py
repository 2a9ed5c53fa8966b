"""What protects every answer: security headers, body limits, the access log."""

import logging
import time

from flask import Flask, Response, g, request

from deflect_api.config import Settings
from deflect_api.web.pages import content_security_policy
from deflect_api.web.parts import parts

log = logging.getLogger("deflect.web")
MOST_BYTES = 1_000_000
TAKE_FILES = ("intake.create", "intake.contact_sent")
HTTPS_ONLY = "max-age=31536000"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def protect(app: Flask) -> None:
    """Add headers, limits and the access log to every answer of `app`."""
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    app.config["MAX_FORM_MEMORY_SIZE"] = MOST_BYTES
    app.before_request(_started)
    app.before_request(_make_room_for_files)
    app.after_request(_headers)
    app.after_request(_cross_origin)
    app.after_request(_logged)


def _started() -> None:
    g.started = time.perf_counter()


def _make_room_for_files() -> None:
    if request.endpoint in TAKE_FILES and request.mimetype == "multipart/form-data":
        request.max_content_length = MOST_BYTES + parts().settings.support.files.bytes_together


def plain_headers() -> dict[str, str]:
    """Return what every answer says that does not say otherwise."""
    return {**HEADERS, "Content-Security-Policy": content_security_policy(), "Cache-Control": "no-store"}


def _headers(response: Response) -> Response:
    for name, value in plain_headers().items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", HTTPS_ONLY)
    return response


def cross_origin(settings: Settings, origin: str) -> dict[str, str]:
    """Return what lets a page of an allowed origin read an answer of the API."""
    if origin not in settings.support.web.allowed_origins:
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Headers": "Content-Type, Idempotency-Key, Work",
        "Access-Control-Expose-Headers": "Retry-After",
        "Access-Control-Max-Age": "86400",
    }


def _cross_origin(response: Response) -> Response:
    if request.path.startswith("/api/v1/"):
        response.headers.update(cross_origin(parts().settings, request.headers.get("Origin", "")))
    response.headers.add("Vary", "Origin")
    return response


def _logged(response: Response) -> Response:
    # The rule, never the address: a status link's secret and a search's words stay out of every log.
    rule = request.url_rule.rule if request.url_rule else "-"
    spent = (time.perf_counter() - g.get("started", time.perf_counter())) * 1000
    log.info("event=request method=%s rule=%s status=%d ms=%.1f", request.method, rule, response.status_code, spent)
    return response
