"""From answers to articles: a scrubbed draft of a solved ticket as a file, and the writers' list of what people did not find."""

from dataclasses import asdict

from flask import Response, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from deflect_api.desk import article_draft, gaps
from deflect_api.errors import InputError, Unavailable
from deflect_api.intake import tickets
from deflect_api.intake.files import file_names
from deflect_api.store.models import Agent
from deflect_api.web.accounts import identity
from deflect_api.web.parts import parts
from deflect_api.web.staff import entry


@entry.pages.get("/tickets/<reference>/article")
@entry.api.get("/tickets/<reference>/article")
def article(reference: str) -> ResponseReturnValue:
    with parts().database.read() as session:
        ticket = entry.ticket_for(session, reference)
        if ticket.status not in (tickets.SOLVED, tickets.CLOSED):
            raise InputError("Draft an article once the request is solved.", {"status": "not solved"})
        people = session.scalars(select(Agent.name)).all()
        today = parts().clock().astimezone(parts().settings.support.calendar.zone).date()
        text = article_draft.draft(ticket, ticket.comments, people=people, today=today)
    response = Response(text, mimetype="text/markdown")
    response.headers["Content-Disposition"] = file_names.disposition(article_draft.file_name(ticket))
    return response


@entry.pages.get("/gaps")
def gap_list() -> ResponseReturnValue:
    entry.require_agent()
    return entry.show("gaps.html", listed=_gaps(), days=gaps.DAYS, fewest=gaps.FEWEST)


@entry.api.get("/gaps")
def gaps_listed() -> ResponseReturnValue:
    entry.require_agent()
    return jsonify(gaps=[asdict(one) for one in _gaps()])


def _gaps() -> list[gaps.Gap]:
    pages: gaps.Pages = {}
    answered = None
    try:
        live = parts().releases.current()
        pages, answered = live.pages, gaps.answered_by(live.engine, parts().settings.support.portal.floor)
    except Unavailable:
        pass  # nothing is built yet: the searches are there all the same
    with parts().database.read() as session:
        listed = gaps.gaps(session, pages, parts().clock(), answered=answered)
    return [one for one in listed if identity.reach().includes(one.product)]
