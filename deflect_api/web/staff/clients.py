"""A request in a client's name: staff whom a client reached directly file it, and tell the client two sentences.

No ticket without a search first: the articles that fit are shown before it is stored.
"""

import hashlib
import secrets
from typing import Any

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue

from deflect_api.errors import InputError, SearchFirst, Unavailable
from deflect_api.intake import tickets
from deflect_api.store.models import Agent, Ticket
from deflect_api.web import desk
from deflect_api.web import schemas as common
from deflect_api.web.parts import parts
from deflect_api.web.requests import form
from deflect_api.web.requests.intake import as_draft, nested
from deflect_api.web.staff import entry, schemas
from deflect_api.web.suggest import find
from search import Suggestion

MOST_SHOWN = 5


@entry.pages.get("/new")
def new() -> ResponseReturnValue:
    entry.require_agent()
    return _page({"key": secrets.token_urlsafe(24)})


@entry.pages.post("/new")
def file_new() -> ResponseReturnValue:
    agent, sent = entry.require_agent(), entry.fields()
    try:
        ticket = _filed(agent, nested(sent), str(sent.get("key", "")))
    except SearchFirst:
        return _page(sent, found=_suggestions(sent), looked=True)
    except InputError as error:
        return _page(sent, 422, errors=error.fields)
    return desk.go(f"/desk/tickets/{ticket.reference}/filed")


@entry.pages.get("/tickets/<reference>/filed")
def filed(reference: str) -> ResponseReturnValue:
    with parts().database.read() as session:
        ticket = entry.ticket_for(session, reference)
    return entry.show("filed.html", ticket=ticket, team=parts().settings.support.contact.team)


@entry.api.post("/tickets")
def file_by_call() -> ResponseReturnValue:
    agent = entry.require_agent()
    ticket = _filed(agent, entry.fields(), request.headers.get("Idempotency-Key", ""))
    response = jsonify(reference=ticket.reference)
    response.status_code = 201
    return response


def _filed(agent: Agent, sent: dict[str, Any], key: str) -> Ticket:
    """Store it. Raises InputError, and SearchFirst until somebody has looked at what may answer it."""
    given, support = common.read(schemas.ClientIn, sent), parts().settings.support
    common.check_product(given.product, support)
    if given.hub and given.hub not in support.hubs:
        raise InputError("Choose one of the hubs.", {"hub": f"Choose one of: {', '.join(support.hubs)}."})
    if len(key) < 8:
        raise InputError(
            "A key is needed, so that the same request is not made twice.", {"Idempotency-Key": "8 characters or more"}
        )
    if not given.searched:
        raise SearchFirst("Look at the articles that fit first.", {"searched": "Say that you looked at what may answer it."})
    with parts().database.write() as session:
        made = tickets.submit(
            session, as_draft(given, filed_by=agent.email), tickets.Key(key, _digest(given)), support=support, now=parts().clock()
        )
    parts().wake()
    return made


def _digest(given: schemas.ClientIn) -> str:
    return hashlib.sha256(given.model_dump_json(exclude={"searched"}).encode()).hexdigest()


def _suggestions(sent: dict[str, Any]) -> list[Suggestion]:
    try:
        text = f"{sent.get('subject', '')}\n{sent.get('happened', '')}"
        return find(text, str(sent.get("product", "")), "en", MOST_SHOWN)
    except Unavailable:
        return []


def _page(sent: dict[str, Any], status: int = 200, **values: Any) -> Response:
    support = parts().settings.support
    shown = form.view(
        support, form.Sent(values={name: str(value) for name, value in sent.items()}, errors=values.get("errors", {}))
    )
    return entry.show(
        "new.html", status, form=shown, key=sent.get("key", ""), found=values.get("found", ()), looked=values.get("looked", False)
    )
