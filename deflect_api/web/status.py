"""The page by which a requester follows a ticket: opened by its secret link alone, never stored by anybody on the way."""

from typing import Any, Literal

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from deflect_api.delivery import links, mail
from deflect_api.errors import InputError, NotFound
from deflect_api.intake import attachments, facts, follow_ups, holding, tickets
from deflect_api.store.models import Comment, Ticket
from deflect_api.web import answers, attached, schemas
from deflect_api.web.parts import parts
from deflect_api.web.suggest import form_fields

routes = Blueprint("status", __name__)
LABELS = (
    ("subject", "In a few words"),
    ("happened", "What happened"),
    ("doing", "What you were doing"),
    ("expected", "What you expected"),
    ("steps", "Steps to see it again"),
)
YOU = "You"
STATES = {
    tickets.NEW: "We have it. Nobody has opened it yet.",
    tickets.OPEN: "Someone in support is working on it.",
    tickets.PENDING: "We asked you something and wait for your answer.",
    tickets.ESCALATED: "Our developers are looking at it.",
    tickets.SOLVED: "It is solved. If it is not, write below and it opens again.",
    tickets.CLOSED: "It is closed.",
    tickets.SUSPECTED: "It is held for a look by a person.",
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


def _page(reference: str, secret: str, status: int = 200, typed: str = "", error: str = "") -> ResponseReturnValue:
    with parts().database.read() as session:
        ticket = opened(tickets.get(session, reference), secret)
        recorded = _recorded(session, ticket)
        ending = _ending(session, ticket, f"/requests/{ticket.reference}/{secret}")
    return answers.page(
        f"Request {ticket.reference}",
        "status.html",
        status,
        reference=ticket.reference,
        state=_state(ticket),
        subject=ticket.subject,
        product_name=_product_name(ticket),
        reply_due=parts().pages.when(ticket.reply_due_at, answers.language()),
        sections=_sections(ticket),
        files_url=f"/requests/{ticket.reference}/{secret}/files",
        sent="sent" in request.args,
        added="added" in request.args,
        values={"body": typed},
        errors={"body": error} if error else {},
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
    return "It is solved." if is_over else STATES[ticket.status]


def _comment(comment: Comment) -> dict[str, str]:
    at = parts().pages.when(comment.at, answers.language())
    author = YOU if comment.from_requester else comment.author
    return {"author": author, "at": at, "at_iso": comment.at.isoformat(), "body": comment.body}


def _product_name(ticket: Ticket) -> str:
    product = parts().settings.support.products.get(ticket.product)
    return product.name if product else ""


def opened(ticket: Ticket, secret: str) -> Ticket:
    """Return the ticket when `secret` is its own. Raises NotFound."""
    if not links.opens(parts().settings.secret, ticket, secret):
        raise NotFound("There is no request with this number.")
    return ticket


def field_labels(ticket: Ticket) -> dict[str, str]:
    """Name the fields of the ticket's own product; two products may use one field name."""
    product = parts().settings.support.products.get(ticket.product)
    return facts.labels((*facts.DEVICE, *(product.fields if product else ())))


def _sections(ticket: Ticket) -> list[tuple[str, str]]:
    labels = field_labels(ticket)
    said = [(label, getattr(ticket, name)) for name, label in LABELS]
    facts = [(labels.get(name, name), str(value)) for name, value in {**ticket.context, **ticket.device}.items()]
    return [(label, text) for label, text in [*said, ("Product", _product_name(ticket) or "Not sure"), *facts] if text]
