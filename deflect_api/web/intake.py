"""The request form and the tickets API: parse, check the receipt, store in one transaction, answer once it is on disk."""

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from flask import Blueprint, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from deflect_api.delivery import links
from deflect_api.errors import InFlight, InputError, SearchFirst, Unavailable
from deflect_api.intake import deflection, receipts, tickets, triage
from deflect_api.store.db import claim_name
from deflect_api.store.models import Ticket
from deflect_api.web import answers, excerpt, form, schemas
from deflect_api.web.parts import parts
from deflect_api.web.suggest import find, form_fields, receipt_for

routes = Blueprint("intake", __name__)
TEXTS = ("name", "partner", "hub", "doing", "expected", "steps")
_in_flight: set[str] = set()
_in_flight_lock = threading.Lock()


@routes.post("/api/v1/tickets")
def create() -> ResponseReturnValue:
    given = schemas.read(schemas.TicketIn, _body())
    ticket = store(given, tickets.Key(_key(request.headers.get("Idempotency-Key", "")), digest_of(given)))
    response = jsonify(reference=ticket.reference, status_url=status_url(ticket))
    response.status_code = 201
    return response


@routes.get("/support/contact/")
def contact() -> ResponseReturnValue:
    values = {name: value[:500] for name, value in request.args.items()}
    return _form_page(form.fresh(values))


@routes.post("/support/contact/")
def contact_sent() -> ResponseReturnValue:
    """The form without a script: errors, or articles that may help, or the stored request's own page."""
    values = form_fields()
    if values.pop("step", "send") == "edit":
        return _form_page(_sent(values, {}))
    try:
        given = schemas.read(schemas.TicketIn, nested({**values, "receipt": values.get("receipt") or "-"}))
        schemas.check_lists(given, parts().settings.support)
        if not values.get("receipt"):
            return _before_sending(values, given)
        ticket = store(given, tickets.Key(_key(values.get("idempotency_key", "")), digest_of(given)))
    except SearchFirst:
        return _before_sending(values, given)
    except InputError as error:
        return _form_page(_sent(values, error.fields), 422)
    return redirect(status_url(ticket) + "?sent=1", 303)


@routes.post("/support/solved/")
def solved() -> ResponseReturnValue:
    told = schemas.read(schemas.EventIn, {**form_fields(), "event": "solved"})
    with parts().database.write() as session:
        deflection.record(session, told.session, deflection.Event(deflection.SOLVED, told.article), parts().clock())
    return answers.page("Glad that helped", "solved.html")


def store(given: schemas.TicketIn, key: tickets.Key) -> Ticket:
    """Store a request, or find the one this key already made. Raises SearchFirst, KeyReused, InFlight, InputError."""
    settings, now = parts().settings, parts().clock()
    schemas.check_lists(given, settings.support)
    with _only_once(key), parts().database.write() as session:
        if not claim_name(session, key.key_hash):
            raise _still_in_flight()
        ticket = tickets.find_by_key(session, key, now)
        if ticket is None:
            draft = as_draft(given, searched=_searched(given))
            ticket = tickets.submit(session, draft, key, support=settings.support, now=now)
    parts().wake()
    return ticket


def status_url(ticket: Ticket) -> str:
    return links.status_url(parts().settings.url, parts().settings.secret, ticket)


def digest_of(given: schemas.TicketIn) -> str:
    """Digest what the person wrote; the receipt may be a newer one when the same request is tried again."""
    words = given.model_dump(exclude={"receipt", "session"})
    return hashlib.sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()


def as_draft(given: schemas.TicketIn, searched: str) -> tickets.Draft:
    return tickets.Draft(
        email=given.email,
        product=given.product,
        subject=given.subject,
        happened=given.happened,
        type=given.type,
        answers=triage.Answers(given.working, given.affected, given.needed_by),
        texts={name: getattr(given, name) for name in TEXTS},
        cc=tuple(given.cc),
        context={name: value for name, value in given.context.items() if value},
        device={name: value for name, value in given.device.items() if value},
        language=given.language,
        session=given.session,
        searched="unavailable" if searched == "unavailable" else "yes",
    )


