"""The request form and the tickets API: parse, check the receipt, store in one transaction, answer once it is on disk."""

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from functools import partial
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from deflect_api import i18n
from deflect_api.delivery import links
from deflect_api.errors import InFlight, InputError, SearchFirst, TooMany, Unavailable
from deflect_api.i18n import said
from deflect_api.intake import deflection, facts, tickets, triage
from deflect_api.intake.abuse import receipts
from deflect_api.intake.files import attachments
from deflect_api.store.db import claim_name
from deflect_api.store.models import Ticket
from deflect_api.web import answers, banner, excerpt, room, schemas
from deflect_api.web.parts import parts
from deflect_api.web.requests import admission, attached, form, helping
from deflect_api.web.suggest import find, form_fields, receipt_for

routes = Blueprint("intake", __name__)
TEXTS = ("name", "partner", "hub", "doing", "expected", "steps")
_in_flight: set[str] = set()
_in_flight_lock = threading.Lock()


@routes.post("/api/v1/tickets")
def create() -> ResponseReturnValue:
    given, key = schemas.read(schemas.TicketIn, _body()), _key(request.headers.get("Idempotency-Key", ""))
    try:
        ticket = store(given, tickets.Key(key, digest_of(given)))
    except (InputError, TooMany):
        attached.forget(key)  # the same request sends its files again
        raise
    response = jsonify(reference=ticket.reference, status_url=status_url(ticket), files=attached.of_ticket(ticket))
    response.status_code = 201
    return response


@routes.get("/support/contact/")
def contact() -> ResponseReturnValue:
    values = helping.prefill(parts().settings.support, request.args)
    values["language"] = _chosen(values.get("language", ""))
    return _form_page(replace(form.fresh(values), opened=admission.stamp()))


@routes.post("/support/contact/")
def contact_sent() -> ResponseReturnValue:
    """The form without a script: errors, or articles that may help, or the stored request's own page."""
    values = helping.without_removed(form_fields(), answers.language())
    removed, step, spoken = attached.take_early(values), values.pop("step", ""), values.pop(answers.SPEAK, "")
    values["language"] = _chosen(spoken, values.get("language", ""))
    if step == "edit" or removed or spoken:
        return _form_page(_sent(values, {}))
    values["language"] = i18n.tag(answers.language())  # the one that the page was read in, whoever chose it
    try:
        given = schemas.read(schemas.TicketIn, nested({**values, "receipt": values.get("receipt") or "-"}))
        schemas.check_lists(given, parts().settings.support)
        if not values.get("receipt") or (step != "send" and helping.found_in(parts().settings.support, values)):
            return _before_sending(values, given)
        ticket = store(given, tickets.Key(_key(values.get("idempotency_key", "")), digest_of(given)), scripted=False)
    except SearchFirst:
        return _before_sending(values, given)
    except (TooMany, Unavailable) as error:  # the form comes back with all that was typed
        page = _form_page(_sent(values, {"": error.detail}), answers.STATUS[type(error)])
        page.headers["Retry-After"] = str(getattr(error, "retry_after", answers.RETRY_SECONDS))
        return page
    except InputError as error:
        return _form_page(_sent(values, error.fields), 422)
    return redirect(status_url(ticket) + "?sent=1", 303)


@routes.post("/support/solved/")
def solved() -> ResponseReturnValue:
    values = form_fields()
    told = schemas.read(schemas.EventIn, {**values, "event": "solved"})
    with parts().database.write() as session:
        deflection.record(session, told.session, deflection.Event(deflection.SOLVED, told.article), parts().clock())
    return answers.page(said("Glad that helped"), "solved.html", values=values)


def store(given: schemas.TicketIn, key: tickets.Key, *, scripted: bool = True) -> Ticket:
    """Store a request, or find the one this key already made.

    Raises SearchFirst, KeyReused, InFlight, InputError, TooMany and, to a page with a script, WorkNeeded.
    """
    settings, now = parts().settings, parts().clock()
    schemas.check_lists(given, settings.support)
    arrival = admission.Arrival(given, key, scripted, now)
    admission.shed(arrival)
    with _only_once(key):
        if scripted:
            attached.take(key.key)
        ticket = _stored(arrival, key)
    parts().wake()
    return ticket


def _stored(arrival: admission.Arrival, key: tickets.Key) -> Ticket:
    given, now, support = arrival.given, arrival.now, parts().settings.support
    with parts().database.write() as session:
        if not claim_name(session, key.key_hash):
            raise _still_in_flight()
        ticket = tickets.find_by_key(session, key, now)
        if ticket is None:
            room.check(parts().settings.home)
            draft = admission.admit(session, arrival, _draft(given, _searched(given)))
            ticket = tickets.submit(session, draft, key, support=support, now=now)
        attachments.attach(session, ticket, key.key_hash, now=now)
    return ticket


