"""What came back from the developers: one page with all that waits, and the step that sends one on, edited or not."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from deflect_api.desk import access, issue_updates, urgent
from deflect_api.errors import InputError, NotFound
from deflect_api.store.second_line import Task
from deflect_api.web import desk, identity, second_shown
from deflect_api.web.parts import parts
from deflect_api.web.staff import entry

routes = Blueprint("tasks", __name__, url_prefix="/desk")


@routes.get("/tasks")
def show() -> ResponseReturnValue:
    agent = entry.require_agent()
    with parts().database.read() as session:
        waiting = issue_updates.waiting(session, access.visible(identity.reach()))
        twins = {task.id: len(second_shown.twins(session, task)) for task in waiting}
    return desk.page("tasks.html", agent=agent, tasks=waiting, twins=twins)


@routes.post("/tasks/<int:number>")
def done(number: int) -> ResponseReturnValue:
    """Send it to this requester, and with `all` to those of every other request on the issue, or leave it."""
    by, calendar = entry.require_agent(), parts().settings.support.calendar
    body, solve, sends = request.form.get("body", ""), "solve" in request.form, request.form.get("step") != "leave"
    with parts().database.write() as session:
        task = session.get(Task, number, with_for_update=True)
        if task is None or not access.may_see(identity.reach(), task.ticket):
            raise NotFound("There is no such task.")
        agent, now = entry.agent_in(session, by), parts().clock()
        back = f"/desk/tickets/{task.ticket.reference}#developers"
        together = [task, *(second_shown.twins(session, task) if "all" in request.form else ())]
        for one in together:
            if sends:
                same = body if one is task or body.strip() != task.draft.strip() else one.draft
                issue_updates.send(session, one, same, agent, now=now, calendar=calendar, solve=solve)
            else:
                issue_updates.dismiss(session, one, agent, now)
    parts().wake()
    return desk.go(back)


@routes.post("/tickets/<reference>/urgent")
def make_urgent(reference: str) -> ResponseReturnValue:
    """Make a request urgent, with a reason: whoever is in line is told."""
    by, why = entry.require_agent(), request.form.get("why", "")
    if not why.strip():
        raise InputError("Say why it is urgent: whoever is told wants to know.", {"why": "Say why it is urgent."})
    with parts().database.write() as session:
        ticket = entry.ticket_for(session, reference, lock=True)
        urgent.choose(session, ticket, why.strip(), entry.agent_in(session, by), parts().clock())
    parts().wake()
    return desk.go(f"/desk/tickets/{reference}")
