"""The page by which a requester follows a ticket: opened by its secret link alone, never stored by anybody on the way."""

from typing import Any, Literal

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from deflect_api import i18n
from deflect_api.config.support import ProductField
from deflect_api.delivery import links, mail
from deflect_api.errors import InputError, NotFound
from deflect_api.i18n import said, say
from deflect_api.intake import facts, follow_ups, tickets
from deflect_api.intake.abuse import holding
from deflect_api.intake.files import attachments
from deflect_api.store.models import Comment, Ticket
from deflect_api.web import answers, schemas
from deflect_api.web.parts import parts
from deflect_api.web.requests import attached
from deflect_api.web.suggest import form_fields

routes = Blueprint("status", __name__)
LABELS = (
    ("subject", said("In a few words")),
    ("happened", said("What happened")),
    ("doing", said("What you were doing")),
    ("expected", said("What you expected")),
    ("steps", said("Steps to see it again")),
)
YOU = said("You")
STATES = {
    tickets.NEW: said("We have it. Nobody has opened it yet."),
    tickets.OPEN: said("Someone in support is working on it."),
    tickets.PENDING: said("We asked you something and wait for your answer."),
    tickets.ESCALATED: said("Our developers are looking at it."),
    tickets.SOLVED: said("It is solved. If it is not, write below and it opens again."),
    tickets.CLOSED: said("It is closed."),
    tickets.SUSPECTED: said("It is held for a look by a person."),
}


@routes.get("/requests/<reference>/<secret>/")
def show(reference: str, secret: str) -> ResponseReturnValue:
    return _page(reference, secret)


@routes.post("/requests/<reference>/<secret>/comments")
def add(reference: str, secret: str) -> ResponseReturnValue:
    body = form_fields().get("body", "")
    try:
        given = schemas.read(schemas.CommentIn, {"body": body})
        with parts().database.write() as session:
            ticket = opened(tickets.get(session, reference, lock=True), secret)
            held_by = follow_ups.write(session, ticket, given.body, support=parts().settings.support, now=parts().clock())
    except InputError as error:
        return _page(reference, secret, 422, typed=body, error=error.fields.get("body", error.detail))
    parts().wake()
    return _went_on(held_by, "added") if held_by.id != ticket.id else redirect("./?added=1", 303)


@routes.post("/requests/<reference>/<secret>/solved")
def solved(reference: str, secret: str) -> ResponseReturnValue:
    """Record whether the answer solved it. A link in a mail is opened by scanners, too, so only this button says it."""
    says: Literal["yes", "no"] = "yes" if form_fields().get("says") == "yes" else "no"
    try:
        with parts().database.write() as session:
            ticket = opened(tickets.get(session, reference, lock=True), secret)
            held_by = follow_ups.answer(session, ticket, says, support=parts().settings.support, now=parts().clock())
    except InputError as error:
        return _page(reference, secret, 422, error=error.detail)
    parts().wake()
    return _went_on(held_by, "said") if held_by.id != ticket.id else redirect(f"./?said={says}", 303)


def _went_on(ticket: Ticket, what: str) -> ResponseReturnValue:
    """Lead to the request that goes on where an old one ended."""
    return redirect(f"{links.status_url(parts().settings.url, parts().settings.secret, ticket)}?sent=1&{what}=1", 303)


@routes.post("/requests/<reference>/<secret>/language")
def speak(reference: str, secret: str) -> ResponseReturnValue:
    """Go on in another language, on this page and in the mails about the request; a line begun to be written stays."""
    given = form_fields()
    with parts().database.write() as session:
        ticket = opened(tickets.get(session, reference, lock=True), secret)
        ticket.language = i18n.choose(given.get(answers.SPEAK, ""), ticket.language)
    if given.get("body", "").strip():
        return _page(reference, secret, typed=given["body"])
    return redirect("./" + ("?sent=1" if "sent" in request.args else ""), 303)


