"""Suggestions while typing, the search page and the events of a support session.

Suggesting never blocks and never fails loudly.
"""

import time
from collections.abc import Collection, Iterable
from typing import Any
from urllib.parse import parse_qsl

from flask import Blueprint, Response, request
from pydantic import TypeAdapter

from deflect_api.errors import InputError, TooMany, Unavailable
from deflect_api.i18n import said
from deflect_api.intake import deflection
from deflect_api.intake.abuse import limits, receipts
from deflect_api.web import answers, banner, schemas
from deflect_api.web.parts import Parts, parts
from deflect_api.web.release import Release
from search import SearchError, Suggestion

routes = Blueprint("suggest", __name__)
_JSON = TypeAdapter(dict[str, Any])
MOST, ON_PAGE = 5, 10
LOOKED_AT, FITS = 10, 0.5  # a known issue among the first ten, half as good as the best, comes first


def find(text: str, product: str = "", language: str = "", limit: int = 3) -> list[Suggestion]:
    """Return suggestions. Raises Unavailable."""
    asked = schemas.SuggestIn(text=text, product=product, language=language)
    return found(parts(), parts().releases.current(), asked, limit)


def found(given: Parts, live: Release, asked: schemas.SuggestIn, limit: int) -> list[Suggestion]:
    """The same, of parts that are given: a keystroke is answered without Flask. Raises Unavailable."""
    engine, known = live.engine, live.open_issues
    floor = given.settings.support.portal.floor
    product = asked.product if asked.product in given.settings.support.products else None
    wide = max(limit, LOOKED_AT) if known else limit
    try:
        listed = engine.suggest(asked.text, product=product, language=asked.language or None, limit=wide, floor=floor)
        return known_first(listed, known)[:limit]
    except SearchError as error:
        raise Unavailable(said("Suggestions cannot be reached just now. Your request can still be sent.")) from error


def known_first(found: list[Suggestion], known: Collection[str]) -> list[Suggestion]:
    """Put a known issue that fits first: it needs no guide and no request, only to be told when it is over."""
    best = max((one.score for one in found), default=0.0)
    fits = [one for one in found if one.article in known and one.score >= best * FITS]
    return [*fits, *(one for one in found if one not in fits)]


def reply(given: Parts, asked: schemas.SuggestIn) -> bytes:
    """What a keystroke is answered, as JSON. Raises Unavailable."""
    began = time.perf_counter()
    live = given.releases.current()
    suggestions = found(given, live, asked, min(max(asked.limit, 1), MOST))
    listed = [{**vars(one), "known_issue": one.article in live.open_issues} for one in suggestions]
    told = {"suggestions": listed, "receipt": _receipt(given, asked.session, suggestions), "index": live.engine.digest}
    body = _JSON.dump_json(told) + b"\n"
    given.tally.add(began, time.perf_counter())
    return body


def receipt_for(session: str, suggestions: list[Suggestion]) -> str:
    return _receipt(parts(), session, suggestions)


def _receipt(given: Parts, session: str, suggestions: list[Suggestion]) -> str:
    shown = tuple(suggestion.article for suggestion in suggestions)
    return receipts.issue(given.settings.secret, receipts.Receipt(session, given.clock(), shown))


def check_pace() -> None:
    """Raise TooMany when one network address asks faster than any room full of people types."""
    rules = parts().settings.support.limits
    network = limits.network_of(request.remote_addr or "")
    if not parts().buckets.take(network, parts().clock(), per_second=rules.suggest_per_second, burst=rules.suggest_burst):
        told = said("Too many searches came from here at once. Go on writing; they come back in a second.")
        raise TooMany(told, {"session": told})


@routes.post("/api/v1/suggest")
def suggest() -> Response:
    check_pace()
    asked = schemas.read(schemas.SuggestIn, form_fields())
    schemas.check_product(asked.product, parts().settings.support)
    return answers.zipped(Response(reply(parts(), asked), mimetype="application/json"))


@routes.post("/api/v1/events")
def events() -> Response:
    check_pace()
    told = schemas.read(schemas.EventIn, form_fields())
    event = deflection.Event(told.event, told.article, told.reason, told.text, product=_known(told.product))
    with parts().database.write() as session:
        deflection.record(session, told.session, event, parts().clock())
    return Response(status=204)


@routes.get("/search/")
def search_page() -> Response:
    return _results()


@routes.post("/search/")
def search_results() -> Response:
    check_pace()
    given = form_fields()
    text, product = given.get("text", "")[: schemas.LONGEST_TEXT], _known(given.get("product", ""))
    try:
        suggestions = find(text, product, answers.language(), ON_PAGE)
    except Unavailable:
        return _results(503, text=text, product=product, down=True)
    return _results(text=text, product=product, suggestions=suggestions, known=parts().releases.current().open_issues)


def _results(status: int = 200, *, text: str = "", product: str = "", **found: Any) -> Response:
    products = [{"key": key, "name": known.name} for key, known in parts().settings.support.products.items()]
    return answers.page(
        said("Search"), "results.html", status, text=text, product=product, products=products,
        incidents=banner.showing(product), **found,
    )  # fmt: skip


def form_fields() -> dict[str, str]:
    """Read a form. Raises InputError that names the field when a text is not UTF-8."""
    if request.mimetype == "multipart/form-data":
        return _first_filled(request.form.items(multi=True))
    if request.mimetype not in (*answers.FORMS, "", "text/plain"):
        told = said("Send a form (application/x-www-form-urlencoded).")
        raise InputError(told, {"body": told})
    try:
        pairs = parse_qsl(
            request.get_data().decode("ascii"), keep_blank_values=True, max_num_fields=200, errors="surrogateescape"
        )
    except (UnicodeDecodeError, ValueError):
        raise InputError(said("The form could not be read."), {"body": said("Send a URL-encoded form in ASCII.")}) from None
    _check_utf8(pairs)
    return _first_filled(pairs)


def _first_filled(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Two products may have a field of one name, and the page without a script shows both: the filled one counts."""
    made: dict[str, str] = {}
    for name, value in pairs:
        if name:  # a multipart part may come without one
            made[name] = made.get(name) or value
    return made


def _check_utf8(pairs: list[tuple[str, str]]) -> None:
    bad = {name: said("This is not UTF-8 text.") for name, value in pairs if _has_surrogates(name + value)}
    if bad:
        raise InputError(
            said("The text is not UTF-8."), {name.encode("ascii", "replace").decode(): told for name, told in bad.items()}
        )


def _has_surrogates(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _known(product: str) -> str:
    return product if product in (*parts().settings.support.products, schemas.OTHER) else ""