def status_url(ticket: Ticket) -> str:
    return links.status_url(parts().settings.url, parts().settings.secret, ticket)


def digest_of(given: schemas.TicketIn) -> str:
    """Digest what the person wrote; receipt and language may be others when the same request is tried again."""
    words = given.model_dump(exclude={"receipt", "session", "opened", "website", "language"})
    return hashlib.sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()


def as_draft(given: schemas.RequestIn, **more: Any) -> tickets.Draft:
    """The request as it is stored; `more` is what else is known of it."""
    product = parts().settings.support.products.get(given.product)
    return tickets.Draft(
        email=given.email,
        product=given.product,
        subject=given.subject,
        happened=given.happened,
        type=given.type,
        answers=triage.Answers(given.working, given.affected, given.needed_by),
        texts={name: getattr(given, name) for name in TEXTS},
        cc=tuple(given.cc),
        context=facts.tidy(product.fields if product else (), given.context),
        language=given.language,
        **more,
    )


def _draft(given: schemas.TicketIn, searched: str) -> tickets.Draft:
    return as_draft(given, device=facts.tidy(facts.DEVICE, given.device), session=given.session, searched=searched)


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
        suggestions = find(f"{given.subject}\n{given.happened}", given.product, given.language)
        receipt, known = receipt_for(given.session, suggestions), parts().releases.current().open_issues
    except Unavailable:
        suggestions, receipt, known = [], receipts.UNAVAILABLE, frozenset()
    _record_shown(given, tuple(suggestion.article for suggestion in suggestions))
    draft = _draft(given, "yes")
    spoken, files = answers.language(), attached.kept(values.get("idempotency_key", ""))
    verdict = triage.judge(draft.answers, parts().settings.support)
    reason = triage.reason(draft.answers, partial(i18n.say, language=spoken))
    return answers.page(
        said("Before you send"),
        "before_sending.html",
        action="/support/contact/",
        suggestions=[{**asdict(found), "body_html": excerpt.section_html(found.url)} for found in suggestions],
        values={name: value for name, value in values.items() if name != "receipt"},
        kept_files=files,
        known=known,
        receipt=receipt,
        review=helping.review(parts().settings.support, values, files=bool(files), language=spoken),
        priority={"priority": verdict.priority, "reason": reason, "reply_due": _reply_due()},
    )


def _record_shown(given: schemas.TicketIn, articles: tuple[str, ...]) -> None:
    if not given.session:
        return
    event = deflection.Event(deflection.SHOWN, text=f"{given.subject}\n{given.happened}", shown=articles, product=given.product)
    with suppress(Unavailable), parts().database.write() as session:
        deflection.record(session, given.session, event, parts().clock())


def _form_page(sent: form.Sent, status: int = 200) -> Response:
    title = said("Error: %(title)s", title=form.TITLE) if sent.errors else form.TITLE
    view = form.view(parts().settings.support, sent, _reply_due(), language=answers.language())
    shown: dict[str, Any] = {"form": view, "incidents": banner.showing(), "kept_files": attached.kept(sent.key)}
    return answers.page(title, "contact.html", status, **shown)


def _chosen(*wishes: str) -> str:
    """Name the language that was chosen by hand, or "" when none was: then each page goes by the browser."""
    return i18n.tag(i18n.known(*wishes))


def _sent(values: dict[str, str], fields: dict[str, str]) -> form.Sent:
    new = form.fresh({})
    return form.Sent(
        values=values,
        errors=fields,
        session=values.get("session") or new.session,
        receipt=values.get("receipt", ""),
        key=values.get("idempotency_key") or new.key,
        opened=values.get("opened") or admission.stamp(),
    )


def _reply_due() -> str:
    return parts().pages.when(triage.reply_due(parts().clock(), parts().settings.support.calendar), answers.language())


def _body() -> bytes | dict[str, Any]:
    if request.mimetype == "application/json":
        return request.get_data()
    if request.mimetype not in answers.FORMS:
        raise InputError(
            said("Send the request as JSON or as a form."), {"Content-Type": "application/json, or multipart/form-data."}
        )
    attached.check_fields()
    return nested(form_fields())


def _key(given: str) -> str:
    if not (8 <= len(given) <= 200 and given.isascii() and given.isprintable()):
        told = said(
            "Send a header Idempotency-Key of 8 to 200 characters, made once for this request, so that trying again is safe."
        )
        raise InputError(told, {"Idempotency-Key": told})
    return given


def _still_in_flight() -> InFlight:
    return InFlight(said("This request is being stored at this moment. Ask again in a few seconds with the same key."))


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