def _page(reference: str, secret: str, status: int = 200, typed: str = "", error: str = "") -> ResponseReturnValue:
    with parts().database.read() as session:
        ticket = opened(tickets.get(session, reference), secret)
        recorded = _recorded(session, ticket)
        ending = _ending(session, ticket, f"/requests/{ticket.reference}/{secret}")
    return answers.page(
        said("Request %(reference)s", reference=ticket.reference),
        "status.html",
        status,
        reference=ticket.reference,
        state=say(_state(ticket), answers.language()),
        subject=ticket.subject,
        product_name=_product_name(ticket),
        reply_due=parts().pages.when(ticket.reply_due_at, answers.language()),
        sections=_sections(ticket),
        files_url=f"/requests/{ticket.reference}/{secret}/files",
        sent="sent" in request.args,
        added="added" in request.args,
        values={"body": typed},
        errors={"body": say(error, answers.language())} if error else {},
        language_url=f"/requests/{ticket.reference}/{secret}/language" + ("?sent=1" if "sent" in request.args else ""),
        **recorded,
        **ending,
    )


def _ending(session: Session, ticket: Ticket, address: str) -> dict[str, Any]:
    """Say what its requester can still do: write, and tell whether the answer solved it. Nothing follows spam."""
    is_spam = follow_ups.is_spam(session, ticket)
    return {
        "comments_url": "" if is_spam else f"{address}/comments",
        "closed": ticket.status == tickets.SOLVED,
        "goes_on": not follow_ups.opens_again(ticket, parts().clock()),
        "ask_solved": ticket.status in (tickets.SOLVED, tickets.CLOSED) and not is_spam,
        "says": ticket.solved_says or "",
        "said": request.args.get("said", ""),
    }


def _recorded(session: Session, ticket: Ticket) -> dict[str, Any]:
    """Read what the tables know of a request besides its own row."""
    return {
        "comments": [_comment(comment) for comment in ticket.comments if comment.public],
        "files": attached.listed(attachments.of_ticket(session, ticket)),
        "held": holding.reasons(session, ticket),
        "mailed": parts().settings.support.desk.mails == "desk" or holding.acknowledged(session, ticket),
        "mail_late": mail.is_late(session, ticket),
    }


def _state(ticket: Ticket) -> str:
    is_over = ticket.status == tickets.SOLVED and not follow_ups.opens_again(ticket, parts().clock())
    return said("It is solved.") if is_over else STATES[ticket.status]


def _comment(comment: Comment) -> dict[str, str]:
    at = parts().pages.when(comment.at, answers.language())
    author = say(YOU, answers.language()) if comment.from_requester else comment.author
    return {"author": author, "at": at, "at_iso": comment.at.isoformat(), "body": comment.body}


def _product_name(ticket: Ticket) -> str:
    product = parts().settings.support.products.get(ticket.product)
    return product.name if product else ""


def opened(ticket: Ticket, secret: str) -> Ticket:
    """Return the ticket when `secret` is its own, and go on in its language. Raises NotFound."""
    if not links.opens(parts().settings.secret, ticket, secret):
        raise NotFound(said("There is no request with this number."))
    answers.speak(ticket.language)
    return ticket


def field_labels(ticket: Ticket) -> dict[str, str]:
    """Name the fields of the ticket's own product; two products may use one field name."""
    return facts.labels(_fields(ticket))


def _fields(ticket: Ticket) -> tuple[ProductField, ...]:
    product = parts().settings.support.products.get(ticket.product)
    return (*facts.DEVICE, *(product.fields if product else ()))


def _sections(ticket: Ticket) -> list[tuple[str, str]]:
    labels, fields = field_labels(ticket), _fields(ticket)
    said_words = [(label, getattr(ticket, name)) for name, label in LABELS]
    product = (said("Product"), _product_name(ticket) or said("Not sure"))
    known = {**ticket.context, **ticket.device}
    chosen = [(labels.get(name, name), facts.told(fields, name, str(value))) for name, value in known.items()]
    every = [(label, text) for label, text in [*said_words, product, *chosen] if text]
    return [(say(label, answers.language()), say(text, answers.language())) for label, text in every]
