"""Following a known issue without a ticket: ask, confirm by mail, stop. The page answers the same whoever asks about whom."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from deflect_api.delivery import links
from deflect_api.desk import known_issues
from deflect_api.desk.known_issues import Issue
from deflect_api.errors import InputError, NotAllowed, NotFound, TooMany
from deflect_api.i18n import said
from deflect_api.intake.abuse import limits, receipts
from deflect_api.store.desk import Follower
from deflect_api.web import answers, schemas
from deflect_api.web.parts import parts
from deflect_api.web.suggest import form_fields

routes = Blueprint("following", __name__)
PURPOSE = "follow"
ONE_CLICK = "List-Unsubscribe"  # what a mail program sends when its own button is pressed, as RFC 8058 says
LINK = "/known-issues/following/<int:follower_id>/<secret>/"


@routes.get("/known-issues/follow/<path:article>")
def ask(article: str) -> ResponseReturnValue:
    return _page(_issue(article))


@routes.post("/known-issues/follow/<path:article>")
def asked(article: str) -> ResponseReturnValue:
    issue, values = _issue(article), form_fields()
    typed = values.get("email", "")
    _check_ours(values.get("token", ""))
    try:
        email = schemas.read(schemas.FindIn, {"email": typed}).email
        _follow(issue, email)
    except InputError as error:
        return _page(issue, 422, typed=typed, error=error.fields.get("email", error.detail))
    except TooMany as error:
        page = _page(issue, 429, typed=typed, error=error.detail)
        page.headers["Retry-After"] = str(error.retry_after)
        return page
    parts().wake()
    return answers.page("Look into your mail", "follow_sent.html", issue=issue, email=email)


@routes.get(LINK)
def followed(follower_id: int, secret: str) -> ResponseReturnValue:
    """A link in a mail is opened by scanners, too: it changes nothing, the button on its page does."""
    with parts().database.read() as session:
        follower = _opened(session, follower_id, secret)
    return _choice(follower)


@routes.post(LINK)
def decided(follower_id: int, secret: str) -> ResponseReturnValue:
    given = form_fields()
    wants = given.get("step") != "stop" and ONE_CLICK not in given
    with parts().database.write() as session:
        follower = _opened(session, follower_id, secret)
        if wants:
            known_issues.confirm(follower, parts().clock())
        else:
            known_issues.stop(session, follower)
    return _choice(follower, confirmed=wants, stopped=not wants)


def _follow(issue: Issue, email: str) -> None:
    """Raises TooMany for a network address that asks too often; a mail address that was just mailed gets no second mail."""
    secret, rules, now = parts().settings.secret, parts().settings.support.limits, parts().clock()
    sender = limits.who(secret, address=request.remote_addr or "", visit="", mail=email)
    with parts().database.write() as session:
        limits.take_or_refuse(session, limits.FIND_ADDRESS, sender.address, rules, now)
        if limits.take(session, limits.FIND, sender.mail, rules, now):
            known_issues.follow(session, issue, email, language=answers.language(), now=now)


def _issue(article: str) -> Issue:
    return known_issues.find(parts().releases.current().issues.values(), article)


def _opened(session: Session, follower_id: int, secret: str) -> Follower:
    follower = session.get(Follower, follower_id)
    right = follower is not None and links.follows(parts().settings.secret, follower, secret)
    if follower is None or not right:
        raise NotFound(said("This link leads nowhere any more: you were told, or you stopped it."))
    return follower


def _check_ours(token: str) -> None:
    """Raise NotAllowed when the form was not opened here, or another site sent it."""
    origin = request.headers.get("Origin", "")
    elsewhere = request.headers.get("Sec-Fetch-Site") == "cross-site" or (
        origin not in ("", "null") and urlsplit(origin).netloc != request.host
    )
    if elsewhere or receipts.stamped_at(parts().settings.secret, PURPOSE, token, parts().clock()) is None:
        raise NotAllowed(said("This form has expired. Go back, reload the page and send it again."))


def _choice(follower: Follower, *, confirmed: bool = False, stopped: bool = False) -> Response:
    issue = parts().releases.current().issues.get(follower.article)
    title = issue.title if issue else follower.article
    known = confirmed or (follower.confirmed_at is not None and not stopped)
    return answers.page(
        "A known issue", "follow_choice.html", title=title, article=follower.article, confirmed=known, stopped=stopped
    )


def _page(issue: Issue, status: int = 200, *, typed: str = "", error: str = "") -> Response:
    token = receipts.stamp(parts().settings.secret, PURPOSE, parts().clock())
    title = "Error: Tell me when it is fixed" if error else "Tell me when it is fixed"
    return answers.page(title, "follow.html", status, issue=issue, token=token, typed=typed, error=error)
