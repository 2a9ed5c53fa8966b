"""The desk's API: the same functions as its pages, as JSON, for the agent whose sign-in or staff token it carries."""

from typing import Any

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from deflect_api.desk import dossier, queue
from deflect_api.desk.people import access
from deflect_api.web import schemas as common
from deflect_api.web.accounts import identity
from deflect_api.web.parts import parts
from deflect_api.web.staff import entry, schemas, shown
from deflect_api.web.staff.actions import ACTIONS, do
from deflect_api.web.staff.fitting import fitting_for
from deflect_api.web.staff.queue import FIRST_VIEW, asked, found


@entry.api.get("/tickets")
def listed() -> ResponseReturnValue:
    agent, view = entry.require_agent(), request.args.get("view", FIRST_VIEW)
    wanted = asked(agent, request.args, view=view if view in queue.VIEWS else FIRST_VIEW)
    with parts().database.read() as session:
        rows, more = found(session, wanted)
        counts = queue.counts(session, wanted)
    return jsonify(view=wanted.view, counts=counts, more=more, tickets=[shown.ticket(row.ticket, row.tags) for row in rows])


@entry.api.post("/tickets/search")
@identity.needs(access.READ)  # words to search by are kept out of addresses
def searched() -> ResponseReturnValue:
    agent = entry.require_agent()
    given = common.read(schemas.FindIn, entry.fields())
    wanted = asked(agent, given.model_dump(exclude={"words"}), words=given.words)
    with parts().database.read() as session:
        rows, more = found(session, wanted)
    return jsonify(more=more, tickets=[shown.ticket(row.ticket, row.tags) for row in rows])


@entry.api.get("/tickets/<reference>")
def one(reference: str) -> ResponseReturnValue:
    return jsonify(_whole(reference))


def _act(name: str) -> Any:
    def act(reference: str) -> ResponseReturnValue:
        agent = entry.require_agent()
        do(name, agent, reference, entry.fields())
        return jsonify(_whole(reference))

    return act


for _name in ACTIONS:
    entry.api.add_url_rule(f"/tickets/<reference>/{_name}", f"ticket_{_name.replace('-', '_')}", _act(_name), methods=["POST"])


def _whole(reference: str) -> dict[str, Any]:
    with parts().database.read() as session:
        entry.ticket_for(session, reference)
        read = dossier.read(session, reference, parts().settings.support, identity.reach())
    return shown.whole(read, fitting_for(read))
