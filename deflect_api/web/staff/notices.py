"""What an agent hears of, and how; and what the browser asks for to show its own notifications."""

from typing import Any

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from deflect_api.desk import notice_mails
from deflect_api.intake import notices
from deflect_api.intake import tickets as verbs
from deflect_api.store.desk import NoticeChoice
from deflect_api.store.models import Agent
from deflect_api.web import desk
from deflect_api.web import schemas as common
from deflect_api.web.parts import parts
from deflect_api.web.staff import entry, schemas


@entry.pages.get("/notices")
def choices() -> ResponseReturnValue:
    agent = entry.require_agent()
    with parts().database.read() as session:
        choice = _choice(session, agent)
        rows = [_line(session, notice) for notice in reversed(notices.latest(session, agent))]
    return entry.show("notices.html", choice=choice, rows=rows, events=notices.EVENTS, saved="saved" in request.args)


@entry.pages.post("/notices")
def choose() -> ResponseReturnValue:
    _choose(entry.fields())
    return desk.go("/desk/notices?saved=1")


@entry.pages.get("/notices/new")
@entry.api.get("/notices/new")
def fresh() -> ResponseReturnValue:
    """What is new since the last one that this browser has seen; without that, only where to begin."""
    agent, after = entry.require_agent(), request.args.get("after", "")
    with parts().database.read() as session:
        choice = _choice(session, agent)
        if not (after.isascii() and after.isdigit() and len(after) < 16):
            return jsonify(browser=choice.browser, last=notices.last(session, agent), notices=[])
        found = [_line(session, notice) for notice in notices.since(session, agent, int(after))]
    return jsonify(browser=choice.browser, last=max((one["id"] for one in found), default=int(after)), notices=found)


@entry.api.get("/notices")
def choices_told() -> ResponseReturnValue:
    return _told(entry.require_agent())


@entry.api.post("/notices")
def chosen() -> ResponseReturnValue:
    _choose(entry.fields())
    return _told(entry.require_agent())


def _choose(sent: dict[str, Any]) -> None:
    agent, given = entry.require_agent(), common.read(schemas.NoticesIn, sent)
    now, calendar = parts().clock(), parts().settings.support.calendar
    with parts().database.write() as session:
        row = entry.agent_in(session, agent)
        choice = notices.choose(session, row, mail=given.mail, events=given.events, browser=given.browser)
        notice_mails.choose(session, row, choice, calendar=calendar, now=now)
    parts().wake()


def _choice(session: Session, agent: Agent) -> NoticeChoice:
    return session.get(NoticeChoice, agent.id) or NoticeChoice(agent_id=agent.id, mail=notices.OFF, events=[], browser=False)


def _told(agent: Agent) -> Response:
    with parts().database.read() as session:
        choice = _choice(session, agent)
    return jsonify(mail=choice.mail, events=choice.events, browser=choice.browser)


def _line(session: Session, notice: Any) -> dict[str, Any]:
    ticket = verbs.get(session, str(notice.ticket_id))
    at = parts().pages.when(notice.at)
    return {"id": notice.id, "event": notice.event, "reference": ticket.reference, "subject": ticket.subject, "at": at}
