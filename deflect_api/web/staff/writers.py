"""From answers to articles: a scrubbed draft of a solved ticket as a file, and the gaps that agents noted for the writers."""

from flask import Response, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from deflect_api.desk import article_draft, gaps
from deflect_api.errors import InputError
from deflect_api.intake import file_names, tickets
from deflect_api.store.models import Agent
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
    with parts().database.read() as session:
        rows = gaps.listed(session)
    return entry.show("gaps.html", rows=rows, products=parts().settings.support.products)


@entry.api.get("/gaps")
def gaps_listed() -> ResponseReturnValue:
    entry.require_agent()
    with parts().database.read() as session:
        rows = gaps.listed(session)
    told = [{"product": one.product, "text": one.text, "at": one.at.isoformat(), "by": one.noted_by} for one in rows]
    return jsonify(gaps=told)
