"""Known issues at the desk: who waits for each, and the one message that everybody gets once an agent has read it."""

from typing import Any

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue

from deflect_api.desk import known_issues
from deflect_api.desk.known_issues import Issue
from deflect_api.errors import InputError
from deflect_api.web import desk
from deflect_api.web import schemas as common
from deflect_api.web.accounts import identity
from deflect_api.web.parts import parts
from deflect_api.web.staff import entry, schemas, shown


@entry.pages.get("/known-issues")
def known() -> ResponseReturnValue:
    entry.require_agent()
    with parts().database.read() as session:
        standings = known_issues.standings(session, issues())
    return entry.show("known_issues.html", standings=standings, products=parts().settings.support.products)


@entry.pages.get("/known-issues/tell")
def review() -> ResponseReturnValue:
    entry.require_agent()
    return _review(request.args.get("article", ""))


@entry.pages.post("/known-issues/tell")
def told() -> ResponseReturnValue:
    sent = {**entry.fields()}
    try:
        _tell(sent)
    except InputError as error:
        return _review(str(sent.get("article", "")), 422, typed=str(sent.get("text", "")), error=error.detail)
    return desk.go("/desk/known-issues")


@entry.api.get("/known-issues")
def known_listed() -> ResponseReturnValue:
    entry.require_agent()
    return _listed()


@entry.api.post("/known-issues/tell")
def known_told() -> ResponseReturnValue:
    _tell(entry.fields())
    return _listed()


def issues() -> tuple[Issue, ...]:
    """List the known issues of the live release that concern the agent who asks."""
    return tuple(one for one in parts().releases.current().issues.values() if identity.reach().includes(one.product))


def _tell(sent: dict[str, Any]) -> None:
    agent, given = entry.require_agent(), common.read(schemas.TellIn, sent)
    issue = known_issues.find(issues(), given.article)
    calendar, now = parts().settings.support.calendar, parts().clock()
    with parts().database.write() as session:
        known_issues.tell(session, issue, given.text, entry.agent_in(session, agent), now=now, calendar=calendar)
    parts().wake()


def _listed() -> Response:
    with parts().database.read() as session:
        return jsonify(known_issues=[shown.issue(one) for one in known_issues.standings(session, issues())])


def _review(article: str, status: int = 200, typed: str = "", error: str = "") -> Response:
    issue = known_issues.find(issues(), article)
    with parts().database.read() as session:
        standing = known_issues.standing(session, issue)
    text = typed or known_issues.proposal(issue, parts().settings.url)
    return entry.show("tell.html", status, standing=standing, issue=issue, text=text, error=error)
