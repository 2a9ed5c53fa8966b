"""The answer to "Was this page helpful?": one plain form, no script, no cookie, no third party."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from deflect_api.errors import InputError, NotAllowed
from deflect_api.i18n import said
from deflect_api.intake import helpful
from deflect_api.intake.abuse import limits
from deflect_api.web import answers
from deflect_api.web.parts import parts
from deflect_api.web.suggest import form_fields

routes = Blueprint("helpful", __name__)


@routes.post("/helpful/")
def answered() -> ResponseReturnValue:
    """Store an answer about a page of the live release. Raises InputError, NotAllowed, TooMany."""
    values = form_fields()
    _check_same_site()
    known = parts().releases.current().pages.get(values.get("page", ""))
    if known is None or values.get("answer") not in (helpful.YES, helpful.NO):
        raise InputError(said("This page is not here any more, so there is nothing to say about it."), {"page": "unknown"})
    answer = helpful.Answer(
        known["path"],
        values.get("version", ""),
        values["answer"] == helpful.YES,
        values.get("reason", ""),
        values.get("text", ""),
    )
    _store(answer)
    return _thanks(answer, known["url"], known["title"], known["product"])


def _store(answer: helpful.Answer) -> None:
    settings, now = parts().settings, parts().clock()
    sender = limits.who(settings.secret, address=request.remote_addr or "", visit="", mail="")
    with parts().database.write() as session:
        limits.take_or_refuse(session, "helpful", sender.address, settings.support.limits, now)
        helpful.note(session, answer, now)


def _check_same_site() -> None:
    origin = request.headers.get("Origin", "")
    elsewhere = origin not in ("", "null") and urlsplit(origin).netloc != request.host
    if elsewhere or request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise NotAllowed(said("Answer on the page itself. Open it here and choose again."))


def _thanks(answer: helpful.Answer, url: str, title: str, product: str) -> Response:
    return answers.page(said("Thank you"), "helpful.html", helped=answer.helpful, url=url, about=title, product=product)
