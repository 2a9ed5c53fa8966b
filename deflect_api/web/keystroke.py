"""A keystroke is answered before Flask is asked: the same words, headers and log line, for a quarter of the time.

Whatever is out of the ordinary (another method, a refusal, a text that is no form) is handed on to Flask, which explains it."""

import gzip
import time
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl

from flask import Flask
from werkzeug.datastructures import Headers

from deflect_api.config import Settings
from deflect_api.errors import InputError, Unavailable
from deflect_api.intake.abuse import limits
from deflect_api.web import answers, guard, overload, schemas, suggest
from deflect_api.web.parts import KEY, Parts

PATH = "/api/v1/suggest"
FORM = "application/x-www-form-urlencoded"
Start = Callable[..., Any]
Wsgi = Callable[[dict[str, Any], Start], Iterable[bytes]]


def before(app: Flask, inner: Wsgi) -> Wsgi:
    """Return a WSGI application that answers keystrokes itself and leaves everything else to `inner`."""
    parts: Parts = app.extensions[KEY]
    headers = Headers([("Content-Type", "application/json"), *guard.plain_headers().items()])

    def answer(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        if environ["PATH_INFO"] != PATH or environ["REQUEST_METHOD"] != "POST":
            return inner(environ, start)
        if parts.crowd.is_too_large(environ, parts.settings.support, parts.clock()):
            return _refused(parts, environ, headers.copy(), start)
        if not _is_small_form(environ):
            return inner(environ, start)
        began = time.perf_counter()
        sent = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        told = _told(parts, app, sent) if _in_pace(parts, environ) else None
        if told is None:
            return inner({**environ, "wsgi.input": BytesIO(sent)}, start)
        made = _finished(parts.settings, environ, headers.copy(), told)
        start("200 OK", made[0].to_wsgi_list())
        guard.log_request("POST", PATH, 200, began)
        return [made[1]]

    return answer


def _refused(parts: Parts, environ: dict[str, Any], headers: Headers, start: Start) -> Iterable[bytes]:
    """Refuse without a look at the text and without a line in the log: what gives way must cost less than what is served."""
    headers["Retry-After"] = answers.RETRY_SECONDS
    made = _finished(parts.settings, environ, headers, overload.refusal(environ.get("HTTP_ACCEPT_LANGUAGE", "")))
    start("503 SERVICE UNAVAILABLE", made[0].to_wsgi_list())
    return [made[1]]


def _is_small_form(environ: dict[str, Any]) -> bool:
    length = environ.get("CONTENT_LENGTH") or ""
    kind = (environ.get("CONTENT_TYPE") or "").partition(";")[0].strip().lower()
    return kind == FORM and length.isascii() and length.isdigit() and int(length) <= guard.MOST_BYTES


def _in_pace(parts: Parts, environ: dict[str, Any]) -> bool:
    """Take a token only when there is one; Flask then says why there is none."""
    rules = parts.settings.support.limits
    network = limits.network_of(environ.get("REMOTE_ADDR") or "")
    return parts.buckets.take(network, parts.clock(), per_second=rules.suggest_per_second, burst=rules.suggest_burst)


def _told(parts: Parts, app: Flask, sent: bytes) -> bytes | None:
    """The body of the answer; None when Flask should answer."""
    try:
        fields: dict[str, str] = {}
        for name, value in parse_qsl(sent.decode("ascii"), keep_blank_values=True, max_num_fields=200, errors="strict"):
            fields[name] = fields.get(name) or value
        asked = schemas.read(schemas.SuggestIn, fields)
        schemas.check_product(asked.product, parts.settings.support)
        reply = suggest.reply(parts, asked)
    except (UnicodeDecodeError, ValueError, InputError, Unavailable):
        return None
    return f"{app.json.dumps(reply, separators=(',', ':'))}\n".encode()


def _finished(settings: Settings, environ: dict[str, Any], headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    headers.add("Vary", "Accept-Encoding")
    if len(body) >= answers.LEAST_ZIPPED and "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
        body = gzip.compress(body, answers.LEVEL, mtime=0)
        headers["Content-Encoding"] = "gzip"
    if environ.get("wsgi.url_scheme") == "https":
        headers["Strict-Transport-Security"] = guard.HTTPS_ONLY
    headers.update(guard.cross_origin(settings, environ.get("HTTP_ORIGIN", "")))
    headers.add("Vary", "Origin")
    headers["Content-Length"] = str(len(body))
    return headers, body
