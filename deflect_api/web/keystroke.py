"""A keystroke is answered before Flask is asked: the same words and headers, for a quarter of the time.

Whatever is out of the ordinary (another method, a refusal, a text that is no form) is handed on to Flask, which explains it.
The log has a line for a minute of keystrokes, not for each: they would be most of the log, and of the time."""

import gzip
from collections.abc import Callable, Iterable
from functools import cache, partial
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl

from flask import Flask

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
    allowed, headers = parts.settings.support.web.allowed_origins, cache(partial(_headers, parts.settings))

    def sent_back(body: bytes, status: str, environ: dict[str, Any], start: Start, *more: tuple[str, str]) -> Iterable[bytes]:
        zipped = len(body) >= answers.LEAST_ZIPPED and "gzip" in environ.get("HTTP_ACCEPT_ENCODING", "")
        body = gzip.compress(body, answers.LEVEL, mtime=0) if zipped else body
        origin = environ.get("HTTP_ORIGIN", "")
        told = headers(environ.get("wsgi.url_scheme") == "https", origin if origin in allowed else "", zipped)
        start(status, [*told, ("Content-Length", str(len(body))), *more])
        return [body]

    def answer(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        if environ["PATH_INFO"] != PATH or environ["REQUEST_METHOD"] != "POST":
            return inner(environ, start)
        if parts.crowd.is_too_large(environ, parts.settings.support, parts.clock()):
            # Without a look at the text: what gives way must cost less than what is served.
            told = overload.refusal(environ.get("HTTP_ACCEPT_LANGUAGE", ""))
            return sent_back(told, "503 SERVICE UNAVAILABLE", environ, start, ("Retry-After", answers.RETRY_SECONDS))
        if not _is_small_form(environ):
            return inner(environ, start)
        sent = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        reply = _reply(parts, sent) if _in_pace(parts, environ) else None
        if reply is None:
            return inner({**environ, "wsgi.input": BytesIO(sent)}, start)
        return sent_back(reply, "200 OK", environ, start)

    return answer


def _is_small_form(environ: dict[str, Any]) -> bool:
    length = environ.get("CONTENT_LENGTH") or ""
    kind = (environ.get("CONTENT_TYPE") or "").partition(";")[0].strip().lower()
    return kind == FORM and length.isascii() and length.isdigit() and int(length) <= guard.MOST_BYTES


def _in_pace(parts: Parts, environ: dict[str, Any]) -> bool:
    """Take a token only when there is one; Flask then says why there is none."""
    rules = parts.settings.support.limits
    network = limits.network_of(environ.get("REMOTE_ADDR") or "")
    return parts.buckets.take(network, parts.clock(), per_second=rules.suggest_per_second, burst=rules.suggest_burst)


def _reply(parts: Parts, sent: bytes) -> bytes | None:
    """The body of the answer; None when Flask should answer."""
    try:
        fields: dict[str, str] = {}
        for name, value in parse_qsl(sent.decode("ascii"), keep_blank_values=True, max_num_fields=200, errors="strict"):
            fields[name] = fields.get(name) or value
        asked = schemas.read(schemas.SuggestIn, fields)
        schemas.check_product(asked.product, parts.settings.support)
        return suggest.reply(parts, asked)
    except (UnicodeDecodeError, ValueError, InputError, Unavailable):
        return None


def _headers(settings: Settings, https: bool, origin: str, zipped: bool) -> list[tuple[str, str]]:
    return [
        ("Content-Type", "application/json"),
        *guard.plain_headers().items(),
        *([("Content-Encoding", "gzip")] if zipped else ()),
        *([("Strict-Transport-Security", guard.HTTPS_ONLY)] if https else ()),
        *guard.cross_origin(settings, origin).items(),
        ("Vary", "Accept-Encoding"),
        ("Vary", "Origin"),
    ]