def nested(flat: Mapping[str, str]) -> dict[str, Any]:
    """Turn the form's flat names into the API's shape ("context.instance"); a choice left open takes its default."""
    made: dict[str, Any] = {"context": {}, "device": {}}
    for name, value in flat.items():
        block, dot, part = name.partition(".")
        if dot and block in ("context", "device"):
            made[block][part] = value
        elif value or name in ("email", "product", "subject", "happened"):
            made[name] = value
    return made


def _searched(given: schemas.TicketIn) -> str:
    if given.receipt == receipts.UNAVAILABLE:
        return "unavailable"
    receipts.read(parts().settings.secret, given.receipt, session=given.session, now=parts().clock())
    return "yes"


def _before_sending(values: dict[str, str], given: schemas.TicketIn) -> ResponseReturnValue:
    """Show what may already answer the request; everything typed goes along, unseen and untouched."""
    try:
        suggestions, _ = find(f"{given.subject}\n{given.happened}", given.product, given.language)
        receipt = receipt_for(given.session, suggestions)
    except Unavailable:
        suggestions, receipt = [], receipts.UNAVAILABLE
    _record_shown(given, tuple(suggestion.article for suggestion in suggestions))
    draft = as_draft(given, searched="yes")
    verdict = triage.judge(draft.answers, parts().settings.support)
    return answers.page(
        "Before you send",
        "before_sending.html",
        action="/support/contact/",
        suggestions=[{**asdict(found), "body_html": excerpt.section_html(found.url)} for found in suggestions],
        values={name: value for name, value in values.items() if name != "receipt"},
        receipt=receipt,
        priority={"priority": verdict.priority, "reason": triage.reason(draft.answers), "reply_due": _reply_due()},
    )


def _record_shown(given: schemas.TicketIn, articles: tuple[str, ...]) -> None:
    if not given.session:
        return
    event = deflection.Event(deflection.SHOWN, text=f"{given.subject}\n{given.happened}", shown=articles, product=given.product)
    with parts().database.write() as session:
        deflection.record(session, given.session, event, parts().clock())


def _form_page(sent: form.Sent, status: int = 200) -> ResponseReturnValue:
    prefix = "Error: " if sent.errors else ""
    view = form.view(parts().settings.support, sent, _reply_due())
    return answers.page(prefix + form.title(), "contact.html", status, form=view)


def _sent(values: dict[str, str], fields: dict[str, str]) -> form.Sent:
    new = form.fresh({})
    return form.Sent(
        values=values,
        errors=fields,
        session=values.get("session") or new.session,
        receipt=values.get("receipt", ""),
        key=values.get("idempotency_key") or new.key,
    )


def _reply_due() -> str:
    return parts().pages.when(triage.reply_due(parts().clock(), parts().settings.support.calendar), answers.language())


def _body() -> bytes | dict[str, Any]:
    if request.mimetype == "application/json":
        return request.get_data()
    if request.mimetype not in answers.FORMS:
        raise InputError("Send the request as JSON or as a form.", {"Content-Type": "application/json, or multipart/form-data."})
    if request.files:
        raise InputError(
            "Files cannot be taken yet. Send the request without them.", dict.fromkeys(request.files, "Not taken yet.")
        )
    return nested(form_fields())


def _key(given: str) -> str:
    if not (8 <= len(given) <= 200 and given.isascii() and given.isprintable()):
        told = "Send a header Idempotency-Key of 8 to 200 characters, made once for this request, so that trying again is safe."
        raise InputError(told, {"Idempotency-Key": told})
    return given


def _still_in_flight() -> InFlight:
    return InFlight("This request is being stored at this moment. Ask again in a few seconds with the same key.")


@contextmanager
def _only_once(key: tickets.Key) -> Iterator[None]:
    with _in_flight_lock:
        if key.key_hash in _in_flight:
            raise _still_in_flight()
        _in_flight.add(key.key_hash)
    try:
        yield
    finally:
        with _in_flight_lock:
            _in_flight.discard(key.key_hash)
