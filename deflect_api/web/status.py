"""The page by which a requester follows a ticket: opened by its secret link alone, never stored by anybody on the way."""

from typing import Any

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from deflect_api.delivery import links, mail
from deflect_api.errors import InputError, NotFound
from deflect_api.intake import attachments, facts, holding, tickets
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
            tickets.add_information(session, ticket, given.body, parts().clock())
    except InputError as error:
        return _page(reference, secret, 422, typed=body, error=error.fields.get("body", error.detail))
    return redirect("./?added=1", 303)


def _page(reference: str, secret: str, status: int = 200, typed: str = "", error: str = "") -> ResponseReturnValue:
    with parts().database.read() as session:
        ticket = opened(tickets.get(session, reference), secret)
        recorded = _recorded(session, ticket)
    return answers.page(
        f"Request {ticket.reference}",
        "status.html",
        status,
        reference=ticket.reference,
        state=STATES[ticket.status],
        subject=ticket.subject,
        product_name=_product_name(ticket),
        reply_due=parts().pages.when(ticket.reply_due_at, answers.language()),
        sections=_sections(ticket),
        files_url=f"/requests/{ticket.reference}/{secret}/files",
        comments_url="" if ticket.status == tickets.CLOSED else f"/requests/{ticket.reference}/{secret}/comments",
        closed=ticket.status == tickets.SOLVED,
        sent="sent" in request.args,
        added="added" in request.args,
        values={"body": typed},
        errors={"body": error} if error else {},
        **recorded,
    )


def _recorded(session: Session, ticket: Ticket) -> dict[str, Any]:
    """Read what the tables know of a request besides its own row."""
    return {
        "comments": [_comment(comment) for comment in ticket.comments if comment.public],
        "files": attached.listed(attachments.of_ticket(session, ticket)),
        "held": holding.reasons(session, ticket),
        "mailed": parts().settings.support.desk.mails == "desk" or holding.acknowledged(session, ticket),
        "mail_late": mail.is_late(session, ticket),
    }


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
