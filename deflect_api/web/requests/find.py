"""Finding one's requests again: a mail with the links. The page answers the same, in the same time, whoever asks about whom.

Whether an address is known is looked up later, by the relay, and told to that address alone.
"""

from urllib.parse import urlsplit

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from deflect_api.delivery import outbox, your_requests
from deflect_api.errors import InputError, NotAllowed, TooMany
from deflect_api.i18n import said, say
from deflect_api.intake.abuse import limits, receipts
from deflect_api.web import answers, schemas
from deflect_api.web.parts import parts
from deflect_api.web.suggest import form_fields

routes = Blueprint("find", __name__)
PURPOSE = "find"
TITLE = said("Find your requests")


@routes.get("/requests/")
def ask() -> ResponseReturnValue:
    return _page()


@routes.post("/requests/")
def asked() -> ResponseReturnValue:
    """Owe a mail to the address, whoever it belongs to."""
    values = form_fields()
    typed = values.get("email", "")
    _check_ours(values.get("token", ""))
    try:
        email = schemas.read(schemas.FindIn, {"email": typed}).email
        _owe(email)
    except InputError as error:
        return _page(422, typed=typed, error=error.fields.get("email", error.detail))
    except TooMany as error:
        page = _page(429, typed=typed, error=error.detail)
        page.headers["Retry-After"] = str(error.retry_after)
        return page
    parts().wake()
    return answers.page(said("Look into your mail"), "find_sent.html", email=email, days=your_requests.DAYS)


def _owe(email: str) -> None:
    """Raises TooMany for a network address that asks too often; a mail address that was just mailed gets no second mail."""
    secret, rules, now = parts().settings.secret, parts().settings.support.limits, parts().clock()
    sender = limits.who(secret, address=request.remote_addr or "", visit="", mail=email)
    with parts().database.write() as session:
        limits.take_or_refuse(session, limits.FIND_ADDRESS, sender.address, rules, now)
        if limits.take(session, limits.FIND, sender.mail, rules, now):
            payload = your_requests.owe(email, answers.language())
            outbox.put(session, outbox.owe(your_requests.KIND, f"find:{sender.mail}", now, payload=payload))


def _check_ours(token: str) -> None:
    """Raise NotAllowed when the form was not opened here, or another site sent it."""
    origin = request.headers.get("Origin", "")
    elsewhere = request.headers.get("Sec-Fetch-Site") == "cross-site" or (
        origin not in ("", "null") and urlsplit(origin).netloc != request.host
    )
    opened = receipts.stamped_at(parts().settings.secret, PURPOSE, token, parts().clock())
    if elsewhere or opened is None:
        raise NotAllowed(said("This form has expired. Go back, reload the page and send it again."))


def _page(status: int = 200, *, typed: str = "", error: str = "") -> Response:
    token = receipts.stamp(parts().settings.secret, PURPOSE, parts().clock())
    title = said("Error: %(title)s", title=TITLE) if error else TITLE
    told = say(error, answers.language())
    return answers.page(title, "find.html", status, token=token, typed=typed, error=told, days=your_requests.DAYS)
